"""The inspector's page and its files, without Django's static files, and who may open them."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chatdemo.common.local_machine import header, is_known_host, is_own_browser
from chatdemo.inspector.connection import Scope, Send

PREFIX, FEED = "/inspect/", "/inspect/feed/"
FOLDER = Path(__file__).parent / "static"
#: Scripts that the chat's pages use too, at ``common/``.
COMMON = Path(__file__).parents[1] / "common" / "static"
INDEX = "inspect.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self' ws://{host} wss://{host};"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_FILE = re.compile(r"[a-z0-9_-]+\.(?:html|css|js|svg)")
#: Not from mimetypes: Windows may have others.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


class Access:
    """Decides about requests. ``who`` is "off", "local" (browsers of this machine) or "all".

    ``watch(token)`` returns the path of the WebSocket that the bearer of a token may watch, and
    None for an invalid token. The token is the parameter ``watch`` of the URL.
    """

    def __init__(self, who: str, watch: Callable[[str], str | None] | None = None):
        self.who, self.watch = who, watch

    def may_see_all(self, scope: Scope) -> bool:
        """Whether the client may see everything."""
        if self.who == "all":
            return is_known_host(scope)
        return self.who == "local" and is_own_browser(scope)

    def watched_path(self, scope: Scope) -> str | None:
        """Return the path of the WebSocket that the URL's token is for."""
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        token = query.get("watch", [""])[0]
        return self.watch(token) if token and self.watch and self.who != "off" else None


def is_own_origin(scope: Scope) -> bool:
    """Whether a WebSocket comes from a page of this server (RFC 6455, section 10.2)."""
    host = header(scope, b"host").lower()
    return urlsplit(header(scope, b"origin")).netloc.lower() == host != ""


async def answer(scope: Scope, send: Send) -> bool:
    """Answer a request for the page or one of its files. Returns False if it is for another."""
    if scope["path"] == PREFIX.rstrip("/"):
        await _respond(send, 302, {"Content-Length": "0", "Location": PREFIX}, b"")
        return True
    if not scope["path"].startswith(PREFIX) or scope["method"] not in ("GET", "HEAD"):
        return False
    name = scope["path"].removeprefix(PREFIX)
    folder = COMMON if name.startswith("common/") else FOLDER
    name = name.removeprefix("common/") or INDEX
    if not _FILE.fullmatch(name) or not (folder / name).is_file():
        return False
    body = (folder / name).read_bytes()
    host = header(scope, b"host")
    host = host if re.fullmatch(r"[\w.:\[\]-]+", host, re.ASCII) else "localhost"
    headers = {
        "Content-Type": f"{_TYPES[Path(name).suffix]}; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY.format(host=host),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    await _respond(send, 200, headers, b"" if scope["method"] == "HEAD" else body)
    return True


async def _respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
