"""The addresses of the server that people type: this machine's browser, and the class."""

import socket
from dataclasses import dataclass

from chatdemo.common.local_machine import is_loopback

#: What a server listens on for connections to any of this machine's addresses.
ANY_ADDRESS = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Addresses:
    """URLs: ``local`` for this machine's browser, ``others`` for the class.

    ``others`` is None if the server doesn't listen for other machines (``is_open`` is false), or if
    this machine has no address in a network.
    """

    local: str
    others: str | None
    is_open: bool


def addresses(host: str, port: int) -> Addresses:
    """Return those of a server that listens on the IP address ``host``."""
    if host in ANY_ADDRESS:
        lan = lan_address()
        return Addresses(_url("127.0.0.1", port), _url(lan, port) if lan else None, True)
    url, is_open = _url(host, port), not is_loopback(host)
    return Addresses(url, url if is_open else None, is_open)


def lan_address() -> str | None:
    """Return this machine's IPv4 address in its network, None if there is none. Sends nothing."""
    return _routed_address() or _named_address()


def _routed_address() -> str | None:
    """The address that a packet to the internet would come from, if there is a route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket only picks a route. 192.0.2.0/24 is for documentation (RFC
            # 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def _named_address() -> str | None:
    """The address of this machine's name, for a network without a route to the internet."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return None
    names = [str(address[0]) for *_, address in found]
    return next((name for name in names if not is_loopback(name)), None)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
