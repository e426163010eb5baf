"""Channel layers that record what goes through them, and hold it back where somebody wants to see it step by step."""

from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from copy import deepcopy
from typing import Any
from weakref import WeakValueDictionary

from asgiref.sync import markcoroutinefunction
from channels.consumer import get_handler_name
from channels.exceptions import ChannelFull
from channels.layers import BaseChannelLayer

from chatdemo.inspector import source
from chatdemo.inspector.connection import Connection, current, instance_of
from chatdemo.inspector.elide import elide
from chatdemo.inspector.freezer import Freezer
from chatdemo.inspector.guard import harmless
from chatdemo.inspector.tape import NoTape, Tape
from chatdemo.realtime.layer import ChannelLayer, how_to_copy

#: The journey of what a task has received last, where that is no participant's: a loop on a named channel.
heard: ContextVar[int | None] = ContextVar("heard", default=None)
METHODS = ("new_channel", "send", "receive", "group_add", "group_discard", "group_send")
#: Events that were handed to a worker's consumers and may be being handled.
REMEMBERED = 64


class Traced(dict):
    """An event on its way through a layer, with its journey, and elided. Whoever receives it gets a plain dict."""

    __slots__ = ("journey", "shown")

    @classmethod
    def of(cls, event: dict, journey: int | None) -> "Traced":
        traced = cls(event)
        traced.journey, traced.shown = journey, elide(event)
        return traced


def recorded(layer: BaseChannelLayer, tape: Tape) -> "Recorder":
    """``layer``, made one that records: an instance of a subclass of its class.

    It stays the same object, as modules may have it already: what goes through those is to be seen as well. Where that
    can't be, there is another one that shares its state: then all are in the same groups.
    """
    cls = layer.recorded_class if isinstance(layer, Recorder) else type(layer)
    if cls is ChannelLayer:
        recording = RecordingChannelLayer
    else:
        recording = type(f"Recording{cls.__name__}", (Recorder, *_passing_on(cls), cls), {})
    view = layer if type(layer) is recording else _made(layer, recording)
    view.begin(tape, cls)
    return view


def _made(layer: BaseChannelLayer, cls: type["Recorder"]) -> "Recorder":
    try:
        layer.__class__ = cls
    except TypeError:  # its instances are laid out in another way
        view = cls.__new__(cls)
        view.__dict__ = vars(layer)
        return view
    return layer


def _passing_on(cls: type) -> list[type]:
    """A class with those methods that ``cls`` has only by its ``__getattr__``, where ``super()`` doesn't find them."""

    def passing_on(name: str) -> Callable:
        return lambda self, *arguments, **options: cls.__getattr__(self, name)(
            *arguments, **options
        )

    missing = {
        name: passing_on(name)
        for name in METHODS
        if not hasattr(cls, name) and hasattr(cls, "__getattr__")
    }
    return [type("PassingOn", (), missing)] if missing else []


class Recorder:
    """To be put before the class of a channel layer. Its methods do what that one's do."""

    tape: Tape
    freezer: Freezer
    connections: WeakValueDictionary  # by the name of their channel
    handed: deque[tuple[dict, int | None]]  # to others than these, with its journey
    recorded_class: type

    def begin(self, tape: Tape, recorded_class: type) -> None:
        """Record on this tape from now on."""
        self.tape, self.freezer, self.recorded_class = tape, Freezer(self), recorded_class
        self.connections, self.handed = WeakValueDictionary(), deque(maxlen=REMEMBERED)

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
        if isinstance(message, Traced):  # by the layer itself, for a member of a group
            return await self.let_go(channel, message)
        traced = self._on_send("layer_send", message, to=channel)
        if isinstance(message, dict) and self.freezer.holds_channel(channel):
            return self.freezer.hold(channel, deepcopy(message if traced is None else traced))
        await self.let_go(channel, message if traced is None else traced)

    @markcoroutinefunction
    def group_send(self, group: str, message: dict) -> Awaitable[None]:
        if not self.tape.open and not self.freezer.groups:  # in a flood: what is below takes 5 µs
            self.tape.unrecorded += 1
            return super().group_send(group, message)
        return self._group_send_recorded(group, message)

    async def _group_send_recorded(self, group: str, message: dict) -> None:
        members = list(getattr(self, "groups", {}).get(group, ()))
        traced = self._on_send("group_send", message, group=group, members=len(members))
        if isinstance(message, dict) and self.freezer.holds(group):
            return self.freezer.hold_all(group, members, message if traced is None else traced)
        await super().group_send(group, message if traced is None else traced)

    async def let_go(self, channel: str, event: dict) -> None:
        """Send to a channel without recording that, or holding it. Raises ChannelFull."""
        try:
            await super().send(channel, event)
        except ChannelFull:
            self._on_full([channel])
            raise

    async def let_go_to_group(self, group: str, event: dict) -> None:
        """Send to a group in the same way."""
        await super().group_send(group, event)

    @markcoroutinefunction
    def receive(self, channel: str) -> Awaitable[dict]:
        if connection := self.connections.get(channel):
            connection.on_asked()
        return self._receive_recorded(channel)

    async def _receive_recorded(self, channel: str) -> dict:
        if channel in self.connections:
            return self.unwrap(channel, await super().receive(channel))
        self._on_worker()
        event = self.unwrap(channel, await super().receive(channel))
        heard.set(next((journey for handed, journey in self.handed if handed is event), None))
        return event

    def unwrap(self, channel: str, event: dict) -> dict:
        """What the layer had for the channel, as it was sent."""
        if not isinstance(event, Traced):
            self._on_arrived(channel, event, None)
            return event
        plain = dict(event)
        self._on_arrived(channel, plain, event)
        return plain

    def most(self, channel: str) -> int | None:
        """The capacity of a channel's queue; None where the layer has none."""
        capacity = getattr(self, "get_capacity", None)
        return capacity(channel) if capacity else None

    def waiting(self, channel: str) -> int:
        """Events in a channel's queue, and those held back for it; of layers in memory alone."""
        return self.queued(channel) + self.freezer.held_for(channel)

    def queued(self, channel: str) -> int:
        """Events in a channel's queue."""
        queue = getattr(self, "channels", {}).get(channel)
        return queue.qsize() if queue else 0

    def look(self) -> tuple[dict | None, int | None]:
        """The line that runs, of a worker or of anybody who isn't a participant's consumer, and its journey."""
        frames = source.stack()
        for event in source.handled(frames):
            for handed, journey in self.handed:
                if handed is event:
                    return source.caller(frames), journey
        return source.caller(frames), heard.get() if source.find_consumer(frames) is None else None

    @harmless
    def _on_new_channel(self, name: str) -> None:
        connection, found = current.get(), source.find_consumer(source.stack())
        if connection is None or found is not None and not source.is_websockets(found):
            return
        self.connections[name] = connection
        if connection.channel is None:  # a consumer may have more of them, for answers to it
            connection.channel = name
        if connection.consumer is None and found is not None:
            connection.consumer = found

    @harmless
    def _on_worker(self) -> None:
        """A task waits for what is sent to a named channel: it is no participant's, though one of them started it."""
        if current.get() is not None and source.find_consumer(source.stack()) is None:
            current.set(None)

    @harmless
    def _on_membership(self, what: str, group: str, channel: str) -> None:
        if self.tape.ready():
            member = self.connections.get(channel) or current.get()
            where = (member or self).look()[0]
            self._record(what, member, group=group, channel=channel, source=where)

    @harmless
    def _on_send(
        self, what: str, message: Any, to: str | None = None, **fields: Any
    ) -> Traced | None:
        """The message with its journey; None where it isn't recorded."""
        if not isinstance(message, dict) or not self.tape.begin(fields.get("members", 1)):
            return None
        sender = current.get()
        where, journey = (sender or self).look()
        traced = Traced.of(message, journey or self.tape.journey())
        fields |= {
            "type": _type(message),
            "shown": traced.shown,
            "journey": traced.journey,
            "source": where,
            "to": to,
        }
        self._record(what, sender, **fields)
        return traced

    @harmless
    def _on_arrived(self, channel: str, event: dict, traced: Traced | None) -> None:
        journey = traced.journey if traced is not None else None
        connection = self.connections.get(channel)
        if connection:
            connection.hand(event, journey)
        else:
            self.handed.append((event, journey))
        if self.tape.ready():
            consumer = connection.consumer if connection else None
            where = (
                source.of_handler(consumer, get_handler_name(event), "dispatch")
                if "type" in event
                else None
            )
            shown = traced.shown if traced is not None else elide(event)
            fields = {
                "channel": channel,
                "type": _type(event),
                "shown": shown,
                "waiting": self.waiting(channel),
            }
            self._record("layer_receive", connection, journey=journey, source=where, **fields)

    @harmless
    def _on_full(self, channels: list[str]) -> None:
        self.tape.lost += len(channels)
        for channel in channels if self.tape.ready() else ():
            self._record(
                "full",
                self.connections.get(channel),
                channel=channel,
                waiting=self.waiting(channel),
            )

    def _record(self, what: str, connection: Connection | None, **fields: Any) -> None:
        if connection:
            connection.record(what, **fields)
        else:
            if what != "layer_receive" and (consumer := source.find_consumer(source.stack())):
                fields |= {"consumer": type(consumer).__name__, "instance": instance_of(consumer)}
            self.tape.record(what, **fields)


class RecordingChannelLayer(Recorder, ChannelLayer):
    """This project's own layer, whose consumers are handed their events instead of waiting for them.

    It is what is configured, and not made of another as the rest are: Python reads an instance's attributes more slowly
    once its class has changed, which is 1.5 % of fan-out. Nothing is recorded before there is an Inspector. ``super()``
    is avoided where each message passes.
    """

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.begin(NoTape(), ChannelLayer)

    @property
    def batching_allowed(self) -> bool:
        """While events are recorded or held, each message has an event of its own."""
        return not self.tape.open and not self.freezer.groups

    def attach(self, channel: str, turns: Any) -> None:
        super().attach(channel, turns)
        if connection := self.connections.get(channel):
            connection.consumer = turns.consumer

    def receive_nowait(self, channel: str) -> dict | None:
        event = ChannelLayer.receive_nowait(self, channel)
        if (
            event is None or not self.tape.open and type(event) is dict
        ):  # in a flood: what is below takes 2 µs
            return event
        return self.unwrap(channel, event)

    def queued(self, channel: str) -> int:
        mailbox = self.channels.get(channel)
        return len(mailbox.events) if mailbox else 0

    def _put_all(self, members: tuple[list, list], message: dict, loop: Any) -> list[str]:
        if not isinstance(message, Traced):
            return ChannelLayer._put_all(self, members, message, loop)
        copy, full = how_to_copy(message), []
        for channel, turns in zip(*members, strict=True):
            if turns and turns.ready_in(loop):
                event = copy(dict(message))
                self._on_arrived(channel, event, message)
                turns.take(event)
            elif not self._put(channel, deepcopy(message), loop):
                full.append(channel)
        return full

    def _log_full(self, group: str, full: list[str]) -> None:
        super()._log_full(group, full)
        self._on_full(full)


def _type(event: dict) -> str | None:
    type = event.get("type")
    return type if isinstance(type, str) else None
