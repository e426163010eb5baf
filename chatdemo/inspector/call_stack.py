"""Finds the line of the application's code that calls, past the frames of frameworks."""

import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from itertools import dropwhile
from traceback import walk_tb
from types import CodeType, FrameType, TracebackType
from typing import Any

import channels
from channels.consumer import AsyncConsumer

import chatdemo
from chatdemo.realtime.upstream.asgiref import has_waiting_thread, waiting_frame
from chatdemo.realtime.upstream.asyncio import LOOP_FRAMES

_CHATDEMO = os.path.dirname(os.path.abspath(chatdemo.__file__))
#: Parts of chatdemo that only pass calls on.
_PASSING = tuple(os.path.join(_CHATDEMO, name) + os.sep for name in ("inspector", "realtime"))
#: Folders of code that isn't the application's: Python's, installed packages', and these parts.
_FRAMEWORK = (
    *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")),
    os.path.dirname(os.path.dirname(os.path.abspath(channels.__file__))) + os.sep,
    *_PASSING,
)
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
    return filename.startswith("<") or path.startswith(_FRAMEWORK)


def current_stack() -> list[FrameType]:
    """Return the call stack, the nearest call first.

    Frames here are Python's. Those of threads that wait in ``async_to_sync`` for this call follow.
    """
    return list(_frames(sys._getframe(1)))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        if has_waiting_thread(frame):
            frame = waiting_frame(frame)
        elif (frame.f_code.co_filename, frame.f_code.co_name) in _ROOTS:
            return
        else:
            frame = frame.f_back


def skip_to_consumer(stack: list[FrameType], consumer: Any) -> list[FrameType]:
    """Leave out what the consumer's own methods have called, such as a middleware's ``send``."""
    if consumer is None:
        return stack
    own = dropwhile(lambda frame: frame.f_locals.get("self") is not consumer, stack)
    return list(own) or stack


def has_websocket(consumer: AsyncConsumer) -> bool:
    """Whether the consumer is a participant's, not a worker's or an HTTP request's."""
    return getattr(consumer, "scope", {}).get("type") == "websocket"


def describe_caller(stack: list[FrameType]) -> dict[str, Any] | None:
    """Describe the nearest line of the application's code, up to a consumer's ``__call__``.

    Returns None if there is none: what called the consumer, such as a middleware, doesn't count.
    """
    for frame in stack:
        code = frame.f_code
        if code.co_name == "__call__" and isinstance(frame.f_locals.get("self"), AsyncConsumer):
            return None
        if not is_framework(code.co_filename):
            return describe_line(code, frame.f_lineno)
    return None


def find_consumer(stack: list[FrameType] | None = None) -> AsyncConsumer | None:
    """Return the consumer whose method is the nearest, by default on the current call stack."""
    for frame in stack or current_stack():
        if isinstance(found := frame.f_locals.get("self"), AsyncConsumer):
            return found
    return None


def describe_handler(consumer: Any, *names: str) -> dict[str, Any] | None:
    """Describe where the first of these methods starts that is in the application's code."""
    for name in names:
        code = getattr(getattr(type(consumer), name, None), "__code__", None)
        if isinstance(code, CodeType) and not is_framework(code.co_filename):
            return describe_line(code, code.co_firstlineno)
    return None


def describe_traceback(traceback: TracebackType | None) -> list[dict[str, Any]]:
    """Describe the application's lines of a traceback, or its last line if there are none."""
    calls = [(frame.f_code, line) for frame, line in walk_tb(traceback)]
    own = [call for call in calls if not is_framework(call[0].co_filename)]
    return [describe_line(*call) for call in own or calls[-1:]]


def describe_exception() -> dict[str, Any] | None:
    """Describe the application's line that has raised, or led to, the exception being handled."""
    calls = [(frame.f_code, line) for frame, line in walk_tb(sys.exc_info()[2])]
    own = [call for call in calls if not is_framework(call[0].co_filename)]
    return describe_line(*own[-1]) if own else None


@lru_cache(maxsize=4096)
def describe_line(code: CodeType, line: int) -> dict[str, Any]:
    """Describe a line: its file with the folder, its number, its function and its text."""
    path = code.co_filename.replace(os.sep, "/").split("/")
    text = linecache.getline(code.co_filename, line).strip()
    return {"file": "/".join(path[-2:]), "line": line, "function": code.co_name, "code": text[:200]}
