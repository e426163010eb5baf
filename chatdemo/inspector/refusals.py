"""Why a connection was refused, and what close codes mean, in sentences."""

import sys
from collections.abc import Iterator, Sequence
from types import FrameType, TracebackType
from typing import Any
from urllib.parse import urlsplit

from channels.routing import URLRouter
from channels.security.websocket import OriginValidator
from django.conf import settings
from django.urls.resolvers import URLPattern

from chatdemo.common.local_machine import header
from chatdemo.inspector import call_stack

REFUSED = "The connection was refused"
MAX_ROUTES = 10
#: RFC 6455, section 7.4.1, and IANA's registry of close codes; what Channels and browsers use them
#: for.
CLOSE_CODES = {
    1000: "normal: what close() sends without a code",
    1001: "going away: the page was closed or reloaded, or the server stops",
    1002: "protocol error",
    1003: "unsupported data, such as bytes where text is expected",
    1005: "no code: the close frame had none",
    1006: "no close frame came: the connection was lost, or refused",
    1007: "invalid data, such as text that isn't UTF-8",
    1008: "policy violation",
    1009: "message too big",
    1010: "the server lacks an extension that the browser needs",
    1011: "internal error: an exception in the application, or no answer to a ping",
    1012: "the service restarts",
    1013: "try again later",
    1014: "a gateway got an invalid answer",
    1015: "the TLS handshake failed",
}


def describe_code(code: int | None) -> str:
    """Say what a close code means."""
    if code in CLOSE_CODES:
        return CLOSE_CODES[code]
    if isinstance(code, int) and 3000 <= code < 4000:
        return "registered by a library or framework"
    if isinstance(code, int) and 4000 <= code < 5000:
        return "the application's own"
    return "no code" if code is None else "not a code of RFC 6455"


def browser_sees(status: int) -> str:
    """Say what a browser is told of a refused handshake: not the application's code or reason."""
    return f"The browser sees only HTTP {status}, and its script the close code 1006."


def explain_closing(
    consumer: Any, scope: dict[str, Any], message: dict[str, Any], where: dict[str, Any] | None
) -> tuple[str, str | None]:
    """Return why the application closes a connection before accepting it, and what to do.

    ``where`` is the line that closes it.
    """
    status = message.get("status", 403)
    code = f" with the code {message['code']}" if message.get("code", 1000) != 1000 else ""
    validator = _find_validator()
    if validator is not None:
        reason, remedy = _explain_origin(header(scope, b"origin"), validator.allowed_origins)
        return f"{REFUSED} {reason} {browser_sees(status)}", remedy
    if given := message.get("reason"):
        return f"{REFUSED}{code}: {given} {browser_sees(status)}", None
    at = f", at {where['file']}:{where['line']}" if where else ""
    error = sys.exc_info()[1]  # the consumer closes in an "except"
    if error is not None and str(error):
        why = f"because of {type(error).__name__}: {error}{at}"
    elif consumer is None:
        why = "because a middleware closed it before a consumer was called"
    else:
        why = f"because {type(consumer).__name__} closed it{code} without accepting it{at}"
    return f"{REFUSED} {why}. {browser_sees(status)}", None


def _find_validator() -> OriginValidator | None:
    """Return the middleware that refuses an origin, if it is what closes now."""
    for frame in call_stack.current_stack():
        found = call_stack.get_local(frame, "self")
        if issubclass(type(found), OriginValidator):
            return found if "denier" in frame.f_locals else None
    return None


def _explain_origin(origin: str, allowed: Sequence[str]) -> tuple[str, str | None]:
    """``allowed`` are the validator's: ALLOWED_HOSTS, a default for it, or a list of its own."""
    is_default = settings.DEBUG and not settings.ALLOWED_HOSTS and "localhost" in allowed
    is_setting = allowed is settings.ALLOWED_HOSTS or is_default
    where = "ALLOWED_HOSTS" if is_setting else "the allowed_origins of OriginValidator"
    listed = ", ".join(repr(host) for host in allowed) or "nothing"
    allows = f"With DEBUG, an empty {where} allows" if is_default else f"In {where} there is"
    if not origin:
        return f"because it has no Origin, which browsers send. {allows} {listed}.", None
    reason = f"because this server doesn't allow its Origin, {origin}. {allows} {listed}."
    host = urlsplit(origin).hostname
    if host and is_default:  # which ends once the list isn't empty
        needed = ", ".join(map(repr, [*allowed, host]))
        return reason, f"If its page may connect, write {where} = [{needed}]."
    return reason, f"If its page may connect, add {host!r} to {where}." if host else None


def explain_routing(error: Exception, path: str) -> tuple[str, str | None] | None:
    """Return the reason and what to do, if the error is that of Channels' routers for this path."""
    text = str(error)
    if text.startswith("No route found"):
        router = _find_router(error.__traceback__)
        routes, remedy = _describe_routes(router, path) if router else ("", None)
        reason = f"{REFUSED} because no route leads from {path} to a consumer{routes}."
    elif text.startswith(("No application configured", "Django can only handle ASGI/HTTP")):
        reason, remedy = (
            f"{REFUSED} because no application is configured for WebSockets:"
            " see ProtocolTypeRouter in asgi.py.",
            None,
        )
    else:
        return None
    return f"{reason} {browser_sees(500)}", remedy


def _find_router(traceback: TracebackType | None) -> tuple[URLRouter, str] | None:
    """Return the router that has found no route, and the path that it got."""
    frames: list[FrameType] = call_stack.stack_of(traceback)
    for frame in frames:
        router, path = frame.f_locals.get("self"), frame.f_locals.get("path")
        if issubclass(type(router), URLRouter) and isinstance(path, str):
            return router, path
    return None


def _describe_routes(found: tuple[URLRouter, str], path: str) -> tuple[str, str | None]:
    """List the routes, and say which one would match with another slash."""
    router, rest = found
    patterns = list(_patterns_of(router))
    if not patterns:
        return ": there are no routes", None
    listed = ", ".join(patterns[:MAX_ROUTES])
    more = f" and {len(patterns) - MAX_ROUTES} more" if len(patterns) > MAX_ROUTES else ""
    remedy = None
    for route in router.routes:
        if remedy := _near_miss(route, rest, path):
            break
    return f". The routes{_written_in(router)} are: {listed}{more}", remedy


def _patterns_of(router: URLRouter) -> Iterator[str]:
    """Yield the patterns of the routes, and of those in inner routers with the outer ones' before
    them.
    """
    for route in router.routes:
        if issubclass(type(route.callback), URLRouter):
            for pattern in _patterns_of(route.callback):
                yield f"{route.pattern}{pattern}"
        else:
            yield str(route.pattern)


def _near_miss(route: URLPattern, rest: str, path: str) -> str | None:
    pattern = str(route.pattern)
    if issubclass(type(route.callback), URLRouter):  # it matches the beginning of a path
        return None
    if route.pattern.match(f"/{rest}"):
        return f"Remove the slash before {pattern}: Channels matches a path without its first one."
    if route.pattern.match(f"{rest}/"):
        return f"{path}/, with a slash at its end, would match {pattern}."
    if rest.endswith("/") and route.pattern.match(rest[:-1]):
        return f"{path[:-1]}, without a slash at its end, would match {pattern}."
    return None


def _written_in(router: URLRouter) -> str:
    """Say which module has the list of the routes, if it has a name there."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if not file or call_stack.is_framework(file):
            continue
        for variable, value in list(vars(module).items()):
            if value is router.routes:
                return f" in {variable} ({name.replace('.', '/')}.py)"
    return ""
