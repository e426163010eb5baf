"""One WebSocket connection as the inspector sees it: what goes through its ``receive`` and its ``send``."""

import asyncio
import time
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from itertools import count
from typing import Any

from chatdemo.inspector import passing, refusals, source
from chatdemo.inspector.elide import elide, printable
from chatdemo.inspector.guard import harmless
from chatdemo.inspector.tape import Tape

#: The connection whose application runs; its tasks and threads have it too.
current: ContextVar["Connection | None"] = ContextVar("connection", default=None)
#: The turn in which a consumer handles a message; the tasks that it starts meanwhile have it too.
turn: ContextVar["Turn | None"] = ContextVar("turn", default=None)
#: Messages that were handed to a consumer and may be being handled: their journeys are remembered. Channels reads one
#: frame and one event ahead.
REMEMBERED = 4


class Turn:
    """One message's, with its journey as soon as it has come."""

    __slots__ = ("journey", "has_come")

    def __init__(self) -> None:
        self.journey: int | None = None
        self.has_come = False

    def begin(self, journey: int | None) -> None:
        self.journey, self.has_come = journey, True


class Connection:
    """A participant's WebSocket and its consumer."""

    __slots__ = (
        "tape",
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
        "_task",
        "_handed",
        "_turn",
        "_next",
        "_consumer",
        "__weakref__",
    )
    numbers = count(1)

    def __init__(self, tape: Tape, scope: dict, receive: Callable, send: Callable):
        self.tape, self.scope = tape, scope
        self.id = next(self.numbers)
        self.path = printable(scope["path"])
        self.room = self.path.rstrip("/").rpartition("/")[2]
        self.since, self.ended = time.time(), 0.0
        self.state = "connecting"
        self.frames_in = self.frames_out = 0
        self.channel: str | None = None
        self.journey: int | None = None  # of what was handed to the consumer last
        self._task = asyncio.current_task()  # the application's
        self._handed: list[tuple[dict, int | None]] = []
        self._turn: Turn | None = None
        self._next: deque[int | None] | tuple = ()  # journeys of what waits for its turn
        self._consumer: Callable[[], Any] = _nobody
        self.consumer_name: str | None = None  # its class's
        self.instance: str | None = None  # a short name for it, to tell it from others of its class
        self.receive = (
            passing.Attachable(self, receive)
            if hasattr(receive, "attach")
            else passing.Receiver(self, receive)
        )
        self.send = (
            passing.TextSender(self, send) if hasattr(send, "text") else passing.Sender(self, send)
        )

    @property
    def consumer(self) -> Any:
        """The consumer, None as long as it isn't known."""
        return self._consumer()

    @consumer.setter
    def consumer(self, consumer: Any) -> None:
        self._consumer = weakref.ref(consumer)
        self.consumer_name = type(consumer).__name__
        self.instance = instance_of(consumer)

    @property
    def backlog(self) -> int | None:
        """Octets that wait for the participant to read; None where the server doesn't say."""
        protocol = getattr(self.send.inner, "protocol", None)
        return getattr(getattr(protocol, "transport", None), "backlog", None)

    def switch(self, open: bool) -> None:
        """The tape has been opened or closed. While it is closed nothing is done here for a frame: fan-out's speed."""
        self.journey = None
        self._handed.clear()
        self._next = ()
        self.receive.switch(open)
        self.send.switch(open)

    def record(self, what: str, **fields: Any) -> None:
        """An event of this connection's."""
        fields.setdefault("channel", self.channel)
        fields |= {
            "consumer": self.consumer_name,
            "instance": self.instance,
            "room": self.room,
            "path": self.path,
        }
        self.tape.record(what, connection=self.id, **fields)

    def record_if_ready(self, what: str, **fields: Any) -> None:
        """One of those of which thousands may come at once."""
        if self.tape.ready():
            self.record(what, **fields)

    def hand(self, message: dict, journey: int | None) -> None:
        """The consumer gets a message, of a frame or an event, that is on this journey."""
        self.journey = journey
        self._handed.append((message, journey))
        del self._handed[:-REMEMBERED]
        self._mark_context(journey)
        if self._turn is None:  # nobody asks: messages are handed over
            return
        if not self._turn.has_come:
            self._turn.begin(journey)
        else:
            self._next = deque((*self._next, journey), maxlen=REMEMBERED)

    def _mark_context(self, journey: int | None) -> None:
        """Where messages are handed over, the handler's context has the turn: what it has done later is on it too."""
        tap = getattr(self.receive, "tap", None)
        if tap and tap.turns.context is not None:
            made = Turn()
            made.begin(journey)
            with suppress(RuntimeError):  # it is running: something else than a handler
                tap.turns.context.run(turn.set, made)

    @harmless
    def on_asked(self) -> None:
        """Whoever handles messages asks for the next one: in Channels, the task in which the handlers run.

        If another task does, that of a middleware, it isn't known when a handler's turn begins.
        """
        if asyncio.current_task() is not self._task:
            self._task = self._turn = None
        if self._task is None:
            return
        self._turn = Turn()
        turn.set(self._turn)
        if self._next:
            self._turn.begin(self._next.popleft())

    def look(self, within: bool = False) -> tuple[dict | None, int | None]:
        """The line that runs, and the journey that it is on; ``within`` the consumer, without what that has called."""
        frames = source.stack()
        if self.consumer is None and (found := source.find_consumer(frames)):
            self.consumer = found
        if within:
            frames = source.within(frames, self.consumer)
        for message in source.handled(frames):
            for handed, journey in self._handed:
                if handed is message:
                    return source.caller(frames), journey
        now = turn.get() if self._task else None
        return source.caller(frames), self.journey if now is None else now.journey

    @harmless
    def on_received(self, message: dict) -> None:
        """The application gets a message from the server."""
        if message["type"] == "websocket.receive":
            self.frames_in += 1
            journey = self.tape.journey()
            self.hand(message, journey)
            if journey:
                where = source.of_handler(
                    self.consumer, "receive_json", "receive", "websocket_receive", "dispatch"
                )
                self.record("receive", payload=_content(message), journey=journey, source=where)
        elif message["type"] == "websocket.disconnect":
            self.hand(message, None)
            self.state = "closed"
            self.record_if_ready("disconnect", code=message.get("code"))
        else:
            self.hand(message, None)

    @harmless
    def on_sent(self, message: dict) -> None:
        """The application sends a message to the server."""
        if message["type"] == "websocket.send":
            self.frames_out += 1
            if self.tape.ready():
                where, journey = self.look(within=True)
                self.record("send", payload=_content(message), journey=journey, source=where)
        elif message["type"] == "websocket.accept":
            where, _ = self.look(within=True)
            self.state = "open"
            self.record_if_ready("accept", source=where)
        elif message["type"] in ("websocket.close", "websocket.http.response.start"):
            self._on_close(message)

    def _on_close(self, message: dict) -> None:
        where, journey = self.look(within=True)
        if self.state == "connecting":
            where = where or source.of_exception()
            detail = refusals.explain(self.consumer, self.scope, message, where)
            self.record("refuse", detail=printable(detail), source=where)
        else:
            detail = elide(reason) if (reason := message.get("reason")) else None
            self.record(
                "close",
                code=message.get("code", 1000),
                detail=detail,
                journey=journey,
                source=where,
            )
        self.state = "closed"

    @harmless
    def on_failed(self, error: Exception) -> None:
        """The application has raised."""
        reason = refusals.of_routing(error, self.path)
        if not reason:
            detail = printable(f"{type(error).__name__}: {error}")
            self.record("error", detail=detail, traceback=source.of_traceback(error.__traceback__))
        if self.state == "connecting":
            self.record(
                "refuse", detail=printable(reason or refusals.of_failure(error, self.consumer_name))
            )
        self.state = "closed"

    @harmless
    def on_ended(self) -> None:
        """The application has returned."""
        self.state, self.ended = "closed", time.time()


def _nobody() -> None:
    """Like a weak reference to what is gone."""


def instance_of(consumer: Any) -> str:
    """A short name for one consumer of a class."""
    return f"{id(consumer) >> 4 & 0xFFFF:04x}"


def _content(message: dict) -> Any:
    return message["bytes"] if message.get("text") is None else message["text"]
