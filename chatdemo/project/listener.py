"""The listening socket, opened before Django is imported so that an early client waits instead of being refused."""

import errno
import os
import socket

from chatdemo.common.errors import ChatdemoError

#: Connections that may wait to be accepted while the rest is imported; the kernel may cap it.
BACKLOG = 1024
ADDRESS_HINT = (
    "Give 127.0.0.1 for this machine alone or 0.0.0.0 to let the class in; a port goes in --port."
)


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


def _resolve(host: str, port: int) -> tuple:
    name = host.strip().removeprefix("[").removesuffix("]")
    try:
        # An empty name would mean every address, which nobody should get by an empty variable.
        return socket.getaddrinfo(name or ".", port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise ChatdemoError(f"The address {host!r} isn't known here.", ADDRESS_HINT) from None


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
        return ChatdemoError(f"The address {host} isn't one of this machine's.", ADDRESS_HINT)
    if error.errno == errno.EACCES:
        return ChatdemoError(
            f"Port {port} needs administrator rights.", "Take one above 1023, such as --port 8000."
        )
    return ChatdemoError(
        f"Can't listen on {host}, port {port}: {error.strerror}.", "Try another --host or --port."
    )
