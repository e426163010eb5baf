"""Channel layers that record what goes through them, and hold it back where somebody wants to see it step by step."""

from copy import deepcopy
from typing import Any
from weakref import WeakValueDictionary

from channels.consumer import get_handler_name
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from chatdemo.inspector import source
from chatdemo.inspector.connection import Connection, current
from chatdemo.inspector.freezer import Freezer
from chatdemo.inspector.guard import harmless
from chatdemo.inspector.tape import Tape
from chatdemo.realtime.layer import ChannelLayer


class Traced(dict):
    """An event on its way through a layer, with its journey. Whoever receives it gets a plain dict."""

    __slots__ = ("journey",)

    @classmethod
    def of(cls, event: dict, journey: int | None) -> "Traced":
        traced = cls(event)
        traced.journey = journey
        return traced


def recorded(layer: BaseChannelLayer, tape: Tape) -> "Recorder":
    """``layer`` as one that records: an instance of a subclass of its class.

    It shares the other's state, so that those who have that already and those who get this one are in the same groups.
    """
    cls = RecordingChannelLayer if type(layer) is ChannelLayer else type("Recording", (Recorder, type(layer)), {})
    view = cls.__new__(cls)
    view.__dict__ = vars(layer)
    view.tape, view.freezer = tape, Freezer(view)
    view.connections = WeakValueDictionary()
    return view


class Recorder:
    """To be put before the class of a channel layer. Its methods do what that one's do."""

    tape: Tape
    freezer: Freezer
    connections: WeakValueDictionary  # by the name of their channel

    async def new_channel(self, *arguments: Any, **options: Any) -> str:
        name = await super().new_channel(*arguments, **options)
        self._on_new_channel(name)
        return name

    async def group_add(self, group: str, channel: str) -> None:
        await super().group_add(group, channel)
        self._on_membership("group_add", group, channel)

    async def group_discard(self, group: str, channel: str) -> None:
        await super().group_discard(group, channel)
        self._on_membership("group_discard", group, channel)

    async def send(self, channel: str, message: dict) -> None:
        traced = self._on_send("layer_send", message, to=channel)
        if isinstance(message, dict) and self.freezer.holds_channel(channel):
            return self.freezer.hold(channel, deepcopy(message if traced is None else traced))
        try:
            await super().send(channel, message if traced is None else traced)
        except ChannelFull:
            self._on_full([channel])
            raise

    async def group_send(self, group: str, message: dict) -> None:
        members = list(getattr(self, "groups", {}).get(group, ()))
        traced = self._on_send("group_send", message, group=group, members=len(members))
        if isinstance(message, dict) and self.freezer.holds(group):
            return self.freezer.hold_all(group, members, message if traced is None else traced)
        self._look_for_full(members)
        await super().group_send(group, message if traced is None else traced)

    async def let_go(self, channel: str, event: dict) -> None:
        """Send what was held for a channel. Raises ChannelFull."""
        await super().send(channel, event)

    async def let_go_to_group(self, group: str, event: dict) -> None:
        """Send what was held for a group."""
        await super().group_send(group, event)

    async def receive(self, channel: str) -> dict:
        return self.unwrap(channel, await super().receive(channel))

    def unwrap(self, channel: str, event: dict) -> dict:
        """What the layer had for the channel, as it was sent."""
        if not isinstance(event, Traced):
            self._on_arrived(channel, event, None)
            return event
        plain, journey = dict(event), getattr(event, "journey", None)
        self._on_arrived(channel, plain, journey)
        return plain

    def waiting(self, channel: str) -> int:
        """Events in a channel's queue, and those held back for it; of layers in memory alone."""
        queue = getattr(self, "channels", {}).get(channel)
        return (queue.qsize() if queue else 0) + self.freezer.held_for(channel)

    @harmless
    def _on_new_channel(self, name: str) -> None:
        if connection := current.get():
            connection.channel = name
            self.connections[name] = connection
            if connection.consumer is None and (found := source.find_consumer(source.stack())):
                connection.consumer = found

    @harmless
    def _on_membership(self, what: str, group: str, channel: str) -> None:
        if self.tape.ready():
            member = self.connections.get(channel) or current.get()
            where = member.look()[0] if member else source.caller(source.stack())
            self._record(what, member, group=group, channel=channel, source=where)

    @harmless
    def _on_send(self, what: str, message: Any, to: str | None = None, **fields: Any) -> Traced | None:
        """The message with its journey; None where it isn't recorded."""
        if not isinstance(message, dict) or not self.tape.ready():
            return None
        sender = current.get()
        where, journey = sender.look() if sender else (source.caller(source.stack()), None)
        journey = journey or self.tape.journey()
        fields |= {"type": _type(message), "payload": message, "journey": journey, "source": where, "to": to}
        self._record(what, sender, **fields)
        return Traced.of(message, journey)

    @harmless
    def _on_arrived(self, channel: str, event: dict, journey: int | None) -> None:
        connection = self.connections.get(channel)
        if connection:
            connection.hand(event, journey)
        if self.tape.ready():
            consumer = connection.consumer if connection else None
            where = source.of_handler(consumer, get_handler_name(event), "dispatch") if "type" in event else None
            fields = {"channel": channel, "type": _type(event), "payload": event, "waiting": self.waiting(channel)}
            self._record("layer_receive", connection, journey=journey, source=where, **fields)

    def _look_for_full(self, members: list[str]) -> None:
        """Channels' own layer in memory says nothing of what it loses."""
        if self.tape.open and hasattr(self, "channels"):
            self._on_full([channel for channel in members if self.waiting(channel) >= self.get_capacity(channel)])

    @harmless
    def _on_full(self, channels: list[str]) -> None:
        self.tape.lost += len(channels)
        for channel in channels if self.tape.ready() else ():
            self._record("full", self.connections.get(channel), channel=channel, waiting=self.waiting(channel))

    def _record(self, what: str, connection: Connection | None, **fields: Any) -> None:
        if connection:
            connection.record(what, **fields)
        else:
            self.tape.record(what, **fields)


class RecordingChannelLayer(Recorder, ChannelLayer):
    """This project's own layer, whose consumers are handed their events instead of waiting for them."""

    def attach(self, channel: str, turns: Any) -> None:
        super().attach(channel, turns)
        if connection := self.connections.get(channel):
            connection.consumer = turns.consumer

    def receive_nowait(self, channel: str) -> dict | None:
        event = super().receive_nowait(channel)
        return None if event is None else self.unwrap(channel, event)

    def waiting(self, channel: str) -> int:
        mailbox = self.channels.get(channel)
        return (len(mailbox.events) if mailbox else 0) + self.freezer.held_for(channel)

    def _put_all(self, members: tuple[list, list], message: dict, loop: Any) -> list[str]:
        if not isinstance(message, Traced):
            return super()._put_all(members, message, loop)
        full = []
        for channel, turns in zip(*members, strict=True):
            if turns and turns.ready_in(loop):
                event = deepcopy(dict(message))
                self._on_arrived(channel, event, message.journey)
                turns.take(event)
            elif not self._put(channel, deepcopy(message), loop):
                full.append(channel)
        return full

    def _look_for_full(self, members: list[str]) -> None:
        """Not needed: this layer tells."""

    def _log_full(self, group: str, full: list[str]) -> None:
        super()._log_full(group, full)
        self._on_full(full)


def _type(event: dict) -> str | None:
    type = event.get("type")
    return type if isinstance(type, str) else None
