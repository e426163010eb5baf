"""Consumers and participants without a server: every way in which a consumer can come by its messages."""

import asyncio
import gc
from collections.abc import Callable
from dataclasses import dataclass, field

from channels.generic import websocket
from channels.layers import InMemoryChannelLayer

from chatdemo.realtime.base_consumer import AsyncWebsocketConsumer
from chatdemo.realtime.inbox import Inbox
from chatdemo.realtime.layer import ChannelLayer
from tests.support.served import TIMEOUT_SECONDS, until


@dataclass(frozen=True)
class Way:
    """A base class for consumers, the channel layer, and whether the server hands frames over."""

    name: str
    base: type
    layer: type
    hands_over: bool


HANDED = Way("handed", AsyncWebsocketConsumer, ChannelLayer, True)
WAYS = (
    HANDED,
    Way("another layer", AsyncWebsocketConsumer, InMemoryChannelLayer, True),
    Way("another server", AsyncWebsocketConsumer, ChannelLayer, False),
    Way("another of both", AsyncWebsocketConsumer, InMemoryChannelLayer, False),
    Way("Channels' own", websocket.AsyncWebsocketConsumer, InMemoryChannelLayer, False),
)


@dataclass
class Connection:
    """A participant's WebSocket to a new consumer, as a server makes it; as a context manager it is open.

    ``sent`` is what the consumer has sent since, texts as they are.
    """

    way: Way
    consumer_class: type
    wrap: Callable = lambda application: application
    sent: list = field(default_factory=list)

    async def __aenter__(self) -> "Connection":
        self.start()
        await until(lambda: self.sent or self.task.done(), "the handshake")
        assert self.sent.pop(0)["type"] == "websocket.accept"
        return self

    async def __aexit__(self, *_) -> None:
        if not self.task.done():
            self.put({"type": "websocket.disconnect", "code": 1000})
            await self.ended()

    def start(self) -> None:
        self._queue = Inbox() if self.way.hands_over else asyncio.Queue()
        receive = self._queue if self.way.hands_over else self._queue.get
        self.put({"type": "websocket.connect"})
        application = self.wrap(self.consumer_class.as_asgi())
        self.task = asyncio.create_task(application({"type": "websocket"}, receive, self._send))

    def put(self, message: dict) -> None:
        self._queue.put_nowait(message)

    def say(self, text: str) -> None:
        """A frame from the participant."""
        self.put({"type": "websocket.receive", "text": text})

    async def hears(self, count: int) -> list:
        """What has been sent, once it is so much."""
        await until(lambda: len(self.sent) >= count or self.task.done(), f"{count} of {self.sent}")
        return self.sent

    async def ended(self) -> None:
        """Wait for the consumer's end. Raises what it raised."""
        await asyncio.wait([self.task], timeout=TIMEOUT_SECONDS)
        assert self.task.done(), "the consumer goes on"
        await self.task

    async def _send(self, message: dict) -> None:
        self.sent.append(message["text"] if "text" in message else message)


async def rounds(count: int = 20) -> None:
    """Let the loop take ``count`` turns: what is ready by now has run then."""
    for _ in range(count):
        await asyncio.sleep(0)


async def check_nothing_is_left() -> None:
    """No task but the current one stays; a coroutine that was never awaited warns when it is collected."""
    await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, "the other tasks to end")
    gc.collect()
