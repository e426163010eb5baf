"""What to do about an exception: only for those with one cause."""

import re
from collections.abc import Callable
from difflib import get_close_matches
from types import FrameType

from channels.layers import BaseChannelLayer
from django.core.exceptions import SynchronousOnlyOperation
from django.db import Error as DatabaseError

from chatdemo.inspector import call_stack

#: An exception, its text, and the call stack at which it was raised, the nearest call first.
Rule = Callable[[BaseException, str, list[FrameType]], str | None]
MAX_SHOWN_CHARACTERS = 60
#: What adds a key to the scope of a WebSocket.
_SCOPE_KEYS = {
    "user": "AuthMiddlewareStack",
    "session": "SessionMiddlewareStack, or AuthMiddlewareStack,",
    "cookies": "CookieMiddleware, or AuthMiddlewareStack,",
    "url_route": "URLRouter",
}
#: Databases' words for a table that doesn't exist: SQLite's, PostgreSQL's, MySQL's, Oracle's.
_NO_TABLE = re.compile(
    r"no such table|relation .* does not exist|Table '.*' doesn't exist"
    r"|table or view does not exist"
)


def find_remedy(error: BaseException, stack: list[FrameType]) -> str | None:
    """Return what to do about an exception, in a sentence or two; None if that isn't sure."""
    text = str(error)
    for rule in RULES:
        if remedy := rule(error, text, stack):
            return remedy
    return None


def describe_name_fault(name: object, what: str) -> str:
    """Say what is wrong in the name of a group or a channel."""
    limit = BaseChannelLayer.MAX_NAME_LENGTH
    if not isinstance(name, str):
        return f"{what} is of the type {type(name).__name__}, not a str."
    if len(name) >= limit:
        return f"{what} has {len(name)} characters: there may be at most {limit - 1}."
    if not name:
        return f"{what} is empty."
    wrong = sorted(set(re.findall(r"[^a-zA-Z\d\-_.]", name)), key=name.index)
    listed = ", ".join("a space" if one == " " else repr(one) for one in wrong[:8])
    shown = name if len(name) <= MAX_SHOWN_CHARACTERS else f"{name[:MAX_SHOWN_CHARACTERS]}…"
    if not wrong:
        return ""
    return f"{what} {shown!r} has {listed} in it. Allowed are ASCII letters, digits, - _ and ."


def _name(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    """The name of a group or a channel that the layer doesn't accept."""
    found = re.match(r"(Group|Channel) name must be a valid unicode string", text)
    if not found or not isinstance(error, TypeError):
        return None
    for frame in stack:
        layer = type(frame.f_locals.get("self"))
        if "name" in frame.f_locals and issubclass(layer, BaseChannelLayer):
            return describe_name_fault(frame.f_locals["name"], f"The {found[1].lower()} name")
    return None


def _table(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    if isinstance(error, DatabaseError) and _NO_TABLE.search(text):
        return (
            "The database lacks this table. Run python manage.py migrate; for a new model, run"
            " python manage.py makemigrations before."
        )
    return None


def _as_asgi(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    """A consumer class, instead of its application, is called for a route."""
    if not isinstance(error, TypeError) or not stack:
        return None
    callback = getattr(stack[0].f_locals.get("route"), "callback", None)
    if isinstance(callback, type) and hasattr(callback, "as_asgi"):
        return f"Write {callback.__name__}.as_asgi() in the route, not {callback.__name__}."
    return None


def _async_context(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    if isinstance(error, SynchronousOnlyOperation):
        return (
            "This line uses the database in asynchronous code. Await one of the ORM's asynchronous"
            " methods, such as aget(), or put it into a function with @database_sync_to_async."
        )
    return None


def _not_awaited(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    if isinstance(error, AttributeError | TypeError) and re.search(
        r"'coroutine' object (has no attribute|is not|does not support)|type coroutine is not JSON",
        text,
    ):
        return "A coroutine is used instead of its result: an await is missing before the call."
    return None


def _awaited(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    found = re.match(r"object (\w+) can't be used in 'await' expression", text)
    if not isinstance(error, TypeError) or not found or not stack:
        return None
    if call_stack.is_framework(stack[0].f_code.co_filename):  # Channels awaits what it has called
        if not (handled := call_stack.find_message(stack)):
            return None
        name = call_stack.find_synchronous_handler(*handled)
        consumer = type(handled[0]).__name__
        return name and f"{consumer} is asynchronous: write async def {name}, and await its calls."
    return f"What this line awaits is of the type {found[1]}: the called function isn't async."


def _no_layer(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    found = re.match(r"'NoneType' object has no attribute '(group_\w+|new_channel)'", text)
    if isinstance(error, AttributeError) and found:
        return "There is no channel layer: define CHANNEL_LAYERS in the settings."
    return None


def _handler(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    """An event whose type has no method, perhaps because of a misspelling."""
    found = re.match(r"No handler for message type (.+)", text)
    handled = call_stack.find_message(stack)
    if not isinstance(error, ValueError) or not found or not handled:
        return None
    consumer, method = type(handled[0]), found[1].replace(".", "_")
    if method == "websocket_disconnect":
        return f"Add {method}() to {consumer.__name__}, and raise StopConsumer in it."
    known = [
        name
        for name, value in vars(consumer).items()
        if callable(value) and not name.startswith("_")
    ]
    near = get_close_matches(method, known, 1, 0.8)
    has = f" It has {near[0]}." if near else ""
    return f"{consumer.__name__} has no method {method}.{has}"


def _scope(error: BaseException, text: str, stack: list[FrameType]) -> str | None:
    """A key that the scope lacks, or a part of the address that the route lacks."""
    consumer = call_stack.consumer_of(stack[0]) if stack else None
    if not isinstance(error, KeyError) or not error.args or consumer is None:
        return None
    key, scope = error.args[0], getattr(consumer, "scope", {})
    code = call_stack.describe_traceback(error.__traceback__)[-1]["code"]
    parts = scope.get("url_route", {}).get("kwargs", {})
    if "kwargs" in code and "url_route" in scope and key not in parts:
        has = ", ".join(map(repr, parts)) or "none"
        return f"The route has no part {key!r}. It has: {has}."
    if "scope" in code and key not in scope and key in _SCOPE_KEYS:
        return f"The scope has no {key!r}: {_SCOPE_KEYS[key]} adds it."
    return None


RULES: tuple[Rule, ...] = (
    _name,
    _table,
    _as_asgi,
    _async_context,
    _not_awaited,
    _awaited,
    _no_layer,
    _handler,
    _scope,
)
