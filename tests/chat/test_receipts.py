"""Which members have received a message."""

import asyncio

import pytest

from chatdemo.chat import receipts as module
from chatdemo.chat.members import MAX_DEPARTED_MEMBERS, Members
from chatdemo.chat.receipts import Receipts


@pytest.fixture
def told():
    return asyncio.Queue()


@pytest.fixture
async def receipts(told, monkeypatch):
    monkeypatch.setattr(module, "REPORT_DELAY_SECONDS", 0.01)
    members = Members(lambda changes: None)
    for person in ("ada", "ben", "eve"):
        members.join(person, person.title(), person, 0)
    return Receipts(members, lambda person, counts: told.put_nowait((person, counts)))


async def hear(told):
    return await asyncio.wait_for(told.get(), 5)


async def test_the_sender_is_told_how_many_of_the_others_have_it(receipts, told):
    receipts.add(1, "ada")
    assert await hear(told) == ("ada", [[1, 0, 2]])
    receipts.acknowledge("ben", 1)
    receipts.acknowledge("ada", 1)
    assert await hear(told) == ("ada", [[1, 1, 2]])
    receipts.acknowledge("eve", 4)
    assert await hear(told) == ("ada", [[1, 2, 2]])


async def test_many_messages_are_told_at_once(receipts, told):
    for seq in range(1, 31):
        receipts.add(seq, "ada" if seq % 2 else "ben")
    receipts.acknowledge("eve", 30)
    heard = dict([await hear(told), await hear(told)])
    assert heard["ada"] == [[seq, 1, 2] for seq in range(1, 31, 2)]
    assert heard["ben"] == [[seq, 1, 2] for seq in range(2, 31, 2)]


async def test_who_came_later_does_not_count(receipts, told):
    receipts.add(1, "ada")
    receipts.members.join("zoe", "Zoe", "zoe", 1)
    receipts.acknowledge("zoe", 1)
    assert await hear(told) == ("ada", [[1, 0, 2]])
    receipts.add(2, "ada")
    receipts.acknowledge("zoe", 2)
    assert await hear(told) == ("ada", [[2, 1, 3]])


async def test_the_names_are_for_the_sender_alone(receipts):
    receipts.add(1, "ada")
    receipts.acknowledge("ben", 1)
    assert receipts.recipients(1, "ada") == (["Ben"], ["Eve"])
    assert receipts.recipients(1, "ben") is None
    assert receipts.recipients(2, "ada") is None


async def test_only_the_last_messages_are_remembered(receipts):
    for seq in range(1, 500):
        receipts.add(seq, "ada")
        receipts._report()
    assert len(receipts._messages) == len(receipts._reported) == module.MAX_MESSAGES


async def test_a_page_that_comes_back_gets_the_counts_of_its_own(receipts):
    for seq, person in enumerate(("ada", "ben", "ada"), 1):
        receipts.add(seq, person)
    receipts.acknowledge("ben", 2)
    assert receipts.counts("ada") == [[1, 1, 2], [3, 0, 2]]
    assert receipts.counts("eve") == []


async def test_in_a_room_that_was_forgotten_all_count_from_one_again(receipts, told):
    for seq in range(1, 10):
        receipts.add(seq, "ada")
    receipts.acknowledge("ben", 9)
    receipts.members.join("zoe", "Zoe", "zoe", 9)
    await hear(told)
    receipts.members.start_new_history()
    receipts.start_new_history()
    receipts.add(1, "ada")
    assert await hear(told) == ("ada", [[1, 0, 3]])
    receipts.acknowledge("zoe", 1)
    assert await hear(told) == ("ada", [[1, 1, 3]])
    assert receipts.recipients(9, "ada") is None


def leave(receipts, person):
    """They go, and stay away for longer than a blink."""
    receipts.members.leave(person, person)
    receipts.members.present[person].leave_timer.cancel()
    receipts.members._leave_here(person)


async def test_who_left_without_it_counts_again_once_they_are_back(receipts):
    receipts.add(1, "ada")
    leave(receipts, "ben")
    assert receipts.counts("ada") == [[1, 0, 1]]
    receipts.add(2, "ada")
    receipts.members.join("ben", "Ben", "again", 2)
    receipts.acknowledge("ben", 2)
    assert receipts.counts("ada") == [[1, 1, 2], [2, 1, 2]]
    assert receipts.recipients(2, "ada") == (["Ben"], ["Eve"])


async def test_who_left_with_it_has_it(receipts):
    receipts.add(1, "ada")
    receipts.acknowledge("ben", 1)
    leave(receipts, "ben")
    assert receipts.counts("ada") == [[1, 1, 2]]
    assert receipts.recipients(1, "ada") == (["Ben"], ["Eve"])


async def test_of_those_who_left_only_the_last_are_remembered(receipts):
    for number in range(MAX_DEPARTED_MEMBERS + 5):
        receipts.members.join(str(number), "Guest", str(number), 0)
        leave(receipts, str(number))
    assert (
        len(receipts.members.departed) == MAX_DEPARTED_MEMBERS
        and "4" not in receipts.members.departed
    )
