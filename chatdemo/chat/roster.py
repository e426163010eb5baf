"""Who is in a room: people and not tabs, and what they are called there."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field

from chatdemo.chat.names import NO_NUMBERS, Numbers, alike, shown

#: Seconds that somebody may be away before they have left: a phone changes its wifi, a page is loaded again.
GRACE = 10.0
#: Those who have left, of whom it is known what they have: they may come back to it.
GONE = 300
#: Seconds in which changes are gathered before they are told: in a context of its own, as nobody's message causes it.
GATHER = 0.3


@dataclass(slots=True)
class Member:
    """One person in one room. ``number`` tells them from others of the same name, and 1 isn't shown.

    They came after the message ``since``, and a page of theirs has all up to ``got``.
    """

    name: str
    number: int = 1
    since: int = 0
    got: int = 0
    connections: set[str] = field(default_factory=set)
    leaves: asyncio.TimerHandle | None = None

    @property
    def shown(self) -> str:
        return shown(self.name, self.number)


class Roster:
    """The people of a room. ``tell(changes)`` is called some time after each change, with all since the last time.

    ``changes`` are those who "came", who "left", and who were "renamed" since, as pairs.
    """

    def __init__(self, tell: Callable[[dict], None], room: str = ""):
        self.tell, self.room, self.loop = tell, room, asyncio.get_running_loop()
        self.members: dict[str, Member] = {}
        self.gone: dict[str, Member] = {}
        self.last = 0  # the last message's seq
        self._known: dict[
            str, str
        ] = {}  # the names that somebody has been told, if only the person at their arrival
        self._told: set[str] = set()  # the people that all have been told of
        self._timer: asyncio.TimerHandle | None = None

    def join(
        self, person: str, name: str, connection: str, numbers: Numbers = NO_NUMBERS
    ) -> Member:
        """Somebody has one connection more. ``numbers`` are those that the history has of their name."""
        member = self.members.get(person)
        if member is None:
            before = self.gone.pop(person, None) or Member(name, since=self.last)
            member = self.members[person] = Member(name, since=before.since, got=before.got)
            member.number = self._number(person, name, numbers)
            self._known[person] = member.shown
            self._change()
        if member.leaves:
            member.leaves.cancel()
            member.leaves = None
        member.connections.add(connection)
        return member

    def leave(self, person: str, connection: str) -> None:
        """They have one less. Without any they are gone after a while."""
        member = self.members.get(person)
        if member is None:
            return
        member.connections.discard(connection)
        if not member.connections and not member.leaves:
            member.leaves = self.loop.call_later(GRACE, self._forget, person, context=Context())

    def rename(self, person: str, name: str, numbers: Numbers = NO_NUMBERS) -> None:
        """They want to be called something else."""
        member = self.members.get(person)
        if member and member.name != name:
            member.name, member.number = name, self._number(person, name, numbers)
            self._change()

    def names(self) -> list[str]:
        """Who is here, as they are shown, in the order in which they came."""
        return [member.shown for member in self.members.values()]

    def _number(self, person: str, name: str, numbers: Numbers) -> int:
        """The one that they had, or else the least that nobody has had."""
        others = (member for key, member in self.members.items() if key != person)
        taken = {member.number for member in others if alike(member.name) == alike(name)}
        if numbers.own and numbers.own not in taken:
            return numbers.own
        taken |= numbers.others
        return next(number for number in range(1, len(taken) + 2) if number not in taken)

    def _forget(self, person: str) -> None:
        self.gone[person] = self.members.pop(person)
        if len(self.gone) > GONE:
            del self.gone[next(iter(self.gone))]
        self._change()

    def _change(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(GATHER, self._tell, context=Context())

    def _tell(self) -> None:
        self._timer = None
        now = {person: member.shown for person, member in self.members.items()}
        known, self._known = self._known, dict(now)
        changes = {
            "came": [known[person] for person in now if person not in self._told],
            "left": [known[person] for person in known if person not in now],
            "renamed": [
                (known[person], name) for person, name in now.items() if known[person] != name
            ],
        }
        self._told = set(now)
        if any(changes.values()):
            self.tell(changes)
