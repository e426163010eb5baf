"""Why a handshake was refused, in one sentence."""

import sys
from typing import Any

PREFIX = "The connection was refused"


def explain(
    consumer: Any, scope: dict[str, Any], message: dict[str, Any], where: dict[str, Any] | None
) -> str:
    """Return why the application closes a connection before it has accepted it.

    ``where`` is the line that does.
    """
    if type(consumer).__name__ == "WebsocketDenier":  # channels.security.websocket
        origins = (value for name, value in scope["headers"] if name == b"origin")
        origin = next(origins, b"").decode("latin-1") or "which is missing"
        return f"{PREFIX} because this server doesn't allow its Origin, {origin}."
    if reason := message.get("reason"):
        return f"{PREFIX}: {reason}"
    error = sys.exc_info()[1]  # the consumer closes in an "except"
    if error is not None and str(error):
        return f"{PREFIX} because of {type(error).__name__}: {error}"
    if consumer is None:
        return f"{PREFIX} because a middleware closed it before a consumer was called."
    at = f", at {where['file']}:{where['line']}" if where else ""
    return f"{PREFIX} because {type(consumer).__name__} closed it without accepting it{at}."


def explain_routing(error: Exception, path: str) -> str | None:
    """Return the reason, if the error is that of Channels' routers without a matching route."""
    if not isinstance(error, ValueError):
        return None
    if str(error).startswith("No route found"):
        return (
            f"{PREFIX} because no route leads from {path} to a consumer:"
            " see websocket_urlpatterns in routing.py."
        )
    if str(error).startswith("No application configured"):
        return (
            f"{PREFIX} because no application is configured for WebSockets:"
            " see ProtocolTypeRouter in asgi.py."
        )
    return None


def explain_failure(error: Exception, consumer: str | None) -> str:
    """Return the reason, if the application has raised instead of accepting."""
    name = consumer or "the application"
    return f"{PREFIX} because {name} failed before it had accepted: {type(error).__name__}: {error}"
