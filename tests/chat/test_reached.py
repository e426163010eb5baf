"""Whom a message has reached."""

import asyncio

import pytest

from chatdemo.chat import reached as module
from chatdemo.chat.reached import Reached
from chatdemo.chat.roster import GONE, Roster


@pytest.fixture
def told():
    return asyncio.Queue()


@pytest.fixture
async def reached(told, monkeypatch):
    monkeypatch.setattr(module, "GATHER", 0.01)
    roster = Roster(lambda changes: None)
    for person in ("ada", "ben", "eve"):
        roster.join(person, person.title(), person)
    return Reached(roster, lambda person, counts: told.put_nowait((person, counts)))


async def hear(told):
    return await asyncio.wait_for(told.get(), 5)


async def test_the_sender_is_told_how_many_of_the_others_have_it(reached, told):
    reached.say(1, "ada")
    assert await hear(told) == ("ada", [[1, 0, 2]])
    reached.got("ben", 1)
    reached.got("ada", 1)
    assert await hear(told) == ("ada", [[1, 1, 2]])
    reached.got("eve", 4)
    assert await hear(told) == ("ada", [[1, 2, 2]])


async def test_many_messages_are_told_at_once(reached, told):
    for seq in range(1, 31):
        reached.say(seq, "ada" if seq % 2 else "ben")
    reached.got("eve", 30)
    heard = dict([await hear(told), await hear(told)])
    assert heard["ada"] == [[seq, 1, 2] for seq in range(1, 31, 2)]
    assert heard["ben"] == [[seq, 1, 2] for seq in range(2, 31, 2)]


async def test_who_came_later_does_not_count(reached, told):
    reached.say(1, "ada")
    reached.roster.join("zoe", "Zoe", "zoe")
    reached.got("zoe", 1)
    assert await hear(told) == ("ada", [[1, 0, 2]])
    reached.say(2, "ada")
    reached.got("zoe", 2)
    assert await hear(told) == ("ada", [[2, 1, 3]])


async def test_the_names_are_for_the_sender_alone(reached):
    reached.say(1, "ada")
    reached.got("ben", 1)
    assert reached.names(1, "ada") == (["Ben"], ["Eve"])
    assert reached.names(1, "ben") is None
    assert reached.names(2, "ada") is None


async def test_only_the_last_messages_are_remembered(reached):
    for seq in range(1, 500):
        reached.say(seq, "ada")
        reached._tell()
    assert len(reached.said) == len(reached._told) == module.RECENT


async def test_a_page_that_comes_back_gets_the_counts_of_its_own(reached):
    for seq, person in enumerate(("ada", "ben", "ada"), 1):
        reached.say(seq, person)
    reached.got("ben", 2)
    assert reached.counts("ada") == [[1, 1, 2], [3, 0, 2]]
    assert reached.counts("eve") == []


async def test_in_a_room_that_was_forgotten_all_count_from_one_again(reached, told):
    for seq in range(1, 10):
        reached.say(seq, "ada")
    reached.got("ben", 9)
    reached.roster.join("zoe", "Zoe", "zoe")
    await hear(told)
    reached.say(1, "ada")
    assert await hear(told) == ("ada", [[1, 0, 3]])
    reached.got("zoe", 1)
    assert await hear(told) == ("ada", [[1, 1, 3]])
    assert reached.names(9, "ada") is None


def leave(reached, person):
    """They go, and stay away for longer than a blink."""
    reached.roster.leave(person, person)
    reached.roster.members[person].leaves.cancel()
    reached.roster._forget(person)


async def test_who_left_without_it_counts_again_once_they_are_back(reached):
    reached.say(1, "ada")
    leave(reached, "ben")
    assert reached.counts("ada") == [[1, 0, 1]]
    reached.say(2, "ada")
    reached.roster.join("ben", "Ben", "again")
    reached.got("ben", 2)
    assert reached.counts("ada") == [[1, 1, 2], [2, 1, 2]]
    assert reached.names(2, "ada") == (["Ben"], ["Eve"])


async def test_who_left_with_it_has_it(reached):
    reached.say(1, "ada")
    reached.got("ben", 1)
    leave(reached, "ben")
    assert reached.counts("ada") == [[1, 1, 2]]
    assert reached.names(1, "ada") == (["Ben"], ["Eve"])


async def test_of_those_who_left_only_the_last_are_remembered(reached):
    for number in range(GONE + 5):
        reached.roster.join(str(number), "Guest", str(number))
        leave(reached, str(number))
    assert len(reached.roster.gone) == GONE and "4" not in reached.roster.gone
