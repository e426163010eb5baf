"""Looks into an ASGI application for its WebSocket routes, and says why a room's address finds none."""

import re
from typing import Any

from django.urls.resolvers import RoutePattern

ADDRESS = "ws/chat/lobby/"


def mapping(application: Any) -> dict[str, Any] | None:
    """What a ProtocolTypeRouter maps, or None if the application isn't one, whatever is round it."""
    return _unwrap(application, "application_mapping")


def find(application: Any) -> list:
    """The routes of the URLRouter for WebSockets, or an empty list."""
    routes = _unwrap((mapping(application) or {}).get("websocket"), "routes") or []
    nested = [getattr(route.callback, "routes", None) for route in routes]
    return [inner for routes in nested if routes for inner in routes] or list(routes)


def consumer(routes: list) -> type | None:
    """The class of the consumer that the room's address leads to; where it leads nowhere, of the first there is."""
    fitting = [route for route in routes if route.pattern.match(ADDRESS)] or routes
    classes = [_class(route.callback) for route in fitting]
    return next((found for found in classes if isinstance(found, type)), None)


def _class(callback: Any) -> Any:
    """The consumer class behind a route: as_asgi() names it, and as_asgi itself is bound to it."""
    return getattr(callback, "consumer_class", None) or getattr(callback, "__self__", None) or callback


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
