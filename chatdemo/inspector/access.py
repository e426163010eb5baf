"""Who may use the inspector: by default the browsers of this machine."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chatdemo.common.local_machine import header, is_known_host, is_local


class Access:
    """Decides about requests. ``who`` is "off", "local" or "all".

    ``watch(token)`` returns the path of the WebSocket that the bearer of a token may watch, and
    None for an invalid token. The token is the parameter ``watch`` of the URL.
    """

    def __init__(self, who: str, watch: Callable[[str], str | None] | None = None):
        self.who, self.watch = who, watch

    def may_see_all(self, scope: dict[str, Any]) -> bool:
        """Whether the client may see everything."""
        if self.who == "off" or not is_known_host(scope):
            return False
        return self.who == "all" or is_local(scope)

    def watched_path(self, scope: dict[str, Any]) -> str | None:
        """Return the path of the WebSocket that the URL's token is for."""
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        token = query.get("watch", [""])[0]
        return self.watch(token) if token and self.watch and self.who != "off" else None


def is_own_origin(scope: dict[str, Any]) -> bool:
    """Whether a WebSocket comes from a page of this server (RFC 6455, section 10.2)."""
    host = header(scope, b"host").lower()
    return urlsplit(header(scope, b"origin")).netloc.lower() == host != ""
