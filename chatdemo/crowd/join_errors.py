"""Why participants can't join, and what the user can do about it."""

import socket
from http import HTTPStatus

from chatdemo.common.errors import ChatdemoError
from chatdemo.crowd.address import Address

CONNECT_TIMEOUT_SECONDS = 10

START = (
    "Start the server first, for example with chatdemo serve. Without an address, chatdemo crowd"
    " starts a temporary one."
)
NETWORK = (
    "Compare it with the address in the server's terminal, and check that this computer is in the"
    " server's network."
)
PORT = "Is that the port of a chat server?"
TERMINAL = "The server's terminal shows why."
#: Hints for an answer that isn't HTTP, by whether TLS was used.
NOT_HTTP = {
    False: f"{PORT} Is it https:// perhaps? {TERMINAL}",
    True: f"{PORT} Is it http:// perhaps? To trust a private certificate, set SSL_CERT_FILE.",
}
#: Hints for the HTTP status that answers the handshake.
STATUS_HINTS: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "The server doesn't accept this host name: add it to allowed_hosts"
    " (Django: ALLOWED_HOSTS).",
    HTTPStatus.FORBIDDEN: "Is there a consumer for this room (chatdemo check checks your own"
    " project), and is the host name in allowed_hosts (Django: ALLOWED_HOSTS)?",
    HTTPStatus.NOT_FOUND: "The server has pages there, but no WebSockets. Is that the chat's"
    ' address? In your own project, is "daphne" in INSTALLED_APPS?',
    HTTPStatus.UPGRADE_REQUIRED: "A proxy on the way removes the Upgrade header: connect to the"
    " server directly.",
}


class JoinError(Exception):
    """A WebSocket that couldn't be opened.

    ``status`` is the HTTP status of the server's answer, None without one; ``location`` is the
    target of a redirect.
    """

    def __init__(self, reason: str, status: int | None = None, location: str = ""):
        super().__init__(reason)
        self.status = status
        self.location = location


def find_ip(address: Address) -> str:
    """Return the IP address at which the server accepts connections; a name can have several.

    Raises ChatdemoError if there is none.
    """
    place = address.host_and_port
    try:
        with socket.create_connection(
            (address.host, address.port), timeout=CONNECT_TIMEOUT_SECONDS
        ) as connection:
            return connection.getpeername()[0]
    except (socket.gaierror, UnicodeError):
        raise ChatdemoError(f"The host name {address.host} is unknown.", NETWORK) from None
    except ConnectionRefusedError:
        raise ChatdemoError(f"Nothing listens at {place}.", START) from None
    except TimeoutError:
        message = f"{place} hasn't answered in {CONNECT_TIMEOUT_SECONDS} seconds."
        raise ChatdemoError(message, NETWORK) from None
    except OSError as error:
        message = f"Can't connect to {place}: {error.strerror or error}."
        raise ChatdemoError(message, NETWORK) from None


def explain(error: JoinError, address: Address) -> ChatdemoError:
    """Return the error for the user if not even the first participant can join."""
    if error.status is None:
        hint = NOT_HTTP[address.secure]
    elif error.location:
        hint = f"It redirects to {error.location}: give that address, or the one it leads to."
    elif error.status >= 500:
        hint = (
            f"{TERMINAL} In the tutorial, a WebSocket without a route fails like this: does the"
            " room have a consumer yet?"
        )
    else:
        hint = STATUS_HINTS.get(error.status, f"Is that the address of a chat server? {TERMINAL}")
    return ChatdemoError(f"No WebSocket at {address.url}: {error}.", hint)
