"""Deleting what is kept of a room, so that it isn't left in the file either."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from chatdemo.chat.transcript import reader

#: Seconds in which a server has written its log back, and between two looks whether it has.
PATIENCE, PAUSE = 5.0, 0.02


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
        count = connection.execute(
            f"DELETE FROM chat_message WHERE room_id = {found}", (room,)
        ).rowcount
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
        return _cut_log(connection)
    except sqlite3.OperationalError:
        return False


def _cut_log(connection: sqlite3.Connection) -> bool:
    """SQLite waits for those who read or write, and never for another's checkpoint, such as a server's (upkeep.py).

    https://www.sqlite.org/c3ref/wal_checkpoint_v2.html
    """
    deadline = time.monotonic() + PATIENCE
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:  # busy
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE)
    return True
