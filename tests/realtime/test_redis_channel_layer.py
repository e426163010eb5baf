"""The channel layer of several servers, with a real Redis server: Channels' specification, and what is lost."""

import asyncio
import contextvars
import importlib
import logging
import time

import pytest
from asgiref.sync import async_to_sync
from channels.exceptions import ChannelFull

from chatdemo.realtime import redis_channel_layer as module
from chatdemo.realtime.redis_channel_layer import RedisChannelLayer
from tests.support.redis_server import RedisServer
from tests.support.served import TIMEOUT_SECONDS, free_port

SOON = 0.1


@pytest.fixture
async def make(redis_server):
    """Makes the layer of a server on an empty database, and closes it at the end."""
    layers, url = [], f"{redis_server.url()}/2"
    with importlib.import_module("redis").Redis.from_url(url) as client:
        client.flushdb()

    def make(url=url, **options):
        layers.append(RedisChannelLayer(url, **options))
        return layers[-1]

    yield make
    for layer in layers:
        await layer.close()


async def received(layer, channel):
    return await asyncio.wait_for(layer.receive(channel), TIMEOUT_SECONDS)


async def nothing(layer, channel):
    """Whether no event comes to the channel."""
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(layer.receive(channel), SOON)
    return True


async def test_an_event_for_a_group_reaches_its_channels_on_every_server_once(make):
    one, other = make(), make()
    channels = [(layer, await layer.new_channel()) for layer in (one, other, other)]
    for layer, channel in channels:
        await layer.group_add("room", channel)
    for layer in (one, other):
        event = {"type": "a", "bytes": b"\0", "list": [1, None]}
        await layer.group_send("room", event)
        for _, channel in channels:
            assert await received(_, channel) == event
    for layer, channel in channels:
        assert await nothing(layer, channel)


async def test_who_has_left_a_group_gets_nothing(make):
    one, other = make(), make()
    channel, away = await one.new_channel(), await other.new_channel()
    await one.group_add("room", channel)
    await other.group_add("room", away)
    await other.group_discard("room", away)
    await one.group_send("room", {"type": "a"})
    assert await received(one, channel) == {"type": "a"}
    assert await nothing(other, away)


async def test_events_for_a_group_come_in_one_order(make):
    one, other = make(), make()
    channels = [(layer, await layer.new_channel()) for layer in (one, other)]
    for layer, channel in channels:
        await layer.group_add("room", channel)
    for number in range(20):
        await asyncio.gather(
            *(layer.group_send("room", {"type": "a", "at": number}) for layer in (one, other))
        )
    orders = [[await received(layer, channel) for _ in range(40)] for layer, channel in channels]
    assert orders[0] == orders[1]


async def test_an_event_is_published_once_whatever_the_groups_size(make, redis_server):
    layer = make()
    channels = [await layer.new_channel() for _ in range(50)]
    for channel in channels:
        await layer.group_add("room", channel)
    with importlib.import_module("redis").Redis.from_url(redis_server.url()) as client:
        client.config_resetstat()
        for _ in range(3):
            await layer.group_send("room", {"type": "a"})
            for channel in channels:
                await received(layer, channel)
        stats = client.info("commandstats")
    calls = {name.removeprefix("cmdstat_"): row["calls"] for name, row in stats.items()}
    assert calls.pop("publish") == 3
    assert set(calls) <= {"config|resetstat", "select", "ping", "hello", "client|setinfo"}


async def test_an_event_for_a_channel_of_another_server_reaches_it(make):
    one, other = make(), make()
    channel, own = await other.new_channel(), await one.new_channel("prefix")
    await one.send(channel, {"type": "a"})
    await one.send(own, {"type": "b"})
    assert await received(other, channel) == {"type": "a"}
    assert await received(one, own) == {"type": "b"} and own.startswith("prefix.")


async def test_a_channel_of_no_server_is_received_by_any_in_order_and_once(make):
    one, other = make(), make()
    for number in range(4):
        await one.send("worker", {"type": "a", "number": number})
    layers = (one, other, one, other)
    assert [(await received(layer, "worker"))["number"] for layer in layers] == [0, 1, 2, 3]
    waiting = asyncio.create_task(received(other, "worker"))
    await one.send("worker", {"type": "late"})
    assert await waiting == {"type": "late"}


async def test_capacity_holds_for_own_and_for_shared_channels(make, caplog):
    one, other = make(capacity=2), make(capacity=2)
    channel = await one.new_channel()
    for name in (channel, "worker"):
        for _ in range(2):
            await one.send(name, {"type": "a"})
        with pytest.raises(ChannelFull):
            await one.send(name, {"type": "a"})
    with caplog.at_level(logging.WARNING):
        await other.send(channel, {"type": "from elsewhere"})
        while not one.lost_count:
            await asyncio.sleep(0.01)
    assert f"An event to {channel} was lost: the channel is full" in caplog.text


async def test_events_expire(make):
    layer = make(expiry=1)
    channel = await layer.new_channel()
    for name in (channel, "worker"):
        await layer.send(name, {"type": "old"})
    await asyncio.sleep(1.1)  # what expires, expires by the clock
    for name in (channel, "worker"):
        assert await nothing(layer, name)
        await layer.send(name, {"type": "new"})
        assert await received(layer, name) == {"type": "new"}


async def test_own_events_are_delivered_in_the_context_of_their_sender(make):
    mark = contextvars.ContextVar("mark", default="none")
    one, other = make(), make()
    for layer in (one, other):
        await layer.group_add("room", await layer.new_channel())
    marks = []
    for layer in (one, other):
        deliver = layer.group_send_nowait
        layer.group_send_nowait = lambda *event, deliver=deliver: (
            marks.append(mark.get()),
            deliver(*event),
        )
    mark.set("sent here")
    await one.group_send("room", {"type": "a"})
    while len(marks) < 2:
        await asyncio.sleep(0.01)
    assert sorted(marks) == ["none", "sent here"]


@pytest.mark.parametrize("value", [object(), {1, 2}, 2**70])
async def test_an_event_that_cannot_be_packed_is_its_senders_error(make, value):
    layer = make()
    await layer.new_channel()
    with pytest.raises((TypeError, OverflowError)):
        await layer.group_send("room", {"type": "a", "value": value})


@pytest.mark.parametrize("name", ["", "ä", "a b", "x" * 100, None])
async def test_names_are_refused_as_upstream_refuses_them(make, name):
    layer = make()
    with pytest.raises(TypeError):
        await layer.group_send(name, {"type": "a"})
    with pytest.raises(TypeError):
        await layer.send(name, {"type": "a"})
    with pytest.raises(TypeError):
        await layer.group_add(name, await layer.new_channel())


async def test_code_that_is_not_asynchronous_may_send_from_any_thread(make):
    layer = make()
    channel = await layer.new_channel()
    await layer.group_add("room", channel)

    def send():
        for number in range(2):
            async_to_sync(layer.group_send)("room", {"type": "a", "number": number})

    await asyncio.get_running_loop().run_in_executor(None, contextvars.Context().run, send)
    assert [(await received(layer, channel))["number"] for _ in range(2)] == [0, 1]


async def test_without_redis_an_event_is_lost_and_counted_and_nobody_waits_for_long(
    has_redis, make, caplog, monkeypatch
):
    monkeypatch.setattr("chatdemo.realtime.redis_subscriber.TIMEOUT_SECONDS", SOON)
    layer = make(f"redis://127.0.0.1:{free_port()}")
    started = time.monotonic()
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    with caplog.at_level(logging.WARNING):
        await layer.group_send("room", {"type": "a"})
    assert layer.lost_count == 1 and time.monotonic() - started < 10
    assert "An event to room was lost: the Redis server doesn't answer" in caplog.text


async def test_after_a_restart_of_redis_events_come_again(has_redis, make, tmp_path):
    with RedisServer(tmp_path) as server:
        layer = make(server.url())
        channel = await layer.new_channel()
        await layer.group_add("room", channel)
        await layer.group_send("room", {"type": "before"})
        assert await received(layer, channel) == {"type": "before"}
    with RedisServer(tmp_path, port=server.server_port):
        waiting = asyncio.create_task(received(layer, channel))
        while not waiting.done():
            await layer.group_send("room", {"type": "after"})
            await asyncio.sleep(0.05)
        assert await waiting == {"type": "after"}


def test_its_options_are_those_of_the_layer_in_memory(has_redis):
    layer = RedisChannelLayer("redis://127.0.0.1", capacity=7, expiry=3, channel_capacity={"a*": 1})
    assert (layer.capacity, layer.expiry, layer.get_capacity("abc")) == (7, 3, 1)
    assert module._server_of("specific.abc!def") == "abc" and module._server_of("worker") == ""


async def test_a_group_says_what_it_lost_in_a_full_channel_and_the_others_get_it(make, caplog):
    one, other = make(capacity=1), make(capacity=1)
    full, free = await other.new_channel(), await other.new_channel()
    await other.group_add("room", full)
    await other.group_add("room", free)
    for number in range(2):
        await one.group_send("room", {"type": "a", "number": number})
        assert (await received(other, free))["number"] == number
    assert "An event to the group room was lost for 1 of its members" in caplog.text
    assert (await received(other, full))["number"] == 0


async def test_an_event_for_a_group_without_members_goes_nowhere(make):
    layer = make()
    await layer.new_channel()
    await layer.group_send("nobody", {"type": "a"})
    assert layer.channels == {}


async def test_a_membership_ends_after_its_expiry(make, monkeypatch):
    monkeypatch.setattr("chatdemo.realtime.layer.SWEEP_INTERVAL_SECONDS", 0)
    layer = make(group_expiry=0)
    channel = await layer.new_channel()
    await layer.group_add("room", channel)
    await asyncio.sleep(0.01)
    await layer.group_send("room", {"type": "a"})
    assert await nothing(layer, channel)


async def test_each_of_several_who_wait_gets_an_event(make):
    one, other = make(), make()
    waiting = [asyncio.create_task(received(layer, "worker")) for layer in (one, one, other, other)]
    for number in range(4):
        await one.send("worker", {"type": "a", "number": number})
    assert sorted([(await task)["number"] for task in waiting]) == [0, 1, 2, 3]


async def test_a_receive_that_is_cancelled_loses_no_event(make):
    layer = make()
    channels = ("worker", await layer.new_channel())
    for channel in channels:
        for number in range(50):
            waiting = asyncio.create_task(layer.receive(channel))
            await asyncio.sleep(0.001)
            sending = asyncio.create_task(layer.send(channel, {"type": "a", "number": number}))
            await asyncio.sleep(0.0001 * (number % 10))
            waiting.cancel()
            await sending
            try:
                event = await waiting
            except asyncio.CancelledError:
                event = await received(layer, channel)
            assert event == {"type": "a", "number": number}


def test_one_event_loop_may_send_and_a_later_one_receive(redis_server):
    layer = RedisChannelLayer(f"{redis_server.url()}/2")
    async_to_sync(layer.send)("later", {"type": "a"})
    assert async_to_sync(layer.receive)("later") == {"type": "a"}
