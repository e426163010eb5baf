"""Finds the line of the application's code that calls, past the frames of frameworks."""

import linecache
import os
import re
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import dropwhile
from traceback import walk_tb
from types import CodeType, FrameType, TracebackType
from typing import Any

import channels
import django.core.handlers.base
import django.dispatch.dispatcher
from asgiref.sync import iscoroutinefunction
from channels.consumer import AsyncConsumer
from django.http import HttpRequest

import chatdemo
from chatdemo.realtime.upstream.asgiref import has_waiting_thread, waiting_frame
from chatdemo.realtime.upstream.asyncio import LOOP_FRAMES
from chatdemo.realtime.upstream.channels import get_handler_name

_CHATDEMO = os.path.dirname(os.path.abspath(chatdemo.__file__))
#: Parts of chatdemo that only pass calls on.
_PASSING = tuple(
    os.path.join(_CHATDEMO, name) + os.sep for name in ("inspector", "realtime", "own_project")
)
#: Folders of code that isn't the application's: Python's, installed packages', and these parts.
_FRAMEWORK = (
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")),
    os.path.dirname(os.path.dirname(os.path.abspath(channels.__file__))) + os.sep,
    *_PASSING,
)
#: How many decorators of a handler are looked behind, and how many lines they may have.
MAX_DECORATORS, MAX_DECORATOR_LINES = 10, 50
#: The methods that Channels' generic consumers call for ASGI's messages.
_HANDLERS = {
    "websocket.connect": ("connect",),
    "websocket.receive": ("receive_json", "receive"),
    "websocket.disconnect": ("disconnect",),
}
_DEF = re.compile(r"\s*(async\s+)?def\s")
#: Django's functions that call middleware and views, and those that call a signal's receivers.
_REQUEST_HANDLERS = os.path.dirname(os.path.abspath(django.core.handlers.base.__file__))
_SIGNALS = django.dispatch.dispatcher.__file__
_TWISTED = os.path.join(sysconfig.get_path("purelib"), "twisted", "internet")
#: Functions whose callers have nothing to do with what they call. Most are of event loops; uvloop
#: has no frames.
_ROOTS = {
    *LOOP_FRAMES,
    (os.path.join(_TWISTED, "asyncioreactor.py"), "run"),
    (os.path.join(_CHATDEMO, "realtime", "dispatcher.py"), "dispatch"),
}


@lru_cache(maxsize=4096)
def is_framework(filename: str) -> bool:
    """Whether a file belongs to Python, an installed package or a part that passes calls on."""
    path = os.path.abspath(filename)
    if path.startswith(_CHATDEMO + os.sep):  # it may be installed as well
        return path.startswith(_PASSING)
    is_compiled = not filename.endswith(".py")  # its path may be relative: "msgpack/_packer.pyx"
    return is_compiled or path.startswith(_FRAMEWORK)


def package_of(filename: str) -> str:
    """Return the name of the package, or of Python's module, that a framework's file belongs to."""
    for folder in sorted(_FRAMEWORK, key=len, reverse=True):
        if filename.startswith(folder) and folder not in _PASSING:
            return filename.removeprefix(folder).partition(os.sep)[0].removesuffix(".py")
    return "chatdemo" if filename.startswith(_CHATDEMO) else "Python"


def current_stack() -> list[FrameType]:
    """Return the call stack of the caller's caller, the nearest call first.

    Frames here are Python's. Those of threads that wait in ``async_to_sync`` for this call follow.
    The caller's own frame isn't among them: it refers to this list, and what both keep alive would
    be deleted much later, by the garbage collector.
    """
    return list(_frames(sys._getframe(2)))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        if has_waiting_thread(frame):
            frame = waiting_frame(frame)
        elif (frame.f_code.co_filename, frame.f_code.co_name) in _ROOTS:
            return
        else:
            frame = frame.f_back


def get_local(frame: FrameType, name: str) -> Any:
    """Return the value of a variable of a function that runs, None if it has none of this name.

    Before Python 3.13 a frame keeps the dictionary that ``f_locals`` returns, and all values in it.
    The function of a thread pool's thread never returns, so its frame isn't asked in vain.
    """
    code = frame.f_code
    has_it = name in code.co_varnames or name in code.co_freevars
    return frame.f_locals.get(name) if has_it else None


def skip_to_consumer(stack: list[FrameType], consumer: Any) -> list[FrameType]:
    """Leave out what the consumer's own methods have called, such as a middleware's ``send``."""
    if consumer is None:
        return stack
    own = dropwhile(lambda frame: get_local(frame, "self") is not consumer, stack)
    return list(own) or stack


def has_websocket(consumer: AsyncConsumer) -> bool:
    """Whether the consumer is a participant's, not a worker's or an HTTP request's."""
    return getattr(consumer, "scope", {}).get("type") == "websocket"


def describe_caller(stack: list[FrameType]) -> dict[str, Any] | None:
    """Describe the nearest line of the application's code, up to a consumer's ``__call__``.

    Returns None if there is none: what called the consumer, such as a middleware, doesn't count.
    """
    for frame in stack:
        if _is_consumers_call(frame):
            return None
        if not is_framework(frame.f_code.co_filename):
            return describe_line(frame.f_code, frame.f_lineno)
    return None


def _is_consumers_call(frame: FrameType) -> bool:
    return frame.f_code.co_name == "__call__" and consumer_of(frame) is not None


def describe_entry(stack: list[FrameType]) -> dict[str, Any] | None:
    """Describe the line of the function through which the application's code was entered.

    It is a view's, an HTTP consumer's, a task's or a thread's.
    """
    found = None
    for frame in stack:
        code = frame.f_code
        if code.co_filename.startswith(_REQUEST_HANDLERS) or _is_consumers_call(frame):
            break
        if not is_framework(code.co_filename):
            found = (code, frame.f_lineno)
    return describe_line(*found) if found else None


def describe_view(stack: list[FrameType]) -> dict[str, Any] | None:
    """Describe where the view of the request starts that Django answers on this call stack."""
    for frame in stack:
        request: Any = frame.f_locals.get("request")
        match = issubclass(type(request), HttpRequest) and request.resolver_match
        if match:
            view = getattr(match.func, "view_class", None)  # of a class-based view
            if view is not None:
                return describe_method(view, str(request.method).lower(), "dispatch")
            code = _find_code(match.func)
            return describe_start(code) if code else None
    return None


def describe_signal(stack: list[FrameType]) -> str | None:
    """Describe the signal of Django's that a function on the call stack receives, if any."""
    for frame in stack:
        if frame.f_code.co_filename == _SIGNALS and "sender" in frame.f_locals:
            sender = frame.f_locals["sender"]
            return f"signal of {sender.__name__}" if isinstance(sender, type) else "signal"
    return None


def find_consumer(stack: list[FrameType] | None = None) -> AsyncConsumer | None:
    """Return the consumer whose method is the nearest, by default on the current call stack."""
    for frame in stack or current_stack():
        if found := consumer_of(frame):
            return found
    return None


def consumer_of(frame: FrameType) -> AsyncConsumer | None:
    """Return the consumer whose method this is, None if it is of anything else.

    isinstance() would ask a lazy object for its ``__class__``, and so perhaps the database.
    """
    found = get_local(frame, "self")
    return found if issubclass(type(found), AsyncConsumer) else None


def describe_method(owner: type, *names: str) -> dict[str, Any] | None:
    """Describe where the first of these methods starts that is in the application's code."""
    codes = (_find_code(getattr(owner, name, None)) for name in names)
    code = next(filter(None, codes), None)
    return describe_start(code) if code else None


def describe_handler_of(consumer: AsyncConsumer, message: dict[str, Any]) -> dict[str, Any] | None:
    """Describe where the application's handler of a message starts."""
    return describe_method(type(consumer), *_names_of_handlers(message))


def find_synchronous_handler(consumer: AsyncConsumer, message: dict[str, Any]) -> str | None:
    """Return the name of the application's handler of a message if that is no coroutine function.

    A decorator may make one of it.
    """
    for name in _names_of_handlers(message):
        function = getattr(type(consumer), name, None)
        if _find_code(function) is not None:
            return None if iscoroutinefunction(function) else name
    return None


def _names_of_handlers(message: dict[str, Any]) -> list[str]:
    type = message.get("type")
    names = list(_HANDLERS.get(type, ())) if isinstance(type, str) else []
    with suppress(ValueError, AttributeError):  # the type isn't a method's
        names.append(get_handler_name(message))
    return [*names, "dispatch"]


def _find_code(function: Any) -> CodeType | None:
    """Return the code of a function of the application's, behind its decorators."""
    found = None
    for _ in range(MAX_DECORATORS):
        code = getattr(function, "__code__", None)
        if isinstance(code, CodeType) and not is_framework(code.co_filename):
            found = code
        function = getattr(function, "__wrapped__", None)
        if function is None:
            break
    return found


def find_call(consumer: AsyncConsumer, message: dict[str, Any], name: str) -> Any:
    """Describe the only line of a message's handler that calls a function without awaiting it."""
    for method in _names_of_handlers(message):
        code = _find_code(getattr(type(consumer), method, None))
        if code is not None:
            last = max(line for *_, line in code.co_lines() if line)
            calls = [
                line
                for line in range(code.co_firstlineno, last + 1)
                if f"{name}(" in (text := linecache.getline(code.co_filename, line))
                and "await" not in text
                and not _DEF.match(text)
            ]
            return describe_line(code, calls[0]) if len(calls) == 1 else None
    return None


@lru_cache(maxsize=1024)
def describe_start(code: CodeType) -> dict[str, Any]:
    """Describe a function's first line, the one with ``def``: its code begins at a decorator."""
    for line in range(code.co_firstlineno, code.co_firstlineno + MAX_DECORATOR_LINES):
        if _DEF.match(linecache.getline(code.co_filename, line)):
            return describe_line(code, line)
    return describe_line(code, code.co_firstlineno)


def stack_of(traceback: TracebackType | None) -> list[FrameType]:
    """Return the frames of a traceback, the nearest call first."""
    return [frame for frame, _ in walk_tb(traceback)][::-1]


def find_message(stack: list[FrameType]) -> tuple[AsyncConsumer, dict[str, Any]] | None:
    """Return the consumer that handles a message on this call stack, and the message."""
    for frame in reversed(stack):
        if frame.f_code.co_argcount >= 2 and frame.f_code.co_name != "__call__":
            consumer: AsyncConsumer | None = consumer_of(frame)
            message: Any = frame.f_locals.get(frame.f_code.co_varnames[1])
            if consumer and issubclass(type(message), dict):
                return consumer, message
    return None


def describe_traceback(traceback: TracebackType | None) -> list[dict[str, Any]]:
    """Describe the application's lines of a traceback."""
    calls = [(frame.f_code, line) for frame, line in walk_tb(traceback)]
    return [describe_line(*call) for call in calls if not is_framework(call[0].co_filename)]


def describe_exception() -> dict[str, Any] | None:
    """Describe the application's line that has raised, or led to, the exception being handled."""
    own = describe_traceback(sys.exc_info()[2])
    return own[-1] if own else None


@lru_cache(maxsize=4096)
def describe_line(code: CodeType, line: int) -> dict[str, Any]:
    """Describe a line: its file with the folder, its number, its function and its text."""
    path = code.co_filename.replace(os.sep, "/").split("/")
    text = linecache.getline(code.co_filename, line).strip()
    return {"file": "/".join(path[-2:]), "line": line, "function": code.co_name, "code": text[:200]}
