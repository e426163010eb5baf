"""A room's messages, deleted."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from types import SimpleNamespace

from chatdemo.chat import sqlite_stored_rooms
from chatdemo.chat.message_log import Draft
from chatdemo.chat.sqlite_stored_rooms import SQLiteStoredRooms
from chatdemo.chat.sqlite_writer import SQLiteWriter
from tests.support.served import TIMEOUT_SECONDS

SECRET = "the secret of a test, {number:05}"
#: Is writing a database's log back, as far as others can see, until its stdin ends. The lock's place is
#: https://www.sqlite.org/walformat.html#wal_locks: WAL_CKPT_LOCK.
WRITING_BACK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as shm:
    fcntl.lockf(shm, fcntl.LOCK_EX, 1, 121)
    print("locked", flush=True)
    sys.stdin.read()
"""


def in_the_files(path):
    """How many of the secrets' bytes can still be found."""
    return sum(
        file.read_bytes().count(b"the secret of a test")
        for file in path.parent.glob(f"{path.name}*")
    )


def test_a_room_is_forgotten_and_no_other(history):
    history.add("a", "b")
    history.add("c", room="other")
    assert SQLiteStoredRooms(history.path).forget("lobby") == (2, True)
    assert [room.name for room in SQLiteStoredRooms(history.path).all()] == ["other"]
    assert SQLiteStoredRooms(history.path).forget("lobby") == (0, True)


def test_its_speakers_are_forgotten_too(history):
    for room in ("lobby", "other"):
        with closing(SQLiteWriter(history.path)) as writer:
            writer.insert([Draft(room, "ana", "x", "Ana", "hello")])
    SQLiteStoredRooms(history.path).forget("lobby")
    with closing(sqlite3.connect(history.path)) as connection:
        found = connection.execute(
            "SELECT room.name FROM chat_speaker JOIN chat_room AS room ON room.id = room_id"
        )
        assert found.fetchall() == [("other",)]


def test_no_byte_of_it_is_left(history):
    for number in range(200):  # in turns with another room, so that the two share pages
        history.add(
            SECRET.format(number=number) * (200 if number % 20 == 0 else 1)
        )  # some are longer than a page
        history.add("text " * (number % 9) * 50, room="other")
    assert in_the_files(history.path) > 200
    SQLiteStoredRooms(history.path).forget("lobby")
    assert in_the_files(history.path) == 0
    assert sum(len(page) for page in SQLiteStoredRooms(history.path).pages("other")) == 200


def test_a_server_s_writer_continues_and_its_log_is_wiped_too(history):
    def draft(text):
        return Draft("lobby", "ana", None, "", text)

    with closing(SQLiteWriter(history.path)) as writer:
        writer.insert([draft(SECRET.format(number=0))] * 100)
        writer.connection.execute("PRAGMA secure_delete = OFF")
        log = history.path.with_name(history.path.name + "-wal")
        assert b"the secret of a test" in log.read_bytes()
        assert SQLiteStoredRooms(history.path).forget("lobby") == (100, True)
        assert log.read_bytes() == b"" and in_the_files(history.path) == 0
        assert [one.message.seq for one in writer.insert([draft("again")])] == [1]


def test_a_database_that_is_being_read_is_reported(history, monkeypatch):
    monkeypatch.setattr(sqlite_stored_rooms, "LOCK_TIMEOUT_SECONDS", 0.01)
    monkeypatch.setattr("chatdemo.chat.sqlite_stored_rooms.CHECKPOINT_TIMEOUT_SECONDS", 0)
    history.add(SECRET.format(number=0))
    with closing(sqlite3.connect(history.path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM chat_message").fetchall()
        assert SQLiteStoredRooms(history.path).forget("lobby") == (1, False)
        other.execute("COMMIT")
    SQLiteStoredRooms(history.path).all()
    assert in_the_files(history.path) == 0


def test_it_waits_for_a_server_that_is_writing_its_log_back(history, monkeypatch):
    """SQLite waits for a store or a writer, and never for another's checkpoint."""
    waits = []

    def pause(seconds):
        waits.append(seconds)
        server.communicate(timeout=TIMEOUT_SECONDS)  # it ends

    history.add(SECRET.format(number=0))
    with closing(SQLiteStoredRooms(history.path).connect()) as open_still:
        open_still.execute("SELECT count(*) FROM chat_message").fetchone()
        command = [sys.executable, "-c", WRITING_BACK, f"{history.path}-shm"]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdout.readline() == "locked\n"
            clock = SimpleNamespace(monotonic=time.monotonic, sleep=pause)
            monkeypatch.setattr("chatdemo.chat.sqlite_stored_rooms.time", clock)
            assert SQLiteStoredRooms(history.path).forget("lobby") == (1, True)
    assert len(waits) == 1
    assert in_the_files(history.path) == 0
