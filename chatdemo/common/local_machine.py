"""Is a client this machine? Decided by its address, its Host header and the headers of proxies."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.http import HttpRequest

#: A proxy or a tunnel on this machine sends one of these: its client is another machine.
FORWARDING_HEADERS = frozenset(
    {b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"cf-connecting-ip"}
)
#: A Host header: a name or an address, an IPv6 one in brackets, and perhaps a port (RFC 9110,
#: section 7.2).
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:/@]+)(?::[0-9]+)?")


def is_own_browser(scope: dict[str, Any]) -> bool:
    """Whether the request comes from this machine, and is for an address or a name of it.

    ``scope`` is that of an ASGI connection, here and below.
    """
    return is_known_host(scope) and is_local(scope)


def is_local(scope: dict[str, Any]) -> bool:
    """Whether the client's address is this machine's, and no proxy forwards the connection."""
    client, server = scope.get("client"), scope.get("server")
    if not client or any(name.lower() in FORWARDING_HEADERS for name, _ in scope["headers"]):
        return False
    address = parse_address(client[0])
    if address is None:  # a Unix socket's
        return False
    return address.is_loopback or (server is not None and address == parse_address(server[0]))


def is_known_host(scope: dict[str, Any]) -> bool:
    """Whether the Host header is an address, a name for this machine or a name in ALLOWED_HOSTS.

    The name of another site that resolves to this machine (DNS rebinding) is none of these.
    """
    from django.conf import settings

    host = header(scope, b"host").lower()
    match = _HOST.fullmatch(host)
    if not match:
        return False
    name = match[1].removesuffix(".")
    if name == "localhost" or name.endswith(".localhost") or parse_address(name.strip("[]")):
        return True
    return "*" not in settings.ALLOWED_HOSTS and is_allowed_host(host)


def is_allowed_host(host: str) -> bool:
    """Whether Django answers to this Host header: the rule of ALLOWED_HOSTS."""
    from django.core.exceptions import DisallowedHost
    from django.http import HttpRequest

    request = HttpRequest()
    request.META = {"HTTP_HOST": host}
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return True


def is_loopback(address: str) -> bool:
    """Whether ``address`` is an IP address that never leaves this machine."""
    parsed = parse_address(address)
    return parsed is not None and parsed.is_loopback


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the IP address, None if it isn't one. ``::ffff:127.0.0.1`` becomes an IPv4 address."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def header(scope: dict[str, Any], name: bytes) -> str:
    """Return the value of the header ``name`` (in lower case), empty if there is none."""
    return next(
        (value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), ""
    )


def scope_of(request: "HttpRequest") -> dict[str, Any]:
    """Return the part of a scope that the functions above read, for a request of Django."""
    headers = [
        (name.lower().encode(), value.encode("latin-1", "replace"))
        for name, value in request.headers.items()
    ]
    client, server = request.META.get("REMOTE_ADDR"), request.META.get("SERVER_NAME")
    return {
        "client": (client, 0) if client else None,
        "server": (server, 0) if server else None,
        "headers": headers,
    }
