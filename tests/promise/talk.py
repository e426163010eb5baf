"""Pages that talk all the time, and the promise that they hold the server to."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.promise.page import Page
from tests.promise.server import COMPLAINTS, Server
from tests.support.served import until
from tests.support.visitor import sign_in

#: Seconds that anything may take which takes a fraction of one on an idle machine.
TIMEOUT_SECONDS = 30
#: Messages that a page has in its outbox until it waits. A slow machine would never send them all again in time.
MAX_OUTBOX = 200


class Talk:
    """``people`` pages, each of which says something every ``pause`` seconds or so; every other one has a session.

    ``url`` is the room's, where they don't go straight to the server; ``answer_timeout`` as a page has it.
    """

    def __init__(
        self,
        server: Server,
        people: int,
        pause: float,
        url: str = "",
        answer_timeout: float = 4.0,
        seed: object = None,
    ):
        self.server, self.pause, self.seed = server, pause, seed
        # The last of them doesn't ask for what was said before it came.
        starts = [*[0] * (people - 1), None]
        cookies = [
            sign_in(server.url, f"page {number}") if number % 2 else "" for number in range(people)
        ]
        urls = [url] if url else getattr(server, "urls", [server.url])
        self.pages = [
            Page(
                urls[number % len(urls)],
                f"page {number}",
                after,
                answer_timeout,
                seed,
                cookies[number],
            )
            for number, after in enumerate(starts)
        ]
        self.talking: list[asyncio.Task] = []
        self.living: list[asyncio.Task] = []

    @property
    def refused(self) -> list[dict]:
        return [frame for page in self.pages for frame in page.refused]

    @property
    def said(self) -> int:
        return sum(len(page.said) for page in self.pages)

    def begin(self) -> None:
        self.living = [asyncio.create_task(page.live()) for page in self.pages]
        self.talk_again()

    def talk_again(self) -> None:
        """Say new things, until ``falls_silent``."""
        self.talking = [asyncio.create_task(self._say_all(page)) for page in self.pages]

    async def _say_all(self, page: Page) -> None:
        while True:
            if len(page.outbox) < MAX_OUTBOX:
                page.say(f"{page.name} says {len(page.said)}")
            await asyncio.sleep(page.random.uniform(0.2, 1.8) * self.pause)

    async def goes_on(self, messages: int = 100) -> None:
        """Wait until so many more messages have come back to whoever said them."""
        before = self.confirmed
        await until(
            lambda: self.confirmed >= before + messages,
            lambda: f"{messages} more messages ({self.state()})",
        )

    async def recovers(self) -> None:
        """Wait until all pages have a connection again, and more messages have come back."""
        await until(lambda: all(page.line for page in self.pages), self.state)
        await self.goes_on(20)

    @property
    def confirmed(self) -> int:
        return self.said - sum(len(page.outbox) for page in self.pages)

    async def falls_silent(self, timeout: float = TIMEOUT_SECONDS) -> float:
        """Nobody says anything new; the seconds until everyone has everything."""
        await _end(self.talking)
        started = time.monotonic()
        await until(
            self.is_settled, lambda: f"all pages to have everything: {self.state()}", timeout
        )
        return time.monotonic() - started

    def is_settled(self) -> bool:
        return (
            not any(page.outbox for page in self.pages)
            and len({page.last for page in self.pages}) == 1
        )

    async def end(self) -> None:
        await _end([*self.talking, *self.living])

    def state(self) -> str:
        """For whoever has to find out what went wrong."""
        told = [
            f"{page.name}: last {page.last}, {len(page.outbox)} out, {page.lines} lines"
            for page in self.pages
        ]
        return f"seed {self.seed}; {self.said} said; {'; '.join(told)}"

    def check(self, in_order: bool = True) -> None:
        """Raises AssertionError if the promise is broken. ``in_order``: each sender's, which a refusal may change."""
        kept = self.server.kept()
        texts = [text for _, text in kept]
        state = self.state()
        assert [seq for seq, _ in kept] == list(range(1, len(kept) + 1)), state
        doubled = [text for text, times in Counter(texts).items() if times > 1]
        assert not doubled, f"doubled: {doubled} ({state})"
        lost = {text for page in self.pages for text in page.said.values()} ^ set(texts)
        assert not lost, f"lost, or nobody's: {lost} ({state})"
        for page in self.pages:
            assert not page.outbox, f"{page.name} still has {page.outbox} ({state})"
            assert page.starts_late or not page.gaps, f"{page.name} was shown a gap ({state})"
            assert page.log == kept[-len(page.log) :], f"{page.name} saw something else ({state})"
            if in_order:
                own = [text for text in texts if text.startswith(f"{page.name} says")]
                assert own == list(page.said.values()), f"{page.name} is out of order ({state})"

    async def check_who_comes_late(self) -> None:
        """Somebody who comes after all of it gets all of it."""
        kept, late = self.server.kept(), Page(self.server.url, "late")
        living = [asyncio.create_task(late.live())]
        await until(lambda: len(late.log) >= len(kept), "the late page")
        await _end(living)
        assert late.log == kept


@asynccontextmanager
async def talking(
    server: Server, people: int = 10, pause: float = 0.1, in_order: bool = True, **others
) -> AsyncIterator[Talk]:
    """A talk that has begun. When the context ends without an error, the promise is checked."""
    room = Talk(server, people, pause, **others)
    room.begin()
    try:
        await room.goes_on()
        yield room
        await room.falls_silent()
        await room.check_who_comes_late()
        room.check(in_order)
    finally:
        await room.end()


@asynccontextmanager
async def talk(server: Server, *arguments, **others) -> AsyncIterator[Talk]:
    """``talking``, after which the server is ended, and must have complained of nothing."""
    async with talking(server, *arguments, **others) as room:
        yield room
    await server.end()
    complaints = [line for line in server.output.splitlines() if COMPLAINTS.search(line)]
    assert not complaints, server.output


async def _end(tasks: list[asyncio.Task]) -> None:
    """Cancel them, and hear what they failed with."""
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    tasks.clear()
