"""The static files, served by the same process as everything else."""

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse

from chatdemo.project.middleware import restrict


class StaticFilesHandler(ASGIStaticFilesHandler):
    """Django's handler, which goes round the middleware: its answers get the headers that a page has.

    An address that leads out of the folder is not found, where Django's handler raises.
    """

    def serve(self, request: HttpRequest) -> FileResponse:
        try:
            return super().serve(request)
        except SuspiciousFileOperation:
            raise Http404("Not a static file") from None

    async def get_response_async(self, request: HttpRequest) -> HttpResponse:
        return restrict(request, await super().get_response_async(request))
