"""Tasks that nothing awaits, and a result that is there already."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

from chatdemo.realtime.upstream.asyncio import suspend

#: The time until a cancellation is repeated.
CANCEL_SECONDS = 0.1
_background: set[asyncio.Task] = set()  # the event loop itself has only weak references


def run_in_background(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine in a task of its own. asyncio logs what it raises."""
    task = asyncio.get_running_loop().create_task(coroutine)
    _background.add(task)
    task.add_done_callback(_background.discard)


def run_eagerly(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine at once until it has to wait, and the rest in the background.

    A coroutine that never waits needs no task and no iteration of the event loop, which take 6 µs.
    """
    try:
        future = coroutine.send(None)
    except StopIteration:
        return
    run_in_background(_finish(coroutine, future))


async def _finish(coroutine: Coroutine[Any, Any, Any], future: Any) -> None:
    await suspend(coroutine, future)


class OwnedTasks:
    """The tasks of one object, which end with it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task] = set()

    def __iter__(self) -> Iterator[asyncio.Task]:
        return iter(list(self._tasks))

    def start(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine in a task. asyncio logs what it raises."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def cancel(self) -> None:
        """Cancel all tasks, and wait for them.

        A time limit within a task that ends at the same moment can swallow a cancellation, so it is
        repeated.
        """
        while self._tasks:
            for task in self:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=CANCEL_SECONDS)


class CompletedAwaitable(asyncio.Future):
    """The result of a coroutine that has ended.

    It can be awaited any number of times, as fast as a future, and asyncio.create_task() accepts
    it as a coroutine.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop):
        super().__init__(loop=loop)
        self.set_result(None)

    def send(self, value: object) -> None:
        """Raise StopIteration, as a coroutine that returns does."""
        raise StopIteration

    def throw(self, *error: Any) -> None:
        """Raise the error, as a coroutine that doesn't handle it does."""
        raise error[0]

    def close(self) -> None:
        """Do nothing, as a coroutine that has ended does."""


Coroutine.register(CompletedAwaitable)
