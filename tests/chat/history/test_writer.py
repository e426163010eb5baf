"""The one writer, with a store of its own kind."""

import asyncio
import logging
import sqlite3

import pytest

from chatdemo.chat.history import writer as module
from chatdemo.chat.history.drafts import Draft, Kept
from chatdemo.chat.history.writer import Writer


class Book:
    """A store that writes down each transaction, and fails as it is told to."""

    def __init__(self):
        self.transactions, self.faults, self.closed = [], [], 0

    def keep(self, drafts):
        if self.faults:
            raise self.faults.pop(0)
        self.transactions.append([draft.text for draft in drafts])
        return [
            (Kept(number, draft.name, draft.text, ""), True) for number, draft in enumerate(drafts)
        ]

    def close(self):
        self.closed += 1


LOCKED, FULL = (
    sqlite3.OperationalError("database is locked"),
    sqlite3.OperationalError("database or disk is full"),
)


@pytest.fixture
def book():
    return Book()


@pytest.fixture
def told():
    return asyncio.Queue()


@pytest.fixture
def writer(book):
    return Writer(book)


def draft(text, told):
    def on_kept(kept, is_new):
        told.put_nowait((text, "kept"))

    return Draft(
        "lobby", "ana", None, "", text, on_kept, lambda reason: told.put_nowait((text, reason))
    )


async def hear(told, count):
    return [await asyncio.wait_for(told.get(), 5) for _ in range(count)]


async def test_what_comes_together_is_kept_together_and_told_in_order(writer, book, told):
    for text in "abc":
        writer.put(draft(text, told))
    assert await hear(told, 3) == [("a", "kept"), ("b", "kept"), ("c", "kept")]
    assert book.transactions == [["a", "b", "c"]]
    writer.put(draft("d", told))
    await hear(told, 1)
    assert book.transactions[1:] == [["d"]]


async def test_a_crowd_of_them_is_kept_a_few_at_a_time(writer, book, told, monkeypatch):
    monkeypatch.setattr(module, "MOST", 2)
    for text in "abcde":
        writer.put(draft(text, told))
    assert [text for text, _ in await hear(told, 5)] == list("abcde")
    assert book.transactions == [["a", "b"], ["c", "d"], ["e"]]


async def test_a_lock_is_waited_for_and_what_comes_meanwhile_waits_its_turn(writer, book, told):
    book.faults = [LOCKED] * 3
    writer.put(draft("a", told))
    await asyncio.sleep(0)
    writer.put(draft("b", told))
    assert await hear(told, 2) == [("a", "kept"), ("b", "kept")]
    assert book.transactions == [["a", "b"]]


async def test_a_lock_that_stays_is_told(writer, book, told, monkeypatch, caplog):
    monkeypatch.setattr(module, "PATIENCE", 0)
    book.faults = [LOCKED]
    writer.put(draft("a", told))
    assert await hear(told, 1) == [("a", "the server's database is locked by another program")]
    writer.put(draft("b", told))
    assert await hear(told, 1) == [("b", "kept")]


async def test_a_lock_that_stays_is_told_to_all_who_wait_for_it_at_once(
    writer, book, told, monkeypatch
):
    monkeypatch.setattr(module, "PATIENCE", 0)
    monkeypatch.setattr(module, "MOST", 2)
    book.faults = [LOCKED]
    for text in "abc":
        writer.put(draft(text, told))
    assert {reason for _, reason in await hear(told, 3)} == {
        "the server's database is locked by another program"
    }
    assert book.transactions == []


async def test_a_fault_is_told_to_all_and_logged_once_and_so_is_its_end(writer, book, told, caplog):
    book.faults = [FULL, FULL]
    with caplog.at_level(logging.WARNING):
        for text in "ab":
            writer.put(draft(text, told))
            assert await hear(told, 1) == [(text, "the server's disk is full")]
        writer.put(draft("c", told))
        assert await hear(told, 1) == [("c", "kept")]
    assert [record.getMessage() for record in caplog.records] == [
        "Messages can't be kept, and their senders are told: the server's disk is full (database or disk is full)",
        "Messages are kept again.",
    ]
    assert book.closed == 2


async def test_one_that_cannot_be_told_harms_no_other(writer, told, caplog):
    broken = draft("a", told)
    broken.on_kept = lambda *_: 1 / 0
    writer.put(broken)
    writer.put(draft("b", told))
    assert await hear(told, 1) == [("b", "kept")]
    assert "A message's fate couldn't be told" in caplog.text
