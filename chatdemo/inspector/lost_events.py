"""Events that reach nobody: Redis can't carry them, nothing reads their channel, or it is full."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from chatdemo.inspector.connection import Connection
from chatdemo.inspector.problems import Line, Problems
from chatdemo.realtime import redis_layers
from chatdemo.realtime.layer import ChannelLayer

#: An event that was sent to a channel is reported if nothing receives from that for so long.
UNREAD_SECONDS = 3.0
CARRIED = "Send it as text, numbers, bytes, lists, or dicts with text as keys: these it carries."


class LostEvents:
    """Reports what is sent through one layer in vain, with ``where`` that is sent.

    ``configured`` is the layer's entry in CHANNEL_LAYERS. ``count_waiting(channel)`` returns how
    many events wait in a channel, and ``was_read(channel)`` whether this process has received any.
    Each method's ``more`` are other fields of the problem: ``connection``, ``journey``.
    """

    def __init__(
        self,
        layer: BaseChannelLayer,
        configured: Mapping[str, Any],
        problems: Problems,
        count_waiting: Callable[[str], int],
        was_read: Callable[[str], bool],
    ):
        self.layer: Any = layer
        self.problems = problems
        self.count_waiting, self.was_read = count_waiting, was_read
        self.is_in_memory = isinstance(layer, InMemoryChannelLayer)
        self._is_redis = redis_layers.is_redis(configured)
        # The chat's own layers carry anything, and one of channels_redis may serialize otherwise.
        is_others = self.is_in_memory and not isinstance(layer, ChannelLayer)
        self._is_packed = redis_layers.uses_msgpack(configured) or is_others
        self._first_sent: dict[str, float] = {}  # by channel, until something reads it

    def check_carried(self, event: Mapping[str, Any], where: Line | None, **more: Any) -> None:
        """Report an event that Redis doesn't carry."""
        if self._is_packed and (why := redis_layers.find_uncarried(event)):
            verb = "doesn't" if self._is_redis else "wouldn't"
            text = f"Redis {verb} carry this event: {why}."
            self.problems.report("event", text, where, remedy=CARRIED, **more)

    def check_read(self, channel: str, where: Line | None, **more: Any) -> None:
        """Report a worker's channel if nothing in this process reads what is sent to it."""
        if not self.is_in_memory or self.was_read(channel):
            return
        report = partial(self._report_unread, channel, where, **more)
        if channel not in self._first_sent:
            self._first_sent[channel] = time.monotonic()
            timer = threading.Timer(UNREAD_SECONDS, report)
            timer.daemon = True
            timer.start()
        elif time.monotonic() - self._first_sent[channel] >= UNREAD_SECONDS:
            report()

    def _report_unread(self, channel: str, where: Line | None, **more: Any) -> None:
        waiting = self.count_waiting(channel)
        if self.was_read(channel) or not waiting:
            self._first_sent.pop(channel, None)
            return
        text = (
            f"{waiting} of {self.layer.get_capacity(channel)} events wait in the channel {channel},"
            " and nothing in this process reads them."
        )
        if channel in self.layer.groups:
            text += " There is a group of this name, to which group_send() sends."
        else:
            text += (
                f" A worker (python manage.py runworker {channel}) is another process, which a"
                " layer in memory doesn't reach: that needs Redis."
            )
        self.problems.report("unread", text, where, **more)

    def report_full(
        self, channel: str, receiver: Connection | None, where: Line | None, **more: Any
    ) -> None:
        """Report an event that a full channel has lost: that of a receiver's consumer or a worker.

        A channel of another process's consumer isn't reported.
        """
        waiting = self.count_waiting(channel)
        if receiver is not None and receiver.ended:
            text = (
                f"An event for {receiver.consumer_name} was lost: that consumer has ended, its"
                " channel is still in a group, and is full."
            )
            remedy = "Call group_discard in disconnect for each group_add."
            more |= {"remedy": remedy, "connection": receiver}
            self.problems.report("full", text, where, same="ended", **more)
        elif receiver is not None:
            count = f", as {waiting} events waited in it" if waiting else ""
            text = (
                f"An event for {receiver.consumer_name} was lost: its channel was full{count}. A"
                " channel fills up while its consumer's handler runs."
            )
            self.problems.report("full", text, where, connection=receiver, **more)
        elif is_consumers_own(channel):
            return
        elif self.is_in_memory:
            self._report_unread(channel, where, **more)
        else:
            capacity = self.layer.get_capacity(channel)
            text = f"An event was lost: the channel {channel} is full ({capacity} events)."
            remedy = f"Does a worker run? python manage.py runworker {channel}"
            self.problems.report("full", text, where, remedy=remedy, **more)

    def report_over_capacity(self, group: str, where: Line | None, **more: Any) -> None:
        """Report an event to a group that the core layer of channels_redis has dropped."""
        text = (
            f"An event for the group {group} was lost: in Redis its members' channels are full"
            f" ({self.layer.capacity} events). They fill up while consumers' handlers run."
        )
        self.problems.report("full", text, where, **more)


def is_consumers_own(channel: str) -> bool:
    """Whether ``new_channel`` has made a channel's name. Other channels are read by workers."""
    return "!" in channel or "specific." in channel
