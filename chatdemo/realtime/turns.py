"""A consumer's task, and the handlers that take turns in it."""

import asyncio
import types
from asyncio import _enter_task, _leave_task  # asyncio's documentation, Extending: for those who run tasks
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from typing import Any

from channels.db import aclose_old_connections


class Turns:
    """Runs one handler at a time: ``handle(message)`` for what the sources give and for the events of a channel.

    A handler is begun at once, by whoever has the message, in the name and the context of the task that called ``run``.
    Most end without ever waiting, and that was all. The rest of another one is left to the task itself.

    While there is nothing for it to do, the task awaits this object as it would a future (``asyncio.isfuture``). That
    is how the object comes by the task's context, and by the callback that wakes it.
    """

    def __init__(self, handle: Callable[[dict], Coroutine]):
        self.handle = handle
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.layer, self.channel = None, ""
        self.frames: deque[dict] = deque()  # that came while a handler was running
        self.unfinished: Awaitable | None = None  # a handler's rest
        self.busy = True  # a handler is running, or waits, or the task isn't there yet
        self.behind = False  # something came while it was
        self.wake: Callable[[Any], None] | None = None
        self.context: Context | None = None
        self.cancelled = False
        self._asyncio_future_blocking = False

    def attach(self, layer, channel: str) -> None:
        """Have ``layer`` hand over the events of ``channel``, until ``run`` ends."""
        self.layer, self.channel = layer, channel
        layer.attach(channel, self.take)

    async def run(self, sources: list[Callable[[], Awaitable[dict]]]) -> None:
        """Until a handler or a source raises, which this then does too."""
        pumps = [self.loop.create_task(self._pump(source)) for source in sources]
        try:
            while not any(pump.done() for pump in pumps):
                await self
                await self._finish()
            for pump in pumps:
                await pump
        finally:
            if self.layer:
                self.layer.detach(self.channel)
            for pump in pumps:
                pump.cancel()
            await asyncio.wait(pumps)

    async def _pump(self, source: Callable[[], Awaitable[dict]]) -> None:
        try:
            while True:
                self._put(await source())
        finally:
            self._wake_task()

    async def _finish(self) -> None:
        if self.unfinished:
            unfinished, self.unfinished = self.unfinished, None
            await unfinished
            await aclose_old_connections()

    def _put(self, frame: dict) -> None:
        if self.busy:
            self.frames.append(frame)
            self.behind = True
        else:
            self._work(frame)

    def take(self, event: dict) -> bool:
        """Whether the event was handled, or at least begun with. If not, it is asked for later."""
        if self.busy:
            self.behind = True
            return False
        self._work(event)
        return True

    def _work(self, message: dict | None = None) -> None:
        """Handle the message, then what came meanwhile, as long as no handler waits."""
        self.busy = False
        message = message or self._next()
        while message is not None:
            self._begin(message)
            message = self._next() if self.behind and not self.busy else None

    def _next(self) -> dict | None:
        if self.frames:
            return self.frames.popleft()
        event = self.layer and self.layer.receive_nowait(self.channel)
        self.behind = bool(event)
        return event

    def _begin(self, message: dict) -> None:
        """Run the handler up to where it waits for something, or ends."""
        self.busy = True
        loop = self.loop
        outer = asyncio.current_task(loop)  # asking for the loop that runs costs a system call before Python 3.12
        if outer is not None:
            _leave_task(loop, outer)
        _enter_task(loop, self.task)
        handler = self.handle(message)
        try:
            waiting_for = self.context.run(handler.send, None)
        except StopIteration:
            self.busy = False
        except BaseException as error:
            self.unfinished = _fail(error)
        else:
            self.unfinished = _resume(handler, waiting_for)
        finally:
            _leave_task(loop, self.task)
            if outer is not None:
                _enter_task(loop, outer)
        if self.unfinished:
            self._wake_task()

    def _wake_task(self) -> None:
        wake, self.wake, self.busy = self.wake, None, True
        if wake:
            self.loop.call_soon(wake, self, context=self.context)

    # What a task needs of the future that it waits for.

    def __await__(self) -> Generator:
        self._asyncio_future_blocking = True
        yield self

    def add_done_callback(self, wake: Callable[[Any], None], *, context: Context) -> None:
        self.wake, self.context = wake, context
        if self.unfinished:
            self._wake_task()
        elif self.behind:
            self.loop.call_soon(self._work)
        else:
            self.busy = False

    def cancel(self, msg: object = None) -> bool:
        self.cancelled = True
        self._wake_task()
        return True

    def result(self) -> None:
        if self.cancelled:
            raise asyncio.CancelledError

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.loop


async def _fail(error: BaseException) -> None:
    raise error


@types.coroutine
def _resume(handler: Coroutine, waiting_for: Any) -> Generator:
    """The rest of a handler that has begun, and waits for a future (or, if that is None, for the loop's next turn)."""
    if waiting_for is not None:
        waiting_for._asyncio_future_blocking = True  # as its __await__ says to the task; others may await it as well
    try:
        yield waiting_for
    except BaseException as error:  # such as the task being cancelled
        try:
            waiting_for = handler.throw(error)
        except StopIteration:
            return
        yield from _resume(handler, waiting_for)
    else:
        yield from handler
