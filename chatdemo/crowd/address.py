"""The address that a crowd goes to, in every form in which somebody may have it at hand."""

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from chatdemo.common.errors import UsageError

#: The schemes of an address, with the one of its WebSocket.
SCHEMES = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}
USUAL_PORTS = {"ws": 80, "wss": 443}
EXAMPLES = "Give it as in: 127.0.0.1:8000, http://127.0.0.1:8000/chat/lobby/ or ws://127.0.0.1:8000/ws/chat/lobby/"
#: What may stand in a path as it is (RFC 3986, section 3.3), and percent signs, which are somebody's encoding already.
IN_A_PATH = "/%:@!$&'()*+,;=~"

_PAGE = re.compile(r"/chat/([^/]+)/?")
_SOCKET = re.compile(r"/ws/chat/([^/]+)/?")


@dataclass(frozen=True)
class Address:
    """One room's WebSocket. ``host`` is a name or an IP address without brackets, ``path`` is percent-encoded."""

    host: str
    port: int
    secure: bool
    path: str

    @property
    def place(self) -> str:
        """Host and port, as in an address."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """What a browser says it comes from, on a page of this server."""
        return f"{'https' if self.secure else 'http'}://{self.place}"

    @property
    def url(self) -> str:
        return f"{'wss' if self.secure else 'ws'}://{self.place}{self.path}"


def parse(text: str, own_room: str) -> Address:
    """The address that ``text`` means: of a server, a room's page, or a WebSocket.

    Where it names no room, that is ``own_room``. Raises UsageError if it is none of these.
    """
    parts = _split(text)
    if parts.scheme not in SCHEMES or not parts.hostname or "@" in parts.netloc:
        raise UsageError(f"{text!r} is not the address of a chat.", EXAMPLES)
    if parts.query:
        hint = "Open the page in a browser, and give the address that it leads to, or the room's without what follows ?."
        raise UsageError(f"A WebSocket has no use for ?{parts.query} in the address.", hint)
    scheme = SCHEMES[parts.scheme]
    path = _socket_path(parts, own_room, text)
    return Address(
        _host(parts, text), _port(parts, text) or USUAL_PORTS[scheme], scheme == "wss", path
    )


def _split(text: str) -> SplitResult:
    written = text.strip()
    if written.isdecimal():
        raise UsageError(
            f"{text} is a port, and the address is missing.", f"Write it as 127.0.0.1:{written}"
        )
    try:
        return urlsplit(written if "://" in written else f"http://{written}")
    except ValueError:  # brackets that don't match
        raise UsageError(f"{text!r} is not the address of a chat.", EXAMPLES) from None


def _port(parts: SplitResult, text: str) -> int | None:
    with suppress(ValueError):
        if parts.port != 0:
            return parts.port
    raise UsageError(f"{text!r} has a port that isn't one.", "Give a whole number from 1 to 65535.")


def _host(parts: SplitResult, text: str) -> str:
    try:
        return parts.hostname.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{parts.hostname!r} can't be the name of a machine.", EXAMPLES) from None


def _socket_path(parts: SplitResult, own_room: str, text: str) -> str:
    """A page's address has the tutorial's WebSocket behind it; that of a WebSocket is taken as it is."""
    if parts.path.strip("/") in ("", "chat"):
        return f"/ws/chat/{own_room}/"
    if match := _PAGE.fullmatch(parts.path) or _SOCKET.fullmatch(parts.path):
        return quote(f"/ws/chat/{match[1]}/", safe=IN_A_PATH)
    if parts.scheme in ("ws", "wss"):
        return quote(parts.path, safe=IN_A_PATH)
    raise UsageError(f"{parts.path} is not the address of a room.", EXAMPLES)
