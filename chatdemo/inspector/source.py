"""Which line of whose code called: found by a walk up the stack, past the frameworks and past us."""

import asyncio
import linecache
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import lru_cache
from itertools import dropwhile
from types import CodeType, FrameType, TracebackType
from typing import Any

import channels
from asgiref.sync import AsyncToSync
from channels.consumer import AsyncConsumer

import chatdemo

_OURS = os.path.dirname(os.path.abspath(chatdemo.__file__))
#: Code that only passes calls on. Where the interpreter and the packages are, and these folders of our own.
_FRAMEWORK = tuple(
    folder + os.sep
    for folder in (
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("purelib"),
        sysconfig.get_path("platlib"),
        os.path.dirname(os.path.dirname(os.path.abspath(channels.__file__))),
        os.path.join(_OURS, "inspector"),
        os.path.join(_OURS, "realtime"),
    )
)
#: Functions that begin something anew: what is above them has nothing to do with it. Of event loops, those that run
#: them too: uvloop has no frames.
_BOTTOM = {
    (asyncio.events.__file__, "_run"),
    (asyncio.base_events.__file__, "run_forever"),
    (asyncio.runners.__file__, "run"),
    (
        os.path.join(sysconfig.get_path("purelib"), "twisted", "internet", "asyncioreactor.py"),
        "run",
    ),
    (os.path.join(_OURS, "realtime", "turns.py"), "take"),
}

#: What async_to_sync runs in an event loop, and what waits for that in another thread.
_BEGINS, _WAITS = AsyncToSync.main_wrap.__code__, AsyncToSync.__call__.__code__


@lru_cache(maxsize=4096)
def is_framework(filename: str) -> bool:
    """Whether a file is of Python, Django, Channels or any other installed package, or of what only passes calls on."""
    path = os.path.abspath(filename)
    return filename.startswith("<") or (path.startswith(_FRAMEWORK) and not _is_course(path))


def _is_course(path: str) -> bool:  # chatdemo itself may be installed
    inside = path.startswith(_OURS + os.sep)
    return inside and not path.startswith(_FRAMEWORK[-2:])


def walk(frame: FrameType | None) -> Iterator[FrameType]:
    """The frame and those that called it, as far as they belong to what runs now."""
    while frame is not None:
        yield frame
        if (frame.f_code.co_filename, frame.f_code.co_name) in _BOTTOM:
            return
        frame = frame.f_back


def stack() -> list[FrameType]:
    """The frames of the call: this thread's, and those of the threads that wait for it in ``async_to_sync``."""
    return _with_waiting(list(walk(sys._getframe(1))))


def _with_waiting(frames: list[FrameType]) -> list[FrameType]:
    """The frames, with those of the thread that called them behind: it has the same future for the result."""
    begins = next((index for index, frame in enumerate(frames) if frame.f_code is _BEGINS), None)
    if begins is None:
        return frames
    result = frames[begins].f_locals["call_result"]
    for thread in sys._current_frames().values():
        theirs = list(walk(thread))
        for index, frame in enumerate(theirs):
            if frame.f_code is _WAITS and frame.f_locals.get("call_result") is result:
                return frames[:begins] + _with_waiting(theirs[index:])
    return frames[:begins]


def within(frames: list[FrameType], consumer: Any) -> list[FrameType]:
    """The frames from the nearest of the consumer's own methods on: without middleware that it calls. Or all."""
    if consumer is None:
        return frames
    return (
        list(dropwhile(lambda frame: frame.f_locals.get("self") is not consumer, frames)) or frames
    )


def is_websockets(consumer: AsyncConsumer) -> bool:
    """Whether it is a participant's, and neither a worker's nor a request's."""
    return getattr(consumer, "scope", {}).get("type") == "websocket"


def caller(frames: list[FrameType]) -> dict | None:
    """The nearest line that isn't a framework's. What is outside of the consumer, a middleware, only called that."""
    for frame in frames:
        if frame.f_code.co_name == "__call__" and isinstance(
            frame.f_locals.get("self"), AsyncConsumer
        ):
            return None
        if not is_framework(frame.f_code.co_filename):
            return describe(frame.f_code, frame.f_lineno)
    return None


def find_consumer(frames: list[FrameType]) -> AsyncConsumer | None:
    """The consumer whose code calls."""
    for frame in frames:
        if isinstance(found := frame.f_locals.get("self"), AsyncConsumer):
            return found
    return None


def handled(frames: list[FrameType]) -> Iterator[Any]:
    """What the methods on the way were called with, the nearest first: among it, what a handler handles."""
    for frame in frames:
        if frame.f_code.co_argcount >= 2:
            yield frame.f_locals.get(frame.f_code.co_varnames[1])


def of_handler(consumer: Any, *names: str) -> dict | None:
    """The line at which the first of these methods that is the consumer's own begins."""
    for name in names:
        method = getattr(type(consumer), name, None)
        code = getattr(method, "__code__", None)
        if isinstance(code, CodeType) and not is_framework(code.co_filename):
            return describe(code, code.co_firstlineno)
    return None


def of_traceback(traceback: TracebackType | None) -> list[dict]:
    """The lines of a traceback that aren't a framework's; its last one if all are."""
    calls = list(_calls(traceback))
    theirs = [call for call in calls if not is_framework(call[0].co_filename)]
    return [describe(*call) for call in theirs or calls[-1:]]


def of_exception() -> dict | None:
    """The line that raised what is being handled, or that called the framework which did."""
    error = sys.exc_info()[1]
    calls = _calls(error.__traceback__) if error else ()
    theirs = [call for call in calls if not is_framework(call[0].co_filename)]
    return describe(*theirs[-1]) if theirs else None


def _calls(traceback: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next


@lru_cache(maxsize=4096)
def describe(code: CodeType, line: int) -> dict:
    """A line, to be shown: its file with the folder that it is in, and its text."""
    path = code.co_filename.replace(os.sep, "/").split("/")
    text = linecache.getline(code.co_filename, line).strip()
    return {"file": "/".join(path[-2:]), "line": line, "function": code.co_name, "code": text[:200]}
