"""Records what goes through a channel layer."""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

from channels.layers import BaseChannelLayer

from chatdemo.inspector import call_stack
from chatdemo.inspector.connection import Connection, current_connection, short_id_of
from chatdemo.inspector.formatting import format_value
from chatdemo.inspector.frozen_groups import FrozenGroups
from chatdemo.inspector.group_members import GroupMembers
from chatdemo.inspector.journeys import (
    UNRECORDED,
    Arrivals,
    Cause,
    current_cause,
    find_journey,
    note_sent,
)
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.layer import ChannelLayer
from chatdemo.realtime.observers import LayerObserver
from chatdemo.realtime.upstream.channels import count_queued

Event = dict[str, Any]
#: Of how many channels it is known when they were read.
MAX_NAMED_CHANNELS = 1000


class RecordedEvent(dict[str, Any]):
    """An event on its way through a layer, with its journey and its formatted payload.

    The layer doesn't report it again when it is sent after it was held.
    """

    __slots__ = ("journey", "formatted")

    def __init__(self, event: Event, journey: int | None):
        super().__init__(event)
        self.journey, self.formatted = journey, format_value(event)


class LayerRecorder(LayerObserver):
    """Records the events and groups of one channel layer, and holds those of frozen groups back.

    ``arrivals`` are those of the Handlers: the events that workers are about to get.
    """

    def __init__(self, layer: BaseChannelLayer, recording: Recording, arrivals: Arrivals):
        self.layer, self.recording = layer, recording
        self.members = GroupMembers(layer)
        self.frozen_groups = FrozenGroups(layer, self._count_queued, self.capacity)
        self.connections: WeakValueDictionary[str, Connection] = WeakValueDictionary()  # by channel
        #: When an event of a channel that isn't a consumer's own was last received here.
        self.last_read: dict[str, float] = {}
        self._arrivals = arrivals

    @property
    def batching_allowed(self) -> bool:
        """Whether several messages may be sent in one event: not while any is recorded or held."""
        return not self.recording.is_active and not self.frozen_groups.groups

    @property
    def why_unfreezable(self) -> str | None:
        """Why the layer's groups can't be frozen, None if they can."""
        if self.members.are_in_memory:
            return None
        name = type(self.layer).__name__
        return f"{name} may have other processes' events too, and these can't be held back here."

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

    @never_raises
    def on_group_add(self, group: str, channel: str) -> None:
        where = self._record_membership("group_add", group, channel)
        self.members.add(group, channel, self.connections.get(channel), where)

    @never_raises
    def on_group_discard(self, group: str, channel: str) -> None:
        self.members.discard(group, channel)
        self._record_membership("group_discard", group, channel)

    def _record_membership(self, what: str, group: str, channel: str) -> dict[str, Any] | None:
        """Returns the line of code, None if it isn't recorded."""
        if not self.recording.resume_if_possible():
            return None
        member = self.connections.get(channel) or current_connection.get()
        where = call_stack.describe_caller(call_stack.current_stack())
        self._record(what, member, group=group, channel=channel, source=where)
        return where

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
        self.frozen_groups.hold(group, members, _as_recorded(sent))
        return None

    def on_event_from_elsewhere(self, event: Event) -> RecordedEvent | None:
        """Begin the journey of an event that wasn't sent here, or while recording paused."""
        if not (journey := self.recording.new_journey()):
            return None
        detail = "(or it was sent while recording paused)"
        self.recording.record("start", type="another process", detail=detail, journey=journey)
        # The last key is channels_redis' own, which it removes.
        content = {key: value for key, value in event.items() if key != "__asgi_channel__"}
        return RecordedEvent(content, journey)

    @never_raises
    def on_delivery(self, channel: str, event: Event, sent: Event, dispatched: bool) -> None:
        recorded = sent if isinstance(sent, RecordedEvent) else None
        journey = recorded.journey if recorded is not None else None
        connection = self.connections.get(channel)
        cause = Cause(journey or UNRECORDED)
        if not is_consumers_own(channel):
            self.last_read[channel] = time.time()
            if len(self.last_read) > MAX_NAMED_CHANNELS:
                del self.last_read[next(iter(self.last_read))]
        (connection.journeys if connection else self._arrivals).add(event, cause)
        if not dispatched:  # for a task that handles events itself
            current_cause.set(cause)
            if connection is not None or call_stack.find_consumer() is None:
                current_connection.set(connection)  # instead of that which has started the task
        if self.recording.resume_if_possible():
            consumer = connection.consumer if connection else None
            where = None
            if "type" in event:
                where = call_stack.describe_handler_of(consumer, event)
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
    def on_full(self, channels: Sequence[str], event: Event | None = None) -> None:
        self.recording.lost += len(channels)
        for channel in channels if self.recording.resume_if_possible() else ():
            connection = self.connections.get(channel)
            waiting = self.count_waiting(channel)
            self._record("full", connection, channel=channel, waiting=waiting)
            if connection:
                connection.on_event_lost(waiting, event)

    @never_raises
    def _record_sending(
        self, what: str, event: Event, to: str | None = None, **fields: Any
    ) -> RecordedEvent | None:
        """Record that an event is sent. Returns it with its journey, None if it isn't recorded."""
        self.recording.pause_if_too_many(fields.get("members", 1))
        if not self.recording.resume_if_possible():
            return None
        sender, stack = current_connection.get(), call_stack.current_stack()
        journey = find_journey(self.recording, stack, partial(self._record, connection=sender))
        recorded = RecordedEvent(event, journey)
        self._record(
            what,
            sender,
            **fields,
            type=_type_of(event),
            formatted=recorded.formatted,
            journey=journey,
            source=call_stack.describe_caller(stack),
            to=to,
        )
        if isinstance(self.layer, ChannelLayer):  # which never waits; of others, their methods tell
            note_sent()
        return recorded

    def _record(self, what: str, connection: Connection | None, **fields: Any) -> None:
        if connection:
            connection.record(what, **fields)
            return
        if what != "layer_receive" and (consumer := call_stack.find_consumer()):
            fields |= {"consumer": type(consumer).__name__, "instance": short_id_of(consumer)}
        self.recording.record(what, **fields)


def is_consumers_own(channel: str) -> bool:
    """Whether ``new_channel`` has made a channel's name. Other channels are read by workers."""
    return "!" in channel or "specific." in channel


def _as_recorded(event: Event) -> RecordedEvent:
    """Return the event as one that the layer doesn't report again."""
    return event if isinstance(event, RecordedEvent) else RecordedEvent(event, None)


def _type_of(event: Event) -> str | None:
    type = event.get("type")
    return type if isinstance(type, str) else None
