"""Who is at the other end: this machine's own browser, or somebody else."""

import ipaddress

from django.conf import settings
from django.http.request import split_domain_port, validate_host

#: Proxies and tunnels on this machine say with these whom they ask for: somebody else.
FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"cf-connecting-ip"}


def is_own_browser(scope: dict) -> bool:
    """Whether a browser of this machine asks, by an address or a name that is this machine's."""
    return is_known_host(scope) and is_local(scope)


def is_local(scope: dict) -> bool:
    """Whether the connection is from this machine itself: by its address, which no header can change.

    A header that says it was passed on is believed: then it is from somewhere else.
    """
    client, server = scope.get("client"), scope.get("server")
    if not client or FORWARDED.intersection(name.lower() for name, _ in scope["headers"]):
        return False
    try:
        address = _address(client[0])
        return address.is_loopback or bool(server) and address == _address(server[0])
    except ValueError:  # a Unix socket's
        return False


def is_known_host(scope: dict) -> bool:
    """Whether the Host header is an address, this machine's own name for itself or in ALLOWED_HOSTS.

    Another site's name that leads here (DNS rebinding) is none of them.
    """
    name, _ = split_domain_port(header(scope, b"host"))
    if name == "localhost" or name.endswith(".localhost") or _is_address(name):
        return True
    return (
        bool(name)
        and "*" not in settings.ALLOWED_HOSTS
        and validate_host(name, settings.ALLOWED_HOSTS)
    )


def header(scope: dict, name: bytes) -> str:
    return next(
        (value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), ""
    )


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return False
