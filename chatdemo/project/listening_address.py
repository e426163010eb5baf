"""The listening socket, and the URLs of the server: for this machine's browser, and for the class.

The socket is opened before Django is imported: early clients wait and aren't refused.
"""

import errno
import ipaddress
import socket
from contextlib import suppress
from dataclasses import dataclass

from chatdemo.common.errors import ChatdemoError
from chatdemo.common.local_machine import is_loopback

#: Connections that may wait to be accepted during the imports. The kernel may lower it.
MAX_WAITING_CONNECTIONS = 1024
#: What a server listens on for connections to any of this machine's addresses.
ANY_ADDRESS = ("0.0.0.0", "::")
ADDRESS_HINT = (
    "Use 127.0.0.1 for this computer only, or 0.0.0.0 to let others connect."
    " Set the port with --port."
)


@dataclass(frozen=True)
class Addresses:
    """URLs: ``local`` for this machine's browser, ``others`` for the class.

    ``others`` is None if the server doesn't listen for other machines (``is_open`` is false), or if
    this machine has no address in a network.
    """

    local: str
    others: str | None
    is_open: bool


def server_name(port: int) -> str:
    """Return what tells this server from the chat's others: its machine and port."""
    return f"{socket.gethostname()}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Return a TCP socket that listens on ``host``, a name or an address, and ``port``.

    With port 0 it is a free one. Raises ChatdemoError if the port is in use or not permitted, or
    the address is unknown or not this machine's. An IPv4 address has four numbers: "0.0.0" would
    mean "0.0.0.0" to the system.
    """
    name = host.strip().removeprefix("[").removesuffix("]")
    try:
        _check_ipv4(name)
        # An empty name would mean every address, which an empty variable shouldn't.
        found = socket.getaddrinfo(name or ".", port, type=socket.SOCK_STREAM)
    except (OSError, ValueError):  # a UnicodeError is a ValueError
        raise ChatdemoError(f"The address {host!r} can't be resolved.", ADDRESS_HINT) from None
    family, _, _, _, address = found[0]
    dualstack = family == socket.AF_INET6 and socket.has_dualstack_ipv6()  # "::" accepts IPv4 too
    try:
        # On POSIX, a port that the previous run left in TIME_WAIT is free.
        listener = socket.create_server(
            address, family=family, backlog=MAX_WAITING_CONNECTIONS, dualstack_ipv6=dualstack
        )
    except OSError as error:
        raise _explain(error, host, port) from None
    listener.setblocking(False)
    return listener


def _check_ipv4(name: str) -> None:
    """Raise ValueError for an IPv4 address that has other than four decimal numbers."""
    with suppress(OSError):  # it is a name, or an IPv6 address
        socket.inet_aton(name)
        ipaddress.IPv4Address(name)


def addresses(host: str, port: int) -> Addresses:
    """Return the URLs of a server that listens on the IP address ``host``."""
    if host in ANY_ADDRESS:
        lan = lan_address()
        return Addresses(_url("127.0.0.1", port), _url(lan, port) if lan else None, True)
    url, is_open = _url(host, port), not is_loopback(host)
    return Addresses(url, url if is_open else None, is_open)


def lan_address() -> str | None:
    """Return this machine's IPv4 address in its network, None if there is none. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket only picks a route: to 192.0.2.0/24, which is for
            # documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
            return probe.getsockname()[0]
        except OSError:
            pass  # a network without a route to the internet
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return None
    named = [str(address[0]) for *_, address in found]
    return next((address for address in named if not is_loopback(address)), None)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _explain(error: OSError, host: str, port: int) -> ChatdemoError:
    if error.errno == errno.EADDRINUSE:
        message = f"Port {port} on {host} is already in use."
        other = f"--port {port % 65535 + 1}, or --port 0 for a free one"
        return ChatdemoError(message, f"Stop the program that uses it, or choose another: {other}.")
    if error.errno == errno.EADDRNOTAVAIL:
        return ChatdemoError(f"{host} isn't an address of this computer.", ADDRESS_HINT)
    if error.errno == errno.EACCES:
        hint = "Choose one above 1023, such as --port 8000."
        return ChatdemoError(f"Port {port} needs administrator rights.", hint)
    message = f"Can't listen on {host}, port {port}: {error.strerror}."
    return ChatdemoError(message, "Try another --host or --port.")
