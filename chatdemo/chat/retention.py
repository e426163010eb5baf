"""Keeps the database small: deletes messages that are too old or too many, and runs checkpoints."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path

from chatdemo.common.sqlite import connect

logger = logging.getLogger(__name__)
#: It runs after so many messages or seconds, whichever comes first.
RUN_MESSAGES, RUN_SECONDS = 1000, 60.0
#: Messages deleted in one transaction, so that the writer never waits long for the lock, and the
#: pause between two transactions.
DELETE_ROWS, PAUSE_SECONDS = 500, 0.02
LOCK_TIMEOUT_SECONDS = 5.0
OLDEST = "SELECT rowid, room_id, seq, at FROM chat_message ORDER BY rowid LIMIT ?"
#: Speakers all of whose messages are deleted.
DELETE_SPEAKERS = (
    "DELETE FROM chat_speaker WHERE seq <= (SELECT deleted FROM chat_room WHERE id = room_id)"
)


class Retention:
    """Runs now and then, in a thread: it may wait for the disk and for locks.

    Messages are stored for ``max_days`` (0: without limit), and the oldest are deleted while all
    of them take more than ``max_bytes``.
    """

    def __init__(self, name: Path | str | Callable[[], Path | str], max_days: int, max_bytes: int):
        self.name, self.max_days, self.max_bytes = name, max_days, max_bytes
        self._stored_count = 0
        self._next_run = time.monotonic()
        self.thread: threading.Thread | None = None

    def run_if_due(self, stored_count: int) -> bool:
        """Start a run in a thread if it is time, now that more messages are stored.

        Returns whether it was started.
        """
        self._stored_count += stored_count
        is_due = self._stored_count >= RUN_MESSAGES or time.monotonic() >= self._next_run
        if not is_due or (self.thread and self.thread.is_alive()):
            return False
        self._stored_count, self._next_run = 0, time.monotonic() + RUN_SECONDS
        self.thread = threading.Thread(target=self._run_logged, name="retention", daemon=True)
        self.thread.start()
        return True

    def _run_logged(self) -> None:
        try:
            self.run()
        except sqlite3.Error as error:
            logger.warning(
                "Old messages couldn't be deleted; the next try is in a minute: %s", error
            )

    def run(self) -> None:
        """Run once, now. Raises sqlite3.Error."""
        name = self.name() if callable(self.name) else self.name
        with closing(connect(name, LOCK_TIMEOUT_SECONDS)) as connection:
            has_deleted = False
            while self._delete_some(connection):
                has_deleted = True
                time.sleep(PAUSE_SECONDS)
            if has_deleted:
                connection.execute(DELETE_SPEAKERS)
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _delete_some(self, connection: sqlite3.Connection) -> bool:
        """Delete a few messages. Returns whether there were any to delete."""
        rows = connection.execute(OLDEST, (DELETE_ROWS,)).fetchall()
        if not self._is_too_large(connection):
            rows = [row for row in rows if row[3] < self._oldest_allowed()]
        if not rows:
            return False
        connection.execute("BEGIN IMMEDIATE")
        for _, room, seq, _ in rows:  # no seq is used again
            connection.execute(
                "UPDATE chat_room SET deleted = max(deleted, ?) WHERE id = ?", (seq, room)
            )
        connection.executemany(
            "DELETE FROM chat_message WHERE rowid = ?", [row[:1] for row in rows]
        )
        connection.execute("COMMIT")
        return True

    def _oldest_allowed(self) -> str:
        if not self.max_days:
            return ""
        oldest = datetime.now(timezone.utc) - timedelta(days=self.max_days)
        return oldest.strftime("%Y-%m-%d %H:%M:%S")

    def _is_too_large(self, connection: sqlite3.Connection) -> bool:
        pages, free, page_bytes = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * page_bytes > self.max_bytes
