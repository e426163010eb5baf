"""Who may look: by default, browsers of this machine alone."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from chatdemo.common.local_machine import header, is_known_host, is_local


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


def is_own_origin(scope: dict) -> bool:
    """Whether a WebSocket comes from a page of this server: RFC 6455, section 10.2."""
    return urlsplit(header(scope, b"origin")).netloc.lower() == header(scope, b"host").lower() != ""
