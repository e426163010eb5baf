"""The inspector's page and its files, without Django's static files, and who may open them."""

import re
from collections.abc import Callable, Collection, Sequence
from functools import cache, cached_property
from html import escape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from chatdemo.common import static_files
from chatdemo.common.local_machine import header, is_known_host, is_own_browser
from chatdemo.inspector.connection import Scope, Send

PREFIX, FEED = "/inspect/", "/inspect/feed/"
FOLDER = Path(__file__).parent / "static"
#: As in the project's static files: the scripts import one another by the same relative paths.
FOLDERS = {"inspector": FOLDER, "common": static_files.FOLDER}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self' ws://{host} wss://{host};"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)
_FILE = re.compile(r"(?P<folder>inspector|common)/(?P<name>[a-z0-9_-]+\.(?:css|js|svg))")


class Access:
    """Decides about requests. ``who`` is "off", "local" (browsers of this machine) or "all".

    ``watch(token)`` returns the paths of the WebSockets that the bearer of a token may watch, none
    for an invalid token. The token is the parameter ``watch`` of the URL.
    """

    def __init__(self, who: str, watch: Callable[[str], Collection[str]] | None = None):
        self.who, self.watch = who, watch

    def may_see_all(self, scope: Scope) -> bool:
        """Whether the client may see everything."""
        if self.who == "all":
            return is_known_host(scope)
        return self.who == "local" and is_own_browser(scope)

    def watched_paths(self, scope: Scope) -> Collection[str]:
        """Return the paths of the WebSockets that the URL's token is for."""
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        token = query.get("watch", [""])[0]
        return self.watch(token) if token and self.watch and self.who != "off" else ()


def is_own_origin(scope: Scope) -> bool:
    """Whether a WebSocket comes from a page of this server (RFC 6455, section 10.2)."""
    host = header(scope, b"host").lower()
    return urlsplit(header(scope, b"origin")).netloc.lower() == host != ""


class Pages:
    """The inspector's page and its files.

    ``links`` are the entries of the page's navigation, each with a label and an address. ``notes``
    are what it says about the application, each with a label and a text.
    """

    def __init__(
        self, links: Sequence[tuple[str, str]] = (), notes: Sequence[tuple[str, str]] = ()
    ):
        self.links, self.notes = links, notes

    async def answer(self, scope: Scope, send: Send) -> bool:
        """Answer a request for the page or a file. Returns False if it is for another one."""
        if scope["method"] not in ("GET", "HEAD"):
            return False
        if scope["path"] == PREFIX.rstrip("/"):
            await _respond(send, 302, {"Content-Length": "0", "Location": PREFIX}, b"")
            return True
        file = self._page if scope["path"] == PREFIX else _find_file(scope["path"])
        if file is None:
            return False
        host = header(scope, b"host")
        host = host if re.fullmatch(r"[\w.:\[\]-]+", host, re.ASCII) else "localhost"
        is_page = file is self._page
        headers, body = file.body(header(scope, b"accept-encoding"))
        headers |= {
            "Cache-Control": "no-cache" if is_page else static_files.IMMUTABLE,
            "Content-Security-Policy": POLICY.format(host=host) if is_page else static_files.POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        await _respond(send, 200, headers, b"" if scope["method"] == "HEAD" else body)
        return True

    @cached_property
    def _page(self) -> static_files.StaticFile:
        """The page, with the addresses of its files, its navigation, and the notes."""
        text = (FOLDER / "inspect.html").read_text("utf-8")
        values = {
            "static": static_prefix().rstrip("/"),
            "icon": static_files.icon(),
            "icon_address": static_files.icon_address(),
            "home": "/" if self.links else PREFIX,
            "links": "".join(
                f'<a href="{escape(url)}">{escape(label)}</a>' for label, url in self.links
            ),
            "notes_hidden": "" if self.notes else " hidden",
            "notes": "".join(
                f"<li><strong>{escape(label)}</strong> <bdi>{escape(text)}</bdi></li>"
                for label, text in self.notes
            ),
        }
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", value)
        return static_files.StaticFile(static_files.CONTENT_TYPES[".html"], text.encode())


@cache
def static_prefix() -> str:
    """Return the path below which the files are. It changes with their content."""
    return f"{PREFIX}static/{static_files.hash_of(FOLDERS.values())}/"


def _find_file(path: str) -> static_files.StaticFile | None:
    found = _FILE.fullmatch(path.removeprefix(static_prefix()))
    file = FOLDERS[found["folder"]] / found["name"] if found else None
    return static_files.read(file) if file and file.is_file() else None


async def _respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    encoded = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body})
