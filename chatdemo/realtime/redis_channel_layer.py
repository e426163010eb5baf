"""The channel layer of several servers: their consumers' events go through Redis.

Within a server it is the layer in memory. An event for a group is published once, whatever the
group's size, and each server hands it to its own consumers. A channel whose name has a "!" belongs
to a server: ``new_channel`` puts it into the name. Any other channel is a list in Redis, from which
the workers of all servers receive.
"""

import asyncio
import logging
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from typing import Any

from channels.exceptions import ChannelFull

from chatdemo.common.redis import channel_for, open_async_client, why_failed
from chatdemo.realtime.background_tasks import OwnedTasks, run_eagerly
from chatdemo.realtime.layer import ChannelLayer, Event
from chatdemo.realtime.redis_subscriber import RedisSubscriber

logger = logging.getLogger(__name__)
#: Where events for groups are published, and with a server's name, those for its channels.
CHANNEL = "chatdemo:events"
#: How long one command waits for an event in a list: less than Redis may take for an answer.
WAIT_SECONDS = 1
#: Events that were published here and haven't come back: with their contexts, for the observer.
MAX_CONTEXTS = 1000


class RedisChannelLayer(ChannelLayer):
    """The layer of one server, on the Redis server at ``url``; ``options`` are ChannelLayer's.

    ``group_send`` reaches the consumers of all servers, and ``group_send_nowait`` those of this
    one. An event that can't be passed on is lost: it is logged, and counted in ``lost_count``.
    """

    def __init__(self, url: str, **options: Any):
        super().__init__(**options)
        self.url = url
        self.server, self.channel = secrets.token_hex(8), channel_for(url, CHANNEL)
        self.lost_count = 0
        self._tasks = OwnedTasks()
        self._subscriber: RedisSubscriber | None = None
        self._loop: asyncio.AbstractEventLoop | None = None  # the one that receives
        self._published = 0
        self._contexts: dict[int, Context] = {}

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[Any]:
        """Yield a client of the running event loop.

        The loop that receives keeps its client. Each call of ``async_to_sync`` has a loop of its
        own, which can't use a connection of another.
        """
        if self._loop is asyncio.get_running_loop():
            yield self._client
        else:
            async with open_async_client(self.url, decode_responses=False) as client:
                yield client

    async def close(self) -> None:
        """Stop receiving, and close the connections."""
        await self._tasks.cancel()
        if self._subscriber:
            await self._subscriber.close()
            await self._client.aclose()
            self._subscriber = self._loop = None

    async def new_channel(self, prefix: str = "specific") -> str:
        """Return the name of a new channel of this server."""
        await self._ensure_subscribed()
        name = f"{prefix}.{self.server}!{secrets.token_hex(6)}"
        if self.observer is not None:
            self.observer.on_new_channel(name)
        return name

    async def send(self, channel: str, message: Mapping[str, Any]) -> None:
        """Send an event to a channel of any server.

        Raises TypeError for an invalid name or an event that msgpack can't carry, and ChannelFull
        if the channel is full and not another server's.
        """
        self.require_valid_channel_name(channel)
        server = _server_of(channel)
        if server == self.server:
            await super().send(channel, message)
        elif server:
            await self._publish(f"{self.channel}:{server}", channel, message)
        else:
            await self._append(channel, message)

    async def receive(self, channel: str) -> Event:
        """Return the next event of a channel, and wait for it."""
        if _server_of(channel):
            return await super().receive(channel)
        self.require_valid_channel_name(channel)
        while True:
            popping = asyncio.ensure_future(self._pop(channel))
            try:
                data = await asyncio.shield(popping)
            except asyncio.CancelledError:  # Redis may have sent the event already
                self._tasks.start(self._put_back_popped(channel, popping))
                raise
            if data:
                expires, event = _unpack(data)
                if expires > time.time():
                    return self._as_delivered(channel, event, dispatched=False)

    async def _pop(self, channel: str) -> bytes | None:
        async with self._connected() as client:
            popped = await client.blpop(_list_of(channel), WAIT_SECONDS)
        return popped and popped[1]

    async def _put_back_popped(self, channel: str, popping: "asyncio.Future[bytes | None]") -> None:
        """Put an event back as the first one: nobody waits for it any more."""
        try:
            if data := await popping:
                async with self._connected() as client:
                    await client.lpush(_list_of(channel), data)
        except Exception as error:
            self._report_lost(channel, why_failed(error))

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel of this server to a group. Raises TypeError for an invalid name."""
        await self._ensure_subscribed()
        await super().group_add(group, channel)

    async def group_send(self, group: str, message: Mapping[str, Any]) -> None:
        """Send an event to every channel of a group, on all servers.

        Raises TypeError for an invalid name, and for an event that msgpack can't carry.
        """
        self.require_valid_group_name(group)
        await self._publish(self.channel, group, message)

    async def _publish(self, channel: str, name: str, message: Mapping[str, Any]) -> None:
        assert isinstance(message, dict), "message is not a dict"
        self._published += 1
        data = _pack([self.server, self._published, name, message])
        if self._loop is asyncio.get_running_loop():  # which gets it back
            self._contexts[self._published] = copy_context()
            if len(self._contexts) > MAX_CONTEXTS:
                del self._contexts[next(iter(self._contexts))]
        try:
            async with self._connected() as client:
                await client.publish(channel, data)
        except Exception as error:  # redis-py's errors, and those of the socket
            self._report_lost(name, why_failed(error))

    async def _append(self, channel: str, message: Mapping[str, Any]) -> None:
        """Append an event to the list of a channel that is no server's."""
        key, data = _list_of(channel), _pack([time.time() + self.expiry, message])
        try:
            async with self._connected() as client, client.pipeline() as pipeline:
                if await client.llen(key) >= self.get_capacity(channel):
                    raise ChannelFull(channel)
                pipeline.rpush(key, data)
                pipeline.expire(key, int(self.expiry))
                await pipeline.execute()
        except ChannelFull:
            raise
        except Exception as error:
            self._report_lost(channel, why_failed(error))

    def _handle(self, channel: str, data: bytes) -> None:
        """Hand an event to this server's consumers, in the context in which it was sent."""
        server, number, name, message = _unpack(data)
        context = self._contexts.pop(number, None) if server == self.server else None
        deliver = self.group_send_nowait if channel == self.channel else self._deliver_to_channel
        (context or Context()).run(deliver, name, message)

    def _deliver_to_channel(self, channel: str, message: Event) -> None:
        run_eagerly(self._send_here(channel, message))

    async def _send_here(self, channel: str, message: Event) -> None:
        try:
            await super().send(channel, message)
        except ChannelFull:
            self._report_lost(channel, "the channel is full")

    def _report_lost(self, name: str, reason: str) -> None:
        self.lost_count += 1
        logger.warning("An event to %s was lost: %s", name, reason)

    async def _ensure_subscribed(self) -> None:
        """Wait until this server gets events, if Redis is there."""
        if self._subscriber is None:
            self._loop = asyncio.get_running_loop()
            self._client = open_async_client(self.url, decode_responses=False)
            channels = (self.channel, f"{self.channel}:{self.server}")
            self._subscriber = RedisSubscriber(self.url, channels, self._handle)
        await self._subscriber.wait_until_connected()


def _server_of(channel: str) -> str:
    """Return the name of the server that a channel belongs to, "" if it is no server's."""
    before, separator, _ = channel.partition("!")
    return before.rpartition(".")[2] if separator else ""


def _list_of(channel: str) -> str:
    return f"chatdemo:channel:{channel}"


def _pack(value: object) -> bytes:
    import msgpack

    return msgpack.packb(value)


def _unpack(data: bytes) -> Any:
    import msgpack

    return msgpack.unpackb(data)
