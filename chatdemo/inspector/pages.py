"""The inspector's page and its files, answered without Django: so it needs no app, template or setting of a project."""

import re
from collections.abc import Callable
from pathlib import Path

from chatdemo.common.local_machine import header

FOLDER = Path(__file__).parent / "static"
#: Scripts that the chat's pages use too, at ``common/``.
COMMON = Path(__file__).parents[1] / "common" / "static"
INDEX = "inspect.html"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' ws://{host} wss://{host};"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_FILE = re.compile(r"[a-z0-9_-]+\.(?:html|css|js|svg)")
#: Not by the machine's own list: Windows may have others.
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def find(name: str) -> Path | None:
    """The file of that name, the page itself for an empty one; None if there is none."""
    folder = COMMON if name.startswith("common/") else FOLDER
    name = name.removeprefix("common/") or INDEX
    return folder / name if _FILE.fullmatch(name) and (folder / name).is_file() else None


async def answer(path: Path, scope: dict, send: Callable) -> None:
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
    await start(send, 200, headers)
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def redirect(send: Callable, path: str) -> None:
    await start(send, 302, {"Content-Length": "0", "Location": path})
    await send({"type": "http.response.body", "body": b""})


async def start(send: Callable, status: int, headers: dict[str, str]) -> None:
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
