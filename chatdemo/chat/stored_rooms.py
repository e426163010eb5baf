"""Stored rooms, as downloads and the commands ``rooms``, ``export`` and ``forget`` use them."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.room_names import clean_typed_name
from chatdemo.chat.transcripts.control_characters import one_line
from chatdemo.common.errors import ChatdemoError

#: Room names that an unknown one is compared with.
MAX_COMPARED_NAMES = 5000


class StoredRoom(NamedTuple):
    """A room, its number of messages, and when the first and the last came (ISO 8601, UTC)."""

    name: str
    messages: int
    first: str | None
    last: str | None


class StoredRooms(ABC):
    """What a message log has stored, for readers outside the chat. The methods block.

    A server may be running, and adds messages meanwhile. ``location`` is where the messages are, as
    users know it.
    """

    location: str

    @abstractmethod
    def all(self) -> list[StoredRoom]:
        """Return all rooms that have or had messages, sorted by name."""

    @abstractmethod
    def get(self, name: str) -> StoredRoom | None:
        """Return the room with exactly this name, None if there is none."""

    @abstractmethod
    def names(self, limit: int) -> list[str]:
        """Return the names of at most ``limit`` rooms, in any order."""

    @abstractmethod
    def pages(self, room: str, since: datetime | None = None) -> Iterator[list[StoredMessage]]:
        """Yield the messages that ``room`` has now, in order, some at a time.

        Those before ``since``, an aware time, are left out. An unknown room has no messages. The
        iterator may be used in several threads, one at a time.
        """

    @abstractmethod
    def forget(self, room: str) -> tuple[int, bool]:
        """Delete the room, its messages and its speakers.

        Returns the number of messages, and whether their text is gone from ``location`` too. A
        running server starts a new history with the room's next message.
        """

    def find(self, typed: str) -> StoredRoom:
        """Return the room with this exact name, or with the name as the chat's first page reads it.

        Raises ChatdemoError with similar names if there is none.
        """
        if room := self.get(typed) or self.get(clean_typed_name(typed)):
            return room
        similar = " or ".join(map(one_line, self._similar_names(typed)))
        guess = f"Did you mean {similar}? " if similar else ""
        raise ChatdemoError(
            f"No history for room {typed!r}.",
            f"{guess}chatdemo rooms lists the rooms that have one.",
        )

    def _similar_names(self, typed: str) -> list[str]:
        """Return at most three room names, the most similar one first."""
        from difflib import get_close_matches  # which a server never needs

        names = {name.casefold(): name for name in self.names(MAX_COMPARED_NAMES)}
        typed = clean_typed_name(typed).casefold()
        return [names[match] for match in get_close_matches(typed, names)]
