"""One WebSocket as the inspector sees it: what passes between the server and the application."""

import asyncio
import time
import weakref
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from itertools import count
from typing import Any

from chatdemo.common.local_machine import header
from chatdemo.inspector import call_stack, refusals
from chatdemo.inspector.formatting import format_user, format_value, printable
from chatdemo.inspector.journeys import (
    MAX_CONSUMER_MESSAGES,
    Arrivals,
    Cause,
    Origin,
    current_cause,
    find_cause,
    note_sent,
)
from chatdemo.inspector.problems import Problems, mark_reported
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.inbox import Inbox
from chatdemo.realtime.observers import FrameObserver
from chatdemo.realtime.send import WebSocketSend

Scope = dict[str, Any]
ASGIMessage = dict[str, Any]
Receive = Callable[[], Awaitable[ASGIMessage]]
Send = Callable[[ASGIMessage], Awaitable[None]]
#: The connection whose application runs. Its tasks and threads inherit it.
current_connection: ContextVar["Connection | None"] = ContextVar("connection", default=None)


class Connection(FrameObserver):
    """A participant's WebSocket and its consumer.

    ``receive`` and ``send`` are what the application gets: our server's own, which have hooks, or
    functions that call another server's and report what passes.
    """

    __slots__ = (
        "recording",
        "problems",
        "scope",
        "id",
        "path",
        "room",
        "since",
        "ended",
        "state",
        "close_code",
        "closed_by",
        "task",
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

    def __init__(
        self, recording: Recording, problems: Problems, scope: Scope, receive: Receive, send: Send
    ):
        self.recording, self.problems, self.scope = recording, problems, scope
        self.id = next(self.numbers)
        self.path = printable(scope["path"])
        self.room = self.path.rstrip("/").rpartition("/")[2]
        self.since, self.ended = time.time(), 0.0  # 0 until it has ended
        self.state = "connecting"
        self.close_code: int | None = None
        self.closed_by: str | None = None  # "server" or "browser"
        self.task = asyncio.current_task()  # the application's
        self.frames_in = self.frames_out = 0
        self.channel: str | None = None
        self.journeys = Arrivals(MAX_CONSUMER_MESSAGES)
        self.consumer_name: str | None = None  # its class
        self.instance: str | None = None  # distinguishes it from others of its class
        self._consumer: weakref.ref[Any] | None = None
        self._server_send: WebSocketSend | None = None
        self.receive, self.send = self._observe_receive(receive), self._observe_send(send)

    def _observe_receive(self, receive: Receive) -> Receive:
        if isinstance(receive, Inbox):
            receive.observer = self
            return receive

        async def observed() -> ASGIMessage:
            message = await receive()
            self.on_received(message)
            return message

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
    def is_waiting(self) -> bool:
        """Whether the consumer waits for a message. False if that isn't known."""
        dispatcher = getattr(self.receive, "dispatcher", None)
        if dispatcher is not None:
            return not dispatcher.is_busy
        return self.journeys.latest is not None and self.journeys.latest.is_over

    @property
    def backlog(self) -> int | None:
        """Octets that wait for the participant to read, None if the server can't tell."""
        return self._server_send.backlog if self._server_send else None

    @property
    def consumers_scope(self) -> Scope:
        """The consumer's scope: middleware gives it one of its own."""
        scope = getattr(self.consumer, "scope", None)
        return scope if isinstance(scope, dict) else self.scope

    @property
    def user(self) -> str | None:
        """The name of ``scope["user"]``, as far as it is known without a query."""
        return format_user(self.consumers_scope.get("user"))

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

    def locate(self, in_consumer: bool = False) -> tuple[dict[str, Any] | None, int | None]:
        """Return the application's line that runs, and its journey.

        With ``in_consumer`` it is a line of the consumer's own methods.
        """
        stack = call_stack.current_stack()
        if self.consumer is None and (found := call_stack.find_consumer(stack)):
            self.consumer = found
        if in_consumer:
            stack = call_stack.skip_to_consumer(stack, self.consumer)
        return call_stack.describe_caller(stack), find_cause().journey or None

    def on_received(self, message: ASGIMessage) -> None:
        if message["type"] == "websocket.receive":
            self.frames_in += 1
            if not self.recording.is_active:
                return
        self._record_received(message)

    @never_raises
    def _record_received(self, message: ASGIMessage) -> None:
        if message["type"] == "websocket.receive":
            journey = self.recording.new_journey()
            self._expect_handler(message, Cause(journey))
            if journey:
                where = call_stack.describe_handler_of(self.consumer, message)
                self.record("receive", payload=_content(message), journey=journey, source=where)
        else:
            kind = message["type"].removeprefix("websocket.")
            where = call_stack.describe_handler_of(self.consumer, message)
            self._expect_handler(message, Cause(origin=Origin(kind, source=where)))
            if kind == "disconnect":
                code = message.get("code")
                self._note_closed(code, "browser")
                self.record_if_active("disconnect", code=code, meaning=refusals.describe_code(code))

    def _expect_handler(self, message: ASGIMessage, cause: Cause) -> None:
        self.journeys.add(message, cause)
        if getattr(self.receive, "dispatcher", None) is None:
            current_cause.set(cause)  # for an application without a consumer

    @never_raises
    def on_sent(self, message: ASGIMessage) -> None:
        if message["type"] == "websocket.send":
            self.frames_out += 1
            if self.recording.resume_if_possible():
                where, journey = self.locate(in_consumer=True)
                self.record("send", payload=_content(message), journey=journey, source=where)
                note_sent()
                if not _content(message):
                    self._report_empty(where)
        elif message["type"] == "websocket.accept":
            where, _ = self.locate(in_consumer=True)
            self.state = "open"
            self.record_if_active("accept", source=where)
            self._check_subprotocol(message.get("subprotocol"), where)
        elif message["type"] in ("websocket.close", "websocket.http.response.start"):
            self._on_close(message)

    def _check_subprotocol(self, chosen: str | None, where: dict[str, Any] | None) -> None:
        """Report a subprotocol that the browser hasn't offered (RFC 6455, section 4.1)."""
        offered = self.scope.get("subprotocols") or []
        if chosen and chosen not in offered:
            listed = ", ".join(map(repr, offered)) or "none"
            self.problems.report(
                "accept",
                f"accept() has chosen the subprotocol {chosen!r}, but the browser offers {listed}:"
                " the handshake fails.",
                where,
                connection=self,
                remedy='Choose one of scope["subprotocols"], or call accept() without any.',
            )

    def _report_empty(self, where: dict[str, Any] | None) -> None:
        """Report a send() of nothing."""
        text = "send() was called with nothing to send: Daphne sends no frame then."
        self.problems.report("send", text, where, connection=self)

    def _on_close(self, message: ASGIMessage) -> None:
        where, journey = self.locate(in_consumer=True)
        code = message.get("code", 1000)
        if self.state == "connecting":
            where = where or call_stack.describe_exception()
            reason, remedy = refusals.explain_closing(self.consumer, self.scope, message, where)
            self._refuse(reason, remedy, where, code=message.get("code"))
        else:
            given = message.get("reason")
            detail = format_value(given) if given else None
            meaning = refusals.describe_code(code)
            self.record(
                "close", code=code, detail=detail, journey=journey, source=where, meaning=meaning
            )
        self._note_closed(code, "server")

    def _note_closed(self, code: int | None, by: str) -> None:
        """Note the first of the codes: the other side's answer follows it."""
        if self.closed_by is None:
            self.close_code, self.closed_by = code, by
        self.state = "closed"

    def _refuse(
        self, reason: str, remedy: str | None, where: dict[str, Any] | None, **fields: Any
    ) -> None:
        self.record("refuse", detail=printable(reason), source=where, **fields)
        same = f"{reason} {remedy}"
        for own in (self.path, self.path.rstrip("/"), header(self.scope, b"origin")):
            same = same.replace(own, "…") if own else same
        self.problems.report("refused", reason, where, connection=self, remedy=remedy, same=same)

    @never_raises
    def on_failed(self, error: Exception) -> None:
        """Record an exception of the application's."""
        was_connecting = self.state == "connecting"
        self._note_closed(1006 if was_connecting else 1011, "server")
        if routing := refusals.explain_routing(error, self.path):
            mark_reported(error)
            return self._refuse(*routing, None)
        name = self.consumer_name or "the application"
        before = f"An exception in {name}: "
        if was_connecting:
            before = f"{refusals.REFUSED} because {name} failed before it had accepted: "
        self.problems.report_exception(error, before=before, connection=self)
        if was_connecting:
            detail = printable(f"{before}{type(error).__name__}: {error}")
            self.record("refuse", detail=f"{detail} {refusals.browser_sees(500)}")
        return None

    def on_ended(self) -> None:
        """Note that the application has returned."""
        self.state, self.ended, self.task = "closed", time.time(), None
        self.journeys.latest = None  # it would keep the consumer alive


def short_id_of(consumer: Any) -> str:
    """Return a short name that distinguishes one consumer from others of its class."""
    return f"{id(consumer) >> 4 & 0xFFFF:04x}"


def _content(message: ASGIMessage) -> Any:
    return message["bytes"] if message.get("text") is None else message["text"]
