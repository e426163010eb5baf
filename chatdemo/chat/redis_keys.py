"""The keys that a room has in Redis, and what is in them."""

from datetime import datetime, timezone
from typing import NamedTuple

from chatdemo.chat.message_log import StoredMessage, iso_time

#: A set of the names of all rooms that have or had messages.
ROOMS_KEY = "chatdemo:rooms"
#: Where the new messages of all rooms are published.
CHANNEL = "chatdemo:messages"
#: Separates the parts of a speaker, and precedes an id that isn't a client's. No part contains it.
SEPARATOR = "\0"


class RoomKeys(NamedTuple):
    """The keys of a room.

    ``room`` is a hash with the last ``seq``, the ``epoch``, and in ``lost`` the first and the last
    ``seq`` that a restart of Redis has lost, such as "6-10". ``log`` is a stream, in which the
    message ``seq`` has the id ``seq-0``. ``ids`` is a hash with the ``seq`` of each sender and id.
    ``speakers`` is a hash with the ``seq`` of one of the latest messages of each speaker.
    """

    room: str
    log: str
    ids: str
    speakers: str

    @classmethod
    def of(cls, name: str) -> "RoomKeys":
        """Return the keys of the room ``name``."""
        return cls(*(f"chatdemo:{kind}:{name}" for kind in cls._fields))


def stored_message(entry_id: str, fields: dict[str, str]) -> StoredMessage:
    """Return the message of an entry of a log."""
    seq, at = int(entry_id.partition("-")[0]), wire_time(fields["at"])
    id = client_id(fields["id"])
    return StoredMessage(seq, fields["name"], fields["text"], at, fields["sender"], id)


def client_id(id: str) -> str | None:
    """Return an id if a client has sent it, None if the server has made it."""
    return None if id.startswith(SEPARATOR) else id


def wire_time(milliseconds: int | str) -> str:
    """Return a time as the log has it, in the form of the wire contract."""
    return iso_time(datetime.fromtimestamp(int(milliseconds) / 1000, timezone.utc))
