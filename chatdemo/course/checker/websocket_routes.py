"""Finds the WebSocket routes of an ASGI application, and why none matches a room's address."""

import inspect
import re
from typing import Any, NamedTuple

from channels.consumer import AsyncConsumer
from django.urls.resolvers import RoutePattern

#: The address of a room's WebSocket, as Channels matches it.
ADDRESS = "ws/chat/lobby/"


def protocol_mapping(application: Any) -> dict[str, Any] | None:
    """Return the mapping of a ProtocolTypeRouter, which may be wrapped; None if there is none."""
    return _unwrap(application, "application_mapping")


def websocket_routes(application: Any) -> list[Any]:
    """Return the routes of the URLRouter for WebSockets; empty if there is none."""
    return list(_unwrap((protocol_mapping(application) or {}).get("websocket"), "routes") or [])


def has_empty_router(application: Any) -> bool:
    """Whether there is a URLRouter for WebSockets, without a route."""
    return _unwrap((protocol_mapping(application) or {}).get("websocket"), "routes") == []


class RouteMatch(NamedTuple):
    """A route that matches an address, and the parts of the address that the patterns name."""

    route: Any
    named: dict[str, Any]


def matching_routes(routes: list[Any], address: str = ADDRESS) -> list[RouteMatch]:
    """Return every route that matches, of inner routers too, in Channels' order."""
    found = []
    for route in routes:
        match = route.pattern.match(address)
        inner = _unwrap(route.callback, "routes")
        if match and inner is not None:
            for below in matching_routes(inner, match[0]):
                found.append(RouteMatch(below.route, match[2] | below.named))
        elif match:
            found.append(RouteMatch(route, match[2]))
    return found


def consumer_class(routes: list[Any]) -> type | None:
    """Return the consumer class of the room's address, or of the first route if none matches."""
    for route in [match.route for match in matching_routes(routes)] or routes:
        # as_asgi() names the class.
        if found := _unwrap(route.callback, "consumer_class") or uncalled_consumer(route.callback):
            return found
    return None


def uncalled_consumer(callback: Any) -> type | None:
    """Return the class of a consumer for which as_asgi() isn't called."""
    found = getattr(callback, "__self__", callback)  # as_asgi itself is bound to the class
    found = found if isinstance(found, type) else type(found)
    return found if issubclass(found, AsyncConsumer) else None


def is_application(callback: Any) -> bool:
    """Whether ASGI can call it: with a scope, receive and send."""
    try:
        inspect.signature(callback, follow_wrapped=False).bind({}, None, None)
    except (TypeError, ValueError):
        return False
    is_view = hasattr(callback, "view_class")  # as View.as_view() returns it
    return not is_view and not isinstance(callback, type)


def _unwrap(application: Any, attribute: str) -> Any:
    """``attribute`` of the application or of one that it wraps, under the usual names for that."""
    for _ in range(20):
        if application is None or hasattr(application, attribute):
            return getattr(application, attribute, None)
        inside = (getattr(application, name, None) for name in ("application", "inner", "app"))
        application = next((found for found in inside if found is not None), None)
    return None


def why_unmatched(route: Any, address: str) -> str:
    """Return why the pattern doesn't match the address of a room's WebSocket: a sentence without
    its subject.
    """
    text, matches = str(route.pattern), route.pattern.match
    if isinstance(route.pattern, RoutePattern) and re.search(r"\(\?P|\\w|\$$|^\^", text):
        return "is a regular expression, but path() reads it literally: use re_path()"
    if text.lstrip("^").startswith("/"):
        return "starts with a slash: Channels matches the path without its first slash"
    if matches(address.rstrip("/")):
        return "has no slash at its end, before the $"
    if found := re.search(r"(?<![\\\w])([wd])\+", text):
        return f"has {found[0]}, the letter {found[1]} itself: a backslash is missing, \\{found[0]}"
    if matches(address.replace("lobby", "l")):
        return r"matches room names of one character only: add a + after \w"
    if matches(address.removeprefix("ws/")):
        return "has no ws/ at its start"
    return f"doesn't match {address!r}, the address that the room's page opens"
