"""Why a handshake was refused, in one sentence."""

import sys
from typing import Any

BECAUSE = "The connection was refused because "


def explain(consumer: Any, scope: dict, message: dict, where: dict | None) -> str:
    """The reason for which the application closes a connection that it hasn't accepted."""
    if type(consumer).__name__ == "WebsocketDenier":  # channels.security.websocket's
        return f"{BECAUSE}its Origin, {_origin(scope)}, is not one that this server allows."
    if reason := message.get("reason"):
        return BECAUSE + reason
    error = sys.exc_info()[1]  # the consumer closes in an "except"
    if error is not None and str(error):
        return f"{BECAUSE}of {type(error).__name__}: {error}"
    if consumer is None:
        return f"{BECAUSE}a middleware closed it before any consumer was reached."
    at = f", at {where['file']}:{where['line']}" if where else ""
    return f"{BECAUSE}{type(consumer).__name__} closed it without accepting it{at}."


def of_routing(error: Exception, path: str) -> str | None:
    """The reason, if the error is what Channels' routers raise where nothing takes the connection."""
    if not isinstance(error, ValueError):
        return None
    if str(error).startswith("No route found"):
        return f"{BECAUSE}no route leads from {path} to a consumer: see websocket_urlpatterns in routing.py."
    if str(error).startswith("No application configured"):
        return f"{BECAUSE}the application has nothing for WebSockets: see ProtocolTypeRouter in asgi.py."
    return None


def of_failure(error: Exception, consumer: str | None) -> str:
    """The reason, where the application has raised instead of accepting."""
    return f"{BECAUSE}{consumer or 'the application'} failed before it had accepted: {type(error).__name__}: {error}"


def _origin(scope: dict) -> str:
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"),
        "which is missing",
    )
