"""The channel layer: events between the consumers of one process, at a cost for each member and not its square."""

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

from chatdemo.realtime.tasks import outside_tasks
from chatdemo.realtime.turns import Turns

logger = logging.getLogger(__name__)
#: Values that nobody can change: a dict of these alone is copied without a look into it.
FLAT = {str, int, float, bool, bytes, type(None)}
#: The names of channels, and in the same order the turns that they are attached to, if they are.
Members = tuple[list[str], list[Turns | None]]


def how_to_copy(message: dict) -> Callable[[dict], dict]:
    """What makes a copy of the message that shares nothing with it that can be changed."""
    return dict if FLAT.issuperset(map(type, message.values())) else deepcopy


class Mailbox:
    """A channel: the events that wait in it, each with the time at which it expires, and those who wait for one.

    Or the consumer's turns that it is attached to.
    """

    __slots__ = ("events", "waiters", "turns")

    def __init__(self, turns: Turns | None = None) -> None:
        self.events: deque[tuple[float, dict]] | tuple = ()
        self.waiters: list[asyncio.Future] = []
        self.turns = turns

    def keep(self, event: dict, expires: float, first: bool = False) -> None:
        """Let the event wait, behind the others or before them. An empty channel is without the deque, 760 bytes."""
        if not self.events:
            self.events = deque()
        (self.events.appendleft if first else self.events.append)((expires, event))


class ChannelLayer(InMemoryChannelLayer):
    """Channels' in-memory layer and its contract (Channels' docs: Channel Layer Specification), with differences:

    - A group_send costs the same for each member. Upstream walks through every channel and every member of every group
      at each receive.
    - What is lost is logged: an event for a channel that is full, and one that expired unread.
    - ``channel_capacity`` works. Upstream never compiles its patterns.
    - A receive that is cancelled after its event has arrived puts it back. Upstream may lose it.
    - ``attach`` has events handed over as they are sent, which saves a member the task that waits for them.

    Consumers of several event loops and threads may use one layer.

    ``batching_allowed`` tells senders whether several messages may go in one event: not while each is followed.
    """

    batching_allowed = True

    def __init__(
        self, expiry=60, group_expiry=86400, capacity=100, channel_capacity=None, **kwargs
    ):
        super().__init__(expiry, group_expiry, capacity, channel_capacity, **kwargs)
        self.channel_capacity = self.compile_capacities(channel_capacity or {})
        self.channels: dict[str, Mailbox] = {}
        # By the event loop that is handing events out: what has been sent meanwhile.
        self._later: dict[asyncio.AbstractEventLoop, deque[tuple[Members, dict, str]]] = {}
        # A group's, until any changes. To look each up by its name costs more than all else that is done for it here.
        self._members: dict[str, Members] = {}
        self._swept = time.time()

    async def send(self, channel: str, message: Mapping[str, Any]) -> None:
        """Put an event into a channel. Raises ChannelFull, and TypeError for a name that isn't one."""
        assert isinstance(message, dict), "message is not a dict"
        self.require_valid_channel_name(channel)
        assert "__asgi_channel__" not in message
        if self._is_full(channel) or self._hand_out(self._find([channel]), message):
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
            if (
                waiter.done() and not waiter.cancelled()
            ):  # it came, and whoever waited is gone: it's the next one's
                self._return(channel, waiter.result())
            raise
        finally:
            if waiter in mailbox.waiters:
                mailbox.waiters.remove(waiter)
            self._tidy(channel, mailbox)

    async def group_send(self, group: str, message: Mapping[str, Any]) -> None:
        """Put an event into every channel of a group. It is lost, and logged, where a channel is full."""
        assert isinstance(message, dict), "Message is not a dict"
        if group not in self.groups:  # whose name has been looked at already
            self.require_valid_group_name(group)
        self._sweep()
        members = self._members.get(group)
        if members is None:
            members = self._members[group] = self._find(list(self.groups.get(group, ())))
        if full := self._hand_out(members, message, group):
            self._log_full(group, full)

    def _find(self, channels: list[str]) -> Members:
        mailboxes = map(self.channels.get, channels)
        return channels, [mailbox.turns if mailbox else None for mailbox in mailboxes]

    async def group_add(self, group: str, channel: str) -> None:
        """Add a channel to a group. Raises TypeError for a name that isn't one."""
        await super().group_add(group, channel)
        self._members.pop(group, None)

    async def group_discard(self, group: str, channel: str) -> None:
        """Take a channel from a group, if it is in it."""
        await super().group_discard(group, channel)
        self._members.pop(group, None)

    def attach(self, channel: str, turns: Turns) -> None:
        """Have ``turns`` get each event of a channel, as it is sent or as soon as it can."""
        self.require_valid_channel_name(channel)
        self.channels[channel] = Mailbox(turns)
        self._members.clear()
        turns.listen_to(partial(self.receive_nowait, channel))

    def detach(self, channel: str) -> None:
        """Forget a channel that was attached, and what is in it."""
        self.channels.pop(channel, None)
        self._members.clear()

    def receive_nowait(self, channel: str) -> dict | None:
        """The next event of a channel that is attached, None if there is none."""
        mailbox = self.channels.get(channel)
        if mailbox is None or not mailbox.events:
            return None
        self._expire(channel, mailbox)
        if not mailbox.events:
            return None
        event = mailbox.events.popleft()[1]
        if not mailbox.events:
            mailbox.events = ()
        return event

    async def flush(self) -> None:
        """Forget all events and groups. Whoever waits goes on waiting."""
        for channel, mailbox in list(self.channels.items()):
            mailbox.events = ()
            self._tidy(channel, mailbox)
        self.groups = {}
        self._members.clear()

    def _hand_out(self, members: Members, message: dict, group: str = "") -> list[str]:
        """Put an event into each of the channels; the names of those that are full.

        While events are being handed out, others wait: a handler's answer must not come before what it answers, for
        those whose turn comes later.
        """
        loop = asyncio.get_running_loop()
        later = self._later.get(loop)
        if later is not None:
            later.append((members, deepcopy(message), group))
            return []
        later = self._later[loop] = deque()
        try:
            return outside_tasks(loop, self._put_all, members, message, loop)
        finally:
            self._go_on(loop, later)

    def _go_on(self, loop: asyncio.AbstractEventLoop, later: deque) -> None:
        if (
            later
        ):  # in a turn of its own: consumers that answer each other for ever must not stop all else
            loop.call_soon(self._catch_up, loop, later)
        else:
            del self._later[loop]

    def _catch_up(self, loop: asyncio.AbstractEventLoop, later: deque) -> None:
        try:
            for _ in range(len(later)):
                members, message, group = later.popleft()
                if full := self._put_all(members, message, loop):
                    self._log_full(group, full)
        finally:
            self._go_on(loop, later)

    def _put_all(
        self, members: Members, message: dict, loop: asyncio.AbstractEventLoop
    ) -> list[str]:
        copy, full = how_to_copy(message), []
        for channel, turns in zip(*members, strict=True):
            if turns and not turns.busy and not turns.behind and turns.loop is loop:
                turns.take(copy(message))
            elif not self._put(channel, copy(message), loop):
                full.append(channel)
        return full

    def _put(self, channel: str, event: dict, loop: asyncio.AbstractEventLoop) -> bool:
        """Give the event to who waits for it, or keep it; False if the channel is full."""
        mailbox = self.channels.get(channel)
        if mailbox is None:
            mailbox = self.channels[channel] = Mailbox()
        elif mailbox.waiters and self._give(channel, mailbox, event):
            return True
        if mailbox.events and self._is_full(channel):
            return False
        mailbox.keep(event, time.time() + self.expiry)
        if mailbox.turns:
            mailbox.turns.notice(loop)
        return True

    def _is_full(self, channel: str) -> bool:
        mailbox = self.channels.get(channel)
        if mailbox is None or len(mailbox.events) < self.get_capacity(channel):
            return False
        self._expire(channel, mailbox)
        return len(mailbox.events) >= self.get_capacity(channel)

    @staticmethod
    def _log_full(group: str, full: list[str]) -> None:
        logger.warning(
            "%d of the group %s read too slowly: their channels are full, and an event for them was lost (%s)",
            len(full),
            group,
            full[0],
        )

    def _give(self, channel: str, mailbox: Mailbox, event: dict) -> bool:
        """Whether somebody was waiting, and gets it: in the event loop that they wait in."""
        while mailbox.waiters:
            waiter = mailbox.waiters.pop(0)
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
            mailbox.keep(event, time.time() + self.expiry, first=True)

    def _tidy(self, channel: str, mailbox: Mailbox) -> None:
        """Forget a channel that nothing is in and nobody waits for: so many come and go."""
        in_use = mailbox.events or mailbox.waiters or mailbox.turns
        if not in_use and self.channels.get(channel) is mailbox:
            del self.channels[channel]

    def _expire(self, channel: str, mailbox: Mailbox) -> None:
        """Drop what nobody has read in time. As in the specification, such a channel leaves its groups."""
        now, lost = time.time(), 0
        while mailbox.events and mailbox.events[0][0] < now:
            mailbox.events.popleft()
            lost += 1
        if lost:
            logger.warning(
                "%d events in the channel %s expired unread, and it leaves its groups",
                lost,
                channel,
            )
            self._remove_from_groups(channel)
            self._members.clear()

    def _sweep(self) -> None:
        """Now and then, go through everything for what has expired. Each use of a channel sees to that one itself."""
        now = time.time()
        if now - self._swept < min(self.expiry, 10):
            return
        self._swept = now
        for channel, mailbox in list(self.channels.items()):
            self._expire(channel, mailbox)
            self._tidy(channel, mailbox)
        self._members.clear()
        for group, members in list(self.groups.items()):
            for channel in [
                name for name, since in members.items() if since < now - self.group_expiry
            ]:
                del members[channel]
            if not members:
                del self.groups[group]
