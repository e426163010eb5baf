"""Who may look: by default, browsers of this machine alone."""

import ipaddress
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

#: Proxies and tunnels on this machine say with these whom they ask for: somebody else.
FORWARDED = {b"forwarded", b"x-forwarded-for", b"x-real-ip", b"cf-connecting-ip"}


class Access:
    """``who`` is "off", "local" or "all".

    ``watch(token)`` is the path of the WebSocket that a token in the address lets its bearer watch, None if it is none.
    """

    def __init__(self, who: str, watch: Callable[[str], str | None] | None = None):
        self.who, self.watch = who, watch

    def may_see_all(self, scope: dict) -> bool:
        """Whether the one who asks may look at everything."""
        if self.who == "off" or not is_known_host(scope):
            return False
        return self.who == "all" or is_local(scope)

    def watched_path(self, scope: dict) -> str | None:
        """The one WebSocket's path that the token in the address is for."""
        token = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("watch", [""])[0]
        return self.watch(token) if token and self.watch and self.who != "off" else None


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
    return bool(name) and "*" not in settings.ALLOWED_HOSTS and validate_host(name, settings.ALLOWED_HOSTS)


def is_own_origin(scope: dict) -> bool:
    """Whether a WebSocket comes from a page of this server: RFC 6455, section 10.2."""
    return urlsplit(header(scope, b"origin")).netloc.lower() == header(scope, b"host").lower() != ""


def header(scope: dict, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name), "")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def _is_address(name: str) -> bool:
    try:
        return bool(ipaddress.ip_address(name.strip("[]")))
    except ValueError:
        return False
