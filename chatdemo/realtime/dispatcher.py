"""Starts a consumer's handler at once when a message for it arrives."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import Context
from typing import Any

from channels.db import aclose_old_connections

from chatdemo.realtime.observers import HandlerObserver
from chatdemo.realtime.upstream.asyncio import cancel_again, enter_task, leave_task, suspend

#: As in Channels, a message is either one of ASGI, from the server, or an event.
Message = dict[str, Any]
Handler = Callable[[Any, Message], Coroutine[Any, Any, Any]]
#: How many messages that waited are dispatched in one iteration of the event loop.
MAX_MESSAGES_PER_ITERATION = 16


class Dispatcher:
    """Starts the handlers of ``consumer``: for each frame, and for each event of its channel.

    The consumer's own task calls ``run``, and has its handlers run one after the other.
    ``dispatch`` starts a handler for whoever has the message, as if that task ran it: in the task's
    context, and with the task as the current one. Most handlers never wait, and have ended when
    ``dispatch`` returns. If one waits, the task is woken to run the rest of it, and no other
    handler starts before it has ended.

    Until it is woken, the task awaits this object. To asyncio it is a future: ``add_done_callback``
    gets the callback that wakes the task, and the task's context.

    ``handlers`` has the handlers of the consumer's class by the type of message.
    ``consumer.find_handler`` adds one when it is first needed.
    """

    __slots__ = (
        "is_busy",
        "has_pending",
        "loop",
        "task",
        "handlers",
        "consumer",
        "context",
        "_is_handling_pending",
        "_sources",
        "_unfinished",
        "_failure",
        "_is_cancelled",
        "_wake_up",
        "_asyncio_future_blocking",
    )

    def __init__(self, consumer: Any, handlers: dict[str, Handler]):
        self.consumer = consumer
        self.handlers = handlers
        self.loop = asyncio.get_running_loop()
        self.task = asyncio.current_task()
        self.context: Context | None = None  # the task's
        # A handler runs or waits, pending messages come first, or the task isn't running.
        self.is_busy = True
        self.has_pending = True  # a message may wait in a source
        self._is_handling_pending = False
        self._sources: list[Callable[[], Message | None]] = []
        self._unfinished: Awaitable[Any] | None = None  # what is left of a handler that waits
        self._failure: BaseException | None = None
        self._wake_up: Callable[[Any], None] | None = None
        self._is_cancelled = False
        self._asyncio_future_blocking = False

    async def run(self) -> None:
        """Have handlers run until one raises an exception. Raises the same."""
        assert self.task is not None
        try:
            while not self._failure:
                try:
                    await self
                except asyncio.CancelledError:
                    if not self._unfinished:
                        raise
                    # The cancellation is for the handler, which may use asyncio.timeout(0).
                    cancel_again(self.task)
                if self._unfinished:
                    unfinished, self._unfinished = self._unfinished, None
                    await unfinished
                    await aclose_old_connections()
            raise self._failure
        finally:
            self.is_busy = True  # nothing is dispatched any more
            if self._unfinished:
                self._unfinished.close()  # type: ignore[attr-defined]  # it is a generator

    def add_source(self, source: Callable[[], Message | None]) -> None:
        """Take waiting messages from ``source``, which returns None if there is none.

        ``note_pending`` reports that there is one.
        """
        self._sources.append(source)

    def dispatch(self, message: Message) -> None:
        """Start the handler of a message.

        Other modules call it only if ``is_busy`` is false; otherwise the message waits in a source.
        No task may be the current one of the event loop (``NoCurrentTask``).
        """
        self.is_busy = True
        loop, task, context = self.loop, self.task, self.context
        enter_task(loop, task)  # type: ignore[arg-type]
        try:
            if (observer := HandlerObserver.current) is not None:
                context.run(observer.on_handler_called, self.consumer, message, self)  # type: ignore[union-attr]
            type = message.get("type")
            handler = self.handlers.get(type) or self.consumer.find_handler(message)  # type: ignore
            coroutine = handler(self.consumer, message)
            future = context.run(coroutine.send, None)  # type: ignore[union-attr]
        except StopIteration:  # the handler has returned
            self.is_busy = False
        except BaseException as error:
            self._failure = error
        else:
            self._unfinished = suspend(coroutine, future)
        leave_task(loop, task)  # type: ignore[arg-type]
        if self.is_busy:
            self._wake_task()
        elif self.has_pending and not self._is_handling_pending:
            self._handle_pending()

    def note_pending(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Report that a source has a message. ``loop`` is the running event loop."""
        self.has_pending = True
        if loop is not self.loop:
            self.loop.call_soon_threadsafe(self._handle_pending_unless_busy)

    def fail(self, error: BaseException) -> None:
        """Make ``run`` raise the error, as soon as no handler runs."""
        self._failure = error
        if not self.is_busy:
            self._wake_task()

    def _handle_pending_unless_busy(self) -> None:
        if not self.is_busy:
            self._handle_pending()

    def _handle_pending(self) -> None:
        if self._wake_up is None:  # the task is about to end
            return
        self._is_handling_pending = True
        for _ in range(MAX_MESSAGES_PER_ITERATION):
            message = self._next_pending()
            if message is None:
                break
            self.dispatch(message)
            if self._wake_up is None:
                break
        else:  # handle the rest in the next iteration; what arrives until then waits behind it
            self.is_busy = True
            self.loop.call_soon(self._handle_pending)
        self._is_handling_pending = False

    def _next_pending(self) -> Message | None:
        for index, source in enumerate(self._sources):
            if (message := source()) is not None:
                self._sources.append(self._sources.pop(index))  # the others come first next time
                return message
        self.is_busy = self.has_pending = False
        if self._failure:
            self._wake_task()
        return None

    def _wake_task(self) -> None:
        wake_up, self._wake_up, self.is_busy = self._wake_up, None, True
        if wake_up is not None:
            self.loop.call_soon(wake_up, self, context=self.context)

    # What asyncio requires of an object that a task waits for.

    def __await__(self) -> Generator["Dispatcher", None, None]:
        self._asyncio_future_blocking = True
        yield self

    def add_done_callback(self, callback: Callable[[Any], None], *, context: Context) -> None:
        """Handle messages from now on, and call ``callback`` once the task is needed."""
        self._wake_up, self.context = callback, context
        self.loop.call_soon(self._handle_pending)

    def cancel(self, msg: object = None) -> bool:
        """Cancel the task's wait."""
        self._is_cancelled = True
        self._wake_task()
        return True

    def result(self) -> None:
        """Raise CancelledError if the wait was cancelled."""
        if self._is_cancelled:
            self._is_cancelled = False
            raise asyncio.CancelledError

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Return the task's event loop."""
        return self.loop
