"""The channel layer: Channels' contract, nothing lost in silence, and a cost that doesn't grow with the square."""

import asyncio
import logging
import threading

import pytest
from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.realtime.layer import ChannelLayer


@pytest.fixture
def layer():
    return ChannelLayer()


async def waiting(layer, channel):
    """A task that waits in the channel already."""
    task = asyncio.ensure_future(layer.receive(channel))
    await asyncio.sleep(0)
    return task


async def test_an_event_that_was_sent_before_is_received(layer):
    await layer.send("here", {"type": "a"})
    await layer.send("here", {"type": "b"})
    assert [await layer.receive("here"), await layer.receive("here")] == [
        {"type": "a"},
        {"type": "b"},
    ]
    assert layer.channels == {}


async def test_whoever_waits_gets_the_next_event(layer):
    task = await waiting(layer, "here")
    await layer.send("here", {"type": "a"})
    assert await task == {"type": "a"} and layer.channels == {}


async def test_two_who_wait_get_an_event_each(layer):
    tasks = [await waiting(layer, "here") for _ in range(2)]
    for number in range(2):
        await layer.send("here", {"type": "a", "number": number})
    assert [(await task)["number"] for task in tasks] == [0, 1]


async def test_a_receiver_gets_a_copy_however_deep(layer):
    event = {"type": "a", "list": [1]}
    await layer.group_add("room", "one")
    await layer.group_add("room", "two")
    await layer.group_send("room", event)
    event["list"].append(2)
    one = await layer.receive("one")
    one["list"].append(3)
    assert await layer.receive("two") == {"type": "a", "list": [1]}


async def test_who_has_left_a_group_gets_nothing(layer):
    await layer.group_add("room", "one")
    await layer.group_discard("room", "one")
    await layer.group_discard("room", "never")
    await layer.group_send("room", {"type": "a"})
    assert layer.channels == {} and layer.groups == {}


async def test_a_full_channel_refuses_and_a_group_says_what_it_lost(caplog):
    layer = ChannelLayer(capacity=1)
    await layer.group_add("room", "slow")
    await layer.group_send("room", {"type": "a"})
    with pytest.raises(ChannelFull):
        await layer.send("slow", {"type": "b"})
    with caplog.at_level(logging.WARNING):
        await layer.group_send("room", {"type": "c"})
    [record] = caplog.records
    assert record.getMessage() == (
        "An event to the group room was lost for 1 of its members, whose channels are full (slow)"
    )
    assert await layer.receive("slow") == {"type": "a"}


async def test_a_channels_own_capacity_is_that_of_its_pattern():
    layer = ChannelLayer(channel_capacity={"small.*": 1, "large.*": 3})
    await layer.send("small.x", {"type": "a"})
    with pytest.raises(ChannelFull):
        await layer.send("small.x", {"type": "a"})
    for _ in range(3):
        await layer.send("large.x", {"type": "a"})
    with pytest.raises(ChannelFull):
        await layer.send("large.x", {"type": "a"})


async def test_an_event_that_nobody_reads_expires_and_its_channel_leaves_its_groups(caplog):
    layer = ChannelLayer(expiry=-1)
    await layer.group_add("room", "gone")
    with caplog.at_level(logging.WARNING):
        await layer.send("gone", {"type": "a"})
        task = await waiting(layer, "gone")
    assert "1 events in the channel gone expired unread, and it leaves its groups" in caplog.text
    assert layer.groups == {}
    task.cancel()


async def test_what_has_expired_makes_room_in_a_full_channel():
    layer = ChannelLayer(expiry=-1, capacity=1)
    await layer.send("here", {"type": "a"})
    await layer.send("here", {"type": "b"})
    assert len(layer.channels["here"].events) == 1


async def test_old_memberships_and_unread_channels_are_swept_away(layer, monkeypatch):
    await layer.group_add("room", "one")
    await layer.send("one", {"type": "a"})
    layer._last_sweep = 0
    layer.groups["room"]["one"] = 1
    layer.channels["one"].events[0] = (1, {"type": "a"})
    await layer.group_send("other", {"type": "b"})
    assert layer.groups == {} and layer.channels == {}


async def test_a_receive_that_is_cancelled_too_late_gives_its_event_back(layer):
    task = await waiting(layer, "here")
    await layer.send("here", {"type": "a"})
    await layer.send("here", {"type": "b"})
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(await layer.receive("here"))["type"] for _ in range(2)] == ["a", "b"]


async def test_a_receive_that_is_cancelled_leaves_nothing_behind(layer):
    task = await waiting(layer, "here")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert layer.channels == {}


async def test_an_event_goes_on_to_the_next_if_the_first_has_given_up(layer):
    first, second = [await waiting(layer, "here") for _ in range(2)]
    await layer.send("here", {"type": "a"})
    first.cancel()
    await asyncio.wait([first])
    assert await second == {"type": "a"}


async def test_flush_forgets_events_and_groups_and_leaves_who_waits(layer):
    task = await waiting(layer, "waited_for")
    await layer.send("here", {"type": "a"})
    await layer.group_add("room", "here")
    await layer.flush()
    assert layer.groups == {} and list(layer.channels) == ["waited_for"]
    await layer.send("waited_for", {"type": "b"})
    assert await task == {"type": "b"}


def test_another_threads_event_loop_may_send(layer):
    async def receive():
        task = await waiting(layer, "here")
        threading.Thread(target=lambda: asyncio.run(layer.send("here", {"type": "a"}))).start()
        return await asyncio.wait_for(task, 10)

    assert asyncio.run(receive()) == {"type": "a"}


def test_one_loop_may_send_and_a_later_one_receive(layer):
    """As in the tutorial's shell, where each async_to_sync has a loop of its own."""
    asyncio.run(layer.send("test_channel", {"type": "hello"}))
    assert asyncio.run(layer.receive("test_channel")) == {"type": "hello"}


@pytest.mark.parametrize("name", ["", "a b", "é", "x" * 100, None, "a/b"])
async def test_names_are_refused_as_upstream_refuses_them(layer, name):
    upstream, event = InMemoryChannelLayer(), {"type": "a"}
    for method, arguments in {
        "send": (event,),
        "receive": (),
        "group_send": (event,),
        "group_add": ("x",),
    }.items():
        with pytest.raises(TypeError) as ours:
            await getattr(layer, method)(name, *arguments)
        with pytest.raises(TypeError) as theirs:
            await getattr(upstream, method)(name, *arguments)
        assert str(ours.value) == str(theirs.value)


NAMES = st.sampled_from(["one", "two", "three"])
CALLS = st.one_of(
    st.tuples(st.just("send"), NAMES, st.integers()),
    st.tuples(st.just("group_add"), st.sampled_from(["red", "blue"]), NAMES),
    st.tuples(st.just("group_discard"), st.sampled_from(["red", "blue"]), NAMES),
    st.tuples(st.just("group_send"), st.sampled_from(["red", "blue"]), st.integers()),
    st.tuples(st.just("receive"), NAMES, st.none()),
)


@given(st.lists(CALLS, max_size=40))
def test_it_does_what_upstream_does(calls):
    assert asyncio.run(play(ChannelLayer(capacity=3), calls)) == asyncio.run(
        play(InMemoryChannelLayer(capacity=3), calls)
    )


async def play(layer, calls) -> list:
    """What each call gives, or raises; a receive is only made where something waits."""
    seen = []
    for method, first, second in calls:
        if method == "receive" and first not in layer.channels:
            continue
        arguments = {
            "receive": (first,),
            "group_add": (first, second),
            "group_discard": (first, second),
        }
        try:
            event = {"type": "n", "number": second}
            seen.append(await getattr(layer, method)(*arguments.get(method, (first, event))))
        except ChannelFull as error:
            seen.append(repr(error))
    return [seen, {group: set(members) for group, members in layer.groups.items()}]


async def test_a_members_cost_does_not_grow_with_the_members():
    """Counted, not timed: calls of Python functions for each member of a group of 50 and of 500."""
    assert await calls_a_member(500) < 1.5 * await calls_a_member(50)


async def calls_a_member(members: int) -> float:
    import sys

    layer, count = ChannelLayer(), 0
    tasks = []
    for number in range(members):
        await layer.group_add("room", f"c{number}")
        tasks.append(await waiting(layer, f"c{number}"))

    def profile(frame, event, argument):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        await layer.group_send("room", {"type": "a"})
        await asyncio.gather(*tasks)
    finally:
        sys.setprofile(None)
    return count / members
