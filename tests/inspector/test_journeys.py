"""A message's journey: its entries, each with the line of code that caused it."""

import json

import pytest

from tests.inspector.conftest import events, joined
from tests.inspector.project import line_of

ROOMS = [("room", "hop"), ("sync", "sync")]


def entries_of(inspector, journey):
    return [
        (event["what"], event.get("connection"))
        for event in events(inspector)
        if event.get("journey") == journey
    ]


async def say(speaker, listener, text):
    await speaker.send_to(text_data=text)
    for one in (speaker, listener):
        assert json.loads(await one.receive_from()) == {"type": "chat.message", "text": text}


@pytest.mark.parametrize(("name", "mark"), ROOMS)
async def test_a_journey_goes_from_a_browser_through_the_group_to_every_browser(
    inspector, name, mark
):
    async with (
        joined(inspector, f"/ws/{name}/lobby/") as one,
        joined(inspector, f"/ws/{name}/lobby/") as two,
    ):
        await say(one, two, "hello")
    journey = [event for event in events(inspector) if event.get("journey")]
    first, second = sorted({event["connection"] for event in journey})
    assert {event["journey"] for event in journey} == {1}
    assert [event["what"] for event in journey][:2] == ["receive", "group_send"]
    for connection in (first, second):
        theirs = [event["what"] for event in journey if event["connection"] == connection]
        assert theirs[-2:] == ["layer_receive", "send"]
    assert [event["n"] for event in events(inspector)] == list(range(1, len(events(inspector)) + 1))


@pytest.mark.parametrize(("name", "mark"), ROOMS)
async def test_each_entry_names_the_line_of_the_consumer(inspector, name, mark):
    async with (
        joined(inspector, f"/ws/{name}/lobby/") as one,
        joined(inspector, f"/ws/{name}/lobby/") as two,
    ):
        await say(one, two, "hello")
        await say(two, one, "hello yourself")
    for what in ("group_add", "accept", "receive", "group_send", "layer_receive", "send"):
        sources = [event["source"] for event in events(inspector, what)]
        assert len(sources) >= 2
        assert {(source["file"], source["line"]) for source in sources} == {
            ("inspector/project.py", line_of(f"{mark}: {what}"))
        }


async def test_an_echo_is_a_journey_of_one_connection(inspector):
    async with joined(inspector, "/ws/echo/lobby/") as one, joined(inspector, "/ws/echo/lobby/"):
        await one.send_to(text_data="hello")
        assert await one.receive_from() == "hello"
    [received] = events(inspector, "receive")
    [sent] = events(inspector, "send")
    assert entries_of(inspector, received["journey"]) == [
        ("receive", sent["connection"]),
        ("send", sent["connection"]),
    ]
    assert sent["source"]["line"] == line_of("hop: echo")
    assert sent["source"]["code"] == "await self.send(text_data, bytes_data)  # hop: echo"


@pytest.mark.parametrize("name", ["room", "sync", "direct"])
async def test_each_message_is_a_journey(inspector, name):
    async with (
        joined(inspector, f"/ws/{name}/lobby/") as one,
        joined(inspector, f"/ws/{name}/lobby/") as two,
    ):
        for number in range(4):
            await one.send_to(text_data=f"one {number}")
            await two.send_to(text_data="later")
        for each in (one, two):
            assert len([await each.receive_from() for _ in range(8)]) == 8
    for received in events(inspector, "receive"):
        text = received["payload"]
        journey = [
            event for event in events(inspector) if event.get("journey") == received["journey"]
        ]
        assert sorted(event["what"] for event in journey) == sorted(
            ["receive", "group_send", "layer_receive", "layer_receive", "send", "send"]
        )
        assert all(text in event["payload"] for event in journey)


async def test_an_event_from_outside_any_consumer_begins_a_journey(inspector, layer):
    from channels.layers import get_channel_layer

    async with joined(inspector, "/ws/room/lobby/") as one:
        await get_channel_layer().group_send(
            "lobby", {"type": "chat.message", "text": "from the shell"}
        )
        assert "from the shell" in await one.receive_from()
    [sent] = events(inspector, "group_send")
    assert sent["source"]["function"] == "test_an_event_from_outside_any_consumer_begins_a_journey"
    assert "connection" not in sent and sent["members"] == 1
    assert [what for what, _ in entries_of(inspector, sent["journey"])] == [
        "start",
        "group_send",
        "layer_receive",
        "send",
    ]


async def test_an_earlier_reference_to_the_layer_reaches_the_same_groups(inspector, layer):
    async with joined(inspector, "/ws/room/lobby/") as one:
        await layer.group_send("lobby", {"type": "chat.message", "text": "by the old one"})
        assert "by the old one" in await one.receive_from()


async def test_a_consumer_gets_the_event_as_a_plain_dict(inspector, layer):
    from channels.layers import get_channel_layer

    recording = get_channel_layer()
    name = await recording.new_channel()
    sent = {"type": "x", "nested": {"a": [1, 2]}, "bytes": b"\0"}
    await recording.send(name, sent)
    received = await recording.receive(name)
    assert type(received) is dict and received == sent
