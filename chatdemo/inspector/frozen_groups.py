"""Frozen groups: their events are held back, and delivered one by one."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from functools import partial
from typing import Any

from chatdemo.realtime.background_tasks import run_in_background

Event = dict[str, Any]
#: A group for which more events are held thaws by itself.
MAX_HELD_EVENTS = 10_000
#: The time between two attempts to deliver to a channel that is full.
RETRY_SECONDS = 0.05


class FrozenGroups:
    """The frozen groups of a layer in memory, and the events that are held for their members.

    Other processes can't send to its groups, so that holding what is sent here holds everything.

    An event is recorded before it is held, and not again when it is sent.
    ``count_queued(channel)`` returns how many events wait in the layer's queue for a channel, and
    ``capacity(channel)`` how many may, None if it isn't known.
    """

    def __init__(
        self, layer: Any, count_queued: Callable[[str], int], capacity: Callable[[str], int | None]
    ):
        self.layer, self.count_queued, self.capacity = layer, count_queued, capacity
        self.groups: dict[str, deque[Callable[[], Awaitable[None]]]] = {}
        self._held_by_channel: Counter[str] = Counter()
        self._locks: dict[str, asyncio.Lock] = {}

    def is_frozen(self, group: str) -> bool:
        """Whether events to a group are held."""
        return group in self.groups

    def frozen_group_of(self, channel: str) -> str | None:
        """Return a frozen group that the channel is a member of, None if there is none."""
        for group in self.groups:
            if channel in self.layer.groups.get(group, ()):
                return group
        return None

    def count_held(self, group: str) -> int:
        """Return the number of events held for a group."""
        return len(self.groups.get(group, ()))

    def count_held_for(self, channel: str) -> int:
        """Return the number of events held for a channel."""
        return self._held_by_channel[channel]

    def freeze(self, group: str) -> bool:
        """Hold the events of a group from now on. Returns False if it is frozen already."""
        if group in self.groups:
            return False
        self.groups[group] = deque()
        self._locks[group] = asyncio.Lock()
        return True

    def hold(self, group: str, channels: Sequence[str], event: Event) -> None:
        """Hold an event of a frozen group for each of these channels."""
        held = self.groups[group]
        for channel in channels:
            self._held_by_channel[channel] += 1
            held.append(partial(self._deliver, channel, deepcopy(event)))
        if len(held) > MAX_HELD_EVENTS:
            self.thaw(group)

    async def deliver_one(self, group: str) -> bool:
        """Deliver one held event to one member. Returns False if there is none."""
        if group not in self.groups:
            return False
        async with self._locks[group]:  # the next delivery waits for this one
            held = self.groups.get(group)
            if held:
                await held.popleft()()
                return True
        return False

    def thaw(self, group: str) -> bool:
        """Deliver all events in order, and what is sent meanwhile after them.

        Returns False if the group isn't frozen.
        """
        if group not in self.groups:
            return False
        run_in_background(self._thaw(group))
        return True

    async def _thaw(self, group: str) -> None:
        while await self.deliver_one(group):
            pass
        self.groups.pop(group, None)
        self._locks.pop(group, None)

    async def _deliver(self, channel: str, event: Event) -> None:
        self._held_by_channel[channel] -= 1
        if not self._held_by_channel[channel]:
            del self._held_by_channel[channel]
        capacity = self.capacity(channel)
        while capacity is not None and self.count_queued(channel) >= capacity:  # lose no event
            await asyncio.sleep(RETRY_SECONDS)
        await self.layer.send(channel, event)
