"""What a server has received for an application, until it is asked for or on its way to a consumer at once."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from chatdemo.realtime.tasks import outside_tasks
from chatdemo.realtime.turns import Turns

#: Messages that may wait for an application before nothing more is read for it; it is once half of them are taken.
MANY = 100


class Inbox:
    """Messages for an application: ASGI's ``receive``, or for a consumer that is attached, each as it comes.

    ``hold(is_full)`` is called with True when ``MANY`` wait, and with False when half of them do.
    """

    __slots__ = ("hold", "messages", "turns", "arrived")

    def __init__(self, hold: Callable[[bool], None] | None = None) -> None:
        self.hold = hold
        self.messages: (
            deque[dict] | tuple
        ) = ()  # most of the time without the deque and its 760 bytes
        self.turns: Turns | None = None
        self.arrived: asyncio.Future | None = None

    async def __call__(self) -> dict:
        """The next message."""
        while not self.messages:
            self.arrived = asyncio.get_running_loop().create_future()
            await self.arrived
        return self.next()

    def attach(self, turns: Turns) -> None:
        """From now on, each message is for ``turns``, which ask for those that had to wait."""
        self.turns = turns
        turns.listen_to(self.next)

    def next(self) -> dict | None:
        """The next message, None if there is none."""
        if not self.messages:
            return None
        message = self.messages.popleft()
        if self.hold and len(self.messages) == MANY // 2:
            self.hold(False)
        if not self.messages:
            self.messages = ()
        return message

    def put_nowait(self, message: dict) -> None:
        """Add a message, in the event loop's own thread."""
        if self.turns and not self.turns.busy:
            return outside_tasks(self.turns.loop, self.turns.take, message)
        if not self.messages:
            self.messages = deque()
        self.messages.append(message)
        if self.hold and len(self.messages) == MANY:
            self.hold(True)
        if self.turns:
            self.turns.notice(self.turns.loop)
        elif self.arrived and not self.arrived.done():
            self.arrived.set_result(None)


class OneByOne(Inbox):
    """An inbox that has no room for a second message."""

    __slots__ = ("room",)

    def next(self) -> dict | None:
        if self.messages:
            self.room.set_result(None)
        return super().next()

    async def has_room(self) -> None:
        """Wait until the message in it, if there is one, is taken."""
        if self.messages:
            self.room = asyncio.get_running_loop().create_future()
            await self.room


async def pump(receive: Callable[[], Awaitable[dict]], turns: Turns) -> None:
    """Have ``turns`` get whatever ``receive`` has, for ever. As in Channels, what can't be handled yet waits there."""
    inbox = OneByOne()
    inbox.attach(turns)
    try:
        while True:
            inbox.put_nowait(await receive())
            await inbox.has_room()
            await asyncio.sleep(0)  # neither need have waited, and all else gets its turn
    except Exception as error:
        turns.fail(error)
