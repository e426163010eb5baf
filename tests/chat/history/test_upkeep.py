"""What keeps the database small."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.chat.history import upkeep as module
from chatdemo.chat.history.store import Store
from chatdemo.chat.history.upkeep import Upkeep
from chatdemo.project import database
from tests.chat.history.test_store import draft, rows
from tests.support.served import wait_for

BIG = 2**40


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "kept.sqlite3"
    database.prepare(path)
    with closing(Store(path)) as store:
        store.keep([draft(str(number)) for number in range(1, 11)])
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
    Upkeep(path, 30, BIG).do()
    assert rows(path) == []
    with closing(Store(path)) as store:
        assert store.keep([draft("new")])[0][0].seq == 11


def test_what_is_younger_stays(path, monkeypatch):
    monkeypatch.setattr(module, "FEW", 2)
    age(path, range(1, 6), 31)
    age(path, range(6, 11), 29)
    Upkeep(path, 30, BIG).do()
    assert [seq for _, seq, _ in rows(path)] == [6, 7, 8, 9, 10]


def test_who_has_no_message_left_is_not_known_any_more(path):
    with closing(Store(path)) as store:
        store.keep([draft(sender="old", id="x"), draft(sender="new", id="x")])
        age(path, range(1, 12), 31)
        Upkeep(path, 30, BIG).do()
        assert rows(path, "SELECT person FROM chat_speaker") == [("new",)]


def test_for_ever_is_for_ever(path):
    age(path, range(1, 11), 10_000)
    Upkeep(path, 0, BIG).do()
    assert len(rows(path)) == 10


def test_of_too_much_the_oldest_go(path, monkeypatch):
    monkeypatch.setattr(module, "FEW", 10)
    with closing(Store(path)) as store:
        store.keep([draft("x" * 4000, room="other") for _ in range(200)])
    size = 600_000
    Upkeep(path, 0, size).do()
    left = rows(path)
    assert 50 < len(left) < 160 and left[-1][1] == 200  # the latest stay
    Upkeep(path, 0, size).do()
    assert rows(path) == left


def test_the_log_is_written_back(path):
    log = path.with_name(path.name + "-wal")
    with closing(Store(path)) as store:
        for number in range(300):
            store.keep([draft("x" * 4000)])
            if number % 100 == 99:
                Upkeep(path, 0, BIG).do()
        assert log.stat().st_size < 5_000_000


def test_it_is_done_after_many_messages_and_after_a_while(path, monkeypatch):
    done, clock = [], [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    upkeep = Upkeep(path, 30, BIG)
    upkeep.do = lambda: done.append(clock[0])

    def note(count):
        upkeep.note(count)
        if upkeep.thread:
            upkeep.thread.join()

    note(1)
    note(1)
    assert len(done) == 1
    note(module.MANY)
    assert len(done) == 2
    clock[0] += module.LONG
    note(1)
    assert len(done) == 3


def test_a_fault_is_logged_and_harms_nothing(tmp_path, caplog):
    upkeep = Upkeep(tmp_path / "nothing here", 30, BIG)
    upkeep.note(1)
    wait_for(lambda: not upkeep.thread.is_alive(), "the thread's end")
    assert (
        "The database couldn't be looked after, and is again in a minute: unable to open"
        in caplog.text
    )
    assert not (tmp_path / "nothing here").exists()
