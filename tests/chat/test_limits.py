"""How much one participant may say."""

import json
from dataclasses import replace

import pytest

from chatdemo.chat import consumers
from chatdemo.chat.limits import Doors, Full
from chatdemo.project import settings
from tests.chat.test_consumers import Participant, channel_layer_of_its_own  # noqa: F401


async def test_a_flood_is_refused_and_others_are_not(monkeypatch):
    monkeypatch.setattr(
        "django.conf.settings.CHATDEMO", replace(settings.CHATDEMO, max_rate=10, max_burst=5)
    )
    async with Participant() as ana, Participant() as ben:
        for number in range(6):
            await ana.say(str(number), id=f"m{number}")
        assert [(await ben.gets())["message"] for _ in range(5)] == list("01234")
        frames = [await ana.gets() for _ in range(6)]
        [refused] = [frame for frame in frames if "error" in frame]
        assert refused == {
            "error": "too_fast",
            "detail": "That is more than 10 messages a second: wait a moment, and send it again.",
            "id": "m5",
        }
        await ben.say("calm")
        assert (await ben.gets())["message"] == "calm"


async def test_what_is_no_message_counts_too(monkeypatch):
    monkeypatch.setattr(
        "django.conf.settings.CHATDEMO", replace(settings.CHATDEMO, max_rate=10, max_burst=2)
    )
    async with Participant() as ana:
        for _ in range(2):
            await ana.send_to(text_data="x")
        await ana.say("late")
        assert [json.loads(await ana.receive_from())["error"] for _ in range(3)] == [
            "bad_json",
            "bad_json",
            "too_fast",
        ]


def config(**limits):
    return replace(settings.CHATDEMO, **limits)


def test_doors_count_all_and_each_address():
    doors, small = Doors(), config(max_connections=3, max_per_address=2)
    doors.enter("10.0.0.1", False, (), small)
    doors.enter("10.0.0.1", False, (), small)
    with pytest.raises(
        Full, match="10.0.0.1 has 2 open, as many as the setting max_per_address allows"
    ):
        doors.enter("10.0.0.1", False, (), small)
    doors.enter("10.0.0.2", False, (), small)
    with pytest.raises(
        Full, match="3 connections are open, as many as the setting max_connections allows"
    ):
        doors.enter("10.0.0.3", False, (), small)
    doors.leave("10.0.0.1")
    doors.enter("10.0.0.1", False, (), small)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        doors.leave(address)
    assert not doors.open and not doors.by_address


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_this_machine_may_open_as_many_as_it_likes(address):
    doors = Doors()
    for _ in range(5):
        doors.enter(address, False, (), config(max_per_address=1))


def test_rooms_are_counted_where_a_new_one_would_be_opened():
    doors, rooms = Doors(), ["a", "b"]
    doors.enter("10.0.0.1", False, rooms, config(max_rooms=2))
    with pytest.raises(
        Full, match="there is somebody in 2 rooms, as many as the setting max_rooms allows"
    ):
        doors.enter("10.0.0.1", True, rooms, config(max_rooms=2))


async def test_who_finds_no_room_is_refused_and_the_next_one_is_let_in(monkeypatch):
    monkeypatch.setattr("django.conf.settings.CHATDEMO", config(max_connections=1))
    async with Participant() as ana, Participant() as ben:
        assert ana.accepted and not ben.accepted
    async with Participant() as ben:
        assert ben.accepted
    assert not consumers.doors.open
