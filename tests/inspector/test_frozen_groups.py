"""Freeze, step and thaw: everything arrives, in order, and nothing is lost."""

import asyncio
import json

import pytest
from channels.layers import get_channel_layer

from chatdemo.inspector import frozen_groups
from chatdemo.inspector.feed import describe_state
from tests.inspector.conftest import events, joined

COUNT = 12  # more than a channel of these tests holds


async def texts(communicator, count):
    return [json.loads(await communicator.receive_from())["text"] for _ in range(count)]


@pytest.fixture
async def frozen(inspector):
    """Two participants of a frozen room, and the layer's frozen_groups."""
    async with (
        joined(inspector, "/ws/room/lobby/") as one,
        joined(inspector, "/ws/room/lobby/") as two,
    ):
        layer = inspector.find_layer("lobby", None)
        assert layer.frozen_groups.freeze("lobby") and not layer.frozen_groups.freeze("lobby")
        yield one, two, layer.frozen_groups


async def send_numbers(inspector, one, count):
    """Send so many messages, and wait until they have been sent to the group."""
    for number in range(count):
        await one.send_to(text_data=str(number))
    while len(events(inspector, "group_send")) < count:
        await asyncio.sleep(0.001)


async def test_a_frozen_group_holds_its_events_and_its_queues_fill(inspector, frozen):
    one, two, frozen_groups = frozen
    await send_numbers(inspector, one, 3)
    assert await one.receive_nothing() and await two.receive_nothing()
    state = describe_state(inspector)
    assert [(group["frozen"], group["held"]) for group in state["groups"]] == [(True, 6)]
    assert [channel["waiting"] for channel in state["channels"]] == [3, 3]


async def test_each_step_delivers_one_event_to_one_member(inspector, frozen):
    one, two, frozen_groups = frozen
    await send_numbers(inspector, one, 2)
    for number in range(1, 5):
        assert await frozen_groups.deliver_one("lobby")
        while len(events(inspector, "layer_receive")) < number:
            await asyncio.sleep(0.001)
        assert len(events(inspector, "layer_receive")) == number
    assert not await frozen_groups.deliver_one("lobby")
    assert await texts(one, 2) == await texts(two, 2) == ["0", "1"]
    assert frozen_groups.is_frozen("lobby") and not frozen_groups._held_by_channel


async def test_thawing_delivers_all_in_order_and_later_events_after_them(inspector, frozen):
    one, two, frozen_groups = frozen
    await send_numbers(inspector, one, COUNT)
    frozen_groups.thaw("lobby")
    await get_channel_layer().group_send("lobby", {"type": "chat.message", "text": "after"})
    wanted = [*map(str, range(COUNT)), "after"]
    assert await texts(one, COUNT + 1) == await texts(two, COUNT + 1) == wanted
    assert inspector.recording.lost == 0
    while frozen_groups.groups:
        await asyncio.sleep(0.001)
    assert not frozen_groups._held_by_channel and not frozen_groups.thaw("lobby")


async def test_an_event_to_a_single_member_waits_too(inspector, frozen):
    one, two, frozen_groups = frozen
    await send_numbers(inspector, one, 1)
    channel = next(iter(get_channel_layer().groups["lobby"]))
    await get_channel_layer().send(channel, {"type": "chat.message", "text": "to you alone"})
    frozen_groups.thaw("lobby")
    first, second = await texts(one, 1), await texts(two, 1)
    assert first == second == ["0"]
    assert await texts(one, 1) == ["to you alone"]


async def test_other_groups_are_not_frozen(inspector, frozen):
    async with joined(inspector, "/ws/room/other/") as other:
        await other.send_to(text_data="hello")
        assert await texts(other, 1) == ["hello"]


async def test_a_group_that_holds_too_much_thaws(inspector, frozen, monkeypatch):
    one, two, freezing = frozen
    monkeypatch.setattr(frozen_groups, "MAX_HELD_EVENTS", 4)
    await send_numbers(inspector, one, 3)
    assert await texts(one, 3) == await texts(two, 3) == ["0", "1", "2"]
    assert not freezing.groups
