"""asyncio's functions for code that runs tasks itself.

- ``_enter_task``, ``_leave_task``: documented in asyncio's "Extending" for other event loops. A
  handler of a consumer runs as a part of its task, called by whoever has the message.
- ``_asyncio_future_blocking``: documented there for other kinds of futures. A task requires it of
  what it waits for, and a coroutine that another task continues must have it set again.
- ``_get_running_loop``: documented there as the fast form of ``get_running_loop``: it returns None
  instead of raising.
- ``cr_await``, ``gi_yieldfrom``, ``ag_await``: documented in ``inspect``. What a coroutine waits
  for.
- ``Task.get_context`` is new in Python 3.12. Before, a task refers to its context.
- ``Handle._run``, ``BaseEventLoop.run_forever``, ``Runner.run``: the frames below a callback.
"""

import asyncio
import gc
import types
from asyncio import _enter_task as enter_task
from asyncio import _get_running_loop as get_running_loop_or_none
from asyncio import _leave_task as leave_task
from collections.abc import Awaitable, Coroutine, Generator, Mapping
from contextvars import Context
from typing import Any

__all__ = ["NoCurrentTask", "cancel_again", "enter_task", "get_running_loop_or_none", "suspend"]
__all__ += ["LOOP_FRAMES", "context_of", "leave_task", "suspended_frames"]

#: The file and the function of the frames that an event loop has below a callback.
LOOP_FRAMES = {
    (asyncio.events.__file__, "_run"),
    (asyncio.base_events.__file__, "run_forever"),
    (asyncio.runners.__file__, "run"),
}


class NoCurrentTask:
    """A context in which no task of the running event loop is the current one.

    Dispatcher.dispatch makes its own task the current one, and asyncio allows only one.
    """

    __slots__ = ("loop", "task")

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop

    def __enter__(self) -> None:
        self.task = asyncio.current_task(self.loop)
        if self.task is not None:
            leave_task(self.loop, self.task)

    def __exit__(self, *error: object) -> None:
        if self.task is not None:
            enter_task(self.loop, self.task)


def cancel_again(task: asyncio.Task) -> None:
    """Cancel the task's next wait instead of the present one, and count it once."""
    if hasattr(task, "uncancel"):  # Python 3.11
        task.uncancel()
    task.cancel()


def suspend(coroutine: Coroutine[Any, Any, Any], future: Any) -> Awaitable[Any]:
    """Return what is left of a coroutine that waits for ``future``.

    Another task can await it. None stands for the next iteration of the event loop.
    """
    if future is not None:
        # Its __await__ has set this. Nothing can await it again until it is reset.
        future._asyncio_future_blocking = False
    return _resume(coroutine, future)


@types.coroutine
def _resume(coroutine: Coroutine[Any, Any, Any], future: Any) -> Generator[Any, Any, Any]:
    if future is not None:
        future._asyncio_future_blocking = True
    try:
        yield future
    except BaseException as error:  # for example a cancellation of the task
        try:
            future = coroutine.throw(error)
        except StopIteration:
            return
        yield from _resume(coroutine, future)
    else:
        yield from coroutine


def context_of(task: asyncio.Future) -> Mapping[Any, Any]:
    """Return a task's context; an empty one for any other future."""
    if hasattr(task, "get_context"):
        return task.get_context()
    referred = gc.get_referents(task) if isinstance(task, asyncio.Task) else ()
    return next((one for one in referred if type(one) is Context), {})


#: The frame and what is awaited, of a generator and an asynchronous generator.
_AWAITED = (("gi_frame", "gi_yieldfrom"), ("ag_frame", "ag_await"))


def suspended_frames(task: asyncio.Task) -> list[types.FrameType]:
    """Return the frames of what a task waits for, from its own coroutine to the nearest call.

    Any thread may call it: the task may go on meanwhile, and then some frames are missing.
    """
    frames: list[types.FrameType] = []
    waiting: Any = task.get_coro()
    while waiting is not None:
        if type(waiting) is types.CoroutineType:
            frame, waiting = waiting.cr_frame, waiting.cr_await
        else:
            frame, waiting = _frame_and_awaited(waiting)
        if frame is not None:
            frames.append(frame)
            if waiting is None and frame.f_code is _resume.__code__:
                waiting = frame.f_locals.get("coroutine")  # which another task has started
    return frames


def _frame_and_awaited(waiting: Any) -> tuple[types.FrameType | None, Any]:
    """Return None twice for what is no coroutine, such as a future."""
    for frame, awaited in _AWAITED:
        if hasattr(waiting, frame):
            return getattr(waiting, frame), getattr(waiting, awaited)
    return None, None
