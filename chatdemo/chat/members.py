"""The members of a room, one for each person and not for each tab, and their display names."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from chatdemo.chat.identity import comparison_key
from chatdemo.chat.name_numbers import NameNumbers, add_number, choose_number

#: A member without connections leaves after so long: a phone may change its network, and a page
#: may be reloaded.
LEAVE_DELAY_SECONDS = 10.0
#: Members who have left and whose receipts are remembered, in case they come back.
MAX_DEPARTED_MEMBERS = 300
#: Changes within this time are reported together.
REPORT_DELAY_SECONDS = 0.3
NO_NUMBERS = NameNumbers()


@dataclass(slots=True)
class Member:
    """A person in a room.

    ``number`` tells members with the same name apart. ``joined_after_seq`` is the last ``seq``
    before the person joined, and ``received_seq`` the last one that one of their pages has.
    ``channels`` are those of this server, and ``servers`` the others that the person is on.
    """

    name: str
    number: int = 1
    joined_after_seq: int = 0
    received_seq: int = 0
    channels: set[str] = field(default_factory=set)
    servers: set[str] = field(default_factory=set)
    leave_timer: asyncio.TimerHandle | None = None

    @property
    def display_name(self) -> str:
        """The name with its number."""
        return add_number(self.name, self.number)

    @property
    def is_here(self) -> bool:
        """Whether the person is on this server, or was a moment ago."""
        return bool(self.channels or self.leave_timer)


class Members:
    """The members of one room, by the person's key.

    ``report(changes)`` is called a moment after a change. ``changes`` lists the names of those who
    ``came`` and ``left``, and pairs of names for those who were ``renamed``, since the last report.
    ``on_leave(person)`` is called when a person isn't on this server any more.
    """

    def __init__(
        self,
        report: Callable[[dict[str, list[Any]]], None],
        on_leave: Callable[[str], None] = lambda person: None,
    ):
        self.report, self.on_leave = report, on_leave
        self.present: dict[str, Member] = {}
        self.departed: dict[str, Member] = {}
        self._loop = asyncio.get_running_loop()
        self._known_names: dict[str, str] = {}  # those of the last report, or at joining
        self._reported: set[str] = set()
        self._report_timer: asyncio.TimerHandle | None = None

    def join(
        self, person: str, name: str, channel: str, last_seq: int, numbers: NameNumbers = NO_NUMBERS
    ) -> Member:
        """Add a connection of a person, who joins if it is the first.

        ``last_seq`` is the room's at this time. ``numbers`` are those in the room's history.
        """
        member = self.present.get(person)
        if member is None:
            member = self.departed.pop(person, None) or Member(name, joined_after_seq=last_seq)
            member.name, member.number = name, self._choose_number(person, name, numbers)
            self.present[person] = member
            self._known_names[person] = member.display_name
            self._schedule_report()
        if member.leave_timer:
            member.leave_timer.cancel()
            member.leave_timer = None
        member.channels.add(channel)
        return member

    def leave(self, person: str, channel: str) -> None:
        """Remove a connection of a person, who leaves a while after the last one."""
        member = self.present.get(person)
        if member is None:
            return
        member.channels.discard(channel)
        if not member.channels and not member.leave_timer:
            member.leave_timer = self._loop.call_later(
                LEAVE_DELAY_SECONDS, self._leave_here, person, context=Context()
            )

    def join_elsewhere(self, server: str, person: str, state: Member, is_news: bool = True) -> None:
        """Add a person who is on another server, or change their name, as that server says.

        Unless it ``is_news``, nobody is told that the person came: they were there before.
        """
        member = self.present.get(person)
        if member is None:
            member = self.departed.pop(person, None) or state
            self.present[person] = member
            self._known_names[person] = state.display_name
            if not is_news:
                self._reported.add(person)
        if not member.channels:
            member.name, member.number = state.name, state.number
        member.joined_after_seq = min(member.joined_after_seq, state.joined_after_seq)
        member.received_seq = max(member.received_seq, state.received_seq)
        member.servers.add(server)
        self._schedule_report()

    def leave_elsewhere(self, server: str, person: str | None = None) -> None:
        """Remove a person from another server, or all persons: the server has ended."""
        for key, member in list(self.present.items()):
            if server in member.servers and person in (None, key):
                member.servers.remove(server)
                self._remove_if_gone(key)

    def keep_elsewhere(self, pairs: set[tuple[str, str]]) -> None:
        """Remove all who aren't among these pairs of another server and a person."""
        for person, member in list(self.present.items()):
            member.servers = {server for server in member.servers if (server, person) in pairs}
            self._remove_if_gone(person)

    def acknowledge(self, person: str, seq: int) -> bool:
        """Note that a person has all messages up to ``seq``. Returns whether that is news."""
        member = self.present.get(person)
        if member is None or seq <= member.received_seq:
            return False
        member.received_seq = seq
        return True

    def rename(self, person: str, name: str, numbers: NameNumbers = NO_NUMBERS) -> None:
        """Give a member another name."""
        member = self.present.get(person)
        if member and member.name != name:
            member.name = name
            member.number = self._choose_number(person, name, numbers)
            self._schedule_report()

    def names(self) -> list[str]:
        """Return the names of the members, in the order in which they joined."""
        return [member.display_name for member in self.present.values()]

    def start_new_history(self) -> None:
        """Count receipts from 1 again: the room's messages were deleted."""
        self.departed.clear()
        for member in self.present.values():
            member.joined_after_seq = member.received_seq = 0

    def _choose_number(self, person: str, name: str, numbers: NameNumbers) -> int:
        """Return a number that no other member with this name has (name_numbers.py)."""
        key = comparison_key(name)
        others = (member for other, member in self.present.items() if other != person)
        taken = (member.number for member in others if comparison_key(member.name) == key)
        return choose_number(taken, numbers)

    def _leave_here(self, person: str) -> None:
        self.present[person].leave_timer = None
        self.on_leave(person)
        self._remove_if_gone(person)

    def _remove_if_gone(self, person: str) -> None:
        member = self.present[person]
        if member.is_here or member.servers:
            return
        self.departed[person] = self.present.pop(person)
        if len(self.departed) > MAX_DEPARTED_MEMBERS:
            del self.departed[next(iter(self.departed))]
        self._schedule_report()

    def _schedule_report(self) -> None:
        if self._report_timer is None:  # in an empty context: no message has caused the report
            self._report_timer = self._loop.call_later(
                REPORT_DELAY_SECONDS, self._report, context=Context()
            )

    def _report(self) -> None:
        self._report_timer = None
        now = {person: member.display_name for person, member in self.present.items()}
        known, self._known_names = self._known_names, dict(now)
        changes: dict[str, list[Any]] = {
            "came": [known[person] for person in now if person not in self._reported],
            "left": [known[person] for person in known if person not in now],
            "renamed": [
                (known[person], name) for person, name in now.items() if known[person] != name
            ],
        }
        self._reported = set(now)
        if any(changes.values()):
            self.report(changes)
