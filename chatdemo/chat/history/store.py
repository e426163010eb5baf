"""The writer's own connection to the database. Nothing here waits: not for a lock, and not for the disk's platter.

Django's ORM is how the history is read. It is written by plain SQL: with four messages in a transaction each takes
10 µs here and 53 by the ORM, where all else that is done for a message to 30 takes 84.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path

from chatdemo.chat import names
from chatdemo.chat.history.drafts import Draft, Kept
from chatdemo.common import sqlite
from chatdemo.common.sqlite import Cause, FileMissing

FIND_ROOM = "SELECT id, deleted FROM chat_room WHERE name = ?"
ADD_ROOM = "INSERT INTO chat_room (name, key, deleted) VALUES (?, ?, 0) RETURNING id, deleted"
LAST = "SELECT max(seq) FROM chat_message WHERE room_id = ?"
ADD = (
    "INSERT INTO chat_message (room_id, seq, sender, client_id, name, text, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (room_id, client_id, sender) WHERE client_id IS NOT NULL DO NOTHING"
)
ADD_SPEAKER = (
    "INSERT INTO chat_speaker (room_id, person, name, alike, seq) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (room_id, person, name) DO UPDATE SET seq = excluded.seq"
)
FIND = "SELECT seq, name, text, at FROM chat_message WHERE room_id = ? AND sender = ? AND client_id = ?"


class Store:
    """Keeps messages in the database of this name: a path, or SQLite's URI of one in memory.

    ``numbered`` has (id, last seq) of each room that was written to. Another process may write too, or delete: a number
    that is taken, or a room that is gone, has all of them read again. ``speakers`` are those whose rows are known
    to be there, and to be recent.
    """

    def __init__(self, name: Path | str):
        self.name = name
        self.connection: sqlite3.Connection | None = None
        self.inode: tuple[int, int] | None = None
        self.numbered: dict[str, list[int]] = {}
        self.speakers: set[tuple[int, str, str]] = set()

    def keep(self, drafts: Sequence[Draft]) -> list[tuple[Kept, bool]]:
        """Keep all or none. With each, whether it is new: what has an id that its sender used before is that message.

        Raises sqlite3.Error; ``sqlite.is_locked`` tells what is worth another try.
        """
        self._open()
        try:
            return self._in_transaction(drafts)
        except sqlite3.IntegrityError:  # another process has written, or deleted
            return self._in_transaction(drafts)

    def close(self) -> None:
        """Let go of the database. The next ``keep`` opens it again."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self._forget()

    def _forget(self) -> None:
        self.numbered.clear()
        self.speakers.clear()

    def _in_transaction(self, drafts: Sequence[Draft]) -> list[tuple[Kept, bool]]:
        execute = self.connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            at = now()
            kept = [self._keep(execute, draft, at) for draft in drafts]
            execute("COMMIT")
            return kept
        except sqlite3.Error:
            self._forget()
            with suppress(sqlite3.Error):  # SQLite has done it already after some errors
                execute("ROLLBACK")
            raise

    def _keep(
        self, execute: Callable[..., sqlite3.Cursor], draft: Draft, at: str
    ) -> tuple[Kept, bool]:
        numbered = self.numbered.get(draft.room) or self._find_room(execute, draft.room)
        room, last = numbered
        row = (room, last + 1, draft.sender, draft.id, draft.name, draft.text, at)
        if execute(ADD, row).rowcount:
            numbered[1] = last + 1
            if draft.name:
                self._note_speaker(execute, (room, draft.sender, draft.name), last + 1)
            return Kept(last + 1, draft.name, draft.text, iso(at)), True
        [[seq, name, text, at]] = execute(FIND, (room, draft.sender, draft.id))
        return Kept(seq, name, text, iso(at)), False

    def _note_speaker(
        self, execute: Callable[..., sqlite3.Cursor], speaker: tuple[int, str, str], seq: int
    ) -> None:
        if speaker not in self.speakers:
            name, _ = names.parts(speaker[2])
            execute(ADD_SPEAKER, (*speaker, names.alike(name), seq))
            self.speakers.add(speaker)

    def _find_room(self, execute: Callable[..., sqlite3.Cursor], name: str) -> list[int]:
        found = execute(FIND_ROOM, (name,)).fetchone()
        if found is None:
            found = execute(ADD_ROOM, (name, secrets.token_hex(8))).fetchone()
        room, deleted = found
        [[last]] = execute(LAST, (room,))
        numbered = self.numbered[name] = [room, max(deleted, last or 0)]
        return numbered

    def _open(self) -> None:
        if self.connection is not None:
            if self.inode == self._identity():
                return
            self.close()
        self.inode = self._identity()
        if isinstance(self.name, Path) and self.inode is None:
            raise FileMissing
        connection = sqlite.connect(self.name, timeout=0, check_same_thread=False)
        # What is committed outlives this process however it ends, and is in the file system's hands. Checkpoints, which
        # wait for the disk, are left to upkeep.py (https://www.sqlite.org/wal.html, section 2.2).
        for pragma in ("synchronous = NORMAL", "foreign_keys = ON", "wal_autocheckpoint = 0"):
            connection.execute(f"PRAGMA {pragma}")
        self.connection = connection  # and not before: a lock can fail what is above

    def _identity(self) -> tuple[int, int] | None:
        if not isinstance(self.name, Path):
            return None
        try:
            status = os.stat(self.name)
        except OSError:
            return None
        return status.st_dev, status.st_ino


def now() -> str:
    """The time as Django keeps it: UTC, in milliseconds."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def iso(at: str) -> str:
    """A time of the database's as the wire contract has it."""
    return f"{at[:10]}T{at[11:23]}Z"


def explain(error: Exception) -> str:
    """What is wrong with the database, for the person whose message can't be kept."""
    return REASONS.get(sqlite.cause_of(error), "the server's database fails")


REASONS = {
    Cause.LOCKED: "the server's database is locked by another program",
    Cause.MISSING: "the server's database is gone",
    Cause.DISK_FULL: "the server's disk is full",
    Cause.READ_ONLY: "the server's database is read-only",
    Cause.NOT_OPENED: "the server's database can't be opened",
    Cause.OTHER_SCHEMA: "the server's database was replaced by another",
    Cause.DAMAGED: "the server's database is damaged",
    Cause.DISK_ERROR: "the server's disk fails",
}
