"""What chatdemo relies on in other packages: each private name is there, and means this."""

import asyncio
import inspect
import sys
import threading
import types
from contextvars import ContextVar

import daphne.server
import pytest
from asgiref.sync import AsyncToSync, async_to_sync, sync_to_async
from autobahn.websocket.protocol import WebSocketProtocol as AutobahnProtocol
from autobahn.websocket.protocol import WebSocketServerFactory
from channels.consumer import AsyncConsumer, SyncConsumer
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import ChannelLayerManager, InMemoryChannelLayer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from daphne.http_protocol import HTTPFactory, WebRequest
from daphne.ws_protocol import WebSocketProtocol as DaphneProtocol
from django.urls import path
from django.utils.functional import SimpleLazyObject
from twisted.internet import asyncioreactor, tcp
from twisted.web import http

from chatdemo.realtime.observers import HandlerObserver
from chatdemo.realtime.upstream import asgiref, channels, channels_redis
from chatdemo.realtime.upstream import asyncio as upstream_asyncio
from chatdemo.realtime.upstream import django as upstream_django


def test_asyncio_knows_no_current_task_within_the_context():
    async def main():
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        with upstream_asyncio.NoCurrentTask(loop):
            assert asyncio.current_task() is None
            upstream_asyncio.enter_task(loop, task)
            assert asyncio.current_task() is task
            upstream_asyncio.leave_task(loop, task)
        assert asyncio.current_task() is task
        assert upstream_asyncio.get_running_loop_or_none() is loop

    asyncio.run(main())
    assert upstream_asyncio.get_running_loop_or_none() is None


def test_asyncio_lets_another_task_finish_a_coroutine():
    async def main():
        future, results = asyncio.get_running_loop().create_future(), []

        async def wait():
            results.append(await future)

        async def finish(rest):
            await rest

        coroutine = wait()
        rest = upstream_asyncio.suspend(coroutine, coroutine.send(None))
        asyncio.get_running_loop().call_soon(future.set_result, "done")
        await asyncio.create_task(finish(rest))
        return results

    assert asyncio.run(main()) == ["done"]


def test_asyncio_has_these_frames_below_a_callback():
    found = set()

    async def main():
        frame = sys._getframe()
        while frame is not None:
            found.add((frame.f_code.co_filename, frame.f_code.co_name))
            frame = frame.f_back

    asyncio.run(main())
    assert found >= upstream_asyncio.LOOP_FRAMES


def test_asyncios_task_tells_its_context():
    variable = ContextVar("variable")

    async def main():
        variable.set("outside")
        task = asyncio.create_task(asyncio.sleep(0))
        variable.set("changed")
        await task
        assert upstream_asyncio.context_of(task)[variable] == "outside"
        future = asyncio.get_running_loop().create_future()
        assert variable not in upstream_asyncio.context_of(future)

    asyncio.run(main())


def test_asgiref_has_the_future_of_a_call_in_both_threads():
    found = []

    async def inside():
        frame = sys._getframe()
        while frame is not None and not asgiref.has_waiting_thread(frame):
            frame = frame.f_back
        found.append((frame, asgiref.waiting_frame(frame)))

    def call():
        async_to_sync(inside)()

    async def main():  # so that the coroutine runs in another thread than the one that waits
        await sync_to_async(call)()

    asyncio.run(main())
    [(bridge, waiting)] = found
    assert bridge.f_code is AsyncToSync.main_wrap.__code__
    assert waiting.f_code is AsyncToSync.__call__.__code__


def test_channels_tells_the_consumer_behind_an_application():
    class Consumer(AsyncWebsocketConsumer):
        pass

    application = Consumer.as_asgi(option=1)
    assert channels.consumer_of(application) == (Consumer, {"option": 1})


async def test_channels_layer_has_its_groups_by_name_with_the_time_of_each_channel():
    layer = InMemoryChannelLayer()
    await layer.group_add("room", "a")
    await layer.group_add("room", "b")
    assert list(layer.groups["room"]) == ["a", "b"]
    assert all(isinstance(since, float) for since in layer.groups["room"].values())
    channels.remove_from_groups(layer, "a")
    assert list(layer.groups["room"]) == ["b"]


async def test_channels_layer_has_a_queue_for_each_channel():
    layer = InMemoryChannelLayer()
    await layer.send("a", {"type": "hello"})
    assert [channels.count_queued(layer, channel) for channel in ("a", "b")] == [1, 0]


class Stopping(AsyncConsumer):
    async def websocket_connect(self, message):
        raise StopConsumer


class SyncStopping(SyncConsumer):
    def websocket_connect(self, message):
        raise StopConsumer


@pytest.mark.parametrize("consumer", [Stopping, SyncStopping])
async def test_channels_calls_each_handler_through_await_many_dispatch(consumer, monkeypatch):
    class Observer(HandlerObserver):
        def on_handler_called(self, consumer, message, runner):
            seen.append((type(consumer), message, runner.is_busy))
            runners.append(runner)

    seen, runners, message = [], [], {"type": "websocket.connect"}
    monkeypatch.setattr(HandlerObserver, "current", Observer())
    channels.report_handlers()

    async def receive():
        return message

    await consumer.as_asgi()({"type": "websocket"}, receive, receive)
    assert seen == [(consumer, message, True)]
    assert [runner.is_busy for runner in runners] == [False]


def test_channels_names_the_handler_of_a_message():
    assert channels.get_handler_name({"type": "chat.message"}) == "chat_message"


def test_a_consumer_sends_through_base_send():
    assert "self.base_send(" in inspect.getsource(AsyncConsumer.send)


def test_channels_routers_have_their_routes():
    routes = [path("ws/", AsyncConsumer.as_asgi())]
    router = ProtocolTypeRouter({"websocket": SessionMiddlewareStack(URLRouter(routes))})
    inside = router.application_mapping["websocket"]
    while not hasattr(inside, "routes"):
        inside = inside.inner
    assert inside.routes == routes


def test_channels_has_its_layers_by_alias():
    manager, layer = ChannelLayerManager(), InMemoryChannelLayer()
    assert "default" in manager.configs
    assert manager.make_backend("default") is not manager.make_backend("default")
    manager.set("default", layer)
    assert manager["default"] is layer


def test_channels_layer_takes_a_channels_capacity_from_patterns():
    layer = InMemoryChannelLayer(channel_capacity={"http.*": 3})
    [(pattern, capacity)] = layer.compile_capacities({"http.*": 3})
    assert pattern.match("http.request") and capacity == 3


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        (daphne.server.Server.create_application, ["self", "protocol", "scope"]),
        (daphne.server.Server.handle_reply, ["self", "protocol", "message"]),
        (daphne.server.Server.kill_all_applications, ["self"]),
        (WebRequest.process, ["self"]),
        (WebRequest.handle_exception, ["self", "exception"]),
        (WebRequest.basic_error, ["self", "status", "status_text", "body"]),
        (HTTPFactory.buildProtocol, ["self", "addr"]),
        (DaphneProtocol.serverAccept, ["self", "subprotocol"]),
        (DaphneProtocol.serverSend, ["self", "content", "binary"]),
        (DaphneProtocol.handle_reply, ["self", "message"]),
        (DaphneProtocol.onConnect, ["self", "request"]),
        (DaphneProtocol.onClose, ["self", "wasClean", "code", "reason"]),
        (AutobahnProtocol.processHandshake, ["self"]),
        (AutobahnProtocol.onMessageFrame, ["self", "payload"]),
        (AutobahnProtocol.onCloseFrame, ["self", "code", "reasonRaw"]),
        (AutobahnProtocol.sendCloseFrame, ["self", "code", "reasonUtf8", "isReply"]),
        (AutobahnProtocol.dropConnection, ["self", "abort"]),
        (AutobahnProtocol._sendAutoPing, ["self"]),
        (AutobahnProtocol.onAutoPingTimeout, ["self"]),
        (tcp.Server.doRead, ["self"]),
        (tcp.Server.startReading, ["self"]),
        (tcp.Server.abortConnection, ["self"]),
        (tcp.Server.writeSomeData, ["self", "data"]),
        (http.HTTPChannel.lineLengthExceeded, ["self", "line"]),
        (http.HTTPChannel.headerReceived, ["self", "line"]),
    ],
    ids=lambda value: getattr(value, "__qualname__", ""),
)
def test_an_overridden_method_takes_these_arguments(method, parameters):
    assert list(inspect.signature(method).parameters) == parameters


def test_daphne_is_told_when_its_factories_are_made():
    source = inspect.getsource(daphne.server.Server.run)
    for name in ("self.http_factory", "self.ws_factory", "self.ready_callable()"):
        assert name in source
    assert "application_instance" in inspect.getsource(daphne.server.Server)


def test_a_websocket_of_daphnes_has_its_server_its_queue_and_its_client():
    assert DaphneProtocol.muted is False
    source = inspect.getsource(DaphneProtocol)
    for name in (
        "self.server = self.factory.server_class",
        "self.application_deferred = ",
        "self.application_queue.put_nowait(",
        "self.last_ping = time.time()",
        "self.client_addr = ",
    ):
        assert name in source, name


def test_daphne_lists_the_addresses_on_which_it_listens():
    assert daphne.server.Server(None, endpoints=["tcp:0"]).listening_addresses == []


def test_a_response_knows_whether_it_has_started():
    assert "_response_started" in inspect.getsource(WebRequest)


def test_autobahns_parser_has_these_states():
    factory = WebSocketServerFactory()
    factory.protocol = AutobahnProtocol
    assert {"utf8validateIncoming", "failByDrop", "autoPingInterval"} <= set(
        DaphneProtocol.CONFIG_ATTRS
    )
    assert len({DaphneProtocol.STATE_CONNECTING, DaphneProtocol.STATE_OPEN}) == 2
    source = inspect.getsource(inspect.getmodule(AutobahnProtocol))
    for name in (
        "self.data = b",
        "self.current_frame = None",
        "self.inside_message = False",
        "self.message_data",
        "self.autoPingTimeoutCall = None",
        "self.websocket_extensions",
        "self.websocket_protocols",
        "self.http_request_uri",
        "self.http_request_data = ",
        "self.http_response_data = ",
        "self.send_queue = deque()",
    ):
        assert name in source, name


def test_a_port_makes_transports_of_the_class_that_it_has():
    assert tcp.Port.transport is tcp.Server
    assert "self.transport(" in inspect.getsource(tcp.Port.doRead)


def test_the_reactor_registers_its_own_callback_for_a_socket():
    source = inspect.getsource(asyncioreactor.AsyncioSelectorReactor.addReader)
    assert "add_reader" in source and "self._readOrWrite" in source


def test_the_http_channel_has_its_limits_and_its_producer():
    assert (http.HTTPChannel.MAX_LENGTH, http.HTTPChannel.totalHeadersSize) == (16384, 16384)
    assert "self._networkProducer" in inspect.getsource(http.HTTPChannel)


def test_channels_redis_makes_a_closed_connection_to_each_host_with_its_time_limit():
    pytest.importorskip("channels_redis")
    hosts = [("127.0.0.1", 6379), {"address": "redis://127.0.0.1:6380", "socket_timeout": 7}]
    first, second = channels_redis.closed_connections(hosts)
    assert (first.port, first.is_connected) == (6379, False)
    assert (second.port, second.socket_timeout) == (6380, 7)


def test_channels_redis_waits_for_an_event_for_its_attribute_of_seconds(redis_server):
    core = pytest.importorskip("channels_redis.core")
    seconds = []

    class Layer(core.RedisChannelLayer):
        brpop_timeout = 0.05

        async def _brpop_with_clean(self, index, channel, timeout):
            seconds.append(timeout)
            return await super()._brpop_with_clean(index, channel, timeout)

    async def main():
        layer = Layer([redis_server.url()])
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(layer.receive("some-channel"), 0.5)
        await layer.close_pools()

    asyncio.run(main())
    assert len(seconds) > 1 and set(seconds) == {0.05}


async def test_a_suspended_task_has_the_frames_of_what_it_waits_for():
    async def inner():
        await asyncio.get_running_loop().create_future()

    async def outer():
        await inner()

    @types.coroutine
    def generated():
        yield from outer()

    async def plain():
        await generated()

    task = asyncio.ensure_future(plain())
    await asyncio.sleep(0)
    frames = upstream_asyncio.suspended_frames(task)
    names = [frame.f_code.co_name for frame in frames]
    assert names == ["plain", "generated", "outer", "inner"]
    task.cancel()
    await asyncio.wait([task])
    assert upstream_asyncio.suspended_frames(task) == []


async def test_a_task_has_the_frames_of_a_coroutine_that_another_one_has_started():
    async def started():
        await asyncio.get_running_loop().create_future()

    coroutine = started()
    future = coroutine.send(None)

    async def waits():
        await upstream_asyncio.suspend(coroutine, future)

    task = asyncio.ensure_future(waits())
    await asyncio.sleep(0)
    names = [frame.f_code.co_name for frame in upstream_asyncio.suspended_frames(task)]
    assert names[0] == "waits" and names[-1] == "started"
    task.cancel()
    await asyncio.wait([task])


async def test_asgiref_waits_for_a_thread_in_this_frame():
    go_on = threading.Event()
    task = asyncio.ensure_future(sync_to_async(go_on.wait)())
    await asyncio.sleep(0)
    frames = upstream_asyncio.suspended_frames(task)
    go_on.set()
    await task
    assert any(map(asgiref.waits_for_thread, frames))


def test_djangos_lazy_objects_have_what_they_stand_for_once_it_is_needed():
    lazy = SimpleLazyObject(lambda: "Mia")
    assert upstream_django.resolved(lazy) is None
    assert str(lazy) == "Mia"
    assert upstream_django.resolved(lazy) == "Mia"
    assert upstream_django.resolved(17) == 17
