"""Messages from the server to an application: ASGI's ``receive``."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from chatdemo.realtime.dispatcher import Dispatcher, Message
from chatdemo.realtime.observers import FrameObserver
from chatdemo.realtime.upstream.asyncio import NoCurrentTask

#: While so many messages wait for the application, nothing is read from the socket. Reading
#: resumes at half of them.
MAX_WAITING_MESSAGES = 100


class Inbox:
    """The messages that wait for an application.

    An application calls it as ``receive``. A consumer that is attached gets each message as it
    arrives. ``on_full_changed(is_full)`` is called with true when MAX_WAITING_MESSAGES wait, and
    with false when half of them are left.
    """

    __slots__ = ("on_full_changed", "messages", "dispatcher", "observer", "_arrived")

    def __init__(self, on_full_changed: Callable[[bool], None] | None = None) -> None:
        self.on_full_changed = on_full_changed
        self.messages: deque[Message] | tuple[()] = ()  # a deque takes 760 bytes
        self.dispatcher: Dispatcher | None = None
        self.observer: FrameObserver | None = None
        self._arrived: asyncio.Future[None] | None = None

    async def __call__(self) -> Message:
        """Return the next message, and wait for it if there is none."""
        while (message := self.next()) is None:
            self._arrived = asyncio.get_running_loop().create_future()
            await self._arrived
        return message

    def attach(self, dispatcher: Dispatcher) -> None:
        """Dispatch messages to ``dispatcher`` from now on."""
        self.dispatcher = dispatcher
        dispatcher.add_source(self.next)

    def next(self) -> Message | None:
        """Take the next message, None if there is none."""
        if not self.messages:
            return None
        message = self.messages.popleft()
        if self.on_full_changed and len(self.messages) == MAX_WAITING_MESSAGES // 2:
            self.on_full_changed(False)
        if not self.messages:
            self.messages = ()
        if self.observer is not None:
            self.observer.on_received(message)
        return message

    def put_nowait(self, message: Message) -> None:
        """Dispatch a message, or add it to those that wait. In the thread of the event loop."""
        dispatcher = self.dispatcher
        if dispatcher and not dispatcher.is_busy:
            if self.observer is not None:
                self.observer.on_received(message)
            with NoCurrentTask(dispatcher.loop):
                dispatcher.dispatch(message)
            return
        if not self.messages:
            self.messages = deque()
        self.messages.append(message)
        if self.on_full_changed and len(self.messages) == MAX_WAITING_MESSAGES:
            self.on_full_changed(True)
        if dispatcher:
            dispatcher.note_pending(dispatcher.loop)
        elif self._arrived and not self._arrived.done():
            self._arrived.set_result(None)


class SingleMessageInbox(Inbox):
    """An inbox that holds one message."""

    __slots__ = ("_taken",)

    def next(self) -> Message | None:
        if self.messages:
            self._taken.set_result(None)
        return super().next()

    async def wait_until_taken(self) -> None:
        """Wait until the message is taken, if there is one."""
        if self.messages:
            self._taken = asyncio.get_running_loop().create_future()
            await self._taken


async def receive_for(receive: Callable[[], Awaitable[Message]], dispatcher: Dispatcher) -> None:
    """Dispatch what ``receive`` returns, without end.

    As in Channels, it is called for the next message while a handler runs.
    """
    inbox = SingleMessageInbox()
    inbox.attach(dispatcher)
    try:
        while True:
            inbox.put_nowait(await receive())
            await inbox.wait_until_taken()
            await asyncio.sleep(0)  # let other tasks run, if neither had to wait
    except Exception as error:
        dispatcher.fail(error)
