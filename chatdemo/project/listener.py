"""The listening socket, opened before Django is imported so that an early client waits instead of being refused."""

import errno
import os
import socket

from chatdemo.errors import ChatdemoError

#: Connections that may wait to be accepted while the rest is imported; the kernel may cap it.
BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A TCP socket that listens on ``host`` (a name or an address) and ``port`` (0: a free one).

    Raises ChatdemoError if the port is busy or not permitted, or the address is unknown or not this machine's.
    """
    family, kind, protocol, _, address = _resolve(host, port)
    listener = socket.socket(family, kind, protocol)
    try:
        _set_options(listener, family)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _explained(error, host, port) from None
    listener.setblocking(False)
    return listener


def addresses(listener: socket.socket) -> tuple[str, str | None]:
    """The URL for this machine's browser, and one for others (None where only this machine can connect)."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        lan = lan_address()
        return _url("127.0.0.1", port), lan and _url(lan, port)
    local = host == "::1" or host.startswith("127.")
    return _url(host, port), None if local else _url(host, port)


def lan_address() -> str | None:
    """This machine's own IPv4 address in its network, None where it has no network. Sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket only picks a route. 192.0.2.0/24 is for documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def _resolve(host: str, port: int) -> tuple:
    name = host.strip().removeprefix("[").removesuffix("]")
    try:
        return socket.getaddrinfo(name or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError):
        hint = "Give 127.0.0.1 for this machine alone, or 0.0.0.0 to let the class in."
        raise ChatdemoError(f"The address {host!r} isn't known here.", hint) from None


def _set_options(listener: socket.socket, family: int) -> None:
    if os.name == "posix":
        # A port left in TIME_WAIT by the run before is free. (On Windows the option would share a busy port.)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # "::" takes IPv4 as well


def _explained(error: OSError, host: str, port: int) -> ChatdemoError:
    if error.errno == errno.EADDRINUSE:
        hint = f"Stop the program that has it, or take another: --port {port % 65535 + 1}, or --port 0 for a free one."
        return ChatdemoError(f"Port {port} on {host} is already in use.", hint)
    if error.errno == errno.EADDRNOTAVAIL:
        hint = "Give 127.0.0.1 for this machine alone, or 0.0.0.0 to let the class in."
        return ChatdemoError(f"The address {host} isn't one of this machine's.", hint)
    if error.errno == errno.EACCES:
        return ChatdemoError(f"Port {port} needs administrator's rights.", "Take one above 1023, such as --port 8000.")
    return ChatdemoError(f"Can't listen on {host}, port {port}: {error.strerror}.", "Try another --host or --port.")


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
