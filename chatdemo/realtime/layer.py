"""The channel layer: events between the consumers of one process, at a cost for each member and not its square."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from channels.exceptions import ChannelFull
from channels.layers import InMemoryChannelLayer

logger = logging.getLogger(__name__)
#: Values that nobody can change: a dict of these alone is copied without a look into it.
FLAT = (str, int, float, bool, bytes, type(None))


class Mailbox:
    """A channel: the events that wait in it, each with the time at which it expires, and those who wait for one."""

    __slots__ = ("events", "waiters")

    def __init__(self) -> None:
        self.events: deque[tuple[float, dict]] = deque()
        self.waiters: deque[asyncio.Future] = deque()


class ChannelLayer(InMemoryChannelLayer):
    """Channels' in-memory layer and its contract (Channels' docs: Channel Layer Specification), with differences:

    - A group_send costs the same for each member. Upstream walks through every channel and every member of every group
      at each receive.
    - What is lost is logged: an event for a channel that is full, and one that expired unread.
    - ``channel_capacity`` works. Upstream never compiles its patterns.
    - A receive that is cancelled after its event has arrived puts it back. Upstream may lose it.

    Consumers of several event loops and threads may use one layer.
    """

    def __init__(self, expiry=60, group_expiry=86400, capacity=100, channel_capacity=None, **kwargs):
        super().__init__(expiry, group_expiry, capacity, channel_capacity, **kwargs)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.channels: dict[str, Mailbox] = {}
        self._swept = time.time()

    async def send(self, channel: str, message: Mapping[str, Any]) -> None:
        """Put an event into a channel. Raises ChannelFull, and TypeError for a name that isn't one."""
        assert isinstance(message, dict), "message is not a dict"
        self.require_valid_channel_name(channel)
        assert "__asgi_channel__" not in message
        self._sweep()
        if not self._put(channel, deepcopy(message)):
            raise ChannelFull(channel)

    async def receive(self, channel: str) -> dict:
        """The next event of a channel, waiting for it if there is none. Events that have expired are passed over."""
        self.require_valid_channel_name(channel)
        self._sweep()
        mailbox = self.channels.setdefault(channel, Mailbox())
        self._expire(channel, mailbox)
        if mailbox.events:
            event = mailbox.events.popleft()[1]
            self._tidy(channel, mailbox)
            return event
        return await self._wait(channel, mailbox)

    async def _wait(self, channel: str, mailbox: Mailbox) -> dict:
        waiter = asyncio.get_running_loop().create_future()
        mailbox.waiters.append(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():  # it came, and whoever waited is gone: it's the next one's
                self._return(channel, waiter.result())
            raise
        finally:
            if waiter in mailbox.waiters:
                mailbox.waiters.remove(waiter)
            self._tidy(channel, mailbox)

    async def group_send(self, group: str, message: Mapping[str, Any]) -> None:
        """Put an event into every channel of a group. It is lost, and logged, where a channel is full."""
        assert isinstance(message, dict), "Message is not a dict"
        self.require_valid_group_name(group)
        self._sweep()
        copy = dict if all(isinstance(value, FLAT) for value in message.values()) else deepcopy
        full = [channel for channel in list(self.groups.get(group, ())) if not self._put(channel, copy(message))]
        if full:
            logger.warning(
                "%d of the group %s read too slowly: their channels are full, and an event for them was lost (%s)",
                len(full), group, full[0],
            )  # fmt: skip

    async def flush(self) -> None:
        """Forget all events and groups. Whoever waits goes on waiting."""
        for channel, mailbox in list(self.channels.items()):
            mailbox.events.clear()
            self._tidy(channel, mailbox)
        self.groups = {}

    def _put(self, channel: str, event: dict) -> bool:
        """Give the event to who waits for it, or keep it; False if the channel is full."""
        mailbox = self.channels.get(channel)
        if mailbox is None:
            mailbox = self.channels[channel] = Mailbox()
        elif self._give(channel, mailbox, event):
            return True
        if len(mailbox.events) >= self.get_capacity(channel):
            self._expire(channel, mailbox)
            if len(mailbox.events) >= self.get_capacity(channel):
                return False
        mailbox.events.append((time.time() + self.expiry, event))
        return True

    def _give(self, channel: str, mailbox: Mailbox, event: dict) -> bool:
        """Whether somebody was waiting, and gets it: in the event loop that they wait in."""
        while mailbox.waiters:
            waiter = mailbox.waiters.popleft()
            loop = waiter.get_loop()
            if loop is not asyncio._get_running_loop():
                loop.call_soon_threadsafe(self._hand_over, channel, waiter, event)
                return True
            if not waiter.done():
                waiter.set_result(event)
                return True
        return False

    def _hand_over(self, channel: str, waiter: asyncio.Future, event: dict) -> None:
        """In the waiter's own loop, and so perhaps after it has given up."""
        if waiter.done():
            self._return(channel, event)
        else:
            waiter.set_result(event)

    def _return(self, channel: str, event: dict) -> None:
        """Put an event back to the front, as if it had never been taken."""
        mailbox = self.channels.setdefault(channel, Mailbox())
        if not self._give(channel, mailbox, event):
            mailbox.events.appendleft((time.time() + self.expiry, event))

    def _tidy(self, channel: str, mailbox: Mailbox) -> None:
        """Forget a channel that nothing is in and nobody waits for: so many come and go."""
        if not mailbox.events and not mailbox.waiters and self.channels.get(channel) is mailbox:
            del self.channels[channel]

    def _expire(self, channel: str, mailbox: Mailbox) -> None:
        """Drop what nobody has read in time. As in the specification, such a channel leaves its groups."""
        now, lost = time.time(), 0
        while mailbox.events and mailbox.events[0][0] < now:
            mailbox.events.popleft()
            lost += 1
        if lost:
            logger.warning("%d events in the channel %s expired unread, and it leaves its groups", lost, channel)
            self._remove_from_groups(channel)

    def _sweep(self) -> None:
        """Now and then, go through everything for what has expired; each use of a channel sees to that one itself."""
        now = time.time()
        if now - self._swept < min(self.expiry, 10):
            return
        self._swept = now
        for channel, mailbox in list(self.channels.items()):
            self._expire(channel, mailbox)
            self._tidy(channel, mailbox)
        for group, members in list(self.groups.items()):
            for channel in [name for name, since in members.items() if since < now - self.group_expiry]:
                del members[channel]
            if not members:
                del self.groups[group]
