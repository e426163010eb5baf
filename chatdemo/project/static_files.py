"""The static files, served by the same process as everything else."""

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest


class StaticFilesHandler(ASGIStaticFilesHandler):
    """Django's handler, for which an address that leads out of the folder is not found, where Django's raises."""

    def serve(self, request: HttpRequest) -> FileResponse:
        try:
            return super().serve(request)
        except SuspiciousFileOperation:
            raise Http404("Not a static file") from None
