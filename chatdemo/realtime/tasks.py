"""Running parts of a task from outside of it. asyncio's documentation, under Extending, has the functions for it."""

import asyncio
import types
from asyncio import _enter_task, _leave_task
from collections.abc import Callable, Coroutine, Generator
from typing import Any

enter, leave = _enter_task, _leave_task


def outside_tasks(loop: asyncio.AbstractEventLoop, call: Callable, *arguments: Any) -> Any:
    """``call(*arguments)``, with no task of ``loop``, the event loop that runs, as the current one meanwhile."""
    task = asyncio.current_task(loop)
    if task is None:
        return call(*arguments)
    leave(loop, task)
    try:
        return call(*arguments)
    finally:
        enter(loop, task)


def cancel_again(task: asyncio.Task) -> None:
    """Have the task's next wait cancelled instead of the one that was. It counts once (``Task.cancelling``)."""
    if hasattr(task, "uncancel"):  # Python 3.11
        task.uncancel()
    task.cancel()


def suspend(coroutine: Coroutine, waiting_for: Any) -> Generator:
    """The rest of a coroutine that has begun, and waits for a future (or None: for the loop's next turn)."""
    if waiting_for is not None:
        waiting_for._asyncio_future_blocking = (
            False  # its __await__ said True, and it can't be awaited again meanwhile
        )
    return _resume(coroutine, waiting_for)


@types.coroutine
def _resume(coroutine: Coroutine, waiting_for: Any) -> Generator:
    if waiting_for is not None:
        waiting_for._asyncio_future_blocking = True
    try:
        yield waiting_for
    except BaseException as error:  # the task is being cancelled, say
        try:
            waiting_for = coroutine.throw(error)
        except StopIteration:
            return
        yield from _resume(coroutine, waiting_for)
    else:
        yield from coroutine


_running: set[asyncio.Task] = (
    set()
)  # the event loop itself keeps no more than a weak reference to a task


def run_in_background(coroutine: Coroutine) -> None:
    """Run a coroutine in a task of its own that nobody waits for. What it raises is logged by asyncio."""
    task = asyncio.get_running_loop().create_task(coroutine)
    _running.add(task)
    task.add_done_callback(_running.discard)


def run_eagerly(coroutine: Coroutine) -> None:
    """Run a coroutine at once, as far as it goes without waiting, and its rest as ``run_in_background`` does.

    It has no task until then. One that never waits is spared the making of a task and a turn of the loop: 6 µs.
    """
    try:
        waiting_for = coroutine.send(None)
    except StopIteration:
        return
    run_in_background(_rest(coroutine, waiting_for))


async def _rest(coroutine: Coroutine, waiting_for: Any) -> None:
    await suspend(coroutine, waiting_for)


class Done(asyncio.Future):
    """A coroutine that has ended: awaited as often and as quickly as a future, and fit for ``asyncio.create_task``."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        super().__init__(loop=loop)
        self.set_result(None)

    def send(self, value: object) -> None:
        raise StopIteration

    def throw(self, *error: Any) -> None:
        raise error[0]

    def close(self) -> None:
        pass


Coroutine.register(Done)
