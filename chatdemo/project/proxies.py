"""Reverse proxies: whose word is taken for who a client is."""

from collections.abc import Callable, Iterable
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from chatdemo.common.errors import UsageError
from chatdemo.common.local_machine import header, parse_address

#: Schemes of a WebSocket by that of the page.
WEBSOCKET_SCHEMES = {"http": "ws", "https": "wss"}


class TrustProxies:
    """ASGI middleware that takes a client's address and scheme from the headers of known proxies.

    ``proxies`` are addresses and networks. The address is the last one in X-Forwarded-For that
    isn't a proxy's: a client can write anything before it. A connection whose proxy names no client
    has none. The headers of others change nothing.
    """

    def __init__(self, application: Callable, proxies: Iterable[str]):
        self.application = application
        self.networks = [parse_network(text) for text in proxies]

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        client = scope.get("client")
        if client and self._is_proxy(client[0]):
            scope = {**scope, "client": self._find_client(scope)}
            scheme = header(scope, b"x-forwarded-proto").lower()
            if scheme in WEBSOCKET_SCHEMES:
                is_websocket = scope["type"] == "websocket"
                scope["scheme"] = WEBSOCKET_SCHEMES[scheme] if is_websocket else scheme
        await self.application(scope, receive, send)

    def _find_client(self, scope: dict[str, Any]) -> tuple[str, int] | None:
        # A proxy may append to the client's header, or add another one behind it (RFC 9110, 5.3).
        values = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
        forwarded = b",".join(values).decode("latin-1").split(",")
        for address in reversed([text.strip() for text in forwarded]):
            if parse_address(address) is None:
                return None
            if not self._is_proxy(address):
                return address, 0
        return None

    def _is_proxy(self, text: str) -> bool:
        address = parse_address(text)
        return address is not None and any(address in network for network in self.networks)


def parse_network(text: str) -> IPv4Network | IPv6Network:
    """Return an address or a network such as 10.0.0.0/8. Raises UsageError if it is neither."""
    try:
        return ip_network(text)
    except ValueError:
        message = f"The setting proxies: {text!r} is neither an IP address nor a network."
        raise UsageError(message, "Write 127.0.0.1, or 10.0.0.0/8 for a network.") from None
