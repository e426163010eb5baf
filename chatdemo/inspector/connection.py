"""One WebSocket as the inspector sees it: what passes between the server and the application."""

import asyncio
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from itertools import count
from typing import Any

from chatdemo.inspector import call_stack, refusals
from chatdemo.inspector.formatting import format_value, printable
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.consumer_task import ConsumerTask
from chatdemo.realtime.inbox import Inbox
from chatdemo.realtime.observers import FrameObserver
from chatdemo.realtime.send import WebSocketSend

Message = dict[str, Any]
#: The connection whose application runs. Its tasks and threads inherit it.
current_connection: ContextVar["Connection | None"] = ContextVar("connection", default=None)
#: The message that a consumer handles. The tasks that it starts meanwhile inherit it.
handled_message: ContextVar["HandledMessage | None"] = ContextVar("handled", default=None)
#: Messages whose journeys are remembered, as they may be handled now. Channels receives one frame
#: and one event ahead.
MAX_REMEMBERED_MESSAGES = 4


class HandledMessage:
    """The journey of the message that is handled, known as soon as the message has arrived."""

    __slots__ = ("journey", "has_arrived")

    def __init__(self) -> None:
        self.journey: int | None = None
        self.has_arrived = False

    def set_journey(self, journey: int | None) -> None:
        """Set the journey."""
        self.journey, self.has_arrived = journey, True


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
        "journey",
        "consumer_name",
        "instance",
        "receive",
        "send",
        "_server_send",
        "_consumer_task",
        "_task",
        "_delivered",
        "_handled",
        "_next_journeys",
        "_consumer",
        "__weakref__",
    )
    numbers = count(1)

    def __init__(
        self,
        recording: Recording,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ):
        self.recording, self.scope = recording, scope
        self.id = next(self.numbers)
        self.path = printable(scope["path"])
        self.room = self.path.rstrip("/").rpartition("/")[2]
        self.since, self.ended = time.time(), 0.0
        self.state = "connecting"
        self.frames_in = self.frames_out = 0
        self.channel: str | None = None
        self.journey: int | None = None  # of the last message that the consumer got
        self.consumer_name: str | None = None  # its class
        self.instance: str | None = None  # distinguishes it from others of its class
        self._task = asyncio.current_task()  # the application's
        self._consumer_task: ConsumerTask | None = None
        self._delivered: list[tuple[Message, int | None]] = []  # the last ones, with journeys
        self._handled: HandledMessage | None = None
        self._next_journeys: deque[int | None] | tuple[()] = ()  # of messages received ahead
        self._consumer: Callable[[], Any] = _no_consumer
        self._server_send: WebSocketSend | None = None
        self.receive, self.send = self._observe_receive(receive), self._observe_send(send)

    def _observe_receive(
        self, receive: Callable[[], Awaitable[Message]]
    ) -> Callable[[], Awaitable[Message]]:
        if isinstance(receive, Inbox):
            receive.observer = self
            return receive

        async def observed_receive() -> Message:
            message = await receive()
            self.on_received(message)
            return message

        def observed() -> Awaitable[Message]:
            # Not a coroutine function: Channels runs what it returns in a task of its own.
            self.on_receive_called()
            return observed_receive()

        return observed

    def _observe_send(
        self, send: Callable[[Message], Awaitable[None]]
    ) -> Callable[[Message], Awaitable[None]]:
        if isinstance(send, WebSocketSend):
            self._server_send, send.observer = send, self
            send.text_observer = self if self.recording.is_active else None
            return send

        async def observed(message: Message) -> None:
            self.on_sent(message)
            await send(message)

        return observed

    @property
    def consumer(self) -> Any:
        """The consumer, None as long as it isn't known."""
        return self._consumer()

    @consumer.setter
    def consumer(self, consumer: Any) -> None:
        self._consumer = weakref.ref(consumer)
        self.consumer_name = type(consumer).__name__
        self.instance = short_id_of(consumer)

    @property
    def backlog(self) -> int | None:
        """Octets that wait for the participant to read, None if the server can't tell."""
        return self._server_send.backlog if self._server_send else None

    def update_text_observer(self) -> None:
        """Observe sent texts only while recording is active, and forget the last journeys."""
        self.journey = None
        self._delivered.clear()
        self._next_journeys = ()
        if self._server_send:
            self._server_send.text_observer = self if self.recording.is_active else None

    def record(self, what: str, **fields: Any) -> None:
        """Record an event of this connection's."""
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
        """Record one of the events of which thousands may come at once."""
        if self.recording.resume_if_possible():
            self.record(what, **fields)

    def note_delivery(self, message: Message, journey: int | None) -> None:
        """Remember that the consumer gets a frame or an event, on this journey."""
        self.journey = journey
        self._delivered.append((message, journey))
        del self._delivered[:-MAX_REMEMBERED_MESSAGES]
        if self._consumer_task and self._consumer_task.context is not None:
            # The handler runs in this context, and so does what it starts.
            arrived = HandledMessage()
            arrived.set_journey(journey)
            with suppress(RuntimeError):  # it is in use by something else than a handler
                self._consumer_task.context.run(handled_message.set, arrived)
        if self._handled is None:  # messages are dispatched
            return
        if not self._handled.has_arrived:
            self._handled.set_journey(journey)
        else:
            self._next_journeys = deque(
                (*self._next_journeys, journey), maxlen=MAX_REMEMBERED_MESSAGES
            )

    @never_raises
    def on_attached(self, task: ConsumerTask) -> None:
        self.consumer, self._consumer_task = task.consumer, task

    @never_raises
    def on_receive_called(self) -> None:
        """Prepare for the next message.

        In Channels the task in which handlers run asks for it. If another task does, a
        middleware's, nobody knows when a handler starts.
        """
        if asyncio.current_task() is not self._task:
            self._task = self._handled = None
        if self._task is None:
            return
        self._handled = HandledMessage()
        handled_message.set(self._handled)
        if self._next_journeys:
            self._handled.set_journey(self._next_journeys.popleft())

    def locate(self, within: bool = False) -> tuple[dict[str, Any] | None, int | None]:
        """Return the line that runs, and its journey. ``within``: in the consumer's own methods."""
        frames = call_stack.frames()
        if self.consumer is None and (found := call_stack.find_consumer(frames)):
            self.consumer = found
        if within:
            frames = call_stack.within(frames, self.consumer)
        for message in call_stack.arguments(frames):
            for delivered, journey in self._delivered:
                if delivered is message:
                    return call_stack.caller(frames), journey
        now = handled_message.get() if self._task else None
        return call_stack.caller(frames), self.journey if now is None else now.journey

    @never_raises
    def on_received(self, message: Message) -> None:
        if message["type"] == "websocket.receive":
            self.frames_in += 1
            if not self.recording.is_active:
                return
            journey = self.recording.new_journey()
            self.note_delivery(message, journey)
            if journey:
                handlers = ("receive_json", "receive", "websocket_receive", "dispatch")
                where = call_stack.of_handler(self.consumer, *handlers)
                self.record("receive", payload=_content(message), journey=journey, source=where)
        else:
            self.note_delivery(message, None)
            if message["type"] == "websocket.disconnect":
                self.state = "closed"
                self.record_if_active("disconnect", code=message.get("code"))

    @never_raises
    def on_sent(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            self.frames_out += 1
            if self.recording.resume_if_possible():
                where, journey = self.locate(within=True)
                self.record("send", payload=_content(message), journey=journey, source=where)
        elif message["type"] == "websocket.accept":
            where, _ = self.locate(within=True)
            self.state = "open"
            self.record_if_active("accept", source=where)
        elif message["type"] in ("websocket.close", "websocket.http.response.start"):
            self._on_close(message)

    def _on_close(self, message: Message) -> None:
        where, journey = self.locate(within=True)
        if self.state == "connecting":
            where = where or call_stack.of_exception()
            reason = refusals.explain(self.consumer, self.scope, message, where)
            self.record("refuse", detail=printable(reason), source=where)
        else:
            code, given = message.get("code", 1000), message.get("reason")
            detail = format_value(given) if given else None
            self.record("close", code=code, detail=detail, journey=journey, source=where)
        self.state = "closed"

    @never_raises
    def on_failed(self, error: Exception) -> None:
        """Record an exception of the application's."""
        reason = refusals.explain_routing(error, self.path)
        if not reason:
            detail = printable(f"{type(error).__name__}: {error}")
            self.record(
                "error", detail=detail, traceback=call_stack.of_traceback(error.__traceback__)
            )
        if self.state == "connecting":
            reason = reason or refusals.explain_failure(error, self.consumer_name)
            self.record("refuse", detail=printable(reason))
        self.state = "closed"

    def on_ended(self) -> None:
        """Note that the application has returned."""
        self.state, self.ended = "closed", time.time()


def _no_consumer() -> None:
    """Return None, like a weak reference to an object that is gone."""


def short_id_of(consumer: Any) -> str:
    """Return a short name that distinguishes one consumer from others of its class."""
    return f"{id(consumer) >> 4 & 0xFFFF:04x}"


def _content(message: Message) -> Any:
    return message["bytes"] if message.get("text") is None else message["text"]
