"""A consumer's task, and the handlers that take turns in it."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from typing import Any

from channels.db import aclose_old_connections

from chatdemo.realtime.tasks import cancel_again, enter, leave, suspend

Handler = Callable[[Any, dict], Coroutine]
#: Messages that came while a handler was running, and are handled in one go.
FEW = 16


class Turns:
    """Runs the handlers of ``consumer``, one at a time: for each frame, and for each event of its channel.

    ``handlers``, by the type of message, is what all consumers of its class have found so far.

    A handler is begun by ``take``, by whoever has the message, in the name and the context of the task that called
    ``run``. Most end without ever waiting, and that was all. The rest of one that waits is left to the task itself.

    While there is nothing for it to do, the task awaits this object as it would a future (``asyncio.isfuture``). That
    is how the object comes by the task's context, and by the callback that wakes it.
    """

    __slots__ = (
        "busy",
        "loop",
        "task",
        "handlers",
        "consumer",
        "context",
        "behind",
        "catching_up",
        "sources",
        "unfinished",
        "failure",
        "cancelled",
        "wake",
        "_asyncio_future_blocking",
    )

    def __init__(self, consumer: Any, handlers: dict[str, Handler]):
        self.consumer = consumer
        self.handlers = handlers
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.sources: list[
            Callable[[], dict | None]
        ] = []  # each gives its next message, if there is one
        self.busy = True  # a handler is running or waits, or the task is about to
        self.behind = True  # a source may have something
        self.catching_up = False
        self.unfinished: Awaitable | None = None  # a handler's rest
        self.failure: BaseException | None = None
        self.wake: Callable[[Any], None] | None = None
        self.context: Context | None = None  # the task's
        self.cancelled = False
        self._asyncio_future_blocking = False

    async def run(self) -> None:
        """Handle what comes, until a handler fails: raises what it raised."""
        try:
            while not self.failure:
                try:
                    await self
                except asyncio.CancelledError:
                    if not self.unfinished:
                        raise
                    cancel_again(
                        self.task
                    )  # it is for the handler: an asyncio.timeout(0) in it, say
                if self.unfinished:
                    unfinished, self.unfinished = self.unfinished, None
                    await unfinished
                    await aclose_old_connections()
            raise self.failure
        finally:
            self.busy = True  # for good
            if self.unfinished:
                self.unfinished.close()

    def listen_to(self, source: Callable[[], dict | None]) -> None:
        """Ask ``source`` too for what is next. It says that there is something by ``notice``."""
        self.sources.append(source)

    def ready_in(self, loop: asyncio.AbstractEventLoop) -> bool:
        """Whether ``loop`` is its own, no handler is running and nothing has come before."""
        return not self.busy and not self.behind and self.loop is loop

    def take(self, message: dict) -> None:
        """Begin with the message. For when this isn't ``busy``, and no task is the current one.

        Whoever has a message for one that is keeps it, for when the ``sources`` are asked, and has it ``notice``.
        """
        self.busy = True
        enter(self.loop, self.task)
        try:
            handler = self.handlers.get(message.get("type")) or self.consumer.find_handler(message)
            running = handler(self.consumer, message)
            waiting_for = self.context.run(running.send, None)
        except StopIteration:  # it has ended
            self.busy = False
        except BaseException as error:
            self.failure = error
        else:
            self.unfinished = suspend(running, waiting_for)
        leave(self.loop, self.task)
        if self.busy:
            self._wake_task()
        elif self.behind and not self.catching_up:
            self._catch_up()

    def notice(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """A source has something more. ``loop`` is the event loop that runs."""
        self.behind = True
        if loop is not self.loop:
            self.loop.call_soon_threadsafe(self._look_again)

    def _look_again(self) -> None:
        if not self.busy:
            self._catch_up()

    def fail(self, error: BaseException) -> None:
        """Have ``run`` raise the error, once no handler is running."""
        self.failure = error
        if not self.busy:
            self._wake_task()

    def _catch_up(self) -> None:
        """Take what came meanwhile. After a few, all else gets its turn first."""
        if not self.wake:  # the task is about to end
            return
        self.catching_up = True
        for _ in range(FEW):
            message = self._next()
            if message is None:
                break
            self.take(message)
            if not self.wake:
                break
        else:
            self.busy = True
            self.loop.call_soon(self._catch_up)
        self.catching_up = False

    def _next(self) -> dict | None:
        for index, source in enumerate(self.sources):
            if (message := source()) is not None:
                self.sources.append(self.sources.pop(index))  # the others come first next time
                return message
        self.busy = self.behind = False
        if self.failure:
            self._wake_task()
        return None

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
        self.loop.call_soon(self._catch_up)

    def cancel(self, msg: object = None) -> bool:
        self.cancelled = True
        self._wake_task()
        return True

    def result(self) -> None:
        if self.cancelled:
            self.cancelled = False
            raise asyncio.CancelledError

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self.loop
