"""Nothing here needs Django's database: what is read is a file of the test's own."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.chat.message_log import Draft
from chatdemo.chat.sqlite_writer import SQLiteWriter
from chatdemo.project import database


@pytest.fixture(autouse=True)
def nothing_said():
    """Instead of the fixture that empties Django's database."""


class Past:
    """A database in which things were said."""

    def __init__(self, path):
        self.path = path
        database.prepare(path)

    def say(self, *texts, room="lobby", name="Ana"):
        with closing(SQLiteWriter(self.path)) as store:
            store._open()
            store.connection.execute(
                "PRAGMA secure_delete = OFF"
            )  # some builds of SQLite have it on
            store.insert([Draft(room, "ana", None, name, text) for text in texts])

    def at(self, at, seq=1):
        """Have the message been said at this time, as the database has it."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("UPDATE chat_message SET at = ? WHERE seq = ?", (at, seq))


@pytest.fixture
def past(tmp_path):
    return Past(tmp_path / "past.sqlite3")
