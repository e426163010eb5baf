"""The security headers of every page and static file: what a page may load and run."""

from collections.abc import Callable, Iterable

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import DisallowedHost, SuspiciousFileOperation
from django.http import FileResponse, Http404, HttpRequest, HttpResponse

# A data block such as json_script's is never run, so script-src needs no exception for it.
POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self';"
    " font-src 'self'; frame-src 'self'; connect-src 'self'{sockets}; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'self'"
)


class ContentSecurityPolicyMiddleware:
    """Adds a Content-Security-Policy: a page loads and runs only what this server sends."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return add_security_headers(request, self.get_response(request))


class StaticFilesHandler(ASGIStaticFilesHandler):
    """Django's handler, which doesn't pass the middleware: its responses get the headers here.

    A path that leads out of the folder is a 404, where Django's handler raises.
    """

    def serve(self, request: HttpRequest) -> FileResponse:
        try:
            return super().serve(request)
        except SuspiciousFileOperation:
            raise Http404("Not a static file") from None

    async def get_response_async(self, request: HttpRequest) -> HttpResponse:
        return add_security_headers(request, await super().get_response_async(request))


def add_security_headers(
    request: HttpRequest, response: HttpResponse, scripts: Iterable[str] = ()
) -> HttpResponse:
    """Return ``response`` with the policy, unless it has one, and with an exact content type.

    ``scripts`` are the hashes (``sha256-...``) of inline scripts that may run too.
    """
    policy = POLICY.format(
        scripts="".join(f" '{hash}'" for hash in scripts), sockets=_sockets(request)
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _sockets(request: HttpRequest) -> str:
    """The WebSockets of this host, by name: Safari before 15.4 doesn't count them as 'self'."""
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    return f" ws://{host} wss://{host}"
