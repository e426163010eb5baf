"""The writer's connection to the database."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.chat.message_log import Draft
from chatdemo.chat.sqlite_message_log import REASONS
from chatdemo.chat.sqlite_writer import SQLiteWriter
from chatdemo.common.sqlite import MEMORY_URI, FileMissing, cause_of, is_locked
from chatdemo.project import database


@pytest.fixture
def path(tmp_path):
    """A database with its tables."""
    path = tmp_path / "kept.sqlite3"
    database.prepare(path)
    return path


@pytest.fixture
def writer(path):
    with closing(SQLiteWriter(path)) as writer:
        yield writer


def draft(text="hello", room="lobby", sender="ana", id=None):
    return Draft(room, sender, id, "Ana", text)


def insert(writer, *drafts):
    return [(one.seq, one.text, is_new) for one, is_new, _ in writer.insert(drafts)]


def rows(path, query="SELECT room_id, seq, text FROM chat_message ORDER BY 1, 2"):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def test_each_room_counts_from_one(writer, path):
    assert insert(writer, draft("a"), draft("b"), draft("c", "other")) == [
        (1, "a", True),
        (2, "b", True),
        (1, "c", True),
    ]
    assert insert(writer, draft("d")) == [(3, "d", True)]
    assert rows(path) == [(1, 1, "a"), (1, 2, "b"), (1, 3, "d"), (2, 1, "c")]


def test_a_sender_s_id_is_one_message_for_ever(writer, path):
    assert insert(writer, draft("a", id="x"), draft("b", id="x")) == [
        (1, "a", True),
        (1, "a", False),
    ]
    writer.close()
    assert insert(writer, draft("c", id="x")) == [(1, "a", False)]
    assert insert(writer, draft("d", sender="ben", id="x"), draft("e", "other", id="x")) == [
        (2, "d", True),
        (1, "e", True),
    ]
    assert insert(writer, draft("f"), draft("f")) == [(3, "f", True), (4, "f", True)]


SPEAKERS = "SELECT room_id, person, name, alike FROM chat_speaker ORDER BY 1, 2, 3"


def test_who_speaks_under_which_name_is_kept_once(writer, path):
    insert(writer, draft(id="a"), draft(id="b"), draft(room="other", id="a"))
    assert rows(path, SPEAKERS) == [(1, "ana", "Ana", "ana"), (2, "ana", "Ana", "ana")]
    writer.close()
    insert(writer, Draft("lobby", "ana", "c", "ANNA (2)", "hello"), draft(id="d"))
    assert rows(path, SPEAKERS)[:2] == [(1, "ana", "ANNA (2)", "anna"), (1, "ana", "Ana", "ana")]


def test_nothing_is_kept_of_who_has_no_name(writer, path):
    insert(writer, Draft("lobby", "client", "x", "", "hello"))
    assert rows(path, SPEAKERS) == []


def test_times_are_those_of_the_wire_contract(writer):
    [(kept, _, _)] = writer.insert([draft(id="x")])
    assert (
        len(kept.at) == len("2026-11-22T10:00:00.123Z")
        and kept.at[10] == "T"
        and kept.at.endswith("Z")
    )
    assert writer.insert([draft(id="x")])[0][0].at == kept.at


def test_two_processes_share_the_numbers(writer, path):
    with closing(SQLiteWriter(path)) as other:
        numbers = [
            insert(each, draft())[0][0] for each in (writer, other, other, writer, writer, other)
        ]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_a_room_that_was_forgotten_begins_anew_with_another_key(writer, path):
    insert(writer, draft("a"), draft("b"))
    [before] = rows(path, "SELECT key FROM chat_room")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
        connection.execute("DELETE FROM chat_room")
    assert insert(writer, draft("c")) == [(1, "c", True)]
    assert rows(path, "SELECT key FROM chat_room") != [before]


def test_no_number_is_used_again_when_old_messages_are_deleted(writer, path):
    insert(writer, draft("a"), draft("b"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
        connection.execute("UPDATE chat_room SET deleted = 2")
    writer.close()
    assert insert(writer, draft("c")) == [(3, "c", True)]


def test_all_are_kept_or_none(writer, path):
    insert(writer, draft("a"))
    with pytest.raises(sqlite3.Error):
        writer.insert([draft("b"), draft(None)])
    assert rows(path) == [(1, 1, "a")]
    assert insert(writer, draft("c")) == [(2, "c", True)]


def test_it_does_not_wait_for_a_lock(writer, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError) as caught:
            insert(writer, draft("a"))
        assert is_locked(caught.value)
        assert (
            REASONS[cause_of(caught.value)] == "the server's database is locked by another program"
        )
    assert insert(writer, draft("a")) == [(1, "a", True)]


def test_a_lock_that_hinders_the_opening_leaves_nothing_half_set_up(writer, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("DELETE FROM chat_message")
        with pytest.raises(sqlite3.OperationalError) as caught:
            insert(writer, draft("a"))
        assert is_locked(caught.value)
    assert insert(writer, draft("a")) == [(1, "a", True)]
    assert writer.connection.execute("PRAGMA synchronous").fetchone() == (1,)
    assert writer.connection.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)


def test_a_full_disk_keeps_nothing_and_is_told(writer, path):
    insert(writer, draft("a"))
    [[pages]] = writer.connection.execute("PRAGMA page_count")
    writer.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(sqlite3.OperationalError) as caught:
        for number in range(100):
            insert(writer, draft(f"{number} " * 1000), draft("with it"))
    assert REASONS[cause_of(caught.value)] == "the server's disk is full"
    texts = [text for _, _, text in rows(path)]
    assert texts.count("with it") == len(texts) // 2  # never half of a transaction
    writer.close()
    assert insert(writer, draft("room again"))[0][0] == len(texts) + 1


def test_a_file_that_is_gone_keeps_nothing_until_it_is_back(writer, path):
    insert(writer, draft("a"))
    for part in ("", "-wal", "-shm"):
        path.with_name(path.name + part).rename(path.with_name("away" + part))
    with pytest.raises(FileMissing) as caught:
        insert(writer, draft("b"))
    assert REASONS[cause_of(caught.value)] == "the server's database file is gone"
    assert not path.exists()
    for part in ("", "-wal", "-shm"):
        if path.with_name(
            "away" + part
        ).exists():  # SQLite removes the others when the last one closes
            path.with_name("away" + part).rename(path.with_name(path.name + part))
    assert insert(writer, draft("c"))[0] == (2, "c", True)


def test_another_file_in_its_place_is_told(writer, path):
    insert(writer, draft("a"))
    path.unlink()
    path.touch()
    with pytest.raises(sqlite3.OperationalError) as caught:
        insert(writer, draft("b"))
    assert REASONS[cause_of(caught.value)] == "the server's database was replaced by another one"


def test_in_memory_it_is_the_database_that_all_of_this_process_share():
    held_open = database.prepare(None)
    try:
        with closing(SQLiteWriter(MEMORY_URI)) as writer:
            writer.insert([draft("a", room="memory of a test")])
        found = held_open.execute(
            "SELECT text FROM chat_message NATURAL JOIN (SELECT 'a' AS text)"
        ).fetchall()
        assert found == [("a",)]
    finally:
        held_open.close()


def test_a_database_that_may_only_be_read_keeps_nothing_until_it_may_be_written(writer, path):
    insert(writer, draft("a"))
    writer.connection.execute(
        "PRAGMA query_only = ON"
    )  # what a file without permission is for anyone but root
    with pytest.raises(sqlite3.OperationalError) as caught:
        insert(writer, draft("b"))
    assert REASONS[cause_of(caught.value)] == "the server's database is read-only"
    writer.close()
    assert insert(writer, draft("b")) == [(2, "b", True)]


def test_a_file_that_is_no_database_any_more_is_told(path):
    path.write_bytes(b"no database " * 1000)
    with closing(SQLiteWriter(path)) as writer, pytest.raises(sqlite3.DatabaseError) as caught:
        insert(writer, draft("a"))
    assert REASONS[cause_of(caught.value)] == "the server's database is damaged"
    assert path.read_bytes() == b"no database " * 1000
