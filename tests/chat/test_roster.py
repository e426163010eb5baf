"""Who is in a room."""

import asyncio

import pytest

from chatdemo.chat import roster as module
from chatdemo.chat.names import Numbers
from chatdemo.chat.roster import Roster


@pytest.fixture
def told():
    return asyncio.Queue()


@pytest.fixture
async def roster(told, monkeypatch):
    monkeypatch.setattr(module, "GATHER", 0.01)
    monkeypatch.setattr(module, "GRACE", 0.02)
    return Roster(told.put_nowait)


async def hear(told):
    return await asyncio.wait_for(told.get(), 5)


async def test_people_come_and_go(roster, told):
    roster.join("a", "Ada", "tab 1")
    roster.join("b", "Ben", "tab 2")
    assert await hear(told) == {"came": ["Ada", "Ben"], "left": [], "renamed": []}
    assert roster.names() == ["Ada", "Ben"]
    roster.leave("a", "tab 1")
    assert roster.names() == ["Ada", "Ben"]  # for a moment yet
    assert await hear(told) == {"came": [], "left": ["Ada"], "renamed": []}
    assert roster.names() == ["Ben"]


async def test_tabs_of_one_person_are_one(roster, told):
    for tab in ("1", "2", "3"):
        roster.join("a", "Ada", tab)
    assert (await hear(told))["came"] == ["Ada"]
    roster.leave("a", "1")
    roster.leave("a", "2")
    await asyncio.sleep(0.1)
    assert roster.names() == ["Ada"] and told.empty()


async def test_who_is_away_for_a_moment_has_not_left(roster, told):
    roster.join("a", "Ada", "1")
    await hear(told)
    roster.leave("a", "1")
    roster.join("a", "Ada", "2")
    await asyncio.sleep(0.1)
    assert roster.names() == ["Ada"] and told.empty()


async def test_namesakes_have_numbers_and_keep_them(roster, told):
    assert [roster.join(key, "Ada", key).shown for key in "abc"] == ["Ada", "Ada (2)", "Ada (3)"]
    assert roster.join("d", "ADA", "d").shown == "ADA (4)"
    assert roster.join("f", "A\u200dda", "f").shown == "A\u200dda (5)"
    roster.leave("a", "a")
    while "a" in roster.members:
        await asyncio.sleep(0.01)
    assert roster.names() == ["Ada (2)", "Ada (3)", "ADA (4)", "A\u200dda (5)"]
    assert roster.join("e", "Ada", "e").shown == "Ada"


async def test_who_comes_back_later_is_called_as_before(roster):
    assert roster.join("a", "Ada", "a", Numbers(own=2)).shown == "Ada (2)"
    assert roster.join("b", "Ada", "b", Numbers(own=1)).shown == "Ada"
    assert roster.join("c", "Ada", "c", Numbers(own=2)).shown == "Ada (3)"  # that is another now


async def test_nobody_is_called_as_another_was_who_has_gone(roster):
    assert roster.join("a", "Ada", "a", Numbers(others=frozenset({1, 3}))).shown == "Ada (2)"
    assert roster.join("b", "Ada", "b", Numbers(others=frozenset({1, 3}))).shown == "Ada (4)"
    roster.rename("b", "Ben", Numbers(others=frozenset({1})))
    assert roster.members["b"].shown == "Ben (2)"
    roster.rename("b", "Ada", Numbers(4, frozenset({1, 3})))
    assert roster.members["b"].shown == "Ada (4)"


async def test_a_new_name_is_told_and_numbered(roster, told):
    roster.join("a", "Guest", "1")
    roster.join("b", "Ben", "2")
    await hear(told)
    roster.rename("a", "Ben")
    assert await hear(told) == {"came": [], "left": [], "renamed": [("Guest", "Ben (2)")]}
    roster.rename("a", "Ben")
    roster.rename("nobody", "Eve")
    await asyncio.sleep(0.05)
    assert told.empty()


async def test_one_who_came_and_has_another_name_at_once_is_told_as_both(roster, told):
    roster.join("a", "Guest", "1")
    roster.rename("a", "Ada")
    assert await hear(told) == {"came": ["Guest"], "left": [], "renamed": [("Guest", "Ada")]}
