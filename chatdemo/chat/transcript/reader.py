"""What is kept, read a page at a time and by plain SQL: a million messages need no lock, no memory and no Django.

No transaction outlives its page. One that did would keep SQLite from ever emptying its write-ahead log while somebody
looks at the first screen of a long transcript.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.sqlite_writer import wire_time as iso
from chatdemo.chat.room_names import clean_typed_name as tidy
from chatdemo.chat.transcript.characters import one_line
from chatdemo.common import sqlite
from chatdemo.common.errors import ChatdemoError

#: Messages in a page. Of the longest in emoji it takes 2 MB, in each of the forms through which it goes on its way.
PAGE = 100
PAGES = (
    "SELECT seq, name, text, at FROM chat_message"
    " WHERE room_id = ? AND seq > ? AND seq <= ? AND at >= ? ORDER BY seq LIMIT ?"
)
AT = "(SELECT at FROM chat_message WHERE room_id = room.id ORDER BY seq {} LIMIT 1)"
ROOMS = (
    "SELECT name, (SELECT count(*) FROM chat_message WHERE room_id = room.id),"
    f" {AT.format('ASC')}, {AT.format('DESC')} FROM chat_room AS room"
)
#: Names that a mistyped one is compared with.
MOST_NAMES = 5000


class Summary(NamedTuple):
    """A room and what is kept of it. The times of its first and last message are ISO 8601, in UTC; "" without any."""

    name: str
    count: int
    first: str
    last: str


def connect(name: Path | str) -> sqlite3.Connection:
    """To the database of this name, a path or SQLite's URI of one in memory, which isn't made if it isn't there."""
    connection = sqlite.connect(name, timeout=5, check_same_thread=False)
    connection.text_factory = lambda data: data.decode("utf-8", "replace")
    return connection


def pages(name: Path | str, room: str, since: str = "") -> Iterator[list[Kept]]:
    """The room's messages in their order, of those that are there now: some at a time. None for an unknown room.

    ``since`` leaves out those before it; it is a time as the database has it (``since.stored``). Threads may take turns
    with the iterator. Raises sqlite3.Error.
    """
    with closing(connect(name)) as connection:
        found = connection.execute(
            "SELECT id FROM chat_room WHERE name = ?", (_bindable(room),)
        ).fetchone()
        [id] = found or [None]
        [[last]] = connection.execute("SELECT max(seq) FROM chat_message WHERE room_id = ?", (id,))
        seq = -1
        while rows := connection.execute(PAGES, (id, seq, last, since, PAGE)).fetchall():
            seq = rows[-1][0]
            yield [Kept(seq, name, text, iso(at)) for seq, name, text, at in rows]


def rooms(name: Path | str) -> list[Summary]:
    """All rooms of which something is or was kept, by their names."""
    with closing(connect(name)) as connection:
        return sorted(_summaries(connection.execute(ROOMS)))


def find(name: Path | str, room: str) -> Summary | None:
    """The room of exactly this name, or else of what it is when it is typed into the chat's first page."""
    with closing(connect(name)) as connection:
        for spelling in (room, tidy(room)):
            for summary in _summaries(
                connection.execute(f"{ROOMS} WHERE name = ?", (_bindable(spelling),))
            ):
                return summary
    return None


def require(name: Path | str, room: str) -> Summary:
    """What ``find`` finds. Raises ChatdemoError if it finds nothing, which names rooms that may be meant."""
    if found := find(name, room):
        return found
    close = " or ".join(map(one_line, similar(name, room)))
    guess = f"Did you mean {close}? " if close else ""
    raise ChatdemoError(
        f"Nothing is kept of a room {room!r}.", f"{guess}chatdemo rooms lists those that there are."
    )


def similar(name: Path | str, room: str) -> list[str]:
    """At most three names of rooms that are like this one, the likest first."""
    from difflib import get_close_matches  # which a server never needs

    with closing(connect(name)) as connection:
        names = [
            found
            for [found] in connection.execute("SELECT name FROM chat_room LIMIT ?", (MOST_NAMES,))
        ]
    folded = {found.casefold(): found for found in names}
    return [folded[close] for close in get_close_matches(tidy(room).casefold(), folded)]


def _summaries(rows: sqlite3.Cursor) -> Iterator[Summary]:
    for name, count, first, last in rows:
        yield Summary(name, count, iso(first) if first else "", iso(last) if last else "")


def _bindable(text: str) -> str:
    """What a command line has that isn't UTF-8 is a lone surrogate in Python, which no database can be asked for."""
    return text.encode("utf-8", "replace").decode("utf-8")
