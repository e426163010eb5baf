"""What a consumer's handlers may rely on, whichever way its messages come; Channels' own shows what that is."""

import asyncio
import contextvars

import pytest
from asgiref.sync import sync_to_async
from channels.layers import channel_layers, get_channel_layer

from tests.realtime.connections import Connection
from tests.support.served import until

pytestmark = pytest.mark.usefixtures("tidy")
COUNT = 12


async def sleep_a_turn():
    await asyncio.sleep(0)


async def wait_in_a_thread():
    await sync_to_async(lambda: None)()


async def wait_for_a_moment():
    await asyncio.wait_for(asyncio.sleep(0), 10)


async def wait_for_too_long():
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)


async def run_tasks_in_a_group():
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(asyncio.sleep(0))


async def fail_in_a_group_of_tasks():
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(_fail())
            await asyncio.Event().wait()
    except Exception as errors:
        assert [type(error) for error in errors.exceptions] == [ZeroDivisionError]


async def time_out():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()


async def time_out_at_once():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.Event().wait()


async def _fail():
    raise ZeroDivisionError


NEWER = (
    run_tasks_in_a_group,
    fail_in_a_group_of_tasks,
    time_out,
    time_out_at_once,
)  # than Python 3.10
WAITS = [sleep_a_turn, wait_in_a_thread, wait_for_a_moment, wait_for_too_long]
WAITS += NEWER if hasattr(asyncio, "timeout") else ()


def recorder(base: type, wait) -> type:
    """A consumer that records what each handler begins and ends with; every third handler waits."""

    class Recorder(base):
        groups = ["room"]
        log: list

        async def receive(self, text_data=None, bytes_data=None):
            await self.record(int(text_data), "frame")

        async def number(self, event):
            await self.record(event["number"], "event")

        async def record(self, number, kind):
            self.log.append(("begin", kind, number, asyncio.current_task()))
            if number % 3 == 0:
                await wait()
            self.log.append(("end", kind, number, asyncio.current_task()))

    Recorder.log = []
    return Recorder


@pytest.mark.parametrize("wait", WAITS, ids=lambda wait: wait.__name__)
async def test_frames_and_events_keep_their_order_and_one_handler_runs_at_a_time(way, wait):
    consumer = recorder(way.base, wait)
    async with Connection(way, consumer) as ana:
        for number in range(COUNT):
            ana.say(str(number))
            await get_channel_layer().group_send("room", {"type": "number", "number": number})
        await until(
            lambda: len(consumer.log) == 4 * COUNT or ana.task.done(), f"all of {consumer.log}"
        )
    begun, ended = consumer.log[::2], consumer.log[1::2]
    assert {entry[0] for entry in begun} == {"begin"} and {entry[0] for entry in ended} == {"end"}
    assert [entry[1:3] for entry in begun] == [entry[1:3] for entry in ended]
    for kind in ("frame", "event"):
        assert [number for _, its, number, _ in begun if its == kind] == list(range(COUNT))
    assert {entry[3] for entry in consumer.log} == {ana.task}


async def test_many_handlers_may_await_one_future(way):
    future = asyncio.get_running_loop().create_future()

    class Waiter(way.base):
        groups = ["room"]
        begun = 0

        async def wait(self, event):
            Waiter.begun += 1
            await self.send(await future)

    async with (
        Connection(way, Waiter) as ana,
        Connection(way, Waiter) as ben,
        Connection(way, Waiter) as eve,
    ):
        other = asyncio.ensure_future(asyncio.wait_for(asyncio.shield(future), 10))
        await get_channel_layer().group_send("room", {"type": "wait"})
        await until(lambda: Waiter.begun == 3, "all to wait")
        future.set_result("now")
        assert [await one.hears(1) for one in (ana, ben, eve)] == [["now"]] * 3
        assert await other == "now"


async def test_a_future_that_is_done_before_its_handler_goes_on_is_no_trouble(way):
    class Waiter(way.base):
        async def receive(self, text_data=None, bytes_data=None):
            future = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(future.set_result, text_data)
            await self.send(await future)

    async with Connection(way, Waiter) as ana:
        ana.say("a")
        ana.say("b")
        assert await ana.hears(2) == ["a", "b"]


USER = contextvars.ContextVar("user", default="nobody")
COUNTER = contextvars.ContextVar("counter", default=0)


async def test_context_variables_are_the_consumers_own(way):
    def middleware(application):
        async def run(scope, receive, send):
            USER.set("ana")
            await application(scope, receive, send)

        return run

    class Counter(way.base):
        groups = ["room"]

        async def count(self, event):
            token = COUNTER.set(COUNTER.get() + 1)
            if event["waits"]:
                await asyncio.sleep(0)
            await self.send(f"{USER.get()} {COUNTER.get()}")
            if event["undone"]:
                COUNTER.reset(token)

    USER.set("the sender")
    COUNTER.set(100)
    async with Connection(way, Counter, middleware) as ana, Connection(way, Counter) as ben:
        for waits in (False, True):
            for undone in (True, False):
                await get_channel_layer().group_send(
                    "room", {"type": "count", "waits": waits, "undone": undone}
                )
        assert await ana.hears(4) == [f"ana {100 + number}" for number in (1, 1, 2, 2)]
        assert await ben.hears(4) == [f"the sender {100 + number}" for number in (1, 1, 2, 2)]
    assert (USER.get(), COUNTER.get()) == ("the sender", 100)


async def test_a_handler_that_is_no_coroutine_function_may_return_what_can_be_awaited(way):
    class Sender(way.base):
        groups = ["room"]

        def pass_on(self, event):
            return self.send(f"{USER.get()}: {event['text']}")

        def later(self, event):
            return asyncio.ensure_future(self.send(event["text"]))

    def middleware(application):
        async def run(scope, receive, send):
            USER.set("ana")
            await application(scope, receive, send)

        return run

    async with Connection(way, Sender, middleware) as ana:
        await get_channel_layer().group_send("room", {"type": "pass.on", "text": "a"})
        await get_channel_layer().group_send("room", {"type": "later", "text": "b"})
        assert await ana.hears(2) == ["ana: a", "b"]


async def test_dispatch_may_be_overridden(way):
    class Guarded(way.base):
        async def dispatch(self, message):
            try:
                await super().dispatch(message)
            except ValueError as error:
                await self.send(f"refused: {error}")

        async def receive(self, text_data=None, bytes_data=None):
            raise ValueError(text_data)

    async with Connection(way, Guarded) as ana:
        ana.say("a")
        ana.say("b")
        assert await ana.hears(2) == ["refused: a", "refused: b"]


@pytest.mark.parametrize("alias", [None, "not_there"])
async def test_a_consumer_needs_no_channel_layer(way, alias):
    class Alone(way.base):
        channel_layer_alias = alias

        async def receive(self, text_data=None, bytes_data=None):
            await self.send(f"{text_data} {self.channel_layer}")

    channel_layers.backends.clear()
    async with Connection(way, Alone) as ana:
        ana.say("a")
        assert await ana.hears(1) == ["a None"]


async def test_everything_can_be_sent_and_closed_with(way):
    class Sender(way.base):
        async def receive(self, text_data=None, bytes_data=None):
            await self.send("")
            await self.send(bytes_data=b"b")
            await self.send("c", close=True)
            await self.send(bytes_data=b"", close=4001)
            await self.close()
            await self.close(code=4002, reason="why")
            with pytest.raises(ValueError, match="one of bytes_data or text_data"):
                await self.send()

    async with Connection(way, Sender) as ana:
        ana.say("all")
        assert await ana.hears(8) == [
            "",
            {"type": "websocket.send", "bytes": b"b"},
            "c",
            {"type": "websocket.close"},
            {"type": "websocket.send", "bytes": b""},
            {"type": "websocket.close", "code": 4001},
            {"type": "websocket.close"},
            {"type": "websocket.close", "code": 4002, "reason": "why"},
        ]


async def test_its_groups_are_joined_and_left(way):
    class Member(way.base):
        groups = ["red", "blue"]

    async with Connection(way, Member):
        assert {name: len(members) for name, members in get_channel_layer().groups.items()} == {
            "red": 1,
            "blue": 1,
        }
    assert get_channel_layer().groups == {}
