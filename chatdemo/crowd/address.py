"""The address that the crowd connects to, in any form in which a user has it."""

import re
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, quote, urlsplit

from chatdemo.common.errors import UsageError

#: The scheme of the WebSocket for each scheme of an address.
SCHEMES = {"http": "ws", "ws": "ws", "https": "wss", "wss": "wss"}
DEFAULT_PORTS = {"ws": 80, "wss": 443}
EXAMPLES = (
    "Examples: 127.0.0.1:8000, http://127.0.0.1:8000/chat/lobby/ or"
    " ws://127.0.0.1:8000/ws/chat/lobby/"
)
#: Not percent-encoded in a path (RFC 3986, section 3.3). A percent sign is encoded already.
SAFE_IN_PATH = "/%:@!$&'()*+,;=~"

_ROOM_PATH = re.compile(r"(?:/ws)?/chat/([^/]+)/?")


@dataclass(frozen=True)
class Address:
    """The WebSocket of a room. ``host`` has no brackets, and ``path`` is percent-encoded."""

    host: str
    port: int
    secure: bool
    path: str

    @property
    def host_and_port(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """The Origin header that a browser sends from a page of this server."""
        return f"{'https' if self.secure else 'http'}://{self.host_and_port}"

    @property
    def url(self) -> str:
        return f"{'wss' if self.secure else 'ws'}://{self.host_and_port}{self.path}"


def parse_address(text: str, default_room: str) -> Address:
    """Return the WebSocket for the address of a server, of a room's page or of a WebSocket.

    ``default_room`` is the room if ``text`` names none. Raises UsageError for other addresses.
    """
    parts = _split(text)
    if parts.scheme not in SCHEMES or not parts.hostname or "@" in parts.netloc:
        raise UsageError(f"{text!r} is not the address of a chat.", EXAMPLES)
    if parts.query:
        hint = "Open the page in a browser, and give the room's address without ? and what follows."
        raise UsageError(f"The address can't have a query: ?{parts.query}.", hint)
    scheme = SCHEMES[parts.scheme]
    port = _port(parts, text) or DEFAULT_PORTS[scheme]
    try:
        host = parts.hostname.encode("idna").decode("ascii")
    except UnicodeError:
        raise UsageError(f"{parts.hostname!r} is not a valid host name.", EXAMPLES) from None
    return Address(host, port, scheme == "wss", _socket_path(parts, default_room))


def _split(text: str) -> SplitResult:
    text = text.strip()
    if text.isdecimal():
        raise UsageError(f"{text} is only a port.", f"Write the address as 127.0.0.1:{text}")
    try:
        return urlsplit(text if "://" in text else f"http://{text}")
    except ValueError:  # brackets that don't match
        raise UsageError(f"{text!r} is not the address of a chat.", EXAMPLES) from None


def _port(parts: SplitResult, text: str) -> int | None:
    with suppress(ValueError):
        if parts.port != 0:
            return parts.port
    raise UsageError(f"{text!r} has an invalid port.", "Give a whole number from 1 to 65535.")


def _socket_path(parts: SplitResult, default_room: str) -> str:
    if parts.path.strip("/") in ("", "chat"):
        return f"/ws/chat/{default_room}/"
    if match := _ROOM_PATH.fullmatch(parts.path):
        return quote(f"/ws/chat/{match[1]}/", safe=SAFE_IN_PATH)
    if parts.scheme in ("ws", "wss"):
        return quote(parts.path, safe=SAFE_IN_PATH)
    raise UsageError(f"{parts.path} is not the address of a room.", EXAMPLES)
