"""Stored messages, read for a transcript."""

import sqlite3
import tracemalloc
from contextlib import closing
from datetime import datetime, timedelta, timezone

import pytest

from chatdemo.chat import sqlite_stored_rooms
from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.sqlite_stored_rooms import SQLiteStoredRooms
from chatdemo.chat.transcripts.formats import FORMATS, write
from chatdemo.common.errors import ChatdemoError
from chatdemo.common.sqlite import MEMORY_URI
from chatdemo.project import database

AT = datetime(2026, 11, 22, 10, 0, tzinfo=timezone.utc)


def texts(history, room="lobby", since=None):
    return [
        message.text
        for page in SQLiteStoredRooms(history.path).pages(room, since)
        for message in page
    ]


def test_a_room_is_read_in_its_order_and_by_pages(history, monkeypatch):
    monkeypatch.setattr(sqlite_stored_rooms, "PAGE_ROWS", 2)
    history.add(*"abcde")
    history.add("x", room="other")
    assert [
        [message.text for message in page]
        for page in SQLiteStoredRooms(history.path).pages("lobby")
    ] == [["a", "b"], ["c", "d"], ["e"]]
    assert texts(history, "other") == ["x"]
    assert texts(history, "nowhere") == []


def test_a_message_is_as_it_was_stored(history):
    history.add("hello")
    history.set_time("2026-11-22 10:00:00.123")
    assert list(SQLiteStoredRooms(history.path).pages("lobby")) == [
        [StoredMessage(1, "Ana", "hello", "2026-11-22T10:00:00.123Z")]
    ]


def test_since_leaves_out_earlier_messages(history):
    history.add("a", "b")
    history.set_time("2026-11-22 10:00:00.000")
    assert texts(history, since=AT) == ["a", "b"]
    assert texts(history, since=AT + timedelta(milliseconds=1)) == ["b"]


def test_later_messages_are_not_waited_for(history, monkeypatch):
    monkeypatch.setattr(sqlite_stored_rooms, "PAGE_ROWS", 1)
    history.add("a", "b")
    pages = SQLiteStoredRooms(history.path).pages("lobby")
    next(pages)
    history.add("c")
    assert [page[0].text for page in pages] == ["b"]


def test_no_transaction_is_open_between_two_pages(history, monkeypatch):
    monkeypatch.setattr(sqlite_stored_rooms, "PAGE_ROWS", 1)
    history.add("a", "b")
    pages = SQLiteStoredRooms(history.path).pages("lobby")
    next(pages)
    with closing(sqlite3.connect(history.path)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    pages.close()


def test_a_long_room_takes_the_memory_of_a_page(history):
    history.add("a")
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            " INSERT INTO chat_message"
            " SELECT i, 'ana', NULL, 'Ana', printf('%.500c', 'x'), at, room_id FROM n, chat_message"
        )
    tracemalloc.start()
    size = sum(
        map(len, write(FORMATS["json"](), "lobby", SQLiteStoredRooms(history.path).pages("lobby")))
    )
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 10_000_000 and peak < 5_000_000


def test_text_that_is_not_utf_8_can_be_read(history):
    history.add("a")
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("UPDATE chat_message SET text = CAST(x'61EDA080FF' AS TEXT)")
    assert texts(history) == ["a\ufffd\ufffd\ufffd\ufffd"]


def test_rooms_have_their_numbers_and_times(history):
    history.add("a", "b")
    history.add("c", room="also")
    history.set_time("2026-11-22 10:00:00.000")
    first = "2026-11-22T10:00:00.000Z"
    also, lobby = SQLiteStoredRooms(history.path).all()
    assert also == ("also", 1, first, first)
    assert lobby[:3] == ("lobby", 2, first) and lobby.last > first


def test_a_room_whose_messages_were_all_deleted_is_there(history):
    history.add("a")
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
    assert SQLiteStoredRooms(history.path).all() == [("lobby", 0, None, None)]


@pytest.mark.parametrize("typed", ["café", "cafe\u0301", " café "])
def test_a_name_is_found_as_it_is_typed_elsewhere(history, typed):
    history.add("a", room="café")
    assert SQLiteStoredRooms(history.path).find(typed).name == "café"


def test_an_unknown_room_is_an_error_that_names_those_near_it(history):
    history.add("a", room="Lobby")
    history.add("a", room="lobby 2")
    with pytest.raises(ChatdemoError) as caught:
        SQLiteStoredRooms(history.path).find("loby")
    assert caught.value.message == "No history for room 'loby'."
    assert (
        caught.value.hint
        == "Did you mean Lobby or lobby 2? chatdemo rooms lists the rooms that have one."
    )


@pytest.mark.parametrize("typed", ["music", "", "\udcff", "a\0b", "x" * 10_000])
def test_an_unknown_room_like_no_other_is_an_error(history, typed):
    history.add("a")
    with pytest.raises(ChatdemoError) as caught:
        SQLiteStoredRooms(history.path).find(typed)
    assert caught.value.hint == "chatdemo rooms lists the rooms that have one."


def test_a_database_in_memory_can_be_read_in_its_own_process():
    held_open = database.prepare(None)
    try:
        assert list(SQLiteStoredRooms(MEMORY_URI).pages("a room of no other test")) == []
    finally:
        held_open.close()
