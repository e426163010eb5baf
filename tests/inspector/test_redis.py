"""Channels' layers on Redis: members, groups and whole journeys as with a layer in memory."""

import asyncio
import importlib
import json
import uuid

import pytest
from channels.layers import channel_layers, get_channel_layer

from chatdemo.inspector import Inspector
from chatdemo.inspector.feed import describe_state
from tests.inspector import project
from tests.inspector.conftest import events, joined
from tests.inspector.recorded import environ_of
from tests.inspector.servers import Server
from tests.inspector.strangers.client import Watcher
from tests.inspector.strangers.expected import EXPECTED
from tests.inspector.test_feed import watching
from tests.inspector.test_strangers import PROJECTS, found, has_ended, play

LAYERS = {"core": "core.RedisChannelLayer", "pubsub": "pubsub.RedisPubSubChannelLayer"}


@pytest.fixture(params=LAYERS)
def make_layer(request, redis_server):
    """Makes the layer of one process; all of them have the same events."""
    module, _, name = LAYERS[request.param].partition(".")
    layer_class = getattr(importlib.import_module(f"channels_redis.{module}"), name)
    prefix = uuid.uuid4().hex
    return lambda: layer_class(hosts=[redis_server.url()], prefix=prefix)


@pytest.fixture
async def layer(make_layer):
    layer = make_layer()
    channel_layers.set("default", layer)
    yield layer
    channel_layers.backends.clear()
    await layer.flush()


@pytest.fixture
async def other(make_layer):
    """The layer of another process, which has no inspector."""
    layer = make_layer()
    yield layer
    await layer.flush()


async def until(condition):
    while not condition():
        await asyncio.sleep(0.001)


def journeys(inspector):
    """The kinds of the entries of each journey, in order."""
    found = {}
    for event in events(inspector):
        if "journey" in event:
            found.setdefault(event["journey"], []).append(event["what"])
    return list(found.values())


@pytest.mark.parametrize("name", ["room", "sync", "direct"])
async def test_each_message_is_a_whole_journey(inspector, name):
    async with (
        joined(inspector, f"/ws/{name}/lobby/") as one,
        joined(inspector, f"/ws/{name}/lobby/") as two,
    ):
        for number in range(3):
            await one.send_to(text_data=f"one {number}")
            await two.send_to(text_data="the same")
        for each in (one, two):
            texts = [json.loads(await each.receive_from(5))["text"] for _ in range(6)]
            assert sorted(texts) == ["one 0", "one 1", "one 2", *["the same"] * 3]
    assert len(events(inspector, "receive")) == 6
    for received in events(inspector, "receive"):
        journey = [one for one in events(inspector) if one.get("journey") == received["journey"]]
        assert sorted(one["what"] for one in journey) == sorted(
            ["receive", "group_send", "layer_receive", "layer_receive", "send", "send"]
        )
        assert all(received["payload"] in one["payload"] for one in journey)
        assert len({one["connection"] for one in journey if one["what"] == "send"}) == 2


async def test_a_handler_gets_what_was_sent_and_nothing_else(inspector, layer):
    channel = await layer.new_channel()
    await layer.group_add("lobby", channel)
    sent = {"type": "x", "nested": {"a": [1, None]}, "text": "é"}
    await layer.group_send("lobby", sent)
    received = await layer.receive(channel)
    assert type(received) is dict and received == sent


async def test_nothing_of_the_inspector_reaches_another_process(inspector, layer, other):
    channel = await other.new_channel()
    await other.group_add("lobby", channel)
    await layer.group_send("lobby", {"type": "x"})
    assert await asyncio.wait_for(other.receive(channel), 5) == {"type": "x"}


async def test_an_event_of_another_process_begins_a_journey_with_all_its_receivers(
    inspector, other
):
    async with (
        joined(inspector, "/ws/room/lobby/") as one,
        joined(inspector, "/ws/room/lobby/") as two,
    ):
        await other.group_send("lobby", {"type": "chat.message", "text": "from elsewhere"})
        for each in (one, two):
            assert "from elsewhere" in await each.receive_from(5)
    [journey] = journeys(inspector)
    assert journey[0] == "start"
    assert sorted(journey[1:]) == ["layer_receive", "layer_receive", "send", "send"]
    assert events(inspector, "start")[0]["type"] == "another process"


async def test_an_equal_event_that_was_sent_to_nobody_takes_no_journey(
    inspector, layer, monkeypatch
):
    monkeypatch.setattr("chatdemo.inspector.layer_methods.MAX_SECONDS_UNDERWAY", 0)
    event = {"type": "chat.message", "text": "hello"}
    await layer.group_send("lobby", event)
    async with joined(inspector, "/ws/room/lobby/") as one:
        await layer.group_send("lobby", event)
        assert "hello" in await one.receive_from(5)
    first, second = events(inspector, "group_send")
    [came] = events(inspector, "layer_receive")
    assert came["journey"] == second["journey"] != first["journey"]


async def test_the_members_are_those_of_this_process_by_the_groups_own_name(inspector, other):
    channel = await other.new_channel()
    await other.group_add("lobby", channel)
    async with (
        joined(inspector, "/ws/room/lobby/") as one,
        joined(inspector, "/ws/sync/lobby/") as two,
    ):
        await one.send_to(text_data="hello")
        for each in (one, two):
            await each.receive_from(5)
        state = describe_state(inspector)
        [group] = state["groups"]
    assert (group["group"], group["shared"]) == ("lobby", True)
    assert [member["connection"] for member in group["members"]] == [
        connection["id"] for connection in state["connections"]
    ]
    assert not any("gone" in member for member in group["members"])
    [sent] = events(inspector, "group_send")
    assert sent["members"] == 2
    assert describe_state(inspector)["groups"] == []


async def test_freezing_is_refused_with_the_reason(inspector, layer):
    async with joined(inspector, "/ws/room/lobby/") as one, watching(inspector) as watcher:
        await watcher.command(do="freeze", group="lobby")
        answer = await watcher.until(lambda content: content["kind"] == "error")
        await one.send_to(text_data="hello")
        assert "hello" in await one.receive_from(5)
        [group] = describe_state(inspector)["groups"]
    reason = f"{type(layer).__name__} may have other processes' events too, and these can't be held back here."
    assert answer["detail"] == f"lobby can't be frozen: {reason}"
    assert (group["unfreezable"], group["frozen"]) == (reason, False)


async def test_an_earlier_reference_to_the_layer_is_recorded_too(layer):
    inspector = Inspector(project.make_application())
    async with joined(inspector, "/ws/room/lobby/") as one:
        await layer.group_send("lobby", {"type": "chat.message", "text": "by the old one"})
        assert "by the old one" in await one.receive_from(5)
    assert journeys(inspector) == [["start", "group_send", "layer_receive", "send"]]
    assert get_channel_layer() is layer


#: With pub/sub, who joins right after an event was sent gets it: so multichat's clients get more than in memory.
STRANGERS = [
    (layer, name)
    for layer in LAYERS
    for name in EXPECTED
    if (layer, name) != ("pubsub", "multichat")
]


@pytest.mark.parametrize(("kind", "name"), STRANGERS)
def test_a_project_is_recorded_as_with_a_layer_in_memory(kind, name, redis_server):
    environ = {
        "DJANGO_SETTINGS_MODULE": f"{PROJECTS}.settings",
        **environ_of(kind, redis_server.url()),
    }
    with (
        Server("daphne", f"{PROJECTS}.watched:{name}", **environ) as process,
        Watcher(process.port) as watcher,
    ):
        play(name, process.port)
        count = len([*filter(None, EXPECTED[name])])
        watcher.watch_until(lambda events: has_ended(events, count))
    assert found(watcher.events, list(EXPECTED[name])) == EXPECTED[name]
    assert "Traceback" not in process.output and "The inspector" not in process.output
