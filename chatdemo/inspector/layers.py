"""Records what goes through a channel layer."""

import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
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
from chatdemo.inspector.lost_events import LostEvents, is_consumers_own
from chatdemo.inspector.problems import Line, Problems
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.layer import ChannelLayer
from chatdemo.realtime.observers import LayerObserver
from chatdemo.realtime.upstream.channels import count_queued

Event = dict[str, Any]
#: Of how many channels it is known when they were read.
MAX_NAMED_CHANNELS = 1000


class RecordedEvent(dict[str, Any]):
    """An event on its way through a layer: its journey, the line that sends it, and its payload.

    The layer doesn't report it again when it is sent after it was held.
    """

    __slots__ = ("journey", "source", "formatted")

    def __init__(self, event: Event, journey: int | None, source: Line | None = None):
        super().__init__(event)
        self.journey, self.source, self.formatted = journey, source, format_value(event)

    def __deepcopy__(self, memo: dict[int, Any]) -> "RecordedEvent":
        copied = RecordedEvent.__new__(RecordedEvent)
        copied.update(deepcopy(dict(self), memo))
        copied.journey, copied.source, copied.formatted = self.journey, self.source, self.formatted
        return copied


class LayerRecorder(LayerObserver):
    """Records the events and groups of one channel layer, and holds those of frozen groups back.

    ``configured`` is the layer's entry in CHANNEL_LAYERS. ``arrivals`` are those of the Handlers:
    the events that workers are about to get.
    """

    def __init__(
        self,
        layer: BaseChannelLayer,
        configured: Mapping[str, Any],
        recording: Recording,
        problems: Problems,
        arrivals: Arrivals,
    ):
        self.layer, self.recording = layer, recording
        self.members = GroupMembers(layer)
        self.frozen_groups = FrozenGroups(layer, self._count_queued, self.capacity)
        self.connections: WeakValueDictionary[str, Connection] = WeakValueDictionary()  # by channel
        #: When an event of a channel that isn't a consumer's own was last received here.
        self.last_read: dict[str, float] = {}
        self.lost_events = LostEvents(
            layer, configured, problems, self.count_waiting, self.last_read.__contains__
        )
        self._arrivals = arrivals

    @property
    def observes_events(self) -> bool:
        """Whether events are recorded, or held."""
        return self.recording.is_active or bool(self.frozen_groups.groups)

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

    def on_send(self, channel: str, event: Event, source: Line | None = None) -> Event | None:
        if isinstance(event, RecordedEvent):
            return event
        sent = self._record_sending("layer_send", event, source, to=channel) or event
        group = self.frozen_groups.frozen_group_of(channel)
        if group is None:
            return sent
        self.frozen_groups.hold(group, [channel], _as_recorded(sent))
        return None

    def on_group_send(
        self,
        group: str,
        members: Sequence[str],
        event: Event,
        message_count: int = 1,
        source: Line | None = None,
    ) -> Event | None:
        if not self.observes_events:
            self.recording.unrecorded += message_count
            return event
        if isinstance(event, RecordedEvent):
            return event
        sent: Event | None = self._record_sending(
            "group_send", event, source, group=group, members=len(members)
        )
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
    def on_full(self, channels: Sequence[str], event: Event) -> None:
        self.recording.lost += len(channels)
        if not self.recording.resume_if_possible():
            return
        where, journey = self._origin_of(event)
        for channel in channels:
            connection = self.connections.get(channel)
            waiting = self.count_waiting(channel)
            self._record("full", connection, channel=channel, waiting=waiting)
            self.lost_events.report_full(channel, connection, where, journey=journey)

    @never_raises
    def on_over_capacity(self, group: str, event: Event) -> None:
        """The core layer of channels_redis has dropped an event for a group."""
        self.recording.lost += 1
        if self.recording.resume_if_possible():
            where, journey = self._origin_of(event)
            self._record("full", current_connection.get(), group=group, journey=journey)
            self.lost_events.report_over_capacity(group, where, journey=journey)

    def _origin_of(self, event: Event) -> tuple[Line | None, int | None]:
        """Return the line that has sent an event, and its journey, as far as they are recorded."""
        if isinstance(event, RecordedEvent):
            return event.source, event.journey
        return call_stack.describe_caller(call_stack.current_stack()), None

    @never_raises
    def _record_sending(
        self, what: str, event: Event, source: Line | None, to: str | None = None, **fields: Any
    ) -> RecordedEvent | None:
        """Record that an event is sent, at the line ``source`` if that is known.

        Returns it with its journey, None if it isn't recorded.
        """
        self.recording.pause_if_too_many(fields.get("members", 1))
        if not self.recording.resume_if_possible():
            return None
        sender, stack = current_connection.get(), call_stack.current_stack()
        journey = find_journey(self.recording, stack, partial(self._record, connection=sender))
        source = source or call_stack.describe_caller(stack)
        recorded = RecordedEvent(event, journey, source)
        self._record(
            what,
            sender,
            **fields,
            type=_type_of(event),
            formatted=recorded.formatted,
            journey=journey,
            source=source,
            to=to,
        )
        self.lost_events.check_carried(event, source, connection=sender, journey=journey)
        if to is not None and not is_consumers_own(to):
            self.lost_events.check_read(to, source, connection=sender, journey=journey)
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


def _as_recorded(event: Event) -> RecordedEvent:
    """Return the event as one that the layer doesn't report again."""
    return event if isinstance(event, RecordedEvent) else RecordedEvent(event, None)


def _type_of(event: Event) -> str | None:
    type = event.get("type")
    return type if isinstance(type, str) else None
