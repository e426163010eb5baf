"""What is read of a history takes no longer if the history is long: counted in steps of SQLite's virtual machine."""

from contextlib import contextmanager

import pytest
from django.db import connection

from chatdemo.chat.identity import comparison_key
from chatdemo.chat.name_numbers import NameNumbers, split_number
from chatdemo.chat.sqlite_message_log import SQLiteMessageLog
from chatdemo.chat.sqlite_writer import SQLiteWriter

pytestmark = pytest.mark.django_db
PEOPLE = 30
FILL = """
WITH RECURSIVE number(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM number WHERE seq < %s)
INSERT INTO chat_message (room_id, seq, sender, client_id, name, text, at)
SELECT %s, seq, 'person ' || (seq %% %s), 'id ' || seq, 'Ana', 'hello', '2026-11-22 10:00:00' FROM number
"""
LOG = SQLiteMessageLog(SQLiteWriter("nowhere"))
READ = {
    "latest": lambda room: LOG.read_before(room, None, 51),
    "before": lambda room: LOG.read_before(room, 300, 51),
    "after": lambda room: LOG.read_after(room, 100),
    "last": LOG.last_seq,
    "key": LOG.epoch,
    "numbers": lambda room: LOG.name_numbers(room, "person 7", "Ana"),
}


def fill(name, count):
    """A room of this name with so many messages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO chat_room (name, key, deleted) VALUES (%s, 'k', 0) RETURNING id", [name]
        )
        [[room]] = cursor.fetchall()
        cursor.execute(FILL, [count, room, PEOPLE])


def call(room, person, *names):
    with connection.cursor() as cursor:
        for name in names:
            row = [person, name, comparison_key(split_number(name)[0]), room]
            cursor.execute(
                "INSERT INTO chat_speaker SELECT %s, %s, %s, 1, id FROM chat_room WHERE name = %s",
                row,
            )


@contextmanager
def steps():
    """How many steps, in a list of one number once the context has ended."""
    taken = [0]

    def count():
        taken[0] += 1

    connection.connection.set_progress_handler(count, 1)
    try:
        yield taken
    finally:
        connection.connection.set_progress_handler(None, 0)


@pytest.mark.parametrize("read", READ.values(), ids=READ)
def test_a_long_history_is_read_in_as_many_steps_as_a_short_one(read):
    fill("short", 400)
    fill("long", 20_000)
    with steps() as few:
        read("short")
    with steps() as many:
        read("long")
    assert 0 < many[0] < 1.1 * few[0] + 50, (few, many)


def test_the_last_number_is_that_of_a_message_that_was_deleted_if_need_be():
    assert LOG.last_seq("lobby") == 0
    fill("lobby", 3)
    assert LOG.last_seq("lobby") == 3
    with connection.cursor() as cursor:
        cursor.execute("UPDATE chat_room SET deleted = 7")
    assert LOG.last_seq("lobby") == 7


def test_a_name_s_numbers_are_those_of_one_room():
    fill("lobby", 1)
    fill("other", 1)
    call("lobby", "a", "Ana (5)", "ANA (2)")
    call("lobby", "b", "Ana", "Anabel")
    call("other", "c", "Ana (3)")
    assert LOG.name_numbers("lobby", "a", "ana") == NameNumbers(2, frozenset({1}))
    assert LOG.name_numbers("lobby", "c", "Ana") == NameNumbers(0, frozenset({1, 2, 5}))
    assert (
        LOG.name_numbers("lobby", "c", "Eve")
        == LOG.name_numbers("nowhere", "a", "Ana")
        == NameNumbers()
    )
