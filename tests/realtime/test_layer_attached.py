"""The channel layer hands events over to those who are attached to it."""

import asyncio
import logging
import threading

import pytest
from channels.exceptions import ChannelFull

from chatdemo.realtime.dispatcher import Dispatcher
from chatdemo.realtime.layer import ChannelLayer
from tests.support.served import until

pytestmark = pytest.mark.usefixtures("tidy")


class Member:
    """Turns attached to a channel: each event calls ``act(event)``, which may wait."""

    def __init__(self, layer, channel, act=None):
        self.layer, self.channel, self.act = layer, channel, act
        self.seen = []
        self.task = asyncio.create_task(self.run())

    async def run(self):
        turns = Dispatcher(self, {})
        self.layer.attach(self.channel, turns)
        await turns.run()

    def find_handler(self, message):
        return Member.handle

    async def handle(self, event):
        self.seen.append(event["number"])
        if self.act:
            await self.act(event)

    async def __aenter__(self):
        await until(lambda: self.channel in self.layer.channels, "the channel")
        return self

    async def __aexit__(self, *_):
        self.layer.detach(self.channel)
        self.task.cancel()
        await asyncio.wait([self.task])


@pytest.fixture
def layer():
    return ChannelLayer(capacity=3)


def event(number: int) -> dict:
    return {"type": "n", "number": number}


async def test_events_are_handed_over_in_order(layer):
    async with Member(layer, "one") as one:
        for number in range(10):
            await layer.send("one", event(number))
            await asyncio.sleep(0)
        await until(lambda: len(one.seen) == 10, "all")
        assert one.seen == list(range(10))


async def test_each_gets_a_copy_however_deep(layer):
    async def change(event):
        event["list"].append("changed")
        lists.append(event["list"])

    lists = []
    async with Member(layer, "one", change), Member(layer, "two", change):
        for channel in ("one", "two"):
            await layer.group_add("room", channel)
        sent = {"type": "n", "number": 1, "list": []}
        await layer.group_send("room", sent)
        await until(lambda: len(lists) == 2, "both")
    assert lists == [["changed"], ["changed"]] and sent["list"] == []


async def test_an_event_that_is_sent_to_one_who_is_busy_waits_until_the_channel_is_full(
    layer, caplog
):
    go_on = asyncio.Event()
    await layer.group_add("room", "one")
    async with Member(layer, "one", lambda event: go_on.wait()) as one:
        await layer.send("one", event(0))
        await until(lambda: one.seen, "the first")
        for number in (1, 2, 3):
            await layer.send("one", event(number))
        with pytest.raises(ChannelFull):
            await layer.send("one", event(4))
        with caplog.at_level(logging.WARNING):
            await layer.group_send("room", event(5))
        assert "An event to the group room was lost for 1 of its members" in caplog.text
        assert one.seen == [0]
        go_on.set()
        await until(lambda: len(one.seen) == 4, "the others")
        assert one.seen == [0, 1, 2, 3]
        await layer.send("one", event(6))
        await until(lambda: len(one.seen) == 5, "one more")


async def test_an_event_that_is_lost_after_the_handler_has_sent_it_is_logged(layer, caplog):
    async def send_too_many(event):
        for number in range(5):
            await layer.send("slow", event | {"number": number})

    async with Member(layer, "one", send_too_many):
        await layer.send("one", event(0))
        with caplog.at_level(logging.WARNING):
            await until(lambda: "lost" in caplog.text, "the lost event")
    assert caplog.messages == ["An event was lost: the channel slow is full"] * 2
    assert layer.count_waiting("slow") == 3


async def test_what_has_expired_before_it_could_be_handed_over_is_passed_over(layer, caplog):
    go_on = asyncio.Event()
    layer.expiry = -1
    async with Member(layer, "one", lambda event: go_on.wait()) as one:
        await layer.send("one", event(0))
        await until(lambda: one.seen, "the first")
        await layer.send("one", event(1))
        layer.expiry = 60
        await layer.send("one", event(2))
        go_on.set()
        await until(lambda: len(one.seen) == 2, "the third")
        assert one.seen == [0, 2]
    assert "1 events in the channel one expired unread" in caplog.text


async def test_receive_nowait_gives_what_is_there_or_none(layer):
    assert layer.receive_nowait("one") is None
    await layer.send("one", event(1))
    assert layer.receive_nowait("one") == event(1)
    assert layer.receive_nowait("one") is None


async def test_who_is_detached_gets_nothing_more_and_leaves_nothing(layer):
    async with Member(layer, "one") as one:
        layer.detach("one")
        layer.detach("never")
        assert layer.channels == {}
        await layer.send("one", event(1))
        assert await layer.receive("one") == event(1)
        assert one.seen == []


async def test_flush_forgets_what_waits_and_keeps_who_is_attached(layer):
    go_on = asyncio.Event()
    async with Member(layer, "one", lambda event: go_on.wait()) as one:
        await layer.send("one", event(0))
        await until(lambda: one.seen, "the first")
        await layer.send("one", event(1))
        await layer.group_add("room", "one")
        await layer.flush()
        assert layer.groups == {}
        go_on.set()
        await layer.send("one", event(2))
        await until(lambda: len(one.seen) == 2, "the next")
        assert one.seen == [0, 2]


@pytest.mark.parametrize("name", ["", "a b", "x" * 100])
async def test_a_channel_that_is_attached_must_have_a_valid_name(layer, name):
    with pytest.raises(TypeError):
        layer.attach(name, Dispatcher(None, {}))


async def test_what_is_sent_while_events_are_handed_out_comes_after_them_for_all(layer):
    async def answer(event):
        if event["number"] < 3:
            await layer.group_send("room", {"type": "n", "number": event["number"] + 1})

    names = ("one", "two", "three")
    for name in names:
        await layer.group_add("room", name)
    async with (
        Member(layer, "one", answer) as one,
        Member(layer, "two") as two,
        Member(layer, "three", answer) as three,
    ):
        await layer.group_send("room", event(0))
        for member in (one, two, three):
            await until(lambda member=member: len(member.seen) == 15, "all")
            assert member.seen == [0] + 2 * [1] + 4 * [2] + 8 * [3]


async def test_a_full_channel_is_known_while_events_are_handed_out(layer):
    errors = []

    async def pass_on(event):
        try:
            await layer.send("unread", event)
        except ChannelFull:
            errors.append(event["number"])

    async with Member(layer, "one", pass_on) as one:
        for number in range(5):
            await layer.send("one", event(number))
            await until(lambda number=number: len(one.seen) == number + 1, "the event")
            await asyncio.sleep(0)
        await until(lambda: errors, "the errors")
        await asyncio.sleep(0)
        assert errors == [3, 4]
    assert [(await layer.receive("unread"))["number"] for _ in range(3)] == [0, 1, 2]


async def test_the_senders_task_is_the_current_one_again(layer):
    async with Member(layer, "one") as one:
        mine = asyncio.current_task()
        await layer.send("one", event(1))
        assert asyncio.current_task() is mine
        await until(lambda: one.seen, "the event")
        assert asyncio.current_task() is mine


async def test_an_event_that_cannot_be_copied_is_its_senders_error_and_the_layer_goes_on(layer):
    async with Member(layer, "one") as one:
        with pytest.raises(TypeError):
            await layer.send("one", {"type": "n", "number": 1, "lock": threading.Lock()})
        await layer.send("one", event(2))
        await until(lambda: one.seen, "the next")
        assert one.seen == [2]
