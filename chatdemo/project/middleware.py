"""HTTP middleware of the project."""

from collections.abc import Callable, Iterable

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

# A data block such as json_script's is never run, so script-src needs no exception for it.
POLICY = (
    "default-src 'none'; script-src 'self'{scripts}; style-src 'self'; img-src 'self'; font-src 'self';"
    " frame-src 'self'; connect-src 'self'{sockets}; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
)


class ContentSecurityPolicyMiddleware:
    """Adds a Content-Security-Policy under which a page loads and runs what this server sends, and nothing else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return restrict(request, self.get_response(request))


def restrict(
    request: HttpRequest, response: HttpResponse, scripts: Iterable[str] = ()
) -> HttpResponse:
    """``response`` with the policy, unless it has one, and with its content type not to be guessed at.

    ``scripts`` are the hashes (``sha256-...``) of inline scripts that may run as well.
    """
    allowed = "".join(f" '{hash}'" for hash in scripts)
    policy = POLICY.format(scripts=allowed, sockets=_sockets(request))
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    return response


def _sockets(request: HttpRequest) -> str:
    """The WebSockets of this host, named: Safari before 15.4 does not count them as 'self'."""
    try:
        host = request.get_host()
    except DisallowedHost:
        return ""
    return f" ws://{host} wss://{host}"
