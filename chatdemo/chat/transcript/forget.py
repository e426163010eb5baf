"""Deleting what is kept of a room, so that it isn't left in the file either."""

import sqlite3
from contextlib import closing
from pathlib import Path

from chatdemo.chat.transcript import reader


def forget(name: Path | str, room: str) -> tuple[int, bool]:
    """Delete the room's messages and the room. How many they were, and whether no byte of them is left in the files.

    A server on the same database begins the room anew at the next message (history/store.py). A program that reads or
    writes for seconds on end, or a full disk, has what was said stay in the file or its write-ahead log.
    Raises sqlite3.Error, and has deleted nothing.
    """
    with closing(reader.connect(name)) as connection:
        # Deleted content is overwritten by zeros: https://www.sqlite.org/pragma.html#pragma_secure_delete
        connection.execute("PRAGMA secure_delete = ON")
        count = _delete(connection, room)
        return count, _wipe(connection)


def _delete(connection: sqlite3.Connection, room: str) -> int:
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        found = "(SELECT id FROM chat_room WHERE name = ?)"
        count = connection.execute(f"DELETE FROM chat_message WHERE room_id = {found}", (room,)).rowcount
        connection.execute(f"DELETE FROM chat_speaker WHERE room_id = {found}", (room,))
        connection.execute("DELETE FROM chat_room WHERE name = ?", (room,))
    return count


def _wipe(connection: sqlite3.Connection) -> bool:
    """Write the file anew, without what deleting hasn't reached, and cut its write-ahead log to nothing.

    Where a table's tree has grown, or something was deleted without overwriting it, copies of rows are left in the
    unused parts of pages. The first messages of all are in such a place, the tree's root.
    """
    try:
        connection.execute("VACUUM")
        [[busy, _, _]] = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError:
        return False
    return not busy
