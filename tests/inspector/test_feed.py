"""What a watcher receives, and its commands."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from channels.layers import get_channel_layer
from django.contrib.auth.models import AnonymousUser

from chatdemo.inspector import Inspector, feed
from chatdemo.inspector.connection import Connection
from chatdemo.inspector.feed import describe_state
from chatdemo.inspector.journeys import Arrivals
from chatdemo.inspector.layers import LayerRecorder
from tests.inspector import project
from tests.inspector.conftest import events, joined
from tests.support.communicator import WebsocketCommunicator


class Watching:
    """A watcher. ``received`` is everything so far, ``events`` the recorded entries."""

    def __init__(self, communicator):
        self.communicator, self.received, self.events = communicator, [], []

    async def command(self, **command):
        await self.communicator.send_to(text_data=json.dumps(command))

    async def until(self, condition):
        """Wait for an object for which the condition holds, and return it. Entries are confirmed."""
        while True:
            content = json.loads(await self.communicator.receive_from(timeout=5))
            self.received.append(content)
            if content["kind"] == "events" and content["events"]:
                self.events += content["events"]
                await self.command(do="got", n=content["events"][-1]["n"])
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


async def test_stored_entries_are_sent_first_and_then_new_ones(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one, watching(inspector) as watcher:
        await watcher.until_event("accept")
        await one.send_to(text_data="hello")
        await watcher.until_event("send")
        state = await watcher.until(
            lambda content: content["kind"] == "state" and content["connections"][0]["sent"]
        )
    assert watcher.received[0] == {"kind": "hello", "version": feed.__version__, "limit": 5000}
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


def names(inspector) -> list[str | None]:
    return [one["name"] for one in describe_state(inspector)["connections"]]


async def test_a_connection_has_the_name_of_now_or_else_its_users(layer):
    known = {"name": "Mia"}

    def name_of(scope):
        assert scope["url_route"]["kwargs"] == {"room": "lobby"}  # the consumer's own scope
        return known["name"]

    inspector = Inspector(project.make_application(), name_of=name_of)
    async with joined(inspector, "/ws/room/lobby/"):
        [connection] = inspector.connections.values()
        assert names(inspector) == ["Mia"]
        known["name"] = "Mia K."
        assert names(inspector) == ["Mia K."]
        known["name"] = None
        assert names(inspector) == [None]
        connection.consumer.scope["user"] = "mia"
        assert names(inspector) == ["mia"]
        connection.consumer.scope["user"] = AnonymousUser()
        assert names(inspector) == [None]


async def test_a_name_is_not_asked_for_before_the_connection_is_accepted(layer):
    def name_of(scope):
        raise AssertionError(scope)

    inspector = Inspector(project.make_application(), name_of=name_of)
    async with joined(inspector, "/ws/room/lobby/"):
        [connection] = inspector.connections.values()
        connection.state = "connecting"
        assert names(inspector) == [None]


async def test_a_watcher_freezes_steps_and_thaws(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one, watching(inspector) as watcher:
        await watcher.command(do="freeze", group="lobby")
        await watcher.until_event("freeze")
        await one.send_to(text_data="a")
        await one.send_to(text_data="b")
        await watcher.until(
            lambda content: content["kind"] == "state" and content["groups"][0]["held"] == 2
        )
        await watcher.command(do="step", group="lobby")
        assert "a" in await one.receive_from()
        assert await one.receive_nothing()
        await watcher.command(do="thaw", group="lobby")
        assert "b" in await one.receive_from()
        await watcher.until_event("thaw")


async def test_a_closed_connection_is_listed_for_a_watcher_and_forgotten_without_one(inspector):
    async with watching(inspector):
        async with joined(inspector, "/ws/echo/lobby/"):
            pass
        assert [one["state"] for one in describe_state(inspector)["connections"]] == ["closed"]
    assert not inspector.connections


async def test_a_forgotten_freeze_thaws_when_its_last_watcher_leaves(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one:
        async with watching(inspector) as second:
            async with watching(inspector) as first:
                await first.command(do="freeze", group="lobby")
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
async def test_an_unknown_command_is_an_error(inspector, text):
    async with watching(inspector) as watcher:
        await watcher.communicator.send_to(text_data=text)
        answer = await watcher.until(lambda content: content["kind"] == "error")
    assert answer["detail"] == "The inspector doesn't know that command."


async def test_an_unknown_group_is_an_error_with_its_name(inspector):
    async with watching(inspector) as watcher:
        await watcher.command(do="freeze", group="nowhere")
        answer = await watcher.until(lambda content: content["kind"] == "error")
    assert answer["detail"] == "There is no group nowhere here."


async def test_a_lessons_watcher_sees_its_own_room_and_nothing_else(layer):
    inspector = Inspector(project.make_application(), watch={"mine": ["/ws/room/mine/"]}.get)
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
            await watcher.command(**command)
            await watcher.until(lambda content: content["kind"] == "error")
        await watcher.command(do="freeze", group="mine")
        await watcher.until_event("freeze")
    assert "theirs" not in str(watcher.received).replace("There is no group theirs here.", "")
    assert "secret" not in str(watcher.received)
    assert {event.get("path") for event in watcher.events} == {"/ws/room/mine/"}


async def test_a_lessons_watcher_is_not_disconnected_for_messages_in_other_rooms(
    layer, monkeypatch
):
    monkeypatch.setattr(feed, "MAX_UNCONFIRMED_ENTRIES", 10)
    monkeypatch.setattr(feed, "MAX_DELAY_SECONDS", 0.2)
    inspector = Inspector(project.make_application(), watch={"mine": ["/ws/echo/mine/"]}.get)
    async with (
        joined(inspector, "/ws/echo/mine/") as mine,
        joined(inspector, "/ws/echo/theirs/") as theirs,
        watching(inspector, "?watch=mine") as watcher,
    ):
        await watcher.until_event("accept")
        for _ in range(20):
            await theirs.send_to(text_data="x")
            await theirs.receive_from()
        before = len(watcher.received)
        while len(watcher.received) == before:  # until it receives something once more
            await mine.send_to(text_data="y")
            await mine.receive_from()
            await watcher.until_event("send")
    assert inspector.watchers == set()


async def test_a_lesson_cant_freeze_a_group_of_several_rooms(layer):
    inspector = Inspector(project.make_application(), watch={"mine": ["/ws/room/lobby/"]}.get)
    async with (
        joined(inspector, "/ws/room/lobby/"),
        joined(inspector, "/ws/sync/lobby/"),
        watching(inspector, "?watch=mine") as watcher,
    ):
        await watcher.command(do="freeze", group="lobby")
        await watcher.until(lambda content: content["kind"] == "error")


async def test_a_watcher_that_confirms_nothing_is_disconnected_with_the_reason(
    inspector, monkeypatch
):
    monkeypatch.setattr(feed, "MAX_UNCONFIRMED_ENTRIES", 3)
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


async def test_clearing_drops_the_entries(inspector):
    async with joined(inspector, "/ws/echo/lobby/"), watching(inspector) as watcher:
        await watcher.until_event("accept")
        await watcher.command(do="clear")
        while inspector.recording.entries:
            await asyncio.sleep(0.001)


class Planted(Exception):
    """A fault in the inspector."""


def fail(*arguments, **options):
    raise Planted


@pytest.mark.parametrize(
    ("where", "name"),
    [(Connection, "record"), (Connection, "locate"), (Arrivals, "add"), (LayerRecorder, "_record")],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_a_fault_in_recording_never_reaches_the_chat(
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
    caplog.clear()  # another test below is about the log


async def test_a_fault_in_the_feed_ends_the_watcher_alone(inspector, monkeypatch, caplog):
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


async def test_the_layer_treats_odd_and_invalid_messages_as_without_the_inspector(inspector):
    layer = get_channel_layer()
    name = await layer.new_channel()
    await layer.send(name, {"type": "x", "odd": {1: {2, 3}}})
    assert await layer.receive(name) == {"type": "x", "odd": {1: {2, 3}}}
    for wrong in ([], "text", None):
        with pytest.raises((AssertionError, TypeError)):
            await layer.send(name, wrong)
    with pytest.raises(TypeError):
        await layer.group_send("no such name!", {"type": "x"})
