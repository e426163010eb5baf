"""The listening socket, opened before Django is imported: early clients wait and aren't refused."""

import errno
import os
import socket

from chatdemo.common.errors import ChatdemoError

#: Connections that may wait to be accepted during the imports. The kernel may lower it.
BACKLOG = 1024
ADDRESS_HINT = (
    "Give 127.0.0.1 for this computer alone or 0.0.0.0 to let the class join; --port has the port."
)


def listen(host: str, port: int) -> socket.socket:
    """Return a TCP socket that listens on ``host``, a name or an address, and ``port``.

    With port 0 it is a free one. Raises ChatdemoError if the port is in use or not permitted, or
    the address is unknown or not this machine's.
    """
    name = host.strip().removeprefix("[").removesuffix("]")
    try:
        # An empty name would mean every address, which an empty variable shouldn't.
        found = socket.getaddrinfo(name or ".", port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ChatdemoError(f"The address {host!r} isn't known here.", ADDRESS_HINT) from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A port that the previous run left in TIME_WAIT is free. (Windows would share the
            # port.)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # "::" accepts IPv4 too
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _explain(error, host, port) from None
    listener.setblocking(False)
    return listener


def _explain(error: OSError, host: str, port: int) -> ChatdemoError:
    if error.errno == errno.EADDRINUSE:
        message = f"Port {port} on {host} is already in use."
        other = f"--port {port % 65535 + 1}, or --port 0 for a free one"
        return ChatdemoError(message, f"Stop the program that uses it, or choose another: {other}.")
    if error.errno == errno.EADDRNOTAVAIL:
        return ChatdemoError(f"The address {host} isn't one of this machine's.", ADDRESS_HINT)
    if error.errno == errno.EACCES:
        hint = "Choose one above 1023, such as --port 8000."
        return ChatdemoError(f"Port {port} needs administrator rights.", hint)
    message = f"Can't listen on {host}, port {port}: {error.strerror}."
    return ChatdemoError(message, "Try another --host or --port.")
