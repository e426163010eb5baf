"""The members of a room."""

import asyncio

import pytest

from chatdemo.chat import members as module
from chatdemo.chat.members import Members
from chatdemo.chat.name_numbers import NameNumbers


@pytest.fixture
def told():
    return asyncio.Queue()


@pytest.fixture
async def members(told, monkeypatch):
    monkeypatch.setattr(module, "REPORT_DELAY_SECONDS", 0.01)
    monkeypatch.setattr(module, "LEAVE_DELAY_SECONDS", 0.02)
    return Members(told.put_nowait)


async def hear(told):
    return await asyncio.wait_for(told.get(), 5)


async def test_people_come_and_go(members, told):
    members.join("a", "Ada", "tab 1", 0)
    members.join("b", "Ben", "tab 2", 0)
    assert await hear(told) == {"came": ["Ada", "Ben"], "left": [], "renamed": []}
    assert members.names() == ["Ada", "Ben"]
    members.leave("a", "tab 1")
    assert members.names() == ["Ada", "Ben"]  # for a moment yet
    assert await hear(told) == {"came": [], "left": ["Ada"], "renamed": []}
    assert members.names() == ["Ben"]


async def test_tabs_of_one_person_are_one(members, told):
    for tab in ("1", "2", "3"):
        members.join("a", "Ada", tab, 0)
    assert (await hear(told))["came"] == ["Ada"]
    members.leave("a", "1")
    members.leave("a", "2")
    await asyncio.sleep(0.1)
    assert members.names() == ["Ada"] and told.empty()


async def test_who_is_away_for_a_moment_has_not_left(members, told):
    members.join("a", "Ada", "1", 0)
    await hear(told)
    members.leave("a", "1")
    members.join("a", "Ada", "2", 0)
    await asyncio.sleep(0.1)
    assert members.names() == ["Ada"] and told.empty()


async def test_namesakes_have_numbers_and_keep_them(members, told):
    assert [members.join(key, "Ada", key, 0).display_name for key in "abc"] == [
        "Ada",
        "Ada (2)",
        "Ada (3)",
    ]
    assert members.join("d", "ADA", "d", 0).display_name == "ADA (4)"
    assert members.join("f", "A\u200dda", "f", 0).display_name == "A\u200dda (5)"
    members.leave("a", "a")
    while "a" in members.present:
        await asyncio.sleep(0.01)
    assert members.names() == ["Ada (2)", "Ada (3)", "ADA (4)", "A\u200dda (5)"]
    assert members.join("e", "Ada", "e", 0).display_name == "Ada"


async def test_who_comes_back_later_is_called_as_before(members):
    assert members.join("a", "Ada", "a", 0, NameNumbers(own=2)).display_name == "Ada (2)"
    assert members.join("b", "Ada", "b", 0, NameNumbers(own=1)).display_name == "Ada"
    assert (
        members.join("c", "Ada", "c", 0, NameNumbers(own=2)).display_name == "Ada (3)"
    )  # that is another now


async def test_nobody_is_called_as_another_was_who_has_gone(members):
    assert (
        members.join("a", "Ada", "a", 0, NameNumbers(others=frozenset({1, 3}))).display_name
        == "Ada (2)"
    )
    assert (
        members.join("b", "Ada", "b", 0, NameNumbers(others=frozenset({1, 3}))).display_name
        == "Ada (4)"
    )
    members.rename("b", "Ben", NameNumbers(others=frozenset({1})))
    assert members.present["b"].display_name == "Ben (2)"
    members.rename("b", "Ada", NameNumbers(4, frozenset({1, 3})))
    assert members.present["b"].display_name == "Ada (4)"


async def test_a_new_name_is_told_and_numbered(members, told):
    members.join("a", "Guest", "1", 0)
    members.join("b", "Ben", "2", 0)
    await hear(told)
    members.rename("a", "Ben")
    assert await hear(told) == {"came": [], "left": [], "renamed": [("Guest", "Ben (2)")]}
    members.rename("a", "Ben")
    members.rename("nobody", "Eve")
    await asyncio.sleep(0.05)
    assert told.empty()


async def test_one_who_came_and_has_another_name_at_once_is_told_as_both(members, told):
    members.join("a", "Guest", "1", 0)
    members.rename("a", "Ada")
    assert await hear(told) == {"came": ["Guest"], "left": [], "renamed": [("Guest", "Ada")]}
