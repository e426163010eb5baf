"""One WebSocket as the inspector sees it: what passes between the server and the application."""

import sys
import time
import weakref
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from itertools import count
from typing import Any

from chatdemo.common.local_machine import header
from chatdemo.inspector import call_stack
from chatdemo.inspector.formatting import format_value, printable
from chatdemo.inspector.journeys import ConsumerJourneys
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.dispatcher import Dispatcher
from chatdemo.realtime.inbox import Inbox
from chatdemo.realtime.observers import FrameObserver
from chatdemo.realtime.send import WebSocketSend

Scope = dict[str, Any]
ASGIMessage = dict[str, Any]
Receive = Callable[[], Awaitable[ASGIMessage]]
Send = Callable[[ASGIMessage], Awaitable[None]]
#: The connection whose application runs. Its tasks and threads inherit it.
current_connection: ContextVar["Connection | None"] = ContextVar("connection", default=None)
REFUSED = "The connection was refused"


class Connection(FrameObserver):
    """A participant's WebSocket and its consumer.

    ``receive`` and ``send`` are what the application gets: our server's own, which have hooks, or
    functions that call another server's and report what passes.
    """

    __slots__ = (
        "recording",
        "scope",
        "id",
        "path",
        "room",
        "since",
        "ended",
        "state",
        "frames_in",
        "frames_out",
        "channel",
        "journeys",
        "consumer_name",
        "instance",
        "receive",
        "send",
        "_server_send",
        "_consumer",
        "__weakref__",
    )
    numbers = count(1)

    def __init__(self, recording: Recording, scope: Scope, receive: Receive, send: Send):
        self.recording, self.scope = recording, scope
        self.id = next(self.numbers)
        self.path = printable(scope["path"])
        self.room = self.path.rstrip("/").rpartition("/")[2]
        self.since, self.ended = time.time(), 0.0  # 0 until it has ended
        self.state = "connecting"
        self.frames_in = self.frames_out = 0
        self.channel: str | None = None
        self.journeys = ConsumerJourneys()
        self.consumer_name: str | None = None  # its class
        self.instance: str | None = None  # distinguishes it from others of its class
        self._consumer: weakref.ref[Any] | None = None
        self._server_send: WebSocketSend | None = None
        self.receive, self.send = self._observe_receive(receive), self._observe_send(send)

    def _observe_receive(self, receive: Receive) -> Receive:
        if isinstance(receive, Inbox):
            receive.observer = self
            return receive

        async def observed_receive() -> ASGIMessage:
            message = await receive()
            self.on_received(message)
            return message

        def observed() -> Awaitable[ASGIMessage]:
            # Not a coroutine function: Channels runs what it returns in a task of its own.
            self.on_receive_called()
            return observed_receive()

        return observed

    def _observe_send(self, send: Send) -> Send:
        if isinstance(send, WebSocketSend):
            self._server_send, send.observer = send, self
            send.text_observer = self if self.recording.is_active else None
            return send

        async def observed(message: ASGIMessage) -> None:
            self.on_sent(message)
            await send(message)

        return observed

    @property
    def consumer(self) -> Any:
        """The consumer, None as long as it isn't known."""
        return self._consumer() if self._consumer else None

    @consumer.setter
    def consumer(self, consumer: Any) -> None:
        self._consumer = weakref.ref(consumer)
        self.consumer_name = type(consumer).__name__
        self.instance = short_id_of(consumer)

    @property
    def backlog(self) -> int | None:
        """Octets that wait for the participant to read, None if the server can't tell."""
        return self._server_send.backlog if self._server_send else None

    def on_recording_switched(self) -> None:
        """Observe sent texts only while recording is active. The journeys so far are over."""
        self.journeys.clear()
        if self._server_send:
            self._server_send.text_observer = self if self.recording.is_active else None

    def record(self, what: str, **fields: Any) -> None:
        """Record an entry about this connection."""
        fields.setdefault("channel", self.channel)
        self.recording.record(
            what,
            connection=self.id,
            **fields,
            consumer=self.consumer_name,
            instance=self.instance,
            room=self.room,
            path=self.path,
        )

    def record_if_active(self, what: str, **fields: Any) -> None:
        """Record an entry unless recording pauses: of these there may be thousands at once."""
        if self.recording.resume_if_possible():
            self.record(what, **fields)

    @never_raises
    def on_attached(self, dispatcher: Dispatcher) -> None:
        self.consumer, self.journeys.dispatcher = dispatcher.consumer, dispatcher

    @never_raises
    def on_receive_called(self) -> None:
        self.journeys.expect_message()

    def locate(self, in_consumer: bool = False) -> tuple[dict[str, Any] | None, int | None]:
        """Return the application's line that runs, and its journey.

        With ``in_consumer`` it is a line of the consumer's own methods.
        """
        stack = call_stack.current_stack()
        if self.consumer is None and (found := call_stack.find_consumer(stack)):
            self.consumer = found
        if in_consumer:
            stack = call_stack.skip_to_consumer(stack, self.consumer)
        return call_stack.describe_caller(stack), self.journeys.find(stack)

    @never_raises
    def on_received(self, message: ASGIMessage) -> None:
        if message["type"] == "websocket.receive":
            self.frames_in += 1
            if not self.recording.is_active:
                return
            journey = self.recording.new_journey()
            self.journeys.add(message, journey)
            if journey:
                handlers = ("receive_json", "receive", "websocket_receive", "dispatch")
                where = call_stack.describe_handler(self.consumer, *handlers)
                self.record("receive", payload=_content(message), journey=journey, source=where)
        else:
            self.journeys.add(message, None)
            if message["type"] == "websocket.disconnect":
                self.state = "closed"
                self.record_if_active("disconnect", code=message.get("code"))

    @never_raises
    def on_sent(self, message: ASGIMessage) -> None:
        if message["type"] == "websocket.send":
            self.frames_out += 1
            if self.recording.resume_if_possible():
                where, journey = self.locate(in_consumer=True)
                self.record("send", payload=_content(message), journey=journey, source=where)
        elif message["type"] == "websocket.accept":
            where, _ = self.locate(in_consumer=True)
            self.state = "open"
            self.record_if_active("accept", source=where)
        elif message["type"] in ("websocket.close", "websocket.http.response.start"):
            self._on_close(message)

    def _on_close(self, message: ASGIMessage) -> None:
        where, journey = self.locate(in_consumer=True)
        if self.state == "connecting":
            where = where or call_stack.describe_exception()
            reason = _explain_closing(self.consumer, self.scope, message, where)
            self.record("refuse", detail=printable(reason), source=where)
        else:
            code, given = message.get("code", 1000), message.get("reason")
            detail = format_value(given) if given else None
            self.record("close", code=code, detail=detail, journey=journey, source=where)
        self.state = "closed"

    @never_raises
    def on_failed(self, error: Exception) -> None:
        """Record an exception of the application's."""
        reason = _explain_routing(error, self.path)
        if not reason:
            detail = printable(f"{type(error).__name__}: {error}")
            self.record(
                "error", detail=detail, traceback=call_stack.describe_traceback(error.__traceback__)
            )
        if self.state == "connecting":
            name = self.consumer_name or "the application"
            failure = f"{type(error).__name__}: {error}"
            reason = reason or f"{REFUSED} because {name} failed before it had accepted: {failure}"
            self.record("refuse", detail=printable(reason))
        self.state = "closed"

    def on_ended(self) -> None:
        """Note that the application has returned."""
        self.state, self.ended = "closed", time.time()


def _explain_closing(
    consumer: Any, scope: Scope, message: ASGIMessage, where: dict[str, Any] | None
) -> str:
    """Return why the application closes a connection, on the line ``where``, before accepting."""
    if type(consumer).__name__ == "WebsocketDenier":  # channels.security.websocket
        origin = header(scope, b"origin") or "which is missing"
        return f"{REFUSED} because this server doesn't allow its Origin, {origin}."
    if reason := message.get("reason"):
        return f"{REFUSED}: {reason}"
    error = sys.exc_info()[1]  # the consumer closes in an "except"
    if error is not None and str(error):
        return f"{REFUSED} because of {type(error).__name__}: {error}"
    if consumer is None:
        return f"{REFUSED} because a middleware closed it before a consumer was called."
    at = f", at {where['file']}:{where['line']}" if where else ""
    return f"{REFUSED} because {type(consumer).__name__} closed it without accepting it{at}."


def _explain_routing(error: Exception, path: str) -> str | None:
    """Return the reason, if the error is that of Channels' routers without a matching route."""
    if isinstance(error, ValueError) and str(error).startswith("No route found"):
        return (
            f"{REFUSED} because no route leads from {path} to a consumer:"
            " see websocket_urlpatterns in routing.py."
        )
    if isinstance(error, ValueError) and str(error).startswith("No application configured"):
        return (
            f"{REFUSED} because no application is configured for WebSockets:"
            " see ProtocolTypeRouter in asgi.py."
        )
    return None


def short_id_of(consumer: Any) -> str:
    """Return a short name that distinguishes one consumer from others of its class."""
    return f"{id(consumer) >> 4 & 0xFFFF:04x}"


def _content(message: ASGIMessage) -> Any:
    return message["bytes"] if message.get("text") is None else message["text"]
