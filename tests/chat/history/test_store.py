"""The writer's connection to the database."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.chat.history.drafts import Draft
from chatdemo.chat.history.store import Store, explain
from chatdemo.common.sqlite import MEMORY_URI, FileMissing, is_locked
from chatdemo.project import database


@pytest.fixture
def path(tmp_path):
    """A database with its tables."""
    path = tmp_path / "kept.sqlite3"
    database.prepare(path)
    return path


@pytest.fixture
def store(path):
    with closing(Store(path)) as store:
        yield store


def draft(text="hello", room="lobby", sender="ana", id=None):
    return Draft(room, sender, id, "Ana", text, print, print)


def keep(store, *drafts):
    return [(kept.seq, kept.text, is_new) for kept, is_new in store.keep(drafts)]


def rows(path, query="SELECT room_id, seq, text FROM chat_message ORDER BY 1, 2"):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_each_room_counts_from_one(store, path):
    assert keep(store, draft("a"), draft("b"), draft("c", "other")) == [
        (1, "a", True),
        (2, "b", True),
        (1, "c", True),
    ]
    assert keep(store, draft("d")) == [(3, "d", True)]
    assert rows(path) == [(1, 1, "a"), (1, 2, "b"), (1, 3, "d"), (2, 1, "c")]


def test_a_sender_s_id_is_one_message_for_ever(store, path):
    assert keep(store, draft("a", id="x"), draft("b", id="x")) == [(1, "a", True), (1, "a", False)]
    store.close()
    assert keep(store, draft("c", id="x")) == [(1, "a", False)]
    assert keep(store, draft("d", sender="ben", id="x"), draft("e", "other", id="x")) == [
        (2, "d", True),
        (1, "e", True),
    ]
    assert keep(store, draft("f"), draft("f")) == [(3, "f", True), (4, "f", True)]


SPEAKERS = "SELECT room_id, person, name, alike FROM chat_speaker ORDER BY 1, 2, 3"


def test_who_speaks_under_which_name_is_kept_once(store, path):
    keep(store, draft(id="a"), draft(id="b"), draft(room="other", id="a"))
    assert rows(path, SPEAKERS) == [(1, "ana", "Ana", "ana"), (2, "ana", "Ana", "ana")]
    store.close()
    keep(store, Draft("lobby", "ana", "c", "ANNA (2)", "hello", print, print), draft(id="d"))
    assert rows(path, SPEAKERS)[:2] == [(1, "ana", "ANNA (2)", "anna"), (1, "ana", "Ana", "ana")]


def test_nothing_is_kept_of_who_has_no_name(store, path):
    keep(store, Draft("lobby", "client", "x", "", "hello", print, print))
    assert rows(path, SPEAKERS) == []


def test_times_are_those_of_the_wire_contract(store):
    [(kept, _)] = store.keep([draft(id="x")])
    assert (
        len(kept.at) == len("2026-11-22T10:00:00.123Z")
        and kept.at[10] == "T"
        and kept.at.endswith("Z")
    )
    assert store.keep([draft(id="x")])[0][0].at == kept.at


def test_two_processes_share_the_numbers(store, path):
    with closing(Store(path)) as other:
        numbers = [keep(each, draft())[0][0] for each in (store, other, other, store, store, other)]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_a_room_that_was_forgotten_begins_anew_with_another_key(store, path):
    keep(store, draft("a"), draft("b"))
    [before] = rows(path, "SELECT key FROM chat_room")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
        connection.execute("DELETE FROM chat_room")
    assert keep(store, draft("c")) == [(1, "c", True)]
    assert rows(path, "SELECT key FROM chat_room") != [before]


def test_no_number_is_used_again_when_old_messages_are_deleted(store, path):
    keep(store, draft("a"), draft("b"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
        connection.execute("UPDATE chat_room SET deleted = 2")
    store.close()
    assert keep(store, draft("c")) == [(3, "c", True)]


def test_all_are_kept_or_none(store, path):
    keep(store, draft("a"))
    with pytest.raises(sqlite3.Error):
        store.keep([draft("b"), draft(None)])
    assert rows(path) == [(1, 1, "a")]
    assert keep(store, draft("c")) == [(2, "c", True)]


def test_it_does_not_wait_for_a_lock(store, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            keep(store, draft("a"))
        assert is_locked(caught.value)
        assert explain(caught.value) == "the server's database is locked by another program"
    assert keep(store, draft("a")) == [(1, "a", True)]


def test_a_lock_that_hinders_the_opening_leaves_nothing_half_set_up(store, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("DELETE FROM chat_message")
        with pytest.raises(sqlite3.OperationalError) as caught:
            keep(store, draft("a"))
        assert is_locked(caught.value)
    assert keep(store, draft("a")) == [(1, "a", True)]
    assert store.connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert store.connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


def test_a_full_disk_keeps_nothing_and_is_told(store, path):
    keep(store, draft("a"))
    [[pages]] = store.connection.execute("PRAGMA page_count")
    store.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError) as caught:
        for number in range(100):
            keep(store, draft(f"{number} " * 1000), draft("with it"))
    assert explain(caught.value) == "the server's disk is full"
    texts = [text for _, _, text in rows(path)]
    assert texts.count("with it") == len(texts) // 2  # never half of a transaction
    store.close()
    assert keep(store, draft("room again"))[0][0] == len(texts) + 1


def test_a_file_that_is_gone_keeps_nothing_until_it_is_back(store, path):
    keep(store, draft("a"))
    for part in ("", "-wal", "-shm"):
        path.with_name(path.name + part).rename(path.with_name("away" + part))
    with pytest.raises(FileMissing) as caught:
        keep(store, draft("b"))
    assert explain(caught.value) == "the server's database is gone"
    assert not path.exists()
    for part in ("", "-wal", "-shm"):
        if path.with_name(
            "away" + part
        ).exists():  # SQLite removes the others when the last one closes
            path.with_name("away" + part).rename(path.with_name(path.name + part))
    assert keep(store, draft("c"))[0] == (2, "c", True)


def test_another_file_in_its_place_is_told(store, path):
    keep(store, draft("a"))
    path.unlink()
    path.touch()
    with pytest.raises(sqlite3.OperationalError) as caught:
        keep(store, draft("b"))
    assert explain(caught.value) == "the server's database was replaced by another"


def test_in_memory_it_is_the_database_that_all_of_this_process_share():
    keeper = database.prepare(None)
    try:
        with closing(Store(MEMORY_URI)) as store:
            store.keep([draft("a", room="memory of a test")])
        found = keeper.execute(
            "SELECT text FROM chat_message NATURAL JOIN (SELECT 'a' AS text)"
        ).fetchall()
        assert found == [("a",)]
    finally:
        keeper.close()


def test_a_database_that_may_only_be_read_keeps_nothing_until_it_may_be_written(store, path):
    keep(store, draft("a"))
    store.connection.execute(
        "PRAGMA query_only = ON"
    )  # what a file without permission is for anyone but root
    with pytest.raises(sqlite3.OperationalError) as caught:
        keep(store, draft("b"))
    assert explain(caught.value) == "the server's database is read-only"
    store.close()
    assert keep(store, draft("b")) == [(2, "b", True)]


def test_a_file_that_is_no_database_any_more_is_told(path):
    path.write_bytes(b"no database " * 1000)
    with closing(Store(path)) as store, pytest.raises(sqlite3.DatabaseError) as caught:
        keep(store, draft("a"))
    assert explain(caught.value) == "the server's database is damaged"
    assert path.read_bytes() == b"no database " * 1000
