"""Messages that are kept at one time go to the room in one event."""

import pytest
from channels.layers import get_channel_layer

from chatdemo.chat.message_events import batch_event, message_event, split_batch
from chatdemo.chat.message_log import StoredMessage
from chatdemo.realtime.layer import ChannelLayer
from tests.chat.test_consumers import Participant, channel_layer_of_its_own  # noqa: F401

SEVERAL = [
    StoredMessage(7, "", "a\nb", "", "ana"),
    StoredMessage(8, "Ben", "c", "2026-11-22T10:00:00.123Z", "ben", "x_1"),
    StoredMessage(9, "", "d", "", "ana"),
]


@pytest.fixture
def sent(monkeypatch):
    """The types of the events that go to groups, each with its number of messages."""
    events, group_send = [], ChannelLayer.group_send_nowait

    def note(self, group, message, message_count=1):
        events.append((message["type"], message_count))
        return group_send(self, group, message, message_count)

    monkeypatch.setattr(ChannelLayer, "group_send_nowait", note)
    monkeypatch.setattr(type(get_channel_layer()), "batching_allowed", True)
    return events


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(type(get_channel_layer()), "batching_allowed", False)


async def say_at_once(people, id=""):
    """Each says their name, within one turn of the event loop, with an id that ends with it."""
    for name, person in people.items():
        text = f'{{"message": "{name}", "id": "{id}{name}"}}'
        await person.input_queue.put({"type": "websocket.receive", "text": text})


async def all_hear(people, id=""):
    frames = {name: [await person.gets() for _ in people] for name, person in people.items()}
    for name, heard in frames.items():
        assert [frame["seq"] for frame in heard] == list(
            range(heard[0]["seq"], heard[0]["seq"] + len(people))
        )
        assert {frame["message"] for frame in heard} == set(people)
        assert [frame.get("id") for frame in heard if frame["message"] == name] == [id + name]
        assert not [frame for frame in heard if frame["message"] != name and "id" in frame]


def test_one_event_has_what_each_would_have_had():
    assert list(split_batch(batch_event(SEVERAL))) == [message_event(one) for one in SEVERAL]
    assert {type(value) for value in batch_event(SEVERAL).values()} == {str, int}


async def test_everyone_gets_all_of_them_in_order_and_the_senders_their_ids(sent):
    async with Participant() as ana, Participant() as ben, Participant() as eve:
        people = {"ana": ana, "ben": ben, "eve": eve}
        await say_at_once(people)
        await all_hear(people)
        await say_at_once(people, "2")  # now each has a seq to go on from
        await all_hear(people, "2")
    assert "chat.messages" in dict(sent) and len(sent) < 6
    assert sum(count for type, count in sent if type.startswith("chat.message")) == 6


async def test_where_somebody_follows_each_has_an_event_of_its_own(sent, watched):
    async with Participant() as ana, Participant() as ben:
        people = {"ana": ana, "ben": ben}
        await say_at_once(people)
        await all_hear(people)
    assert sent == [("chat.message", 1)] * 2


async def test_what_is_said_twice_at_one_time_is_said_once(sent):
    async with Participant() as ana, Participant() as ben:
        await say_at_once({"x": ana, "y": ben})
        await ana.input_queue.put(
            {"type": "websocket.receive", "text": '{"message": "x", "id": "x"}'}
        )
        heard = [await ben.gets() for _ in range(2)]
        assert sorted(frame["message"] for frame in heard) == ["x", "y"]
        assert await ben.receive_nothing()
        own = [await ana.gets() for _ in range(3)]
        assert sorted(frame["message"] for frame in own) == ["x", "x", "y"]


async def test_rooms_have_events_of_their_own():
    async with Participant() as ana, Participant("/ws/chat/other/") as eve:
        await say_at_once({"a": ana, "e": eve})
        assert [(await one.gets())["message"] for one in (ana, eve)] == ["a", "e"]
