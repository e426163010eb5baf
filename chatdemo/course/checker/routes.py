"""Looks into an ASGI application for its WebSocket routes, and says why a room's address finds none."""

import re
from typing import Any, NamedTuple

from channels.consumer import AsyncConsumer
from django.urls.resolvers import RoutePattern

ADDRESS = "ws/chat/lobby/"


def mapping(application: Any) -> dict[str, Any] | None:
    """What a ProtocolTypeRouter maps, or None if the application isn't one, whatever is round it."""
    return _unwrap(application, "application_mapping")


def find(application: Any) -> list:
    """The routes of the URLRouter for WebSockets, or an empty list."""
    return list(_unwrap((mapping(application) or {}).get("websocket"), "routes") or [])


class Match(NamedTuple):
    """A route that an address leads to, and what its pattern, and those round it, name of the address."""

    route: Any
    named: dict[str, Any]


def matches(routes: list, address: str = ADDRESS) -> list[Match]:
    """Every route that matches, also below other routers, in the order in which Channels tries them."""
    found = []
    for route in routes:
        match = route.pattern.match(address)
        inner = _unwrap(route.callback, "routes")
        if match and inner is not None:
            found += [
                Match(below.route, match[2] | below.named) for below in matches(inner, match[0])
            ]
        elif match:
            found.append(Match(route, match[2]))
    return found


def consumer(routes: list) -> type | None:
    """The class of the consumer that the room's address leads to; where it leads nowhere, of the first there is."""
    fitting = [match.route for match in matches(routes)] or routes
    classes = [_class(route.callback) for route in fitting]
    return next((found for found in classes if isinstance(found, type)), None)


def _class(callback: Any) -> Any:
    """The consumer class behind a route: as_asgi() names it, and as_asgi itself is bound to it."""
    found = (
        getattr(callback, "consumer_class", None) or getattr(callback, "__self__", None) or callback
    )
    return type(found) if isinstance(found, AsyncConsumer) else found


def _unwrap(application: Any, attribute: str) -> Any:
    """``attribute`` of the application, or of the one inside: middleware calls that application, inner or app."""
    for _ in range(20):
        if application is None or hasattr(application, attribute):
            return getattr(application, attribute, None)
        inside = (getattr(application, name, None) for name in ("application", "inner", "app"))
        application = next((found for found in inside if found is not None), None)
    return None


def written(route: Any) -> str:
    """The pattern as the learner wrote it."""
    return str(route.pattern)


def why_unmatched(route: Any) -> str:
    """Why the pattern doesn't match the room's address, as the end of a sentence that starts with the pattern."""
    text, matches = written(route), route.pattern.match
    if isinstance(route.pattern, RoutePattern) and re.search(r"\(\?P|\\w|\$$|^\^", text):
        return "is a regular expression, which path() takes literally: use re_path()"
    if text.lstrip("^").startswith("/"):
        return "starts with a slash: Channels matches the path without its first one"
    if matches(ADDRESS.rstrip("/")):
        return "has no slash at its end, before the $"
    if matches("ws/chat/l/"):
        return r"takes a room's name of one character only: a + is missing after \w"
    if matches("chat/lobby/"):
        return "has no ws/ at its start"
    return f"doesn't match {ADDRESS!r}, the address that the room's page opens"
