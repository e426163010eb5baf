"""What is sent in vain is a problem with the line that sends it: lost, unread, or not for Redis."""

import asyncio
import uuid

import pytest
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer, channel_layers

from chatdemo.inspector import Inspector, lost_events
from tests.inspector import project
from tests.inspector.conftest import joined
from tests.support.served import until

REDIS = {"BACKEND": "channels_redis.core.RedisChannelLayer"}
MAKE = {"type": "make"}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(lost_events, "UNREAD_SECONDS", 0.01)


def lines(inspector) -> list[dict]:
    """The inspector's problems, each with a line of this file."""
    problems = inspector.problems.since(0)
    assert all(one["source"]["file"] == "inspector/test_lost_events.py" for one in problems)
    return problems


async def await_problem(inspector) -> dict:
    await until(lambda: lines(inspector), "the problem")
    [problem] = lines(inspector)
    return problem


async def test_a_channel_that_nobody_reads_is_a_problem(inspector, layer):
    await layer.send("thumbnails", MAKE)
    await await_problem(inspector)
    with pytest.raises(ChannelFull):
        for _ in range(5):
            await layer.send("thumbnails", MAKE)
    problem = lines(inspector)[-1]
    assert (problem["kind"], problem["text"]) == (
        "unread",
        "5 of 5 events wait in the channel thumbnails, and nothing in this process reads them."
        " A worker (python manage.py runworker thumbnails) is another process, which a layer in"
        " memory doesn't reach: that needs Redis.",
    )


async def test_a_channel_with_a_groups_name_is_explained_otherwise(inspector, layer):
    await layer.group_add("chat_lobby", await layer.new_channel())
    await layer.send("chat_lobby", {"type": "chat.message"})
    problem = await await_problem(inspector)
    assert problem["text"].endswith("There is a group of this name, to which group_send() sends.")


async def test_a_channel_with_a_reader_is_no_problem(inspector, layer):
    reading = asyncio.create_task(layer.receive("thumbnails"))
    await asyncio.sleep(0)
    await layer.send("thumbnails", MAKE)
    assert await reading == MAKE
    await layer.send("thumbnails", MAKE)
    await layer.send(await layer.new_channel(), MAKE)
    assert lines(inspector) == []


@pytest.fixture
def reading_redis(settings, layer):
    """An inspector of a layer in memory that stands in for a Redis that doesn't answer."""
    settings.CHANNEL_LAYERS = {"default": REDIS}  # which forgets the layers
    channel_layers.set("default", layer)
    return Inspector(project.make_application())


async def send_a_set(layer):
    for _ in range(2):
        await layer.group_add("chat", await layer.new_channel())
    for _ in range(2):
        await layer.group_send("chat", {"type": "chat.message", "to": {"Ana"}})
    await layer.group_send("chat", {"type": "chat.message", "to": ["Ana"]})


async def test_an_event_that_redis_would_not_carry_is_counted_by_its_line(inspector, layer):
    await send_a_set(layer)
    found = [(one["kind"], one["text"], one["count"]) for one in lines(inspector)]
    text = "Redis wouldn't carry this event: event['to'] is of the type set."
    is_theirs = type(layer) is InMemoryChannelLayer  # the chat's own layer carries anything
    assert found == ([("event", text, 2)] if is_theirs else [])


async def test_an_event_that_redis_does_not_carry_is_named(reading_redis, layer):
    await send_a_set(layer)
    [problem] = lines(reading_redis)
    assert problem["text"] == "Redis doesn't carry this event: event['to'] is of the type set."


async def test_a_full_channel_of_workers_in_redis_is_a_problem(monkeypatch):
    class Full(InMemoryChannelLayer):
        """Stands in for a Redis in which as many events wait as the capacity allows."""

        async def send(self, channel, message):
            raise ChannelFull

    channel_layers.set("default", Full(capacity=3))
    inspector = Inspector(project.make_application())
    inspector.layers[0].lost_events.is_in_memory = False
    with pytest.raises(ChannelFull):
        await channel_layers["default"].send("thumbnails", MAKE)
    channel_layers.backends.clear()
    [problem] = lines(inspector)
    assert problem["text"] == "An event was lost: the channel thumbnails is full (3 events)."
    assert problem["remedy"] == "Does a worker run? python manage.py runworker thumbnails"


@pytest.mark.parametrize("start", [asyncio.create_task, asyncio.gather, asyncio.ensure_future])
async def test_an_event_that_a_task_sends_has_the_line_that_makes_the_task(start, inspector, layer):
    async with joined(inspector, "/ws/room/lobby/"):
        event = {"type": "chat.message", "text": "from a task"}
        await start(layer.group_send("lobby", event))  # here
        [sent] = [one for one in inspector.recording.entries if one["what"] == "group_send"]
    if type(layer) is InMemoryChannelLayer:
        assert sent["source"]["code"].endswith("# here")
    else:  # only methods that are replaced know who calls them
        assert "source" not in sent


async def fill_redis(layer):
    channel = await layer.new_channel()
    await layer.group_add("chat", channel)
    for number in range(5):
        await layer.group_send("chat", {"type": "x", "number": number})  # here
    return channel


@pytest.fixture
def core_layer(redis_server):
    from channels_redis.core import RedisChannelLayer

    hosts, prefix = [redis_server.url()], uuid.uuid4().hex
    channel_layers.set("default", RedisChannelLayer(hosts=hosts, prefix=prefix, capacity=3))
    yield channel_layers["default"]
    channel_layers.backends.clear()


async def test_what_redis_drops_over_its_capacity_is_a_problem(core_layer, caplog):
    inspector = Inspector(project.make_application())
    channel = await fill_redis(core_layer)
    [problem] = lines(inspector)
    assert problem["text"].startswith("An event for the group chat was lost: in Redis its members'")
    assert (problem["count"], problem["source"]["code"][-6:]) == (2, "# here")
    assert [(await core_layer.receive(channel))["number"] for _ in range(3)] == [0, 1, 2]
    assert "over capacity" not in caplog.text
    await core_layer.close_pools()


async def test_what_came_from_redis_for_a_consumer_that_does_not_read_is_a_problem(core_layer):
    inspector = Inspector(project.make_application())
    busy, reading = await core_layer.new_channel(), await core_layer.new_channel()
    async with joined(inspector, "/ws/room/lobby/"):
        [connection] = inspector.connections.values()
        inspector.layers[0].connections[busy] = connection
        for channel in busy, reading:
            await core_layer.group_add("chat", channel)
        for _ in range(5):  # of which the busy one's buffer holds three
            await core_layer.group_send("chat", {"type": "x"})  # here
            await core_layer.receive(reading)
        [problem] = lines(inspector)
    assert "was lost: its channel was full" in problem["text"]
    assert (problem["count"], problem["source"]["code"][-6:]) == (2, "# here")
    assert problem["journey"]
    await core_layer.close_pools()


async def test_an_event_for_a_consumer_that_never_left_its_group_says_so(layer, monkeypatch):
    inspector = Inspector(project.make_application())
    channel = await layer.new_channel()
    async with joined(inspector, "/ws/room/lobby/"):
        [connection] = inspector.connections.values()
        inspector.layers[0].connections[channel] = connection
    await layer.group_add("chat", channel)
    for _ in range(6):  # one more than the capacity
        await layer.group_send("chat", {"type": "x"})
    [problem] = lines(inspector)
    assert "that consumer has ended, its channel is still in a group" in problem["text"]
    assert problem["remedy"] == "Call group_discard in disconnect for each group_add."
