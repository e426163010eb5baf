"""The channel layer: events between the consumers of one process."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

from chatdemo.realtime.dispatcher import Dispatcher
from chatdemo.realtime.observers import LayerObserver
from chatdemo.realtime.upstream.asyncio import NoCurrentTask, get_running_loop_or_none
from chatdemo.realtime.upstream.channels import remove_from_groups

logger = logging.getLogger(__name__)
Event = dict[str, Any]
#: Types of values that can't be changed: a copy of a dict of these can have the same values.
IMMUTABLE_TYPES = {str, int, float, bool, bytes, type(None)}
#: Expired events and members are searched for at most this often.
SWEEP_INTERVAL_SECONDS = 10
#: The channels of a group, and in the same order the dispatchers that they are attached to, if any.
GroupChannels = tuple[list[str], list[Dispatcher | None]]


def copier_of(event: Event) -> Callable[[Event], Event]:
    """Return the function that copies the event so that no change of one affects the other."""
    return dict if IMMUTABLE_TYPES.issuperset(map(type, event.values())) else deepcopy


class ChannelQueue:
    """The events that wait in a channel, with the times at which they expire, and its receivers.

    A receiver is the future of a call of ``receive`` that waits.
    """

    __slots__ = ("events", "receivers", "dispatcher")

    def __init__(self, dispatcher: Dispatcher | None = None) -> None:
        self.events: deque[tuple[float, Event]] | tuple[()] = ()  # a deque takes 760 bytes
        self.receivers: list[asyncio.Future[Event]] = []
        self.dispatcher = dispatcher

    def put(self, event: Event, expires: float, first: bool = False) -> None:
        """Add an event behind the others, or before them."""
        if not self.events:
            self.events = deque()
        (self.events.appendleft if first else self.events.append)((expires, event))

    def pop(self) -> Event:
        """Take the first event."""
        event = self.events.popleft()[1]  # type: ignore[union-attr]
        if not self.events:
            self.events = ()
        return event


class ChannelLayer(InMemoryChannelLayer):
    """Channels' in-memory layer, by the Channel Layer Specification, with these differences:

    - ``group_send`` takes the same time for each member. Channels' layer goes through every channel
      and every member of every group at each receive.
    - Lost events are logged: in a full channel, and expired ones.
    - ``channel_capacity`` works. Channels' layer never compiles its patterns.
    - A receive that is cancelled after its event has arrived puts it back. Channels' layer may
      lose it.
    - ``attach`` has a consumer's events dispatched, so that no task has to receive them.
    - ``group_send_nowait`` is ``group_send`` for code that isn't asynchronous.

    Consumers in several event loops and threads may use one layer. ``observer`` is called for each
    event while it is set.
    """

    def __init__(
        self,
        expiry: float = 60,
        group_expiry: float = 86400,
        capacity: int = 100,
        channel_capacity: dict[str, int] | None = None,
        **kwargs: Any,
    ):
        super().__init__(expiry, group_expiry, capacity, channel_capacity, **kwargs)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.channels: dict[str, ChannelQueue] = {}
        self.observer: LayerObserver | None = None
        # By event loop, while it delivers events: those that were sent meanwhile.
        self._postponed: dict[
            asyncio.AbstractEventLoop, deque[tuple[GroupChannels, Event, str]]
        ] = {}
        # By group, until a membership changes: to find each channel by its name would take longer
        # than everything else here.
        self._members: dict[str, GroupChannels] = {}
        self._last_sweep = time.time()

    @property
    def batching_allowed(self) -> bool:
        """Whether several messages may be sent in one event."""
        return self.observer is None or not self.observer.observes_events

    async def new_channel(self, prefix: str = "specific.") -> str:
        """Return the name of a new channel."""
        name = await super().new_channel(prefix)
        if self.observer is not None:
            self.observer.on_new_channel(name)
        return name

    async def send(self, channel: str, message: Mapping[str, Any]) -> None:
        """Send an event to a channel. Raises ChannelFull, and TypeError for an invalid name.

        An event that a handler sends during a delivery is postponed: if the channel is full then,
        the event is lost, and logged.
        """
        assert isinstance(message, dict), "message is not a dict"
        self.require_valid_channel_name(channel)
        assert "__asgi_channel__" not in message
        if self.observer is not None:
            message = self.observer.on_send(channel, message)  # type: ignore[assignment]
            if message is None:
                return
        if self._is_full(channel) or self._deliver(self._find_dispatchers([channel]), message):
            if self.observer is not None:
                self.observer.on_full([channel], message)
            raise ChannelFull(channel)

    async def receive(self, channel: str) -> Event:
        """Return the next event of a channel, and wait for it. Expired events are dropped."""
        self.require_valid_channel_name(channel)
        self._sweep()
        queue = self.channels.setdefault(channel, ChannelQueue())
        self._drop_expired(channel, queue)
        if queue.events:
            event = queue.pop()
            self._remove_if_unused(channel, queue)
        else:
            event = await self._wait_for_event(channel, queue)
        return self._as_delivered(channel, event, dispatched=False)

    async def _wait_for_event(self, channel: str, queue: ChannelQueue) -> Event:
        receiver = asyncio.get_running_loop().create_future()
        queue.receivers.append(receiver)
        try:
            return await receiver
        except asyncio.CancelledError:
            if receiver.done() and not receiver.cancelled():  # it has arrived: for the next one
                self._put_back(channel, receiver.result())
            raise
        finally:
            if receiver in queue.receivers:
                queue.receivers.remove(receiver)
            self._remove_if_unused(channel, queue)

    async def group_send(self, group: str, message: Mapping[str, Any]) -> None:
        """Send an event to every channel of a group. It is lost, and logged, in a full channel.

        Raises TypeError for an invalid name.
        """
        self.group_send_nowait(group, message)

    def group_send_nowait(
        self, group: str, message: Mapping[str, Any], message_count: int = 1
    ) -> None:
        """Do what ``group_send`` does. It never has to wait.

        ``message_count`` is how many messages of a chat the event has, for the observer.
        """
        assert isinstance(message, dict), "Message is not a dict"
        if group not in self.groups:  # whose name was checked
            self.require_valid_group_name(group)
        self._sweep()
        members = self._members.get(group)
        if members is None:
            members = self._find_dispatchers(list(self.groups.get(group, ())))
            self._members[group] = members
        if self.observer is not None:
            event = self.observer.on_group_send(group, members[0], message, message_count)
            if event is None:
                return
            message = event
        self._report_full(group, self._deliver(members, message, group), message)

    def _find_dispatchers(self, channels: list[str]) -> GroupChannels:
        found = map(self.channels.get, channels)
        return channels, [channel.dispatcher if channel else None for channel in found]

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group. Raises TypeError for an invalid name."""
        await super().group_add(group, channel)
        self._members.pop(group, None)
        if self.observer is not None:
            self.observer.on_group_add(group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        """Remove a channel from a group, if it is a member."""
        await super().group_discard(group, channel)
        self._members.pop(group, None)
        if self.observer is not None:
            self.observer.on_group_discard(group, channel)

    def attach(self, channel: str, dispatcher: Dispatcher) -> None:
        """Dispatch the events of a channel to ``dispatcher`` from now on."""
        self.require_valid_channel_name(channel)
        self.channels[channel] = ChannelQueue(dispatcher)
        self._members.clear()
        dispatcher.add_source(partial(self.receive_nowait, channel))

    def detach(self, channel: str) -> None:
        """Remove a channel that was attached, with the events in it."""
        self.channels.pop(channel, None)
        self._members.clear()

    def receive_nowait(self, channel: str) -> Event | None:
        """Return the next event of an attached channel, None if there is none."""
        queue = self.channels.get(channel)
        if queue is None or not queue.events:
            return None
        self._drop_expired(channel, queue)
        if not queue.events:
            return None
        return self._as_delivered(channel, queue.pop(), dispatched=True)

    def _as_delivered(self, channel: str, sent: Event, dispatched: bool) -> Event:
        """Return the event that a consumer gets, and report its delivery to the observer.

        Of those that are dispatched, only the observer's own replacements are reported.
        """
        observer = self.observer
        if type(sent) is dict and (dispatched or observer is None):
            return sent
        event = dict(sent)
        if observer is not None:
            observer.on_delivery(channel, event, sent, dispatched)
        return event

    def count_waiting(self, channel: str) -> int:
        """Return the number of events that wait in a channel."""
        queue = self.channels.get(channel)
        return len(queue.events) if queue else 0

    async def flush(self) -> None:
        """Remove all events and groups. Receivers go on waiting."""
        for name, queue in list(self.channels.items()):
            queue.events = ()
            self._remove_if_unused(name, queue)
        self.groups: dict[str, dict[str, float]] = {}
        self._members.clear()

    def _deliver(self, members: GroupChannels, event: Event, group: str = "") -> list[str]:
        """Dispatch an event to each member, or put it into its channel. Return the full channels.

        Events that are sent while this event loop delivers one are postponed: the answer of a
        handler must not reach other members before what it answers.
        """
        loop = asyncio.get_running_loop()
        postponed = self._postponed.get(loop)
        if postponed is not None:
            postponed.append((members, deepcopy(event), group))
            return []
        postponed = self._postponed[loop] = deque()
        try:
            with NoCurrentTask(loop):
                return self._deliver_now(members, event, loop)
        finally:
            self._deliver_postponed_later(loop, postponed)

    def _deliver_postponed_later(self, loop: asyncio.AbstractEventLoop, postponed: deque) -> None:
        if postponed:  # in the next iteration: consumers may answer each other without end
            loop.call_soon(self._deliver_postponed, loop, postponed)
        else:
            del self._postponed[loop]

    def _deliver_postponed(self, loop: asyncio.AbstractEventLoop, postponed: deque) -> None:
        try:
            for _ in range(len(postponed)):
                members, event, group = postponed.popleft()
                self._report_full(group, self._deliver_now(members, event, loop), event)
        finally:
            self._deliver_postponed_later(loop, postponed)

    def _deliver_now(
        self, members: GroupChannels, event: Event, loop: asyncio.AbstractEventLoop
    ) -> list[str]:
        plain, copy, full = event, copier_of(event), []
        observer = None
        if type(event) is not dict:  # the observer's
            observer, plain = self.observer, dict(event)
        for channel, dispatcher in zip(*members, strict=True):
            if (
                dispatcher
                and not dispatcher.is_busy
                and not dispatcher.has_pending
                and dispatcher.loop is loop
            ):
                copied = copy(plain)
                if observer is not None:
                    observer.on_delivery(channel, copied, event, True)
                dispatcher.dispatch(copied)
            elif not self._put(channel, deepcopy(event) if observer else copy(event), loop):
                full.append(channel)
        return full

    def _put(self, channel: str, event: Event, loop: asyncio.AbstractEventLoop) -> bool:
        """Give the event to a receiver or store it. Return False if the channel is full."""
        queue = self.channels.get(channel)
        if queue is None:
            queue = self.channels[channel] = ChannelQueue()
        elif queue.receivers and self._give_to_receiver(channel, queue, event):
            return True
        if queue.events and self._is_full(channel):
            return False
        queue.put(event, time.time() + self.expiry)
        if queue.dispatcher:
            queue.dispatcher.note_pending(loop)
        return True

    def _is_full(self, channel: str) -> bool:
        queue = self.channels.get(channel)
        if queue is None or len(queue.events) < self.get_capacity(channel):
            return False
        self._drop_expired(channel, queue)
        return len(queue.events) >= self.get_capacity(channel)

    def _report_full(self, group: str, full: list[str], event: Event) -> None:
        if not full:
            return
        if group:
            logger.warning(
                "An event to the group %s was lost for %d of its members,"
                " whose channels are full (%s)",
                group,
                len(full),
                full[0],
            )
        else:
            logger.warning("An event was lost: the channel %s is full", full[0])
        if self.observer is not None:
            self.observer.on_full(full, event)

    def _give_to_receiver(self, channel: str, queue: ChannelQueue, event: Event) -> bool:
        """Give the event to the first receiver in its event loop. Return whether there is one."""
        while queue.receivers:
            receiver = queue.receivers.pop(0)
            loop = receiver.get_loop()
            if loop is not get_running_loop_or_none():
                loop.call_soon_threadsafe(self._set_result, channel, receiver, event)
                return True
            if not receiver.done():
                receiver.set_result(event)
                return True
        return False

    def _set_result(self, channel: str, receiver: "asyncio.Future[Event]", event: Event) -> None:
        if receiver.done():  # it was cancelled before this call in its own loop
            self._put_back(channel, event)
        else:
            receiver.set_result(event)

    def _put_back(self, channel: str, event: Event) -> None:
        """Put an event back as the first one."""
        queue = self.channels.setdefault(channel, ChannelQueue())
        if not self._give_to_receiver(channel, queue, event):
            queue.put(event, time.time() + self.expiry, first=True)

    def _remove_if_unused(self, channel: str, queue: ChannelQueue) -> None:
        is_used = queue.events or queue.receivers or queue.dispatcher
        if not is_used and self.channels.get(channel) is queue:
            del self.channels[channel]

    def _drop_expired(self, channel: str, queue: ChannelQueue) -> None:
        """Drop expired events. By the specification, their channel leaves its groups."""
        now, expired = time.time(), 0
        while queue.events and queue.events[0][0] < now:
            queue.pop()
            expired += 1
        if expired:
            logger.warning(
                "%d events in the channel %s expired unread, and it leaves its groups",
                expired,
                channel,
            )
            remove_from_groups(self, channel)
            self._members.clear()

    def _sweep(self) -> None:
        """Drop all that has expired, now and then. A channel that is used is checked each time."""
        now = time.time()
        if now - self._last_sweep < min(self.expiry, SWEEP_INTERVAL_SECONDS):
            return
        self._last_sweep = now
        for channel, queue in list(self.channels.items()):
            self._drop_expired(channel, queue)
            self._remove_if_unused(channel, queue)
        self._members.clear()
        for group, members in list(self.groups.items()):
            for channel in [
                one for one, since in members.items() if since < now - self.group_expiry
            ]:
                del members[channel]
            if not members:
                del self.groups[group]
