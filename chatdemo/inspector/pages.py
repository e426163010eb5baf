"""The inspector's page and its files, without Django: a project needs no setting for them."""

import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from chatdemo.common.local_machine import header

FOLDER = Path(__file__).parent / "static"
#: Scripts that the chat's pages use too, at ``common/``.
COMMON = Path(__file__).parents[1] / "common" / "static"
INDEX = "inspect.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self' ws://{host} wss://{host};"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
Send = Callable[[dict[str, Any]], Awaitable[None]]
_FILE = re.compile(r"[a-z0-9_-]+\.(?:html|css|js|svg)")
#: Not from mimetypes: Windows may have others.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def find_file(name: str) -> Path | None:
    """Return the file of this name, the page for "", None if there is none."""
    folder = COMMON if name.startswith("common/") else FOLDER
    name = name.removeprefix("common/") or INDEX
    return folder / name if _FILE.fullmatch(name) and (folder / name).is_file() else None


async def answer(path: Path, scope: dict[str, Any], send: Send) -> None:
    """Send a file."""
    body = path.read_bytes()
    host = header(scope, b"host")
    host = host if re.fullmatch(r"[\w.:\[\]-]+", host, re.ASCII) else "localhost"
    headers = {
        "Content-Type": f"{_TYPES[path.suffix]}; charset=utf-8",
        "Content-Length": str(len(body)),
        "Cache-Control": "no-cache",
        "Content-Security-Policy": POLICY.format(host=host),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    await _respond(send, 200, headers, b"" if scope["method"] == "HEAD" else body)


async def redirect(send: Send, path: str) -> None:
    """Redirect to ``path``."""
    await _respond(send, 302, {"Content-Length": "0", "Location": path}, b"")


async def _respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
