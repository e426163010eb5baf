"""How a consumer ends: by its handlers' errors, StopConsumer, its server, or its task's cancellation."""

import asyncio
import logging
import threading

import pytest
from asgiref.sync import sync_to_async
from channels.exceptions import StopConsumer
from channels.layers import get_channel_layer

from tests.realtime.connections import Connection, check_nothing_is_left, rounds
from tests.support.served import until

pytestmark = pytest.mark.usefixtures("tidy")


def failing(base: type, error: type, waits: bool) -> type:
    class Failing(base):
        groups = ["room"]

        async def receive(self, text_data=None, bytes_data=None):
            await self.channel_layer.group_send("room", {"type": "say", "text": text_data})

        async def say(self, event):
            if event["text"] == "fail" and self.scope.get("fails"):
                if waits:
                    await asyncio.sleep(0)
                raise error("on purpose")
            await self.send(event["text"])

    return Failing


def prone(application):
    """Middleware for the one that fails."""

    async def run(scope, receive, send):
        await application({**scope, "fails": True}, receive, send)

    return run


@pytest.mark.parametrize("waits", [False, True])
async def test_an_error_ends_its_own_consumer_and_hurts_nobody_else(way, waits):
    consumer = failing(way.base, ZeroDivisionError, waits)
    ana, eve, ben = (
        Connection(way, consumer),
        Connection(way, consumer, prone),
        Connection(way, consumer),
    )
    async with ana, eve, ben:
        ana.say("fail")
        with pytest.raises(ZeroDivisionError, match="on purpose"):
            await eve.ended()
        ana.say("on")
        assert await ana.hears(2) == await ben.hears(2) == ["fail", "on"]
        await get_channel_layer().group_send("room", {"type": "say", "text": "from outside"})
        assert await ana.hears(3) == await ben.hears(3) == ["fail", "on", "from outside"]
    assert eve.sent == []


@pytest.mark.parametrize("waits", [False, True])
async def test_stop_consumer_ends_it_without_a_word(way, waits):
    consumer = failing(way.base, StopConsumer, waits)
    async with Connection(way, consumer, prone) as eve, Connection(way, consumer) as ben:
        ben.say("fail")
        await eve.ended()
        assert await ben.hears(1) == ["fail"]


async def test_an_unknown_type_is_an_error(way):
    async with Connection(way, failing(way.base, ValueError, False)) as ana:
        await get_channel_layer().group_send("room", {"type": "never.heard.of"})
        with pytest.raises(ValueError, match="^No handler for message type never.heard.of$"):
            await ana.ended()


@pytest.mark.parametrize("event", [{"type": "_private"}, {"text": "no type"}])
async def test_a_malformed_type_is_an_error(way, event):
    async with Connection(way, failing(way.base, ValueError, False)) as ana:
        await get_channel_layer().group_send("room", event)
        with pytest.raises(ValueError, match="underscore|no 'type'"):
            await ana.ended()


async def test_a_receive_that_fails_ends_the_consumer_with_its_error_after_what_came_before(way):
    class Slow(way.base):
        async def receive(self, text_data=None, bytes_data=None):
            await asyncio.sleep(0)
            await self.send(text_data)

    texts, sent = list("abc"), []

    async def receive():
        if texts:
            return {"type": "websocket.receive", "text": texts.pop(0)}
        raise OSError("the server is gone")

    async def send(message):
        sent.append(message["text"])

    with pytest.raises(OSError, match="the server is gone"):
        await Slow.as_asgi()({"type": "websocket"}, receive, send)
    assert sent == ["a", "b", "c"]
    if way.base.__module__.startswith(
        "channels."
    ):  # which then leaves the task that waits for events
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()


def waiting(base: type) -> type:
    """A consumer whose handler waits for ever, or for as long as it is told, and says how that went."""

    class Waiting(base):
        groups = ["room"]
        log: list

        async def wait(self, event):
            self.log.append("begin")
            try:
                await self.wait_as_told(event)
            except asyncio.CancelledError:
                self.log.append("cancelled")
                if event.get("goes_on"):
                    await asyncio.sleep(0)
                    return self.log.append("went on")
                await asyncio.sleep(0)
                self.log.append("tidied up")
                raise

        async def wait_as_told(self, event):
            if event.get("turns"):
                while True:
                    await asyncio.sleep(0)
            await asyncio.Event().wait()

        async def note(self, event):
            self.log.append("note")

        async def receive(self, text_data=None, bytes_data=None):
            self.log.append(text_data)

    Waiting.log = []
    return Waiting


async def cancelled(connection: Connection) -> None:
    connection.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await connection.ended()


async def test_an_idle_consumer_is_cancelled_and_handles_nothing_more(way):
    consumer = waiting(way.base)
    async with Connection(way, consumer) as ana:
        await rounds()
        await cancelled(ana)
        ana.say("too late")
        await get_channel_layer().group_send("room", {"type": "note"})
        await rounds()
    assert consumer.log == []
    await get_channel_layer().flush()


@pytest.mark.parametrize("turns", [False, True])
async def test_a_handler_that_waits_is_cancelled_and_may_wait_to_tidy_up(way, turns):
    consumer = waiting(way.base)
    async with Connection(way, consumer) as ana:
        await get_channel_layer().group_send("room", {"type": "wait", "turns": turns})
        await until(lambda: consumer.log, "the handler")
        await rounds()
        await cancelled(ana)
    assert consumer.log == ["begin", "cancelled", "tidied up"]


@pytest.mark.parametrize("turns", [False, True])
async def test_a_handler_that_has_just_begun_to_wait_is_cancelled_too(handed, turns):
    consumer = waiting(handed.base)
    async with Connection(handed, consumer) as ana:
        await rounds()
        await get_channel_layer().group_send("room", {"type": "wait", "turns": turns})
        assert consumer.log == ["begin"]
        await cancelled(ana)
    assert consumer.log == ["begin", "cancelled", "tidied up"]


@pytest.mark.parametrize("turns_of_the_loop", range(12))
async def test_whenever_it_is_cancelled_no_handler_begins_after_its_end(way, turns_of_the_loop):
    consumer = waiting(way.base)
    ana = Connection(way, consumer)
    ana.start()
    await until(lambda: ana.sent, "the handshake")
    for number in range(40):
        ana.say(str(number))
    await rounds(turns_of_the_loop)
    await cancelled(ana)
    handled = list(consumer.log)
    ana.say("too late")
    await get_channel_layer().group_send("room", {"type": "note"})
    await rounds()
    assert consumer.log == handled == [str(number) for number in range(len(handled))]
    await get_channel_layer().flush()


async def test_a_handler_that_refuses_its_cancellation_goes_on_and_so_does_its_consumer(way):
    consumer = waiting(way.base)
    async with Connection(way, consumer) as ana:
        await get_channel_layer().group_send("room", {"type": "wait", "goes_on": True})
        await until(lambda: consumer.log, "the handler")
        ana.task.cancel()
        ana.say("after it")
        await until(lambda: "after it" in consumer.log, "what comes next")
    assert consumer.log == ["begin", "cancelled", "went on", "after it"]


async def test_a_task_that_is_cancelled_before_it_begins_leaves_nothing(way):
    ana = Connection(way, waiting(way.base))
    ana.start()
    await cancelled(ana)
    await check_nothing_is_left()


async def test_a_burst_while_a_handler_waits_fills_the_channel_and_is_logged(handed, caplog):
    go_on = asyncio.Event()

    class Slow(handed.base):
        groups = ["room"]

        async def number(self, event):
            await go_on.wait()
            await self.send(str(event["number"]))

    layer = get_channel_layer()
    async with Connection(handed, Slow) as ana:
        await rounds()
        with caplog.at_level(logging.WARNING):
            for number in range(layer.capacity + 2):
                await layer.group_send("room", {"type": "number", "number": number})
        assert ["An event to the group" in record.getMessage() for record in caplog.records] == [
            True
        ]
        go_on.set()
        assert await ana.hears(layer.capacity + 1) == [
            str(number) for number in range(layer.capacity + 1)
        ]


async def test_connections_are_looked_after_once_a_handler_has_waited_and_only_then(
    handed, monkeypatch
):
    closings = []
    monkeypatch.setattr(
        "channels.db.close_old_connections", lambda: closings.append(threading.current_thread())
    )

    class Reader(handed.base):
        async def receive(self, text_data=None, bytes_data=None):
            if text_data == "read":
                await sync_to_async(lambda: None)()
            await self.send(text_data)

    async with Connection(handed, Reader) as ana:
        ana.say("no wait")
        assert await ana.hears(1) == ["no wait"] and not closings
        ana.say("read")
        ana.say("next")
        assert await ana.hears(3) == ["no wait", "read", "next"]
        await until(lambda: closings, "the connections to be looked after")
        assert len(closings) == 1 and closings[0] is not threading.current_thread()
