"""What a watcher is sent, and what it may say."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from channels.layers import get_channel_layer
from channels.testing import WebsocketCommunicator

from chatdemo.inspector import Inspector, feed
from chatdemo.inspector.connection import Connection
from chatdemo.inspector.feed import describe_state
from chatdemo.inspector.journeys import Journeys
from chatdemo.inspector.layers import LayerRecorder
from tests.inspector import project
from tests.inspector.conftest import events, joined


class Watching:
    """A watcher, and what it was sent so far."""

    def __init__(self, communicator):
        self.communicator, self.said, self.events = communicator, [], []

    async def say(self, **command):
        await self.communicator.send_to(text_data=json.dumps(command))

    async def until(self, condition):
        """The first thing sent for which the condition holds; events on the way are acknowledged."""
        while True:
            content = json.loads(await self.communicator.receive_from(timeout=5))
            self.said.append(content)
            if content["kind"] == "events" and content["events"]:
                self.events += content["events"]
                await self.say(do="got", n=content["events"][-1]["n"])
            if condition(content):
                return content

    async def until_event(self, what):
        while what not in [event["what"] for event in self.events]:
            await self.until(lambda content: content["kind"] == "events")


@asynccontextmanager
async def watching(inspector, query=""):
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    communicator = WebsocketCommunicator(inspector, f"/inspect/feed/{query}", headers=headers)
    client = ("127.0.0.1" if not query else "10.0.0.9", 1)
    communicator.scope |= {"client": client, "server": ("127.0.0.1", 8000)}
    assert (await communicator.connect())[0]
    try:
        yield Watching(communicator)
    finally:
        await communicator.disconnect()


async def test_the_tape_so_far_comes_first_and_then_what_happens(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one, watching(inspector) as watcher:
        await watcher.until_event("accept")
        await one.send_to(text_data="hello")
        await watcher.until_event("send")
        state = await watcher.until(
            lambda content: content["kind"] == "state" and content["connections"][0]["sent"]
        )
    assert watcher.said[0] == {
        "kind": "hello",
        "version": feed.__version__,
        "limit": 5000,
        "room": None,
    }
    whats = [event["what"] for event in watcher.events]
    assert whats == [
        "connect",
        "group_add",
        "accept",
        "receive",
        "group_send",
        "layer_receive",
        "send",
    ]
    assert [group["group"] for group in state["groups"]] == ["lobby"]


async def test_a_watcher_freezes_steps_and_thaws(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one, watching(inspector) as watcher:
        await watcher.say(do="freeze", group="lobby")
        await watcher.until_event("freeze")
        await one.send_to(text_data="a")
        await one.send_to(text_data="b")
        await watcher.until(
            lambda content: content["kind"] == "state" and content["groups"][0]["held"] == 2
        )
        await watcher.say(do="step", group="lobby")
        assert "a" in await one.receive_from()
        assert await one.receive_nothing()
        await watcher.say(do="thaw", group="lobby")
        assert "b" in await one.receive_from()
        await watcher.until_event("thaw")


async def test_a_watcher_sees_for_a_while_who_has_gone_and_nothing_of_them_is_kept_for_nobody(
    inspector,
):
    async with watching(inspector):
        async with joined(inspector, "/ws/echo/lobby/"):
            pass
        assert [one["state"] for one in describe_state(inspector)["connections"]] == ["closed"]
    assert not inspector.connections


async def test_a_forgotten_freeze_thaws_when_its_last_watcher_leaves(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one:
        async with watching(inspector) as second:
            async with watching(inspector) as first:
                await first.say(do="freeze", group="lobby")
                await first.until_event("freeze")
                await one.send_to(text_data="hello")
                await first.until_event("group_send")
            await second.until_event("freeze")
            assert await one.receive_nothing()
        assert "hello" in await one.receive_from()
    assert events(inspector, "thaw")[0]["detail"] == "Its last watcher has left."


COMMANDS = [
    "{",
    "[]",
    '{"do": "shout"}',
    '{"do": "got", "n": "x"}',
    '{"do": "freeze"}',
    '{"do": "freeze", "group": []}',
]


@pytest.mark.parametrize("text", [*COMMANDS, pytest.param("[" * 9999, id="deep")])
async def test_what_is_no_command_is_answered_in_a_sentence(inspector, text):
    async with watching(inspector) as watcher:
        await watcher.communicator.send_to(text_data=text)
        answer = await watcher.until(lambda content: content["kind"] == "error")
    assert answer["detail"] == "The inspector doesn't know that command."


async def test_a_group_that_isnt_there_is_named(inspector):
    async with watching(inspector) as watcher:
        await watcher.say(do="freeze", group="nowhere")
        answer = await watcher.until(lambda content: content["kind"] == "error")
    assert answer["detail"] == "There is no group nowhere here."


async def test_a_lessons_watcher_sees_its_own_room_and_nothing_else(layer):
    inspector = Inspector(project.make_application(), watch={"mine": "/ws/room/mine/"}.get)
    async with (
        joined(inspector, "/ws/room/mine/") as mine,
        joined(inspector, "/ws/room/theirs/") as theirs,
        watching(inspector, "?watch=mine") as watcher,
    ):
        await theirs.send_to(text_data="a secret")
        await theirs.receive_from()
        await mine.send_to(text_data="hello")
        await watcher.until_event("send")
        for command in ({"do": "freeze", "group": "theirs"}, {"do": "clear"}):
            await watcher.say(**command)
            await watcher.until(lambda content: content["kind"] == "error")
        await watcher.say(do="freeze", group="mine")
        await watcher.until_event("freeze")
    assert "theirs" not in str(watcher.said).replace("There is no group theirs here.", "")
    assert "secret" not in str(watcher.said)
    assert {event.get("path") for event in watcher.events} == {"/ws/room/mine/"}


async def test_a_lessons_watcher_is_not_cut_off_for_what_others_say(layer, monkeypatch):
    monkeypatch.setattr(feed, "MAX_UNCONFIRMED", 10)
    monkeypatch.setattr(feed, "MAX_DELAY_SECONDS", 0.2)
    inspector = Inspector(project.make_application(), watch={"mine": "/ws/echo/mine/"}.get)
    async with (
        joined(inspector, "/ws/echo/mine/") as mine,
        joined(inspector, "/ws/echo/theirs/") as theirs,
        watching(inspector, "?watch=mine") as watcher,
    ):
        await watcher.until_event("accept")
        for _ in range(20):
            await theirs.send_to(text_data="x")
            await theirs.receive_from()
        before = len(watcher.said)
        while len(watcher.said) == before:  # until it is told of something once more
            await mine.send_to(text_data="y")
            await mine.receive_from()
            await watcher.until_event("send")
    assert inspector.watchers == set()


async def test_a_group_of_several_rooms_is_no_lessons_own(layer):
    inspector = Inspector(project.make_application(), watch={"mine": "/ws/room/lobby/"}.get)
    async with (
        joined(inspector, "/ws/room/lobby/"),
        joined(inspector, "/ws/sync/lobby/"),
        watching(inspector, "?watch=mine") as watcher,
    ):
        await watcher.say(do="freeze", group="lobby")
        await watcher.until(lambda content: content["kind"] == "error")


async def test_a_watcher_that_reads_nothing_is_cut_off_and_told_why(inspector, monkeypatch):
    monkeypatch.setattr(feed, "MAX_UNCONFIRMED", 3)
    monkeypatch.setattr(feed, "MAX_DELAY_SECONDS", 0.3)
    async with joined(inspector, "/ws/echo/lobby/") as one, watching(inspector) as watcher:
        for _ in range(4):
            await one.send_to(text_data="x")
            await one.receive_from()
        while (message := await watcher.communicator.receive_output(timeout=5))[
            "type"
        ] != "websocket.close":
            pass
    assert (message["code"], message["reason"]) == (1013, "Too much waits to be read.")
    assert not inspector.watchers


async def test_clearing_forgets_the_events(inspector):
    async with joined(inspector, "/ws/echo/lobby/"), watching(inspector) as watcher:
        await watcher.until_event("accept")
        await watcher.say(do="clear")
        while inspector.recording.entries:
            await asyncio.sleep(0.001)


class Planted(Exception):
    """A fault of the inspector's own."""


def fail(*arguments, **options):
    raise Planted


@pytest.mark.parametrize(
    ("where", "name"),
    [(Connection, "record"), (Connection, "locate"), (Journeys, "add"), (LayerRecorder, "_record")],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_fault_in_the_recorder_never_reaches_the_chat(
    inspector, monkeypatch, caplog, where, name
):
    monkeypatch.setattr(where, name, fail)
    async with (
        joined(inspector, "/ws/room/lobby/") as one,
        joined(inspector, "/ws/room/lobby/") as two,
    ):
        await one.send_to(text_data="hello")
        assert "hello" in await one.receive_from()
        assert "hello" in await two.receive_from()
    caplog.clear()  # that it is logged is tested below


async def test_a_fault_in_telling_a_watcher_ends_the_watcher_alone(inspector, monkeypatch, caplog):
    monkeypatch.setattr(feed.Watcher, "_take_entries", fail)
    async with joined(inspector, "/ws/room/lobby/") as one, watching(inspector) as watcher:
        while (message := await watcher.communicator.receive_output(timeout=5))[
            "type"
        ] != "websocket.close":
            pass
        assert message["code"] == 1011
        await one.send_to(text_data="hello")
        assert "hello" in await one.receive_from()
    assert "The inspector's feed has failed" in caplog.text
    caplog.clear()


async def test_the_layer_works_for_what_it_cant_record(inspector):
    layer = get_channel_layer()
    name = await layer.new_channel()
    await layer.send(name, {"type": "x", "odd": {1: {2, 3}}})
    assert await layer.receive(name) == {"type": "x", "odd": {1: {2, 3}}}
    for wrong in ([], "text", None):
        with pytest.raises((AssertionError, TypeError)):
            await layer.send(name, wrong)
    with pytest.raises(TypeError):
        await layer.group_send("no such name!", {"type": "x"})
