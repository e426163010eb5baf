"""Attaches a recorder to a channel layer: by the hooks of ours, by the methods of any other."""

import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from hashlib import blake2b
from typing import Any

from asgiref.sync import markcoroutinefunction
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from chatdemo.inspector import call_stack
from chatdemo.inspector.journeys import note_sent
from chatdemo.inspector.layers import Event, LayerRecorder, RecordedEvent
from chatdemo.inspector.problems import Line
from chatdemo.inspector.recording import never_raises
from chatdemo.realtime.layer import ChannelLayer
from chatdemo.realtime.upstream.channels_redis import (
    is_core_layer,
    report_losses,
    reporting_over_capacity,
)

#: The methods of a channel layer that are recorded.
METHODS = ("new_channel", "send", "receive", "group_add", "group_discard", "group_send")
#: How many events are known by what Redis has of them: of those sent, and of those received.
MAX_KNOWN = 256
#: Of two equal events under way, one that was sent so long before doesn't come back any more.
MAX_SECONDS_UNDERWAY = 5


def attach(recorder: LayerRecorder) -> None:
    """Have the recorder's layer report to it from now on."""
    layer = recorder.layer
    if isinstance(layer, ChannelLayer):
        layer.observer = recorder
    elif isinstance(methods := getattr(layer.send, "__self__", None), _RecordedMethods):
        methods.recorder = recorder  # instead of another Inspector's
    else:
        _RecordedMethods(layer, recorder)


def _with_callers_line(method: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a method that sends, so that it gets the line that calls it.

    Its coroutine may run in a task of its own, from which that line can't be seen.
    """

    @markcoroutinefunction
    @wraps(method)
    def call(self: "_RecordedMethods", to: str, message: Event) -> Coroutine[Any, Any, None]:
        is_new = not isinstance(message, RecordedEvent) and self.recorder.recording.is_active
        line = call_stack.describe_caller(call_stack.current_stack()) if is_new else None
        coroutine: Coroutine[Any, Any, None] = method(self, to, message, line)
        return coroutine

    return call


class _RecordedMethods:
    """Takes the place of the methods of a layer without hooks, and reports to ``recorder``.

    The layer stays the same object: modules may have a reference to it already, and what goes
    through that is to be recorded, too.
    """

    def __init__(self, layer: BaseChannelLayer, recorder: LayerRecorder):
        self.layer, self.recorder = layer, recorder
        # A layer without groups lacks some.
        self._original = {name: getattr(layer, name) for name in METHODS if hasattr(layer, name)}
        for name in self._original:
            setattr(layer, name, getattr(self, name))
        serializes = hasattr(type(layer), "serialize") and hasattr(type(layer), "deserialize")
        self._serialized = _SerializedEvents(layer, self) if serializes else None
        if is_core_layer(layer):
            report_losses(layer, self._on_dropped)

    def _on_dropped(self, channel: str, event: Event) -> None:
        assert self._serialized is not None
        self.recorder.on_full([channel], self._serialized.find_sent(event))

    async def new_channel(self, *args: Any, **kwargs: Any) -> str:
        name = await self._original["new_channel"](*args, **kwargs)
        self.recorder.on_new_channel(name)
        return name

    async def group_add(self, group: str, channel: str) -> None:
        await self._original["group_add"](group, channel)
        self.recorder.on_group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await self._original["group_discard"](group, channel)
        self.recorder.on_group_discard(group, channel)

    @_with_callers_line
    async def send(self, channel: str, message: Event, line: Line | None) -> None:
        sent = message
        if isinstance(message, dict):
            if (event := self.recorder.on_send(channel, message, line)) is None:
                return
            sent = event
        try:
            await self._pass_on("send", channel, message, sent)
        except ChannelFull:
            self.recorder.on_full([channel], sent)
            raise

    @_with_callers_line
    async def group_send(self, group: str, message: Event, line: Line | None) -> None:
        sent = message
        if isinstance(message, dict):
            members = self.recorder.members.channels(group)
            event = self.recorder.on_group_send(group, members, message, source=line)
            if event is None:
                return
            sent = event
        with reporting_over_capacity(lambda: self.recorder.on_over_capacity(group, sent)):
            await self._pass_on("group_send", group, message, sent)

    async def _pass_on(self, method: str, to: str, message: Event, sent: Event) -> None:
        if self._serialized is not None and isinstance(sent, RecordedEvent):
            with self._serialized.sending(sent):
                await self._original[method](to, message)
        else:
            await self._original[method](to, sent)
        if sent is not message:  # else it isn't recorded, or a part of what is: one member's event
            note_sent()

    async def receive(self, channel: str) -> Event:
        event = sent = await self._original["receive"](channel)
        if self._serialized is not None:
            sent = self._serialized.find_sent(event)
        elif isinstance(sent, RecordedEvent):
            event = dict(sent)
        self.recorder.on_delivery(channel, event, sent, dispatched=False)
        return event


class _SerializedEvents:
    """Recognises an event that comes back from Redis, by the bytes that a layer made of it.

    The journey isn't sent along: a key in the event would reach consumers in processes without an
    inspector, and whether there are any can't be known. The core layer of channels_redis makes
    different bytes of each event, as it puts random ones first. Its pub/sub layer makes the same
    bytes of equal events: of these, the one that was sent first comes back first.
    """

    def __init__(self, layer: Any, methods: _RecordedMethods):
        self._methods = methods
        self._serialize, self._deserialize = layer.serialize, layer.deserialize
        self._sending: ContextVar[RecordedEvent | None] = ContextVar("sending", default=None)
        #: By their bytes' digest, the events that haven't come back, and when they were sent.
        self._sent: dict[bytes, list[tuple[float, RecordedEvent]]] = {}
        #: By the ids of bytes and of events that have come: these, and what was sent. Several
        #: channels get the same object.
        self._arrived: dict[int, tuple[Any, RecordedEvent | None]] = {}
        layer.serialize, layer.deserialize = self.serialize, self.deserialize

    @contextmanager
    def sending(self, event: RecordedEvent) -> Iterator[None]:
        """Take what the layer serializes in this block as the event's bytes."""
        token = self._sending.set(event)
        try:
            yield
        finally:
            self._sending.reset(token)

    def serialize(self, message: Event) -> Any:
        data = self._serialize(message)
        if (event := self._sending.get()) is not None:
            self._note_sent(data, event)
        return data

    def deserialize(self, data: Any) -> Event:
        event: Event = self._deserialize(data)
        if self._methods.recorder.recording.resume_if_possible():
            self._note_arrived(data, event)
        return event

    def find_sent(self, event: Event) -> Event:
        """Return what was sent as this event, which was received: itself if that isn't known."""
        arrived, sent = self._arrived.get(id(event), (None, None))
        return sent if arrived is event and sent is not None else event

    @never_raises
    def _note_sent(self, data: bytes, event: RecordedEvent) -> None:
        self._sent.setdefault(_digest(data), []).append((time.monotonic(), event))
        _drop_oldest(self._sent)

    @never_raises
    def _note_arrived(self, data: bytes, event: Event) -> None:
        known, sent = self._arrived.get(id(data), (None, None))
        if known is not data:
            sent = self._take_sent(data) or self._methods.recorder.on_event_from_elsewhere(event)
            self._arrived[id(data)] = (data, sent)
        self._arrived[id(event)] = (event, sent)
        _drop_oldest(self._arrived)

    def _take_sent(self, data: bytes) -> RecordedEvent | None:
        waiting = self._sent.get(_digest(data))
        if waiting is None:
            return None
        # An equal one may have been sent before to a group without members here.
        limit = time.monotonic() - MAX_SECONDS_UNDERWAY
        while len(waiting) > 1 and waiting[0][0] < limit:
            del waiting[0]
        _, event = waiting.pop(0)
        if not waiting:
            del self._sent[_digest(data)]
        return event


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).digest()


def _drop_oldest(known: dict[Any, Any]) -> None:
    while len(known) > MAX_KNOWN:
        del known[next(iter(known))]
