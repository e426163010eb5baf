"""Holding back what a channel layer should deliver, to let it go one by one."""

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from copy import deepcopy
from functools import partial
from typing import Any

#: Events held at most for one group; then it thaws by itself.
MOST = 10_000
#: Seconds between two tries to deliver to a channel that is full.
AGAIN = 0.05


class Freezer:
    """The frozen groups of ``layer``, and what is held for their members, in order."""

    def __init__(self, layer: Any):
        self.layer = layer
        self.groups: dict[str, deque[Callable[[], Awaitable[None]]]] = {}
        self.waiting: Counter[str] = Counter()  # by channel
        self._thawing: set[asyncio.Task] = set()
        self._letting_go: dict[str, asyncio.Lock] = {}

    def holds(self, group: str) -> bool:
        """Whether a group is frozen."""
        return group in self.groups

    def holds_channel(self, channel: str) -> bool:
        """Whether a channel is a member of a frozen group."""
        return bool(self.groups) and any(self._has(group, channel) for group in self.groups)

    def held(self, group: str) -> int:
        """Events held for a group."""
        return len(self.groups.get(group, ()))

    def held_for(self, channel: str) -> int:
        """Events held for a channel."""
        return self.waiting[channel]

    def freeze(self, group: str) -> bool:
        """From now on, hold what goes to the group. False if it is frozen already."""
        if group in self.groups:
            return False
        self.groups[group] = deque()
        self._letting_go[group] = asyncio.Lock()
        return True

    def hold(self, channel: str, event: dict) -> None:
        """Keep an event for one channel that is a member of a frozen group."""
        group = next(group for group in self.groups if self._has(group, channel))
        self._keep(group, channel, event)

    def hold_all(self, group: str, members: list[str], event: dict) -> None:
        """Keep an event for each member. A layer that can't say who they are gets it for all of them later."""
        if not hasattr(self.layer, "groups"):
            return self.groups[group].append(
                partial(self.layer.let_go_to_group, group, deepcopy(event))
            )
        for channel in members:
            self._keep(group, channel, deepcopy(event))
        if len(self.groups[group]) > MOST:
            self.thaw(group)

    async def step(self, group: str) -> bool:
        """Let one event go to one member; False if there is none."""
        if group not in self.groups:
            return False
        async with self._letting_go[group]:  # the next one waits until this one has gone
            held = self.groups.get(group)
            if held:
                await held.popleft()()
                return True
        return False

    def thaw(self, group: str) -> bool:
        """Let all go, in order. What comes meanwhile goes behind it. False if it isn't frozen."""
        if group not in self.groups:
            return False
        task = asyncio.ensure_future(self._thaw(group))
        self._thawing.add(task)
        task.add_done_callback(self._thawing.discard)
        return True

    async def _thaw(self, group: str) -> None:
        while await self.step(group):
            pass
        self.groups.pop(group, None)
        self._letting_go.pop(group, None)

    def _has(self, group: str, channel: str) -> bool:
        return channel in getattr(self.layer, "groups", {}).get(group, ())

    def _keep(self, group: str, channel: str, event: dict) -> None:
        self.waiting[channel] += 1
        self.groups[group].append(partial(self._deliver, channel, event))

    async def _deliver(self, channel: str, event: dict) -> None:
        self.waiting[channel] -= 1
        if not self.waiting[channel]:
            del self.waiting[channel]
        most = self.layer.most(channel)
        while (
            most is not None and self.layer.queued(channel) >= most
        ):  # nothing is lost because of us
            await asyncio.sleep(AGAIN)
        await self.layer.let_go(channel, event)
