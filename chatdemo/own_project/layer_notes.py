"""What the events in a project's channel layers show while it runs."""

import logging
import threading
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from channels.exceptions import ChannelFull, InvalidChannelLayerError
from channels.layers import BaseChannelLayer, InMemoryChannelLayer, channel_layers

from chatdemo.inspector import call_stack
from chatdemo.own_project.startup_notes import Note
from chatdemo.realtime import redis_layers

logger = logging.getLogger(__name__)
#: A channel to which an event was sent is noted if nothing receives from it for so long.
UNREAD_SECONDS = 3.0
#: Channels' layer in memory sends to each member of a group with its own ``send``, in a new task.
_is_in_group_send: ContextVar[bool] = ContextVar("is_in_group_send", default=False)


def observe_layers() -> list["ObservedLayer"]:
    """Observe each layer in CHANNEL_LAYERS that is in memory or of channels_redis."""
    observed = []
    for alias, configured in channel_layers.configs.items():
        with suppress(InvalidChannelLayerError, ImportError):  # reported to those who use the layer
            layer = channel_layers[alias]
            if isinstance(layer, InMemoryChannelLayer) or redis_layers.is_redis(configured):
                observed.append(ObservedLayer(layer, configured))
    return observed


class ObservedLayer:
    """A channel layer with two kinds of notes, each of which is also logged when it is found:

    - an event that Redis doesn't carry, once for each line that sends one
    - a channel without "!" that nothing receives from: those are for workers, as the channels of
      consumers have one (Channel Layer Specification)

    The layer's methods are replaced, as it has no hooks.
    """

    def __init__(self, layer: BaseChannelLayer, configured: Mapping[str, Any]):
        self.layer = layer
        self.is_in_memory = isinstance(layer, InMemoryChannelLayer)
        self.is_redis = redis_layers.is_redis(configured)
        self._is_packed = redis_layers.uses_msgpack(configured) or not self.is_redis
        self._uncarried: dict[str, str] = {}  # by the line that sends
        self._unread: dict[str, UnreadChannel] = {}  # by name
        self._read: set[str] = set()
        methods = {"send": self.send, "group_send": self.group_send, "receive": self.receive}
        self._original = {name: getattr(layer, name) for name in methods}
        for name, method in methods.items():
            setattr(layer, name, method)

    @property
    def notes(self) -> list[Note]:
        """What was found so far."""
        unread = [self._describe_unread(one) for one in list(self._unread.values()) if one.is_noted]
        events = [("Event", text) for text in list(self._uncarried.values())]
        return [*events, *(("Channel", text) for text in unread)]

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        """Send an event, and look at it."""
        if _is_in_group_send.get():
            return await self._original["send"](channel, message)
        self._check(message)
        try:
            await self._original["send"](channel, message)
        except ChannelFull:
            self._count_unread(channel, is_full=True)
            raise
        self._count_unread(channel)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send an event to a group, and look at it."""
        self._check(message)
        token = _is_in_group_send.set(True)
        try:
            await self._original["group_send"](group, message)
        finally:
            _is_in_group_send.reset(token)

    async def receive(self, channel: str) -> dict[str, Any]:
        """Receive an event."""
        if "!" not in channel:
            self._read.add(channel)
            self._unread.pop(channel, None)
        return await self._original["receive"](channel)

    def _check(self, message: object) -> None:
        if not self._is_packed or not isinstance(message, dict):
            return
        why = redis_layers.find_uncarried(message)
        if why and (where := _describe_sender()) not in self._uncarried:
            verb = "doesn't" if self.is_redis else "wouldn't"
            text = f"Redis {verb} carry the event that is sent {where}: {why}"
            self._uncarried[where] = text
            logger.warning(text)

    def _count_unread(self, channel: str, is_full: bool = False) -> None:
        if "!" in channel or channel in self._read or not (is_full or self.is_in_memory):
            return
        unread = self._unread.get(channel)
        if unread is not None:
            unread.count += not is_full
            return
        self._unread[channel] = UnreadChannel(channel, _describe_sender())
        if is_full:
            self._note_unread(channel)
        else:
            timer = threading.Timer(UNREAD_SECONDS, self._note_unread, [channel])
            timer.daemon = True
            timer.start()

    def _note_unread(self, channel: str) -> None:
        if unread := self._unread.get(channel):
            logger.warning(self._describe_unread(unread))
            unread.is_noted = True

    def _describe_unread(self, unread: "UnreadChannel") -> str:
        name, where = unread.name, unread.where
        capacity = self.layer.get_capacity(name)
        if not self.is_in_memory:
            return (
                f"The channel {name} is full ({capacity} events), and the one that is sent {where}"
                f" was lost. Does a worker run? python manage.py runworker {name}"
            )
        text = (
            f"{min(unread.count, capacity)} of {capacity} events wait in the channel {name}, and"
            f" nothing in this process reads them. The first was sent {where}."
        )
        if name in getattr(self.layer, "groups", ()):
            return f"{text} There is a group of this name, to which group_send() sends."
        return (
            f"{text} A worker (python manage.py runworker {name}) is another process, which a"
            " layer in memory doesn't reach: that needs Redis."
        )


class UnreadChannel:
    """A channel that nothing receives from: its events, and the line that sent the first."""

    def __init__(self, name: str, where: str):
        self.name, self.where = name, where
        self.count = 1
        self.is_noted = False


def _describe_sender() -> str:
    """Return where the project sends an event."""
    stack = [one for one in call_stack.current_stack() if one.f_code.co_filename != __file__]
    line = call_stack.describe_caller(stack)
    return f"at {line['file']}:{line['line']}" if line else "outside the project"
