"""Reads and deletes stored messages with plain SQL: no Django, no lock and little memory.

Each page is its own transaction. One for a whole transcript would keep SQLite from truncating its
write-ahead log as long as the transcript is being read.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.sqlite_writer import wire_time
from chatdemo.chat.stored_rooms import StoredRoom, StoredRooms
from chatdemo.common import sqlite

#: A page of the longest messages, all emoji, takes 2 MB in each form that it has on its way.
PAGE_ROWS = 100
_SELECT_PAGE = (
    "SELECT seq, name, text, at FROM chat_message"
    " WHERE room_id = ? AND seq > ? AND seq <= ? AND at >= ? ORDER BY seq LIMIT ?"
)
_SELECT_AT = "(SELECT at FROM chat_message WHERE room_id = room.id ORDER BY seq {} LIMIT 1)"
_SELECT_ROOMS = (
    "SELECT name, (SELECT count(*) FROM chat_message WHERE room_id = room.id),"
    f" {_SELECT_AT.format('ASC')}, {_SELECT_AT.format('DESC')} FROM chat_room AS room"
)
#: How long each statement waits for a lock.
LOCK_TIMEOUT_SECONDS = 5.0
#: How long ``forget`` waits for a server's checkpoint, and the pause between two attempts.
CHECKPOINT_TIMEOUT_SECONDS, CHECKPOINT_RETRY_SECONDS = 5.0, 0.02


class SQLiteStoredRooms(StoredRooms):
    """The rooms in ``database``: an existing file, or SQLite's URI of a database in memory.

    All methods raise sqlite3.Error.
    """

    def __init__(self, database: Path | str):
        self.database, self.location = database, str(database)

    def connect(self) -> sqlite3.Connection:
        """Open the database."""
        connection = sqlite.connect(self.database, LOCK_TIMEOUT_SECONDS, check_same_thread=False)
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        return connection

    def all(self) -> list[StoredRoom]:
        with closing(self.connect()) as connection:
            return sorted(map(_stored_room, connection.execute(_SELECT_ROOMS)))

    def get(self, name: str) -> StoredRoom | None:
        with closing(self.connect()) as connection:
            query = f"{_SELECT_ROOMS} WHERE name = ?"
            row = connection.execute(query, (_encodable(name),)).fetchone()
            return _stored_room(row) if row else None

    def names(self, limit: int) -> list[str]:
        with closing(self.connect()) as connection:
            query = "SELECT name FROM chat_room LIMIT ?"
            return [name for [name] in connection.execute(query, (limit,))]

    def pages(self, room: str, since: datetime | None = None) -> Iterator[list[StoredMessage]]:
        start = to_stored(since) if since else ""
        with closing(self.connect()) as connection:
            find = "SELECT id FROM chat_room WHERE name = ?"
            [room_id] = connection.execute(find, (_encodable(room),)).fetchone() or [None]
            # Without a JOIN, SQLite looks up the maximum in the index.
            find_last = "SELECT max(seq) FROM chat_message WHERE room_id = ?"
            [[last]] = connection.execute(find_last, (room_id,))
            seq = -1
            while rows := connection.execute(
                _SELECT_PAGE, (room_id, seq, last, start, PAGE_ROWS)
            ).fetchall():
                seq = rows[-1][0]
                yield [
                    StoredMessage(seq, name, text, wire_time(at)) for seq, name, text, at in rows
                ]

    def forget(self, room: str) -> tuple[int, bool]:
        """Delete the room, its messages and its speakers.

        The text isn't gone from the files while another program reads or writes for seconds, if the
        disk is full, or if the file is damaged elsewhere. Raises sqlite3.Error if nothing was
        deleted.
        """
        with closing(self.connect()) as connection:
            # Overwrites deleted content: https://www.sqlite.org/pragma.html#pragma_secure_delete
            connection.execute("PRAGMA secure_delete = ON")
            with connection:
                connection.execute("BEGIN IMMEDIATE")
                room_id = "(SELECT id FROM chat_room WHERE name = ?)"
                deleted = connection.execute(
                    f"DELETE FROM chat_message WHERE room_id = {room_id}", (room,)
                )
                connection.execute(f"DELETE FROM chat_speaker WHERE room_id = {room_id}", (room,))
                connection.execute("DELETE FROM chat_room WHERE name = ?", (room,))
            return deleted.rowcount, _wipe(connection)


def _wipe(connection: sqlite3.Connection) -> bool:
    """Rewrite the file and truncate the write-ahead log. Return whether both succeeded.

    Unused parts of pages can hold copies of rows that secure_delete doesn't reach: where a table's
    B-tree has grown, such as in its root, or where something was deleted without secure_delete.
    """
    try:
        connection.execute("VACUUM")
        # SQLite waits for readers and writers, but not for another connection's checkpoint, such
        # as a server's: https://www.sqlite.org/c3ref/wal_checkpoint_v2.html
        deadline = time.monotonic() + CHECKPOINT_TIMEOUT_SECONDS
        while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # busy
            if time.monotonic() > deadline:
                return False
            time.sleep(CHECKPOINT_RETRY_SECONDS)
        return True
    except sqlite3.DatabaseError:
        return False


def _stored_room(row: tuple[str, int, str | None, str | None]) -> StoredRoom:
    name, messages, first, last = row
    return StoredRoom(name, messages, first and wire_time(first), last and wire_time(last))


def to_stored(at: datetime) -> str:
    """Return an aware time in the database's format.

    It isn't greater than the same time there, however many decimals that has.
    """
    text = at.astimezone(timezone.utc).isoformat(" ", "milliseconds")
    return text[:23].removesuffix(".000")


def _encodable(text: str) -> str:
    """Replace lone surrogates, which stand for bytes of a command line that aren't UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")
