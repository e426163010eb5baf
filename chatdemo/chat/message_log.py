"""The message log: stores a room's messages in order, and numbers them."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import NamedTuple

from chatdemo.chat.name_numbers import NameNumbers

#: Messages that ``read_after`` returns at most. Each participant that catches up has as many in
#: memory: less than a megabyte of the longest ones.
MAX_READ_MESSAGES = 50
#: What is logged when drafts can't be stored, with the reason, and when they can again.
STORING_FAILS = "Messages can't be stored, and their senders get an error: %s"
STORING_WORKS = "Messages are stored again."


class MessageLogError(Exception):
    """Messages can't be read now. The text is the reason."""


def parse_seq(text: str) -> int | None:
    """Return the ``seq`` that a client has sent as text, None if it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


class StoredMessage(NamedTuple):
    """A message as the log has it.

    ``seq`` numbers a room's messages from 1; it is 0 where nothing is stored. ``at`` is ISO 8601
    in UTC. ``sender`` is the person's key (identity.py), ``id`` the client's own id.
    """

    seq: int
    name: str
    text: str
    at: str
    sender: str = ""
    id: str | None = None


def _ignore(outcome: object) -> None:
    """Do nothing."""


@dataclass(slots=True)
class Draft:
    """A message that is not stored yet.

    ``on_repeated`` is called with the stored message if the sender has used the id before, in
    order with what is published. ``on_failed`` is called with the reason, a part of a sentence, if
    the draft can't be stored. Both are called in ``context``, the one in which the draft was
    received. A message that is published alone is published in it, too: the inspector can tell
    which frame caused it.
    """

    room: str
    sender: str
    id: str | None
    name: str
    text: str
    on_repeated: Callable[[StoredMessage], None] = _ignore
    on_failed: Callable[[str], None] = _ignore
    context: Context = field(default_factory=copy_context)


class Appended(NamedTuple):
    """A draft that was stored, as a message.

    ``is_new`` is false if the sender has used the id before: ``message`` is then the one that was
    stored at that time.
    """

    message: StoredMessage
    is_new: bool
    context: Context


#: Is called with the new messages of one room, in the order of their ``seq``.
Publish = Callable[[Sequence[Appended]], None]
#: Is called with the first and the last ``seq`` of messages that the storage has lost.
ReportLost = Callable[[int, int], None]


def ignore_lost(first: int, last: int) -> None:
    """Do nothing."""


class MessageLog(ABC):
    """Stores messages and publishes them to the rooms of this process.

    ``append`` and ``subscribe`` are called in the event loop and never block. The other methods
    may block: call them in a thread. They raise MessageLogError.
    """

    #: Whether messages can be read again.
    stores_messages = True

    def __init__(self) -> None:
        self._publishers: dict[str, Publish] = {}

    @abstractmethod
    def append(self, draft: Draft) -> None:
        """Store a draft soon, and publish it to its room if it is new.

        Drafts are stored in the order of the calls.
        """

    def subscribe(
        self,
        room: str,
        publish: Publish,
        start_new_history: Callable[[], None],
        report_lost: ReportLost = ignore_lost,
    ) -> None:
        """Call ``publish`` with the room's new messages, instead of any function before.

        ``start_new_history()`` is called if the log finds that the room's messages are gone, and
        ``report_lost`` if the last ones are. A log need not find out before the next message.
        """
        self._publishers[room] = publish

    async def wait_until_subscribed(self, room: str) -> int:
        """Wait until the room gets each new message. Returns the last ``seq``, 0 if it isn't known.

        A log of this process needs no time for it.
        """
        return 0

    def unsubscribe(self, room: str) -> None:
        """Stop publishing to the room."""
        self._publishers.pop(room, None)

    async def close(self) -> None:  # noqa: B027  (a log of this process has nothing to end)
        """End what runs, and close the connections. What is pending isn't stored."""

    @abstractmethod
    def read_after(self, room: str, seq: int) -> list[StoredMessage]:
        """Return the first messages after ``seq``, in order, and at most MAX_READ_MESSAGES."""

    @abstractmethod
    def read_before(self, room: str, seq: int | None, limit: int) -> list[StoredMessage]:
        """Return the last ``limit`` messages before ``seq`` (None: of all), in order."""

    @abstractmethod
    def last_seq(self, room: str) -> int:
        """Return the greatest ``seq`` that the room has had, 0 before the first message."""

    @abstractmethod
    def epoch(self, room: str) -> str:
        """Return the key of the room's history, "" before the first message.

        A room whose messages were deleted by ``chatdemo forget`` starts a new history, with a new
        key and ``seq`` 1.
        """

    @abstractmethod
    def name_numbers(self, room: str, person: str, name: str) -> NameNumbers:
        """Return the numbers used in the room with this name, for the person and for others."""


class NoMessageLog(MessageLog):
    """Publishes messages at once and stores nothing, for the setting ``history = false``."""

    stores_messages = False

    def append(self, draft: Draft) -> None:
        at = iso_time(datetime.now(timezone.utc))
        message = StoredMessage(0, draft.name, draft.text, at, draft.sender, draft.id)
        if publish := self._publishers.get(draft.room):
            publish([Appended(message, True, draft.context)])

    def read_after(self, room: str, seq: int) -> list[StoredMessage]:
        return []

    def read_before(self, room: str, seq: int | None, limit: int) -> list[StoredMessage]:
        return []

    def last_seq(self, room: str) -> int:
        return 0

    def epoch(self, room: str) -> str:
        return ""

    def name_numbers(self, room: str, person: str, name: str) -> NameNumbers:
        return NameNumbers()


def iso_time(at: datetime) -> str:
    """Return a time as the wire contract has it: ISO 8601 in UTC, with milliseconds."""
    return at.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
