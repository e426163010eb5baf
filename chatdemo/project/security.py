"""What protects visitors: which hosts and origins are accepted, and the headers of each response.

Django checks a request's Host header against ALLOWED_HOSTS, Channels a WebSocket's Origin. No page
of another site may use the chat through a visitor.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import ParseResult

from channels.security.websocket import OriginValidator
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.exceptions import DisallowedHost, SuspiciousFileOperation
from django.http import Http404, HttpRequest, HttpResponse

from chatdemo.common import static_files
from chatdemo.common.local_machine import parse_address

# A data block such as json_script's is never run, so script-src needs no exception for it.
POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self' data:;"
    " font-src 'self'; frame-src 'self'; connect-src 'self'{sockets}; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'self'"
)


class AllowOwnAddresses:
    """ASGI middleware that adds the address that a connection arrived at to ALLOWED_HOSTS.

    Such an address is this machine's. They change with its networks.
    """

    def __init__(self, application: Callable):
        self.application = application
        self.known: set[str] = set()

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        address, _ = scope.get("server") or (None, None)
        if address and address not in self.known:
            self.known.add(address)
            settings.ALLOWED_HOSTS.append(as_host(address))
        await self.application(scope, receive, send)


def as_host(address: str) -> str:
    """Return an IP address as it is in a Host header: IPv6 in brackets and without its zone."""
    ip = parse_address(address)
    return f"[{ip}]" if ip and ip.version == 6 else str(ip or address)


class AllowedHostsOriginValidator(OriginValidator):
    """Channels' AllowedHostsOriginValidator, which also accepts a client without an Origin header.

    Every browser sends one in a WebSocket handshake (RFC 6455, section 10.2). A client without one
    is no page of another site: it is a learner's script, or a test. Channels refuses it.
    """

    def __init__(self, application: Callable):
        super().__init__(application, settings.ALLOWED_HOSTS)

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or super().valid_origin(parsed_origin)


class ContentSecurityPolicyMiddleware:
    """Adds a Content-Security-Policy: a page loads and runs only what this server sends."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return add_security_headers(request, self.get_response(request))


class StaticFilesHandler(ASGIStaticFilesHandler):
    """Serves static files compressed, and so that a browser asks for each one once.

    They don't pass the middleware and get the security headers here.
    """

    def serve(self, request: HttpRequest) -> HttpResponse:
        """Return the file. Raises Http404 if there is none."""
        try:
            found = finders.find(self.file_path(request.path).lstrip("/"))
        except (SuspiciousFileOperation, ValueError):  # it leads out of the folder; it has a NUL
            found = None
        if not found or not Path(found).is_file():
            raise Http404("Not a static file")
        file = static_files.read(Path(found))
        headers, body = file.body(request.headers.get("Accept-Encoding", ""))
        headers["Cache-Control"] = static_files.IMMUTABLE
        headers["Content-Security-Policy"] = static_files.POLICY
        return HttpResponse(body, headers=headers)

    async def get_response_async(self, request: HttpRequest) -> HttpResponse:
        return add_security_headers(request, await super().get_response_async(request))


def add_security_headers(
    request: HttpRequest, response: HttpResponse, scripts: Iterable[str] = ()
) -> HttpResponse:
    """Return ``response`` with the policy, unless it has one, and with an exact content type.

    ``scripts`` are the hashes (``sha256-...``) of inline scripts that may run too.
    """
    try:
        # Safari before 15.4 doesn't count a host's WebSockets as 'self'.
        sockets = " ws://{0} wss://{0}".format(request.get_host())
    except DisallowedHost:
        sockets = ""
    policy = POLICY.format(scripts="".join(f" '{hash}'" for hash in scripts), sockets=sockets)
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response
