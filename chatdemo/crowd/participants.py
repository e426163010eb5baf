"""The participants, each with a connection, and what they share."""

import time
from collections import Counter

from chatdemo.crowd.connection import Connection, Door, JoinError
from chatdemo.crowd.messages import Messages, Refusal
from chatdemo.crowd.tally import Tally


class Crowd:
    """Those who take part, as numbers from 0 on, and what they share.

    ``refused`` counts the errors that the server answered, ``closed`` the connections that ended before their time,
    by close code and reason, and ``absent`` the participants that couldn't join, by reason.
    """

    def __init__(self, door: Door, messages: Messages, people: int):
        self.door, self.messages = door, messages
        self.tally = Tally(people)
        self.refused: Counter[str] = Counter()
        self.closed: Counter[tuple[int, str]] = Counter()
        self.absent: Counter[str] = Counter()
        self.joined = 0
        self.people = self.invite(people)

    def invite(self, people: int) -> list["Participant"]:
        """So many participants, who have yet to join."""
        return [Participant(self, number) for number in range(people)]

    @property
    def present(self) -> int:
        """How many have joined and are still there."""
        return self.joined - self.closed.total()

    @property
    def away(self) -> int:
        """How many have lost their connection, and will be back."""
        return 0


class Participant:
    """One who joins, says messages, and keeps the books of what comes."""

    def __init__(self, crowd: Crowd, number: int):
        self.crowd, self.number = crowd, number
        self.connection: Connection | None = None
        self.leaving = False

    @property
    def is_present(self) -> bool:
        return self.connection is not None and self.connection.is_joined

    @property
    def may_speak(self) -> bool:
        return self.is_present

    async def join(self) -> None:
        """Raises JoinError."""
        await self._connect()
        self.crowd.joined += 1

    async def _connect(self, query: str = "") -> None:
        connection = Connection(self.crowd.door, self._receive, self._end, query)
        await self.crowd.door.open(connection)
        self.connection = connection

    async def try_to_join(self) -> None:
        """As ``join``; a failure is counted."""
        try:
            await self.join()
        except JoinError as error:
            self.crowd.absent[str(error)] += 1

    def say(self) -> None:
        """Send the crowd's next message, which everyone present should get."""
        crowd = self.crowd
        number = crowd.tally.send(self.number, crowd.present, time.perf_counter())
        self.connection.sendMessage(crowd.messages.encode(self.number, number))

    def leave(self) -> None:
        """Close with 1000; ``connection.ended`` tells when it is done."""
        self.leaving = True
        self.connection.sendClose(1000)

    def _receive(self, frame: bytes) -> None:
        meaning = self.crowd.messages.read(frame)
        if isinstance(meaning, Refusal):
            self.crowd.refused[meaning] += 1
        elif meaning is not None:
            self.crowd.tally.deliver(self.number, meaning, time.perf_counter())

    def _end(self, code: int, reason: str) -> None:
        if not self.leaving:
            self.crowd.closed[code, reason] += 1
