"""Old messages are deleted, and the write-ahead log is written back."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.chat import retention as module
from chatdemo.chat.retention import Retention
from chatdemo.chat.sqlite_writer import SQLiteWriter
from chatdemo.project import database
from tests.chat.test_sqlite_writer import draft, rows
from tests.support.served import wait_for

BIG = 2**40


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "kept.sqlite3"
    database.prepare(path)
    with closing(SQLiteWriter(path)) as writer:
        writer.insert([draft(str(number)) for number in range(1, 11)])
    return path


def age(path, seqs, days):
    with closing(sqlite3.connect(path)) as connection, connection:
        for seq in seqs:
            connection.execute(
                "UPDATE chat_message SET at = datetime('now', ?) WHERE seq = ?",
                (f"-{days} days", seq),
            )


def test_what_is_too_old_is_deleted_and_its_numbers_stay_used(path):
    age(path, range(1, 11), 31)
    Retention(path, 30, BIG).run()
    assert rows(path) == []
    with closing(SQLiteWriter(path)) as writer:
        assert writer.insert([draft("new")])[0].message.seq == 11


def test_what_is_younger_stays(path, monkeypatch):
    monkeypatch.setattr(module, "DELETE_ROWS", 2)
    age(path, range(1, 6), 31)
    age(path, range(6, 11), 29)
    Retention(path, 30, BIG).run()
    assert [seq for _, seq, _ in rows(path)] == [6, 7, 8, 9, 10]


def test_who_has_no_message_left_is_not_known_any_more(path):
    with closing(SQLiteWriter(path)) as writer:
        writer.insert([draft(sender="old", id="x"), draft(sender="new", id="x")])
        age(path, range(1, 12), 31)
        Retention(path, 30, BIG).run()
        assert rows(path, "SELECT person FROM chat_speaker") == [("new",)]


def test_for_ever_is_for_ever(path):
    age(path, range(1, 11), 10_000)
    Retention(path, 0, BIG).run()
    assert len(rows(path)) == 10


def test_of_too_much_the_oldest_go(path, monkeypatch):
    monkeypatch.setattr(module, "DELETE_ROWS", 10)
    with closing(SQLiteWriter(path)) as writer:
        writer.insert([draft("x" * 4000, room="other") for _ in range(200)])
    size = 600_000
    Retention(path, 0, size).run()
    left = rows(path)
    assert 50 < len(left) < 160 and left[-1][1] == 200  # the latest stay
    Retention(path, 0, size).run()
    assert rows(path) == left


def test_the_log_is_written_back(path):
    log = path.with_name(path.name + "-wal")
    with closing(SQLiteWriter(path)) as writer:
        for number in range(300):
            writer.insert([draft("x" * 4000)])
            if number % 100 == 99:
                Retention(path, 0, BIG).run()
        assert log.stat().st_size < 5_000_000


def test_it_is_done_after_many_messages_and_after_a_while(path, monkeypatch):
    done, clock = [], [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    retention = Retention(path, 30, BIG)
    retention.run = lambda: done.append(clock[0])

    def note(count):
        retention.run_if_due(count)
        if retention.thread:
            retention.thread.join()

    note(1)
    note(1)
    assert len(done) == 1
    note(module.RUN_MESSAGES)
    assert len(done) == 2
    clock[0] += module.RUN_SECONDS
    note(1)
    assert len(done) == 3


def test_a_fault_is_logged_and_harms_nothing(tmp_path, caplog):
    retention = Retention(tmp_path / "nothing here", 30, BIG)
    retention.run_if_due(1)
    wait_for(lambda: not retention.thread.is_alive(), "the thread's end")
    assert (
        "Old messages couldn't be deleted; the next try is in a minute: unable to open"
        in caplog.text
    )
    assert not (tmp_path / "nothing here").exists()
