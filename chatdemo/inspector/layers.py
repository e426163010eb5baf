"""Records what goes through a channel layer: with the hooks of ours, in place in any other."""

from collections.abc import Awaitable, Sequence
from typing import Any
from weakref import WeakValueDictionary

from asgiref.sync import markcoroutinefunction
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from chatdemo.inspector import call_stack
from chatdemo.inspector.connection import Connection, current_connection, short_id_of
from chatdemo.inspector.formatting import format_value
from chatdemo.inspector.frozen_groups import FrozenGroups
from chatdemo.inspector.journeys import Journeys, current_message
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.layer import ChannelLayer
from chatdemo.realtime.observers import LayerObserver
from chatdemo.realtime.upstream.channels import count_queued, get_handler_name, groups_of

Event = dict[str, Any]
#: The methods of a channel layer that are recorded.
METHODS = ("new_channel", "send", "receive", "group_add", "group_discard", "group_send")


class RecordedEvent(dict[str, Any]):
    """An event on its way through a layer, with its journey and its formatted payload.

    The layer doesn't report it again when it is sent after it was held.
    """

    __slots__ = ("journey", "formatted")

    def __init__(self, event: Event, journey: int | None):
        super().__init__(event)
        self.journey, self.formatted = journey, format_value(event)


class LayerRecorder(LayerObserver):
    """Records the events of one channel layer, and holds those of frozen groups back."""

    def __init__(self, layer: BaseChannelLayer, recording: Recording):
        self.layer, self.recording = layer, recording
        self.frozen_groups = FrozenGroups(layer, self._count_queued, self.capacity)
        self.connections: WeakValueDictionary[str, Connection] = WeakValueDictionary()  # by channel
        self._worker_journeys = Journeys()

    @property
    def batching_allowed(self) -> bool:
        """Whether several messages may be sent in one event: not while any is recorded or held."""
        return not self.recording.is_active and not self.frozen_groups.groups

    def capacity(self, channel: str) -> int | None:
        """Return the capacity of a channel, None if the layer has none."""
        get_capacity = getattr(self.layer, "get_capacity", None)
        return get_capacity(channel) if get_capacity else None

    def count_waiting(self, channel: str) -> int:
        """Return the number of events that wait in a channel of a layer in memory, or are held."""
        return self._count_queued(channel) + self.frozen_groups.count_held_for(channel)

    def _count_queued(self, channel: str) -> int:
        if isinstance(self.layer, ChannelLayer):
            return self.layer.count_waiting(channel)
        return count_queued(self.layer, channel)

    @never_raises
    def on_new_channel(self, channel: str) -> None:
        connection = current_connection.get()
        consumer = call_stack.find_consumer()
        if connection is None or consumer is not None and not call_stack.has_websocket(consumer):
            return
        self.connections[channel] = connection
        if connection.channel is None:  # a consumer may create others, for answers
            connection.channel = channel
        if connection.consumer is None and consumer is not None:
            connection.consumer = consumer

    def on_group_add(self, group: str, channel: str) -> None:
        self._record_membership("group_add", group, channel)

    def on_group_discard(self, group: str, channel: str) -> None:
        self._record_membership("group_discard", group, channel)

    @never_raises
    def _record_membership(self, what: str, group: str, channel: str) -> None:
        if self.recording.resume_if_possible():
            member = self.connections.get(channel) or current_connection.get()
            where, _ = (member or self).locate()
            self._record(what, member, group=group, channel=channel, source=where)

    def on_send(self, channel: str, event: Event) -> Event | None:
        if isinstance(event, RecordedEvent):
            return event
        sent = self._record_sending("layer_send", event, to=channel) or event
        group = self.frozen_groups.frozen_group_of(channel)
        if group is None:
            return sent
        self.frozen_groups.hold(group, [channel], _as_recorded(sent))
        return None

    def on_group_send(
        self, group: str, members: Sequence[str], event: Event, message_count: int = 1
    ) -> Event | None:
        if isinstance(event, RecordedEvent):
            return event
        sent: Event | None = None
        if self.recording.is_active or self.frozen_groups.groups:
            sent = self._record_sending("group_send", event, group=group, members=len(members))
        if sent is None:
            self.recording.unrecorded += message_count
            sent = event
        if not self.frozen_groups.is_frozen(group):
            return sent
        channels = members if hasattr(self.layer, "groups") else None
        self.frozen_groups.hold(group, channels, _as_recorded(sent))
        return None

    @never_raises
    def on_delivery(self, channel: str, event: Event, sent: Event) -> None:
        recorded = sent if isinstance(sent, RecordedEvent) else None
        journey = recorded.journey if recorded is not None else None
        connection = self.connections.get(channel)
        (connection.journeys if connection else self._worker_journeys).add(event, journey)
        if self.recording.resume_if_possible():
            consumer = connection.consumer if connection else None
            where = None
            if "type" in event:
                where = call_stack.describe_handler(consumer, get_handler_name(event), "dispatch")
            self._record(
                "layer_receive",
                connection,
                channel=channel,
                type=_type_of(event),
                formatted=recorded.formatted if recorded is not None else format_value(event),
                waiting=self.count_waiting(channel),
                journey=journey,
                source=where,
            )

    @never_raises
    def on_full(self, channels: Sequence[str]) -> None:
        self.recording.lost += len(channels)
        for channel in channels if self.recording.resume_if_possible() else ():
            connection = self.connections.get(channel)
            waiting = self.count_waiting(channel)
            self._record("full", connection, channel=channel, waiting=waiting)
            if connection:
                connection.on_event_lost(waiting)

    @never_raises
    def on_receive_called(self, channel: str) -> None:
        connection = self.connections.get(channel)
        if connection:
            connection.on_receive_called()
        elif current_connection.get() is not None and call_stack.find_consumer() is None:
            # a worker's task, which a participant's consumer has started
            current_connection.set(None)
            current_message.set(None)

    def locate(self) -> tuple[dict[str, Any] | None, int | None]:
        """Return the line that runs and its journey, if it is no participant's consumer's."""
        stack = call_stack.current_stack()
        return call_stack.describe_caller(stack), self._worker_journeys.find(stack)

    @never_raises
    def _record_sending(
        self, what: str, event: Event, to: str | None = None, **fields: Any
    ) -> RecordedEvent | None:
        """Record that an event is sent. Returns it with its journey, None if it isn't recorded."""
        self.recording.pause_if_too_many(fields.get("members", 1))
        if not self.recording.resume_if_possible():
            return None
        sender = current_connection.get()
        where, journey = (sender or self).locate()
        recorded = RecordedEvent(event, journey or self.recording.new_journey())
        self._record(
            what,
            sender,
            **fields,
            type=_type_of(event),
            formatted=recorded.formatted,
            journey=recorded.journey,
            source=where,
            to=to,
        )
        return recorded

    def _record(self, what: str, connection: Connection | None, **fields: Any) -> None:
        if connection:
            connection.record(what, **fields)
            return
        if what != "layer_receive" and (consumer := call_stack.find_consumer()):
            fields |= {"consumer": type(consumer).__name__, "instance": short_id_of(consumer)}
        self.recording.record(what, **fields)


def record_layer(layer: BaseChannelLayer, recording: Recording) -> LayerRecorder:
    """Record what goes through ``layer`` from now on. Returns the recorder."""
    recorder = LayerRecorder(layer, recording)
    if isinstance(layer, ChannelLayer):
        layer.observer = recorder
    elif isinstance(methods := getattr(layer.send, "__self__", None), _RecordedMethods):
        methods.recorder = recorder  # instead of another Inspector's
    else:
        _RecordedMethods(layer, recorder)
    return recorder


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

    async def send(self, channel: str, message: Event) -> None:
        if isinstance(message, dict):
            sent = self.recorder.on_send(channel, message)
            if sent is None:
                return
            message = sent
        try:
            await self._original["send"](channel, message)
        except ChannelFull:
            self.recorder.on_full([channel])
            raise

    async def group_send(self, group: str, message: Event) -> None:
        if isinstance(message, dict):
            members = list(groups_of(self.layer).get(group, ()))
            sent = self.recorder.on_group_send(group, members, message)
            if sent is None:
                return
            message = sent
        await self._original["group_send"](group, message)

    @markcoroutinefunction
    def receive(self, channel: str) -> Awaitable[Event]:
        self.recorder.on_receive_called(channel)
        return self._receive(channel)

    async def _receive(self, channel: str) -> Event:
        sent = await self._original["receive"](channel)
        event = dict(sent) if isinstance(sent, RecordedEvent) else sent
        self.recorder.on_delivery(channel, event, sent)
        return event


def _as_recorded(event: Event) -> RecordedEvent:
    """Return the event as one that the layer doesn't report again."""
    return event if isinstance(event, RecordedEvent) else RecordedEvent(event, None)


def _type_of(event: Event) -> str | None:
    type = event.get("type")
    return type if isinstance(type, str) else None
