"""What is kept, read for a transcript."""

import sqlite3
import tracemalloc
from contextlib import closing

import pytest

from chatdemo.chat.message_log import StoredMessage as Kept
from chatdemo.chat.transcript import FORMS, reader, write
from chatdemo.common.errors import ChatdemoError
from chatdemo.common.sqlite import MEMORY_URI
from chatdemo.project import database


def texts(past, room="lobby", since=""):
    return [kept.text for page in reader.pages(past.path, room, since) for kept in page]


def test_a_room_is_read_in_its_order_and_by_pages(past, monkeypatch):
    monkeypatch.setattr(reader, "PAGE", 2)
    past.say(*"abcde")
    past.say("x", room="other")
    assert [[kept.text for kept in page] for page in reader.pages(past.path, "lobby")] == [
        ["a", "b"],
        ["c", "d"],
        ["e"],
    ]
    assert texts(past, "other") == ["x"]
    assert texts(past, "nowhere") == []


def test_a_message_is_as_it_was_kept(past):
    past.say("hello")
    past.at("2026-11-22 10:00:00.123")
    assert list(reader.pages(past.path, "lobby")) == [
        [Kept(1, "Ana", "hello", "2026-11-22T10:00:00.123Z")]
    ]


def test_since_leaves_out_what_was_said_before(past):
    past.say("a", "b")
    past.at("2026-11-22 10:00:00.000")
    assert texts(past, since="2026-11-22 10:00:00") == ["a", "b"]
    assert texts(past, since="2026-11-22 10:00:00.001") == ["b"]


def test_what_is_said_meanwhile_is_not_waited_for(past, monkeypatch):
    monkeypatch.setattr(reader, "PAGE", 1)
    past.say("a", "b")
    pages = reader.pages(past.path, "lobby")
    next(pages)
    past.say("c")
    assert [page[0].text for page in pages] == ["b"]


def test_no_transaction_is_open_between_two_pages(past, monkeypatch):
    monkeypatch.setattr(reader, "PAGE", 1)
    past.say("a", "b")
    pages = reader.pages(past.path, "lobby")
    next(pages)
    with closing(sqlite3.connect(past.path)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    pages.close()


def test_a_long_room_takes_the_memory_of_a_page(past):
    past.say("a")
    with closing(sqlite3.connect(past.path)) as connection, connection:
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            " INSERT INTO chat_message"
            " SELECT i, 'ana', NULL, 'Ana', printf('%.500c', 'x'), at, room_id FROM n, chat_message"
        )
    tracemalloc.start()
    size = sum(map(len, write(FORMS["json"](), "lobby", reader.pages(past.path, "lobby"))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 10_000_000 and peak < 5_000_000


def test_text_that_is_not_utf_8_can_be_read(past):
    past.say("a")
    with closing(sqlite3.connect(past.path)) as connection, connection:
        connection.execute("UPDATE chat_message SET text = CAST(x'61EDA080FF' AS TEXT)")
    assert texts(past) == ["a\ufffd\ufffd\ufffd\ufffd"]


def test_rooms_have_their_numbers_and_times(past):
    past.say("a", "b")
    past.say("c", room="also")
    past.at("2026-11-22 10:00:00.000")
    first = "2026-11-22T10:00:00.000Z"
    also, lobby = reader.rooms(past.path)
    assert also == ("also", 1, first, first)
    assert lobby[:3] == ("lobby", 2, first) and lobby.last > first


def test_a_room_whose_messages_were_all_deleted_is_there(past):
    past.say("a")
    with closing(sqlite3.connect(past.path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
    assert reader.rooms(past.path) == [("lobby", 0, "", "")]


@pytest.mark.parametrize("typed", ["café", "cafe\u0301", " café "])
def test_a_name_is_found_as_it_is_typed_elsewhere(past, typed):
    past.say("a", room="café")
    assert reader.find(past.path, typed).name == "café"


def test_an_unknown_room_is_an_error_that_names_those_near_it(past):
    past.say("a", room="Lobby")
    past.say("a", room="lobby 2")
    with pytest.raises(ChatdemoError) as caught:
        reader.require(past.path, "loby")
    assert caught.value.message == "Nothing is kept of a room 'loby'."
    assert (
        caught.value.hint
        == "Did you mean Lobby or lobby 2? chatdemo rooms lists those that there are."
    )


@pytest.mark.parametrize("typed", ["music", "", "\udcff", "a\0b", "x" * 10_000])
def test_an_unknown_room_like_no_other_is_an_error(past, typed):
    past.say("a")
    with pytest.raises(ChatdemoError) as caught:
        reader.require(past.path, typed)
    assert caught.value.hint == "chatdemo rooms lists those that there are."


def test_a_database_in_memory_can_be_read_in_its_own_process():
    keeper = database.prepare(None)
    try:
        assert list(reader.pages(MEMORY_URI, "a room of no other test")) == []
    finally:
        keeper.close()
