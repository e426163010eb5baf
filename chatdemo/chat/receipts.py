"""Receipts: which members have received a message. Pages acknowledge, and senders get counts."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context

from chatdemo.chat.members import Member, Members

#: The room's latest messages, which have receipts.
MAX_MESSAGES = 100
#: Acknowledgements within this time are reported together.
REPORT_DELAY_SECONDS = 0.5


class Receipts:
    """The receipts of a room with these members.

    ``report(person, counts)`` is called when the counts of a person's messages have changed, with a
    row ``[seq, received_count, recipient_count]`` for each. Recipients are the members who first
    joined before the message was sent, except its sender. While one is away, they are a recipient
    only of the messages that they have.
    """

    def __init__(self, members: Members, report: Callable[[str, list[list[int]]], None]):
        self.members, self.report = members, report
        self._messages: deque[tuple[int, str]] = deque(maxlen=MAX_MESSAGES)  # (seq, sender)
        self._reported: dict[int, tuple[int, int]] = {}
        self._loop = asyncio.get_running_loop()
        self._report_timer: asyncio.TimerHandle | None = None

    def add(self, seq: int, sender: str) -> None:
        """Add a message that was published."""
        if len(self._messages) == MAX_MESSAGES:
            self._reported.pop(self._messages[0][0], None)
        self._messages.append((seq, sender))
        self.schedule_report()

    def acknowledge(self, person: str, seq: int) -> None:
        """Note that a page of the person has all messages up to ``seq``."""
        is_news = self.members.acknowledge(person, seq)
        if is_news and self._messages and seq >= self._messages[0][0]:
            self.schedule_report()

    def counts(self, person: str) -> list[list[int]]:
        """Return the rows of the person's messages that have recipients."""
        rows = ([seq, *self._count(seq, person)] for seq, one in self._messages if one == person)
        return [row for row in rows if row[2]]

    def recipients(self, seq: int, person: str) -> tuple[list[str], list[str]] | None:
        """Return the names of those who have a message, and of those who don't.

        None if ``seq`` isn't one of the person's latest messages.
        """
        if (seq, person) not in self._messages:
            return None
        members = self._recipients(seq, person)
        return (
            [member.display_name for member in members if member.received_seq >= seq],
            [member.display_name for member in members if member.received_seq < seq],
        )

    def start_new_history(self) -> None:
        """Forget all messages: the room's messages were deleted, and ``seq`` starts at 1 again."""
        self._messages.clear()
        self._reported.clear()

    def schedule_report(self) -> None:
        """Report a moment later: members came or left, or have received more."""
        if self._report_timer is None:
            self._report_timer = self._loop.call_later(
                REPORT_DELAY_SECONDS, self._report, context=Context()
            )

    def _report(self) -> None:
        self._report_timer = None
        changed: dict[str, list[list[int]]] = {}
        for seq, sender in self._messages:
            count = self._count(seq, sender)
            if self._reported.get(seq) != count:
                self._reported[seq] = count
                changed.setdefault(sender, []).append([seq, *count])
        for sender, rows in changed.items():
            self.report(sender, rows)

    def _count(self, seq: int, sender: str) -> tuple[int, int]:
        members = self._recipients(seq, sender)
        return sum(member.received_seq >= seq for member in members), len(members)

    def _recipients(self, seq: int, sender: str) -> list[Member]:
        present, departed = self.members.present.items(), self.members.departed.items()
        return [
            *(one for key, one in present if key != sender and one.joined_after_seq < seq),
            *(
                one
                for key, one in departed
                if key != sender and one.joined_after_seq < seq <= one.received_seq
            ),
        ]
