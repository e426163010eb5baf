"""How much one participant may say."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from channels.layers import get_channel_layer

from chatdemo.chat.connection_limits import ConnectionLimits, LimitReached
from chatdemo.project import settings
from tests.chat.conftest import ROOMS
from tests.chat.test_consumers import Participant, channel_layer_of_its_own  # noqa: F401


@pytest.fixture
def no_time_passes(monkeypatch):
    """Refill no rate limit: a busy machine may take a tenth of a second for a few frames."""
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr("chatdemo.common.rate_limit.time", clock)


async def test_a_flood_is_refused_and_others_are_not(monkeypatch, no_time_passes):
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
            "detail": "That is more than 10 messages a second. Wait a moment, then send it again.",
            "id": "m5",
        }
        await ben.say("calm")
        assert (await ben.gets())["message"] == "calm"


async def test_what_is_no_message_counts_too(monkeypatch, no_time_passes):
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


def test_connections_are_counted_in_total_and_by_address():
    limits, small = ConnectionLimits(), config(max_connections=3, max_per_address=2)
    limits.add("10.0.0.1", small)
    limits.add("10.0.0.1", small)
    with pytest.raises(LimitReached) as caught:
        limits.add("10.0.0.1", small)
    assert str(caught.value) == (
        "10.0.0.1 has 2 connections open, the limit of the setting max_per_address."
    )
    limits.add("10.0.0.2", small)
    with pytest.raises(LimitReached) as caught:
        limits.add("10.0.0.3", small)
    assert str(caught.value) == "3 connections are open, the limit of the setting max_connections."
    limits.remove("10.0.0.1")
    limits.add("10.0.0.1", small)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        limits.remove(address)
    assert not limits.count and not limits._by_address


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", ""])
def test_this_machine_may_open_as_many_as_it_likes(address):
    limits = ConnectionLimits()
    for _ in range(5):
        limits.add(address, config(max_per_address=1))


async def test_a_further_room_is_refused_and_a_further_participant_of_a_room_is_not(monkeypatch):
    monkeypatch.setattr("django.conf.settings.CHATDEMO", config(max_rooms=1))
    async with Participant() as ana, Participant() as ben, Participant("/ws/chat/b/") as eve:
        assert (ana.accepted, ben.accepted, eve.accepted) == (True, True, False)
        with pytest.raises(LimitReached) as caught:
            ROOMS.enter("b", "", get_channel_layer())
        assert str(caught.value) == "1 rooms are in use, the limit of the setting max_rooms."
    async with Participant("/ws/chat/b/") as eve:
        assert eve.accepted


async def test_a_connection_over_the_limit_is_refused_and_the_next_one_is_let_in(monkeypatch):
    monkeypatch.setattr("django.conf.settings.CHATDEMO", config(max_connections=1))
    async with Participant() as ana:
        async with Participant() as ben:
            assert ana.accepted and not ben.accepted
    async with Participant() as ben:
        assert ben.accepted
    assert not ROOMS.limits.count
