"""What keeps the database small: its log is written back, and what is too old or too much is deleted."""

import logging
import sqlite3
import threading
import time
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from chatdemo.common import sqlite

logger = logging.getLogger(__name__)
#: Messages after which it is done, and seconds, whichever comes first.
MANY, LONG = 1000, 60.0
#: Messages that are deleted in one transaction, so that the writer never waits for long; and a pause between two.
FEW, PAUSE = 500, 0.02
#: Seconds to wait for a lock.
PATIENCE = 5.0
SILENT = "DELETE FROM chat_speaker WHERE seq <= (SELECT deleted FROM chat_room WHERE id = room_id)"
OLDEST = "SELECT rowid, room_id, seq, at FROM chat_message ORDER BY rowid LIMIT ?"


class Upkeep:
    """Looks after the database of this name now and then, in a thread: it waits for the disk, which the writer doesn't.

    Messages are kept for ``days`` (0: for ever), and as long as all of them take no more than ``size`` bytes.
    """

    def __init__(self, name: Path | str, days: int, size: int):
        self.name, self.days, self.size = name, days, size
        self.written = 0
        self.due = time.monotonic()
        self.thread: threading.Thread | None = None

    def note(self, count: int) -> bool:
        """So many messages were kept. Whether the upkeep begins now."""
        self.written += count
        if (self.written < MANY and time.monotonic() < self.due) or (
            self.thread and self.thread.is_alive()
        ):
            return False
        self.written, self.due = 0, time.monotonic() + LONG
        self.thread = threading.Thread(target=self._run, name="upkeep", daemon=True)
        self.thread.start()
        return True

    def _run(self) -> None:
        try:
            self.do()
        except sqlite3.Error as error:
            logger.warning(
                "The database couldn't be looked after, and is again in a minute: %s", error
            )

    def do(self) -> None:
        """Once, now. Raises sqlite3.Error."""
        with closing(sqlite.connect(self.name, timeout=PATIENCE)) as connection:
            deleted = False
            while self._delete_some(connection):
                deleted = True
                time.sleep(PAUSE)
            if deleted:
                connection.execute(SILENT)
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _delete_some(self, connection: sqlite3.Connection) -> bool:
        """Whether something was deleted."""
        oldest = connection.execute(OLDEST, (FEW,)).fetchall()
        doomed = (
            oldest
            if self._is_too_much(connection)
            else [row for row in oldest if row[3] < self._cutoff()]
        )
        if not doomed:
            return False
        connection.execute("BEGIN IMMEDIATE")
        for _, room, seq, _ in doomed:  # their numbers aren't used again
            connection.execute(
                "UPDATE chat_room SET deleted = max(deleted, ?) WHERE id = ?", (seq, room)
            )
        connection.executemany(
            "DELETE FROM chat_message WHERE rowid = ?", [row[:1] for row in doomed]
        )
        connection.execute("COMMIT")
        return True

    def _cutoff(self) -> str:
        if not self.days:
            return ""
        return (datetime.now(timezone.utc) - timedelta(days=self.days)).strftime(
            "%Y-%m-%d %H:%M:%S"
        )

    def _is_too_much(self, connection: sqlite3.Connection) -> bool:
        values = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count")
        ]
        [[page]] = connection.execute("PRAGMA page_size")
        return (values[0] - values[1]) * page > self.size
