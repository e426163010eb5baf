"""A database file for each test. Nothing here needs Django's database."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.chat.message_log import Draft
from chatdemo.chat.sqlite_writer import SQLiteWriter
from chatdemo.project import database


@pytest.fixture(autouse=True)
def nothing_said():
    """Replaces the fixture that empties Django's database."""


class History:
    """A database file with messages."""

    def __init__(self, path):
        self.path = path
        database.prepare(path)

    def add(self, *texts, room="lobby", name="Ana"):
        with closing(SQLiteWriter(self.path)) as store:
            store._open()
            store.connection.execute(
                "PRAGMA secure_delete = OFF"
            )  # some builds of SQLite have it on
            store.insert([Draft(room, "ana", None, name, text) for text in texts])

    def set_time(self, at, seq=1):
        """Change when the message was sent, in the database's format."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("UPDATE chat_message SET at = ? WHERE seq = ?", (at, seq))


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "chat.sqlite3")
