"""Where journeys begin that no frame begins: each has an entry that says so, and each ends."""

import asyncio
import threading

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from channels.consumer import AsyncConsumer, SyncConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter
from channels.worker import Worker
from django.dispatch import Signal
from django.urls import path

from chatdemo.inspector import Inspector
from chatdemo.realtime import base_consumer
from tests.inspector.conftest import events, joined
from tests.support.communicator import HttpCommunicator

TICKS = 2  # a channel of these tests holds 5 events
rang = Signal()


def event(text):
    return {"type": "told", "text": text}


async def tell(text):
    await get_channel_layer().group_send("lobby", event(text))


class Told(AsyncWebsocketConsumer):
    """In the group "lobby", from which each event is sent on."""

    async def connect(self):
        await self.channel_layer.group_add("lobby", self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard("lobby", self.channel_name)

    async def told(self, event):
        await self.send(event["text"])


class Greeting(Told):
    async def connect(self):  # at: connect
        await super().connect()
        await tell("came")

    async def disconnect(self, code):  # at: disconnect
        await super().disconnect(code)
        await tell("left")


class Game(Told):
    """Starts a task for what it receives."""

    async def receive(self, text_data=None, bytes_data=None):
        self.task = asyncio.create_task(getattr(self, text_data)())

    async def disconnect(self, code):
        self.task.cancel()
        await super().disconnect(code)

    async def ticks(self):
        for number in range(TICKS):
            await asyncio.sleep(0.001)
            await self.channel_layer.group_send("lobby", event(f"tick {number}"))  # at: tick
            await self.channel_layer.group_send("lobby", event(f"again {number}"))

    async def gathered(self):
        for number in range(TICKS):
            await asyncio.sleep(0.001)
            await asyncio.gather(tell(f"tick {number}"))

    async def answer(self):
        await asyncio.sleep(0.001)
        await tell("an answer")


class Started(Game):
    """Starts its task in connect, before it says anything."""

    async def connect(self):  # at: connect
        self.task = asyncio.create_task(self.begins_at_once())
        await super().connect()
        await asyncio.sleep(0.001)

    async def begins_at_once(self):
        for number in range(TICKS + 1):
            await self.channel_layer.group_send("lobby", event(f"tick {number}"))  # at: tick
            await asyncio.sleep(0.01)


class FastGame(Game, base_consumer.AsyncWebsocketConsumer):
    """The same on the base class of this project."""


class Awaiting(Told):
    """Waits for the tasks that it starts."""

    async def receive(self, text_data=None, bytes_data=None):
        for number in range(TICKS):
            await asyncio.sleep(0)
            await asyncio.gather(tell(f"tick {number}"), tell(f"again {number}"))


class Page(AsyncHttpConsumer):
    async def handle(self, body):
        await tell("from a page")  # at: page
        await tell("once more")
        await self.send_response(200, b"")


class Waiter(AsyncConsumer):
    async def serve(self, order):
        await tell("served")  # at: worker


class SyncWaiter(SyncConsumer):
    def serve(self, order):
        async_to_sync(get_channel_layer().group_send)("lobby", event("served"))  # at: sync worker


def on_ring(sender, **_):
    async_to_sync(get_channel_layer().group_send)("lobby", event("rang"))


rang.connect(on_ring)


CONSUMERS = {"told": Told, "greeting": Greeting, "game": Game, "fast": FastGame}
CONSUMERS |= {"awaiting": Awaiting, "started": Started}
ROUTES = [path(f"{name}/", one.as_asgi()) for name, one in CONSUMERS.items()]
WORKERS = {"waiter": Waiter.as_asgi(), "sync": SyncWaiter.as_asgi()}
application = ProtocolTypeRouter(
    {
        "websocket": URLRouter(ROUTES),
        "http": URLRouter([path("page/", Page.as_asgi())]),
        "channel": ChannelNameRouter(WORKERS),
    }
)


@pytest.fixture
def inspector(layer):
    return Inspector(application)


def journeys(inspector):
    """For each journey: where it begins, and the texts that were sent to the group in it."""
    found = {}
    for one in events(inspector):
        if one.get("journey"):
            begin, texts = found.setdefault(one["journey"], (origin(one), []))
            if one["what"] == "group_send":
                texts.append(one["payload"].split('"')[-2])
    return list(found.values())


def origin(entry):
    """The kind and the detail of a journey's first entry, and the comment at its line."""
    mark = entry.get("source", {}).get("code", "").partition("# at: ")[2]
    return " ".join(filter(None, (entry.get("type"), entry.get("detail"), mark))) or entry["what"]


async def hear(participant, count):
    return [await participant.receive_from(5) for _ in range(count)]


async def test_connect_and_disconnect_begin_journeys_that_name_their_lines(inspector):
    async with joined(inspector, "/told/") as one:
        async with joined(inspector, "/greeting/"):
            assert await hear(one, 1) == ["came"]
        assert await hear(one, 1) == ["left"]
    assert journeys(inspector) == [
        ("connect connect", ["came"]),
        ("disconnect disconnect", ["left"]),
    ]
    starts = [one["connection"] for one in events(inspector, "start")]
    assert starts == [one["connection"] for one in events(inspector, "group_send")]


@pytest.mark.parametrize("name", ["game", "fast"])
async def test_each_tick_of_a_task_is_a_journey_but_the_first_is_that_of_what_started_it(
    inspector, name
):
    async with joined(inspector, f"/{name}/") as one:
        await one.send_to("ticks")
        await hear(one, 2 * TICKS)
    task = "task Game.ticks tick"
    ticks = [[f"tick {number}", f"again {number}"] for number in range(TICKS)]
    assert journeys(inspector) == [("receive", ticks[0]), *((task, tick) for tick in ticks[1:])]


async def test_only_what_a_task_sends_at_once_belongs_to_the_connect_that_has_started_it(inspector):
    async with joined(inspector, "/told/") as one, joined(inspector, "/started/"):
        assert await hear(one, TICKS + 1) == [f"tick {number}" for number in range(TICKS + 1)]
    ticks = [("task Started.begins_at_once tick", [f"tick {n}"]) for n in range(1, TICKS + 1)]
    assert journeys(inspector) == [("connect connect", ["tick 0"]), *ticks]


@pytest.mark.parametrize("name", ["game", "fast"])
async def test_ticks_that_start_tasks_are_journeys_too(inspector, name):
    async with joined(inspector, f"/{name}/") as one:
        await one.send_to("gathered")
        await hear(one, TICKS)
    assert [texts for _, texts in journeys(inspector)] == [[f"tick {n}"] for n in range(TICKS)]


@pytest.mark.parametrize("name", ["game", "fast"])
async def test_what_a_task_answers_later_belongs_to_the_message(inspector, name):
    async with joined(inspector, f"/{name}/") as one:
        for _ in range(2):
            await one.send_to("answer")
            await hear(one, 1)
    assert journeys(inspector) == [("receive", ["an answer"])] * 2


async def test_all_that_a_handler_sends_and_waits_for_is_one_journey(inspector):
    async with joined(inspector, "/awaiting/") as one:
        await one.send_to("go")
        await hear(one, 2 * TICKS)
    [(begin, texts)] = journeys(inspector)
    assert begin == "receive" and len(texts) == 2 * TICKS


async def test_a_request_is_one_journey_that_ends_with_its_response(inspector):
    async with joined(inspector, "/told/") as one:
        await HttpCommunicator(inspector, "GET", "/page/").get_response()
        await hear(one, 2)
    assert journeys(inspector) == [("HTTP request GET /page/ page", ["from a page", "once more"])]
    [entry] = events(inspector, "http")
    assert entry["journey"] == events(inspector, "start")[0]["journey"]


@pytest.mark.filterwarnings("ignore:async_to_sync was passed")  # by Channels' worker
@pytest.mark.parametrize("channel", WORKERS)
async def test_a_worker_goes_on_with_the_journey_of_its_event(inspector, channel):
    worker = asyncio.create_task(Worker(application, [channel], get_channel_layer()).handle())
    async with joined(inspector, "/told/") as one:
        for _ in range(2):
            await get_channel_layer().send(channel, {"type": "serve"})
            await hear(one, 1)
    worker.cancel()
    [first, second] = journeys(inspector)
    assert first[1] == second[1] == ["served"]
    whats = [entry["what"] for entry in events(inspector) if entry.get("journey") == 1]
    assert whats == ["start", "layer_send", "layer_receive", "group_send", "layer_receive", "send"]


async def test_each_event_from_a_thread_begins_a_journey_with_the_threads_function(inspector):
    def speak():
        for number in range(2):
            async_to_sync(get_channel_layer().group_send)("lobby", event(str(number)))

    async with joined(inspector, "/told/") as one:
        thread = threading.Thread(target=speak)
        thread.start()
        await asyncio.to_thread(thread.join)
        assert await hear(one, 2) == ["0", "1"]
    starts = events(inspector, "start")
    assert [(one["type"], one["source"]["function"]) for one in starts] == [("thread", "speak")] * 2
    assert [texts for _, texts in journeys(inspector)] == [["0"], ["1"]]


async def test_a_signal_is_named(inspector):
    async with joined(inspector, "/told/") as one:
        await sync_to_async(rang.send)(sender=Told)
        await hear(one, 1)
    [start] = events(inspector, "start")
    assert start["detail"].endswith("signal of Told")


async def test_a_frame_alone_begins_no_journey_but_in_a_handler(inspector):
    async with joined(inspector, "/told/") as one:
        await get_channel_layer().group_send("lobby", event("x"))
        await hear(one, 1)
    assert all("journey" in entry for entry in events(inspector, "send"))


async def test_a_message_whose_handler_a_pause_interrupts_takes_no_others_journey(
    inspector, monkeypatch
):
    async with joined(inspector, "/game/") as one:
        await one.send_to("answer")
        await hear(one, 1)
        inspector.recording._switch(False)
        await one.send_to("answer")
        await hear(one, 1)
    assert len(journeys(inspector)) == 1


async def test_a_participant_that_never_left_its_group_is_a_ghost(inspector, monkeypatch):
    from chatdemo.inspector.feed import describe_state

    async def forgets(self, code):
        pass

    monkeypatch.setattr(Told, "disconnect", forgets)
    async with joined(inspector, "/told/"):
        async with joined(inspector, "/told/"):
            pass
        [group] = describe_state(inspector)["groups"]
    assert [member.get("gone") for member in group["members"]] == [None, True]
    assert group["members"][1]["joined"].startswith("inspector/test_origins.py:")
    assert group["expiry"] == "It leaves the group when an event has waited 60 s for it."


async def test_a_channel_tells_when_it_was_read(inspector, layer):
    from chatdemo.inspector.feed import describe_state

    for _ in range(2):
        await layer.send("orders", {"type": "serve"})
    [channel] = describe_state(inspector)["channels"]
    assert (channel["waiting"], channel["read"]) == (2, None)
    await layer.receive("orders")
    [channel] = describe_state(inspector)["channels"]
    assert channel["waiting"] == 1 and channel["read"] > 0
