"""Compression of the pages."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressionMiddleware(GZipMiddleware):
    """Django's, for responses that aren't streams.

    Django compresses each piece of an asynchronous stream on its own. Chromium reads only the first
    piece of such a response.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Compress a response that isn't a stream, for browsers that accept it."""
        return response if response.streaming else super().process_response(request, response)
