"""The addresses at which the server that listens can be reached, for people to type."""

import socket
from dataclasses import dataclass

from chatdemo.common.local_machine import is_loopback

EVERY = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Addresses:
    """URLs: ``local`` for this machine's browser, ``others`` for the class.

    ``others`` is None where the server doesn't listen for others (``is_open`` is false), or this machine has no
    address in a network.
    """

    local: str
    others: str | None
    is_open: bool


def addresses(host: str, port: int) -> Addresses:
    """Those of a server that listens at ``host``, an IP address or one of EVERY, and ``port``."""
    if host in EVERY:
        lan = lan_address()
        return Addresses(_url("127.0.0.1", port), lan and _url(lan, port), True)
    url, is_open = _url(host, port), not is_loopback(host)
    return Addresses(url, url if is_open else None, is_open)


def lan_address() -> str | None:
    """This machine's own IPv4 address in its network, None where it has none. Sends nothing."""
    return _routed_address() or _named_address()


def _routed_address() -> str | None:
    """The address that a packet to the internet would go out from, if there is a way there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Connecting a UDP socket only picks a route. 192.0.2.0/24 is for documentation (RFC 5737).
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def _named_address() -> str | None:
    """An address that this machine's name stands for: a network of its own may lead nowhere else."""
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET, socket.SOCK_STREAM)
    except OSError:
        return None
    return next((address for *_, (address, _) in found if not is_loopback(address)), None)


def _url(host: str, port: int) -> str:
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
