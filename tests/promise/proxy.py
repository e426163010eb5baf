"""Bad wifi: a TCP proxy that cuts, stalls, delays and half-closes connections, at random but by a seed."""

import asyncio
import random
import time
from contextlib import suppress

#: Octets that are read at once.
CHUNK = 65536
#: The longest delay of what passes, in shares of the longest stall.
DELAY_SHARE = 0.1


class Link:
    """One connection through the proxy, both ways. ``stalled_until`` is on the clock of ``time.monotonic``."""

    def __init__(self, number: int, writers: tuple[asyncio.StreamWriter, asyncio.StreamWriter]):
        self.number, self.writers = number, writers
        self.stalled_until = self.delay = 0.0

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One way, until it ends; the end is handed on."""
        with suppress(OSError, RuntimeError):  # the latter, where it was half-closed meanwhile
            while data := await reader.read(CHUNK):
                await self._weather()
                writer.write(data)
                await writer.drain()
            writer.write_eof()

    async def _weather(self) -> None:
        await asyncio.sleep(self.delay)
        while (left := self.stalled_until - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def cut(self) -> None:
        """As when a phone leaves the network: neither side hears a goodbye."""
        for writer in self.writers:
            writer.transport.abort()


class Proxy:
    """Listens on ``port`` for the server at ``target`` (a port). ``told`` is what it did, a line each.

    As a context manager it makes faults from ``rage`` to ``calm``, one in ``interval`` seconds on average. A stall lasts
    at most ``max_stall`` seconds.
    """

    def __init__(self, target: int, seed: int, interval: float, max_stall: float):
        self.interval, self.max_stall = interval, max_stall
        self.target, self.seed, self.random = target, seed, random.Random(seed)
        self.links: dict[int, Link] = {}
        self.told: list[str] = []
        self.started, self.number, self.port = time.monotonic(), 0, 0
        self.kinds = {
            "cut": self._cut,
            "stall": self._stall,
            "delay": self._delay,
            "half-close": self._half_close,
        }
        self.raging: asyncio.Task | None = None
        self.serving: set[asyncio.Task] = set()

    async def __aenter__(self) -> "Proxy":
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=256)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_) -> None:
        if self.raging:
            self.raging.cancel()
        self.server.close()
        for task in self.serving:
            task.cancel()
        await asyncio.gather(*self.serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.serving.add(task := asyncio.current_task())
        task.add_done_callback(self.serving.discard)
        self.number += 1
        number = self.number
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            link = self.links[number] = Link(number, (writer, far_writer))
            try:
                await asyncio.gather(link.pump(reader, far_writer), link.pump(far_reader, writer))
            finally:
                del self.links[number]
                link.cut()

    def rage(self) -> None:
        """Begin to make faults."""
        self.raging = asyncio.create_task(self._rage())

    async def calm(self) -> None:
        """End the faults; returns when the last one is over."""
        self.raging.cancel()
        until = max((link.stalled_until for link in self.links.values()), default=0.0)
        for link in self.links.values():
            link.delay = 0.0
        await asyncio.sleep(max(0.0, until - time.monotonic()))

    async def _rage(self) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0, 2 * self.interval))
            if self.links:
                link = self.links[self.random.choice(sorted(self.links))]
                kind = self.random.choice(sorted(self.kinds))
                self._tell(f"{kind} {link.number} {self.kinds[kind](link)}")

    def _tell(self, what: str) -> None:
        self.told.append(f"{time.monotonic() - self.started:.2f} {what}")

    def _cut(self, link: Link) -> str:
        link.cut()
        return ""

    def _stall(self, link: Link) -> str:
        seconds = self.random.uniform(0, self.max_stall)
        link.stalled_until = time.monotonic() + seconds
        return f"for {seconds:.2f} s"

    def _delay(self, link: Link) -> str:
        link.delay = self.random.uniform(0, self.max_stall * DELAY_SHARE)
        return f"by {link.delay:.2f} s"

    def _half_close(self, link: Link) -> str:
        side = self.random.randrange(2)
        with suppress(OSError, RuntimeError):  # it was closed already
            link.writers[side].write_eof()
        return f"towards the {('page', 'server')[side]}"
