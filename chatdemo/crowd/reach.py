"""Whether anything answers at an address, asked before a whole crowd goes there."""

import socket
from http import HTTPStatus

from chatdemo.crowd.address import Address
from chatdemo.crowd.connection import CONNECT, JoinError
from chatdemo.common.errors import ChatdemoError

START = "Start the server first, as with chatdemo serve; without an address, chatdemo crowd starts one of its own."
NETWORK = (
    "Is it typed as the server's terminal shows it, and is this machine in the server's network?"
)
PORT = "Is that the port of a chat server?"
LOG = "The server's terminal shows why."
#: What to do where no HTTP came back, by whether it was asked over TLS.
NO_HTTP = {
    False: f"{PORT} Is it https:// perhaps? {LOG}",
    True: f"{PORT} Is it http:// perhaps? To trust a certificate that isn't known here, set SSL_CERT_FILE to its file.",
}
#: What to do about a handshake that was answered with such a status.
STATUSES = {
    HTTPStatus.BAD_REQUEST: "The server doesn't know the host's name: add it to allowed_hosts (Django: ALLOWED_HOSTS).",
    HTTPStatus.FORBIDDEN: "Has it a consumer for this room (chatdemo check looks at a project of your own), and is the "
    "host one that it lets in (allowed_hosts; Django: ALLOWED_HOSTS)?",
    HTTPStatus.NOT_FOUND: "It serves pages and no WebSockets there: is that the chat's address, and in a project of "
    'your own, is "daphne" in INSTALLED_APPS?',
    HTTPStatus.UPGRADE_REQUIRED: "Something between here and the server takes the Upgrade away: go there directly.",
}


def reach(address: Address) -> str:
    """The IP address at which the server answers: a name may have several. Raises ChatdemoError if none does."""
    try:
        with socket.create_connection((address.host, address.port), timeout=CONNECT) as probe:
            return probe.getpeername()[0]
    except (socket.gaierror, UnicodeError):
        raise ChatdemoError(f"The address {address.host} isn't known here.", NETWORK) from None
    except ConnectionRefusedError:
        raise ChatdemoError(f"Nothing listens at {address.place}.", START) from None
    except TimeoutError:
        raise ChatdemoError(
            f"{address.place} hasn't answered in {CONNECT} seconds.", NETWORK
        ) from None
    except OSError as error:
        raise ChatdemoError(
            f"Can't reach {address.place}: {error.strerror or error}.", NETWORK
        ) from None


def explain(error: JoinError, address: Address) -> ChatdemoError:
    """Why not even the first participant could join, and what to do about it."""
    message = f"No WebSocket at {address.url}: {error}."
    if error.status is None:
        return ChatdemoError(message, NO_HTTP[address.secure])
    if error.location:
        return ChatdemoError(
            message, f"It leads to {error.location}: give that address, or the one behind it."
        )
    if error.status >= 500:
        return ChatdemoError(
            message,
            f"{LOG} In the tutorial, a WebSocket that no route fits does this: has it a consumer yet?",
        )
    return ChatdemoError(
        message, STATUSES.get(error.status, f"Is that the address of a chat server? {LOG}")
    )
