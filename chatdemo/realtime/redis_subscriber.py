"""Receives what is published on a Redis server, and reconnects whenever the connection is lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from chatdemo.common.redis import TIMEOUT_SECONDS, open_async_client, why_failed
from chatdemo.realtime.background_tasks import OwnedTasks

logger = logging.getLogger(__name__)
#: The time between two attempts to connect.
RETRY_SECONDS = 0.1
#: How long a connection may be silent before a ping is sent.
PING_SECONDS = 2.0


async def _do_nothing() -> None:
    """Do nothing."""


class RedisSubscriber:
    """Receives what is published on ``channels``, in a task over one connection.

    ``receive(channel, data)`` is called for each message. Nothing is repeated that was published
    while there was no connection: ``on_connected()`` is awaited at the beginning of each one.
    """

    def __init__(
        self,
        url: str,
        channels: Sequence[str],
        receive: Callable[[str, bytes], None],
        on_connected: Callable[[], Awaitable[None]] = _do_nothing,
    ) -> None:
        self.channels, self.receive, self.on_connected = channels, receive, on_connected
        self._client = open_async_client(url, decode_responses=False)
        self._failure = ""
        self._is_pinged = False
        self._was_connected = asyncio.Event()
        self._tasks = OwnedTasks()
        self._tasks.start(self._run())

    async def wait_until_connected(self) -> None:
        """Wait for the first connection, if there is none in time: the server may be away."""
        if not self._was_connected.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._was_connected.wait(), TIMEOUT_SECONDS)

    async def close(self) -> None:
        """Stop receiving."""
        await self._tasks.cancel()
        await self._client.aclose()

    async def _run(self) -> None:
        while True:
            try:
                async with self._client.pubsub() as pubsub:
                    self._is_pinged = False
                    await pubsub.subscribe(*self.channels)
                    while True:
                        await self._receive_next(pubsub)
            except Exception as error:
                self._log(why_failed(error))
                await asyncio.sleep(RETRY_SECONDS)

    async def _receive_next(self, pubsub: Any) -> None:
        message = await pubsub.get_message(timeout=PING_SECONDS)
        if message is None and self._is_pinged:
            raise TimeoutError  # nothing has come for two times PING_SECONDS, not even an answer
        self._is_pinged = message is None
        if message is None:
            await pubsub.ping()
        elif message["type"] == "message":
            self._handle(message["channel"].decode(), message["data"])
        elif message["type"] == "subscribe" and message["data"] == len(self.channels):
            self._log("")
            await self.on_connected()
            self._was_connected.set()

    def _handle(self, channel: str, data: bytes) -> None:
        try:
            self.receive(channel, data)
        except Exception:
            logger.exception("What another server has published couldn't be handled")

    def _log(self, failure: str) -> None:
        """Log that receiving fails or works again, once for each change."""
        if failure and not self._failure:
            logger.error("Other servers' events can't be received: %s", failure)
        elif self._failure and not failure:
            logger.warning("Other servers' events are received again.")
        self._failure = failure
