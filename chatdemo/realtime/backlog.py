"""Slow readers: counts the data that waits for a participant, and reports when it is too much."""

import asyncio
from collections.abc import Callable


class Backlog:
    """The octets that wait until the client of one connection reads.

    More than ``max_octets`` are too much for a WebSocket: ``on_overflow()`` is called then, once.
    """

    __slots__ = ("octets", "max_octets", "on_overflow", "_waiters")

    def __init__(self) -> None:
        self.octets = 0
        self.max_octets = 0
        self.on_overflow: Callable[[], None] | None = None
        self._waiters: tuple[tuple[int, asyncio.Future[None]], ...] = ()

    def add(self, octets: int) -> None:
        """Count octets that the socket didn't accept at once."""
        self.octets += octets
        if self.on_overflow and self.octets > self.max_octets:
            on_overflow, self.on_overflow = self.on_overflow, None
            on_overflow()

    def remove(self, octets: int) -> None:
        """Count octets that the socket has accepted now."""
        self.octets -= octets
        self._wake_waiters()

    def clear(self) -> None:
        """Count none any more: the connection is lost."""
        self.octets = 0
        self._wake_waiters()

    async def wait_until_at_most(self, octets: int) -> None:
        """Wait until at most so many octets wait."""
        while self.octets > octets:
            future = asyncio.get_running_loop().create_future()
            self._waiters += ((octets, future),)
            await future

    def _wake_waiters(self) -> None:
        for waiter in self._waiters:
            octets, future = waiter
            if self.octets <= octets:
                self._waiters = tuple(one for one in self._waiters if one is not waiter)
                if not future.done():
                    future.set_result(None)
