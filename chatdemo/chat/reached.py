"""Whom a message has reached: pages say how far they are, and senders are told, many messages at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context

from chatdemo.chat.roster import Member, Roster

#: A room's last messages, of which it is told.
RECENT = 100
#: Seconds in which what pages say is gathered before senders are told.
GATHER = 0.5


class Reached:
    """For the people of a roster. ``tell(person, counts)`` is called with rows of ``[seq, how many, of how many]``.

    Those count who were in the room when it was said, without who said it. Who has left without it doesn't, until they
    come back.
    """

    def __init__(self, roster: Roster, tell: Callable[[str, list[list[int]]], None]):
        self.roster, self.tell = roster, tell
        self.said: deque[tuple[int, str]] = deque(maxlen=RECENT)
        self._told: dict[int, list[int]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def say(self, seq: int, person: str) -> None:
        """Somebody said something."""
        if seq <= self.roster.last:
            self._begin_anew()
        if len(self.said) == RECENT:
            self._told.pop(self.said[0][0], None)
        self.said.append((seq, person))
        self.roster.last = seq
        self.look_later()

    def got(self, person: str, seq: int) -> None:
        """A page of somebody's has everything up to this one."""
        member = self.roster.members.get(person)
        if member and seq > member.got:
            member.got = seq
            if self.said and seq >= self.said[0][0]:
                self.look_later()

    def counts(self, person: str) -> list[list[int]]:
        """The rows for those of a person's recent messages that were for somebody."""
        rows = [[seq, *self._count(seq, sender)] for seq, sender in self.said if sender == person]
        return [row for row in rows if row[2]]

    def names(self, seq: int, person: str) -> tuple[list[str], list[str]] | None:
        """Whom it has reached and whom it hasn't; None if it isn't a recent message of that person's."""
        if (seq, person) not in self.said:
            return None
        there = self._there(seq, person)
        return [one.shown for one in there if one.got >= seq], [
            one.shown for one in there if one.got < seq
        ]

    def _begin_anew(self) -> None:
        """The room was forgotten, and counts from 1 again: all who are here were so before that."""
        self.said.clear()
        self._told.clear()
        self.roster.gone.clear()
        for member in self.roster.members.values():
            member.since = member.got = 0

    def look_later(self) -> None:
        """Somebody has come or gone, or has something more: the senders are told soon."""
        if self._timer is None:
            self._timer = self.roster.loop.call_later(GATHER, self._tell, context=Context())

    def _tell(self) -> None:
        self._timer = None
        news: dict[str, list[list[int]]] = {}
        for seq, person in self.said:
            count = self._count(seq, person)
            if self._told.get(seq) != count:
                self._told[seq] = count
                news.setdefault(person, []).append([seq, *count])
        for person, rows in news.items():
            self.tell(person, rows)

    def _count(self, seq: int, person: str) -> list[int]:
        there = self._there(seq, person)
        return [sum(member.got >= seq for member in there), len(there)]

    def _there(self, seq: int, person: str) -> list[Member]:
        members, gone = self.roster.members.items(), self.roster.gone.items()
        here = [member for key, member in members if key != person and member.since < seq]
        return here + [
            member for key, member in gone if key != person and member.since < seq <= member.got
        ]
