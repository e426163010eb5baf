"""Several servers and Redis in a storm of faults: what is lost and doubled, and what the tutorial's consumer loses.

    python benchmarks/storm.py [--minutes 10] [--servers 3] [--people 60] [--rate 20] [--seed 17]

Every two seconds a server is killed or held up, Redis is restarted or held up, its subscriptions are cut, or a fifth of
the participants' connections. The tutorial's consumer runs on channels_redis, with its core layer and its pubsub layer,
under the same faults. Its clients connect again as fast as ours, which its page doesn't do. Both layers have room for
100,000 events in a channel. An AssertionError ends it if ours loses or doubles anything.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers import stock_on_redis  # noqa: E402
from benchmarks.peers.tools import Workshop  # noqa: E402
from tests.promise.page import ENDS, PAUSE  # noqa: E402
from tests.promise.server import Server  # noqa: E402
from tests.promise.several import SeveralServers  # noqa: E402
from tests.promise.storm import storm  # noqa: E402
from tests.promise.talk import talking  # noqa: E402
from tests.support.served import Process, clean_environ, until  # noqa: E402

#: How long nothing may come until all has come, and how long that is waited for.
SILENCE_SECONDS, MAX_SILENCE_SECONDS = 5.0, 60.0


class StockProcess(Process):
    ready = "Listening on TCP"


class StockServer(Server):
    """Daphne with the tutorial's project in ``folder``."""

    command: list[str]

    def _make(self) -> StockProcess:
        return StockProcess(self.folder, self.command, clean_environ())


class SeveralStockServers(SeveralServers):
    """The tutorial's project on channels_redis, in several processes."""

    def __init__(self, folder: Path, count: int, layer: str):
        self.layer = layer
        super().__init__(folder, count)

    def make_servers(self, count: int, **settings: str) -> list[Server]:
        workshop = Workshop(self.folder, self.folder)
        peer = stock_on_redis(self.layer, self.redis.url())
        if problem := peer.prepare(workshop):
            sys.exit(problem)
        servers = []
        for _ in range(count):
            server = StockServer(self.folder / peer.folder)
            server.command = peer.command(workshop, server.port)
            servers.append(server)
        return servers


class StockClient:
    """A client of the tutorial's: ``got`` counts each text, and ``sent`` has those that it could send."""

    def __init__(self, url: str, name: str, pause: float):
        self.url, self.name, self.pause = url, name, pause
        self.got: Counter[str] = Counter()
        self.sent: list[str] = []
        self.line: ClientConnection | None = None
        self.random = random.Random(name)

    def cut(self) -> None:
        if self.line:
            self.line.transport.abort()

    async def live(self) -> None:
        while True:
            with suppress(*ENDS):
                async with connect(
                    self.url, proxy=None, compression=None, close_timeout=0.1
                ) as line:
                    self.line = line
                    async for frame in line:
                        self.got[json.loads(frame)["message"]] += 1
            self.line = None
            await asyncio.sleep(self.random.uniform(*PAUSE))

    async def talk(self) -> None:
        while True:
            await asyncio.sleep(self.random.uniform(0.2, 1.8) * self.pause)
            text = f"{self.name} says {len(self.sent)}"
            with suppress(*ENDS):
                if self.line:
                    await self.line.send(json.dumps({"message": text}))
                    self.sent.append(text)


class StockCrowd:
    """Clients of the tutorial's that talk."""

    def __init__(self, chat: SeveralServers, people: int, pause: float):
        urls = chat.urls
        self.pages = [
            StockClient(urls[number % len(urls)], f"client {number}", pause)
            for number in range(people)
        ]

    async def run(self, chat: SeveralServers, seconds: float, seed: int) -> None:
        living = [asyncio.create_task(page.live()) for page in self.pages]
        await until(lambda: all(page.line for page in self.pages), "all connections")
        talking = [asyncio.create_task(page.talk()) for page in self.pages]
        await storm(chat, self, seconds, seed)
        for task in talking:
            task.cancel()
        await self._fall_silent()
        for task in living:
            task.cancel()
        await asyncio.gather(*talking, *living, return_exceptions=True)

    async def _fall_silent(self) -> None:
        before, waited = -1, 0.0
        while before != (now := self.delivered) and waited < MAX_SILENCE_SECONDS:
            before, waited = now, waited + SILENCE_SECONDS
            await asyncio.sleep(SILENCE_SECONDS)

    @property
    def delivered(self) -> int:
        return sum(page.got.total() for page in self.pages)

    def counts(self) -> tuple[int, int, int]:
        """Deliveries that were due, that are lost, and that came again."""
        texts = [text for page in self.pages for text in page.sent]
        lost = sum(text not in page.got for page in self.pages for text in texts)
        doubled = sum(count - 1 for page in self.pages for count in page.got.values())
        return len(texts) * len(self.pages), lost, doubled


async def ours(options: argparse.Namespace, folder: Path, pause: float) -> tuple[int, int, int]:
    """``talking`` raises AssertionError if a message is lost or doubled, or a log differs."""
    async with (
        SeveralServers(folder, options.servers) as chat,
        talking(chat, options.people, pause, in_order=False, seed=options.seed) as room,
    ):
        await storm(chat, room, options.minutes * 60, options.seed)
    return room.said * options.people, 0, 0


async def tutorial(
    options: argparse.Namespace, folder: Path, pause: float, layer: str
) -> tuple[int, int, int]:
    async with SeveralStockServers(folder, options.servers, layer) as chat:
        crowd = StockCrowd(chat, options.people, pause)
        await crowd.run(chat, options.minutes * 60, options.seed)
    return crowd.counts()


def measurements(options: argparse.Namespace) -> Iterator[tuple[str, tuple[int, int, int]]]:
    pause = options.people / options.rate
    with tempfile.TemporaryDirectory(prefix="chatdemo-storm-") as name:
        folder = Path(name)
        for part in ("ours", "core", "pubsub"):
            (folder / part).mkdir()
        yield "chatdemo", asyncio.run(ours(options, folder / "ours", pause))
        for layer in ("core", "pubsub"):
            counts = asyncio.run(tutorial(options, folder / layer, pause, layer))
            yield f"tutorial, {layer}", counts


def main() -> None:
    command_line = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command_line.add_argument("--minutes", type=float, default=10)
    command_line.add_argument("--servers", type=int, default=3)
    command_line.add_argument("--people", type=int, default=60)
    command_line.add_argument("--rate", type=float, default=20, help="messages a second, in all")
    command_line.add_argument("--seed", type=int, default=17)
    options = command_line.parse_args()
    for name, (due, lost, doubled) in measurements(options):
        part = lost / due if due else 0
        print(
            f"{name:18} {due:9,} deliveries  {lost:8,} lost ({part:.1%})  {doubled:6,} doubled",
            flush=True,
        )


if __name__ == "__main__":
    main()
