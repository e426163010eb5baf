"""Which host names and origins are ours: no other site's page may use the chat through a visitor.

Django checks a request's Host header against ALLOWED_HOSTS, Channels a WebSocket's Origin. The list
starts with this machine's names. Its addresses change with its networks, so they are learned: an
address that a connection arrived at is this machine's.
"""

from collections.abc import Callable
from urllib.parse import ParseResult

from channels.security.websocket import OriginValidator
from django.conf import settings

from chatdemo.common.local_machine import parse_address


class AllowOwnAddresses:
    """ASGI middleware that adds the address that a connection arrived at to ALLOWED_HOSTS."""

    def __init__(self, application: Callable):
        self.application = application
        self.known: set[str] = set()

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        address, _ = scope.get("server") or (None, None)
        if address and address not in self.known:
            self.known.add(address)
            settings.ALLOWED_HOSTS.append(as_host(address))
        await self.application(scope, receive, send)


class AllowedHostsOriginValidator(OriginValidator):
    """Channels' AllowedHostsOriginValidator, which also accepts a client without an Origin header.

    Every browser sends one in a WebSocket handshake (RFC 6455, section 10.2). A client without one
    is no page of another site: it is a learner's script, or a test. Channels refuses it.
    """

    def __init__(self, application: Callable):
        super().__init__(application, settings.ALLOWED_HOSTS)

    def valid_origin(self, parsed_origin: ParseResult | None) -> bool:
        return parsed_origin is None or super().valid_origin(parsed_origin)


def as_host(address: str) -> str:
    """Return an IP address as it is in a Host header: IPv6 in brackets and without its zone."""
    ip = parse_address(address)
    return f"[{ip}]" if ip and ip.version == 6 else str(ip or address)
