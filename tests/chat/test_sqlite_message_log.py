"""The SQLite message log, with a writer that records its transactions."""

import asyncio
import logging
import sqlite3

import pytest

from chatdemo.chat import sqlite_message_log as module
from chatdemo.chat.message_log import Appended, Draft, StoredMessage
from chatdemo.chat.sqlite_message_log import SQLiteMessageLog

LOCKED = sqlite3.OperationalError("database is locked")
FULL = sqlite3.OperationalError("database or disk is full")


class RecordingWriter:
    """Records the texts of each transaction, or raises the next of ``faults`` instead."""

    def __init__(self):
        self.transactions, self.faults, self.closed = [], [], 0
        self.futures = {}  # by the draft's object
        self.count = 0

    def insert(self, drafts):
        if self.faults:
            raise self.faults.pop(0)
        self.transactions.append([draft.text for draft in drafts])
        return [self._appended(draft) for draft in drafts]

    def _appended(self, draft):
        self.count += draft.id is None
        self.futures[id(draft)].set_result(self.count)
        message = StoredMessage(self.count, draft.name, draft.text, "")
        return Appended(message, draft.id is None, draft.context)

    def close(self):
        self.closed += 1


@pytest.fixture
def writer():
    return RecordingWriter()


@pytest.fixture
def log(writer):
    return SQLiteMessageLog(writer)


def draft(text, room="lobby", id=None):
    return Draft(room, "ana", id, "", text)


def append(log, draft):
    """Append a draft. Returns a future: the ``seq`` of the message, or the reason why it isn't stored."""
    future = log.writer.futures[id(draft)] = asyncio.get_running_loop().create_future()
    draft.on_failed = future.set_result
    log.append(draft)
    return future


async def outcomes(log, *drafts):
    """The ``seq`` of each message that is stored, and the reason where it isn't."""
    return await asyncio.wait_for(asyncio.gather(*[append(log, one) for one in drafts]), 5)


async def test_drafts_that_arrive_together_are_stored_in_one_transaction(log, writer):
    assert await outcomes(log, *map(draft, "abc")) == [1, 2, 3]
    assert await outcomes(log, draft("d")) == [4]
    assert writer.transactions == [["a", "b", "c"], ["d"]]


async def test_a_room_gets_its_new_messages_in_order_and_at_once(log):
    published = []
    for room in ("lobby", "other"):
        log.subscribe(
            room,
            lambda batch, room=room: published.append((room, [one.message.text for one in batch])),
            None,
        )
    drafts = [draft("a"), draft("b", "other"), draft("c"), draft("old", id="x"), draft("d", "x")]
    await outcomes(log, *drafts)
    assert published == [("lobby", ["a", "c"]), ("other", ["b"])]
    log.unsubscribe("lobby")
    await outcomes(log, draft("e"))
    assert len(published) == 2


async def test_a_repeated_message_is_confirmed_in_order_with_what_is_published(log):
    order = []
    log.subscribe("lobby", lambda batch: order.append([one.message.text for one in batch]), None)
    drafts = [draft("a"), draft("b"), draft("old", id="x"), draft("c")]
    drafts[2].on_repeated = lambda message: order.append(f"confirmed {message.text}")
    await outcomes(log, *drafts)
    assert order == [["a", "b"], "confirmed old", ["c"]]


async def test_many_drafts_are_stored_in_several_transactions(log, writer, monkeypatch):
    monkeypatch.setattr(module, "MAX_DRAFTS", 2)
    assert await outcomes(log, *map(draft, "abcde")) == [1, 2, 3, 4, 5]
    assert writer.transactions == [["a", "b"], ["c", "d"], ["e"]]


async def test_while_the_database_is_locked_drafts_wait_in_their_order(log, writer):
    writer.faults = [LOCKED] * 3
    first = append(log, draft("a"))
    await asyncio.sleep(0)
    assert await outcomes(log, draft("b")) == [2] and await first == 1
    assert writer.transactions == [["a", "b"]]


async def test_a_lock_that_stays_is_an_error(log, writer, monkeypatch):
    monkeypatch.setattr(module, "MAX_LOCKED_SECONDS", 0.0)
    writer.faults = [LOCKED]
    reason = "the server's database is locked by another program"
    assert await outcomes(log, draft("a")) == [reason]
    assert await outcomes(log, draft("b")) == [1]


async def test_a_lock_that_stays_is_an_error_for_all_drafts_that_wait(log, writer, monkeypatch):
    monkeypatch.setattr(module, "MAX_LOCKED_SECONDS", 0.0)
    monkeypatch.setattr(module, "MAX_DRAFTS", 2)
    writer.faults = [LOCKED]
    reason = "the server's database is locked by another program"
    assert await outcomes(log, *map(draft, "abc")) == [reason] * 3
    assert writer.transactions == []


async def test_a_fault_is_an_error_for_each_sender_and_logged_once_like_its_end(
    log, writer, caplog
):
    writer.faults = [FULL, FULL]
    with caplog.at_level(logging.WARNING):
        for text in "ab":
            assert await outcomes(log, draft(text)) == ["the server's disk is full"]
        assert await outcomes(log, draft("c")) == [1]
    assert [record.getMessage() for record in caplog.records] == [
        "Messages can't be stored, and their senders get an error:"
        " the server's disk is full (database or disk is full)",
        "Messages are stored again.",
    ]
    assert writer.closed == 2


async def test_a_room_that_fails_to_publish_does_not_affect_others(log, caplog):
    published = []
    log.subscribe("broken", lambda batch: 1 / 0, None)
    log.subscribe("lobby", published.extend, None)
    assert await outcomes(log, draft("a", "broken"), draft("b")) == [1, 2]
    assert [one.message.text for one in published] == ["b"]
    assert "Messages couldn't be published" in caplog.text
