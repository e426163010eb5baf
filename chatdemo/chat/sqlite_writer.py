"""Writes drafts to the SQLite database over a connection of its own, without ever waiting for it.

Django's ORM reads the history (sqlite_message_log.py). Writing is plain SQL: in a transaction of
four, a message takes 10 µs here and 53 µs with the ORM. Everything else that is done for a message
to 30 participants takes 84 µs.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path

from chatdemo.chat import identity
from chatdemo.chat.message_log import Appended, Draft, StoredMessage
from chatdemo.chat.name_numbers import split_number
from chatdemo.common.sqlite import FileMissing, connect

FIND_ROOM = "SELECT id, deleted FROM chat_room WHERE name = ?"
ADD_ROOM = "INSERT INTO chat_room (name, key, deleted) VALUES (?, ?, 0) RETURNING id, deleted"
LAST_SEQ = "SELECT max(seq) FROM chat_message WHERE room_id = ?"
ADD_MESSAGE = (
    "INSERT INTO chat_message (room_id, seq, sender, client_id, name, text, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (room_id, client_id, sender) WHERE client_id IS NOT NULL DO NOTHING"
)
FIND_MESSAGE = (
    "SELECT seq, name, text, at FROM chat_message"
    " WHERE room_id = ? AND sender = ? AND client_id = ?"
)
ADD_SPEAKER = (
    "INSERT INTO chat_speaker (room_id, person, name, alike, seq) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (room_id, person, name) DO UPDATE SET seq = excluded.seq"
)
PRAGMAS = (
    # A committed transaction survives a crash of this process; the file system writes it to disk
    # later. Checkpoints wait for the disk, so retention.py runs them in a thread
    # (https://www.sqlite.org/wal.html, section 2.2).
    "synchronous = NORMAL",
    "foreign_keys = ON",
    "wal_autocheckpoint = 0",
)
Execute = Callable[..., sqlite3.Cursor]


class SQLiteWriter:
    """Inserts messages into the database ``name``: a path, or SQLite's URI of one in memory.

    A function is called for the name when it is first needed: Django's tests change it after the
    apps are loaded.

    It remembers the id and the last ``seq`` of each room, and the speakers whose rows are up to
    date. Another process may write or delete as well: a ``seq`` that is in use or a room that is
    gone makes the writer read all of them again.
    """

    def __init__(self, name: Path | str | Callable[[], Path | str]):
        self._given_name = name
        self.connection: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._rooms: dict[str, list[int]] = {}  # [id, last seq] by name
        self._speakers: set[tuple[int, str, str]] = set()  # (room id, person, name)

    @cached_property
    def name(self) -> Path | str:
        """The path, or SQLite's URI of a database in memory."""
        given = self._given_name
        return given() if callable(given) else given

    def insert(self, drafts: Sequence[Draft]) -> list[Appended]:
        """Insert all drafts in one transaction, or none.

        Raises sqlite3.Error. ``common.sqlite.is_locked`` tells whether it is worth another try.
        """
        self._open()
        try:
            return self._insert_all(drafts)
        except sqlite3.IntegrityError:  # another process has written or deleted
            return self._insert_all(drafts)

    def clear_speaker_cache(self) -> None:
        """Write each speaker's row again with their next message: retention.py may delete it."""
        self._speakers.clear()

    def close(self) -> None:
        """Close the connection. The next ``insert`` opens it again."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None
        self._rooms.clear()
        self._speakers.clear()

    def _insert_all(self, drafts: Sequence[Draft]) -> list[Appended]:
        assert self.connection is not None
        execute = self.connection.execute
        try:
            execute("BEGIN IMMEDIATE")
            at = datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
            appended = [self._insert(execute, draft, at) for draft in drafts]
            execute("COMMIT")
            return appended
        except sqlite3.Error:
            self._rooms.clear()
            self._speakers.clear()
            with suppress(sqlite3.Error):  # SQLite has rolled back by itself after some errors
                execute("ROLLBACK")
            raise

    def _insert(self, execute: Execute, draft: Draft, at: str) -> Appended:
        room = self._rooms.get(draft.room) or self._find_room(execute, draft.room)
        room_id, seq = room[0], room[1] + 1
        name, text, sender, id = draft.name, draft.text, draft.sender, draft.id
        is_new = bool(execute(ADD_MESSAGE, (room_id, seq, sender, id, name, text, at)).rowcount)
        if is_new:
            room[1] = seq
            if name and (room_id, sender, name) not in self._speakers:
                self._add_speaker(execute, (room_id, sender, name), seq)
        else:
            [[seq, name, text, at]] = execute(FIND_MESSAGE, (room_id, sender, id))
        message = StoredMessage(seq, name, text, wire_time(at), sender, id)
        return Appended(message, is_new, draft.context)

    def _add_speaker(self, execute: Execute, speaker: tuple[int, str, str], seq: int) -> None:
        name, _ = split_number(speaker[2])
        execute(ADD_SPEAKER, (*speaker, identity.comparison_key(name), seq))
        self._speakers.add(speaker)

    def _find_room(self, execute: Execute, name: str) -> list[int]:
        found = execute(FIND_ROOM, (name,)).fetchone()
        if found is None:
            found = execute(ADD_ROOM, (name, secrets.token_hex(8))).fetchone()
        room_id, deleted = found
        [[last]] = execute(LAST_SEQ, (room_id,))
        room = self._rooms[name] = [room_id, max(deleted, last or 0)]
        return room

    def _open(self) -> None:
        if self.connection is not None:
            if self._inode == self._find_inode():
                return
            self.close()
        self._inode = self._find_inode()
        if self._inode is None and isinstance(self.name, Path):
            raise FileMissing()
        connection = connect(self.name, timeout=0, check_same_thread=False)
        for pragma in PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        self.connection = connection  # only now: a lock can make the pragmas fail

    def _find_inode(self) -> tuple[int, int] | None:
        if not isinstance(self.name, Path):
            return None
        try:
            status = os.stat(self.name)
        except OSError:
            return None
        return status.st_dev, status.st_ino


def wire_time(at: str) -> str:
    """Return a time as the database stores it, in the form of the wire contract: ISO 8601, UTC."""
    return f"{at[:10]}T{at[11:23]}Z"
