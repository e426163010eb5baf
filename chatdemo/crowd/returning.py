"""Participants whose connections are cut: they come back, ask for what they missed, and say again what is in doubt."""

import asyncio
import random
import secrets
import time
from contextlib import suppress

from chatdemo.crowd.address import Address
from chatdemo.crowd.connection import JoinError
from chatdemo.crowd.histogram import Histogram
from chatdemo.crowd.messages import seq as seq_of
from chatdemo.crowd.participants import Crowd, Participant
from chatdemo.crowd.tally import PATIENCE
from chatdemo.common.errors import ChatdemoError

#: Seconds: between two looks for somebody to cut, and before somebody tries to come back.
LOOK, PAUSE = 0.1, (0.05, 0.5)


class ReturningCrowd(Crowd):
    """``cuts`` counts the connections that it cut, ``caught_up`` has the times from there until nothing was missing.

    ``latest`` is the greatest ``seq`` that any of them has got.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cuts = self.latest = 0
        self.caught_up = Histogram()
        self.on_the_way: set[asyncio.Task] = set()

    def invite(self, people: int) -> list[Participant]:
        return [Returning(self, number) for number in range(people)]

    @property
    def present(self) -> int:
        """How many have joined: who isn't there will be again, and must get all that is said meanwhile."""
        return self.joined

    @property
    def away(self) -> int:
        return sum(participant.away_since is not None for participant in self.people)

    async def cut(self, share: float) -> None:
        """Cut this share of the connections each second, until cancelled."""
        while True:
            await asyncio.sleep(LOOK)
            for participant in self.people:
                if participant.is_present and random.random() < share * LOOK:
                    participant.cut()

    def return_later(self, participant: "Returning") -> None:
        task = asyncio.ensure_future(participant.come_back())
        self.on_the_way.add(task)
        task.add_done_callback(self.on_the_way.discard)

    def stay_away(self) -> list[asyncio.Task]:
        """Those who are about to come back, to be cancelled; from now on nobody does."""
        for participant in self.people:
            participant.leaving = True
        return list(self.on_the_way)


class Returning(Participant):
    """``last`` is the ``seq`` of the last message that it got, ``outbox`` has the frames that haven't come back yet.

    ``again`` are the numbers of those that it said again. They may come once more, to it alone, as a confirmation.
    """

    def __init__(self, crowd: ReturningCrowd, number: int):
        super().__init__(crowd, number)
        self.secret = secrets.token_hex(16)
        self.last = self.wanted = 0
        self.outbox: dict[int, bytes] = {}
        self.again: set[int] = set()
        self.away_since: float | None = None
        self.cut_here = False
        self.first: asyncio.Future[int | None] | None = None  # the seq of the crowd's first message

    @property
    def may_speak(self) -> bool:
        """What is said while it is away waits in the outbox."""
        return self.connection is not None

    async def _connect(self, query: str = "") -> None:
        await super()._connect(f"?after={self.last}&client={self.secret}")

    def say(self) -> None:
        crowd = self.crowd
        number = crowd.tally.send(self.number, crowd.present, time.perf_counter())
        self.outbox[number] = crowd.messages.encode(self.number, number, with_id=True)
        if self.is_present:
            self.connection.sendMessage(self.outbox[number])

    def cut(self) -> None:
        """Without a goodbye, as when a phone loses the wifi."""
        self.crowd.cuts += 1
        self.cut_here = True
        self.connection.dropConnection(abort=True)

    async def come_back(self) -> None:
        """Try until it works, and say again what hasn't come back."""
        while True:
            await asyncio.sleep(random.uniform(*PAUSE))
            with suppress(JoinError):
                await self._connect()
                break
        self.wanted = self.crowd.latest
        if self.is_present:  # and not gone again at once
            self.again.update(self.outbox)
            for frame in self.outbox.values():
                self.connection.sendMessage(frame)
        self._look_whether_caught_up()

    def _receive(self, frame: bytes) -> None:
        seq, number = seq_of(frame), self.crowd.messages.read(frame)
        if self.first and not self.first.done() and self.crowd.messages.is_first(frame):
            self.first.set_result(seq)
        if seq is not None:
            self.outbox.pop(number, None)
            if seq <= self.last and number in self.again:
                return
            self.last = max(seq, self.last)
            self.crowd.latest = max(seq, self.crowd.latest)
        super()._receive(frame)
        self._look_whether_caught_up()

    def _look_whether_caught_up(self) -> None:
        if self.away_since is not None and self.is_present and self.last >= self.wanted:
            self.crowd.caught_up.add(time.perf_counter() - self.away_since)
            self.away_since = None

    def _end(self, code: int, reason: str) -> None:
        if self.leaving:
            return
        if not self.cut_here:
            super()._end(code, reason)
        self.cut_here = False
        self.away_since = self.away_since or time.perf_counter()
        self.crowd.return_later(self)


async def check_history(participant: Returning, address: Address) -> None:
    """Raises ChatdemoError if the server at ``address`` doesn't number what is said: nobody could ask for the rest."""
    participant.first = asyncio.get_running_loop().create_future()
    participant.connection.sendMessage(participant.crowd.messages.first)
    with suppress(asyncio.TimeoutError):
        if await asyncio.wait_for(participant.first, PATIENCE) is not None:
            return
    raise ChatdemoError(
        f"{address.place} keeps no history: its messages have no seq, so who is cut off can't ask for what it missed.",
        "Leave --drop out, or give it a server with a history: chatdemo serve, without --step and with history = true.",
    )
