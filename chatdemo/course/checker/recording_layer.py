"""Records what the learner's consumers call: the methods of the channel layer, by a layer that
wraps the project's own, and accept, send and close of Channels' consumers.
"""

import sys
import threading
from asyncio import iscoroutinefunction
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import wraps
from typing import Any

from asgiref.sync import markcoroutinefunction
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources
from chatdemo.realtime.redis_layers import find_uncarried


@dataclass
class Call:
    """A call of a method of the layer, or of a consumer. ``place`` is the learner's line that made
    it, if known.

    ``ran`` is False while the coroutine hasn't been awaited. ``uncarried`` says what the event has
    that msgpack doesn't carry.
    """

    method: str
    arguments: tuple[Any, ...]
    place: Place | None
    ran: bool = False
    uncarried: str | None = None

    @property
    def name(self) -> str:
        """The group or the channel."""
        return self.arguments[0] if self.arguments else ""

    @property
    def event(self) -> dict[str, Any] | None:
        """What is sent; None for other calls."""
        last = self.arguments[-1] if self.arguments else None
        return last if isinstance(last, dict) else None

    @property
    def type(self) -> Any:
        """The type of what is sent."""
        return (self.event or {}).get("type")

    @property
    def handler(self) -> str:
        """The name of the method that gets what is sent."""
        return str(self.type or "").replace(".", "_")

    def given(self) -> str:
        """Return what the arguments are, such as "a text and a channel", with "?" for others."""
        return " and ".join(map(_kind, self.arguments))


def _kind(argument: Any) -> str:
    if isinstance(argument, str):
        return "a channel" if argument.startswith("specific.") and "!" in argument else "a text"
    return "an event" if isinstance(argument, dict) else "?"


class Calls(list[Call]):
    """Calls in their order. ``capacity`` is how many events a channel of the layer holds."""

    capacity = 100

    def completed(self, method: str) -> list[Call]:
        """Return the calls of ``method`` that were awaited."""
        return [call for call in self if call.method == method and call.ran]

    def overfull(self) -> tuple[Call, int] | None:
        """Return a ``group_send`` that was called at one place more often than a channel holds
        events, and how often; None if there is none.
        """
        times = Counter((call.name, call.place) for call in self.completed("group_send"))
        for call in self.completed("group_send"):
            if times[call.name, call.place] > self.capacity:
                return call, times[call.name, call.place]
        return None

    def members(self, group: str | None = None) -> set[tuple[str, str]]:
        """Return the pairs of group and channel that were added and not discarded."""
        members: set[tuple[str, str]] = set()
        for call in self:
            pair = call.arguments[:2]
            if call.ran and call.method == "group_add":
                members.add((pair[0], pair[1]))
            elif call.ran and call.method == "group_discard":
                members.discard((pair[0], pair[1]))
        return {pair for pair in members if group in (None, pair[0])}


def caller_place(sources: Sources) -> Place | None:
    """Return the learner's line that called the caller of this function, if it can be known.

    A synchronous consumer waits in a thread of its own for what async_to_sync runs in this one.
    """
    if place := sources.stack_place(sys._getframe(2)):
        return place
    mine = threading.get_ident()
    others = (frame for thread, frame in sys._current_frames().items() if thread != mine)
    return next(filter(None, map(sources.stack_place, others)), None)


def record_consumer_calls(sources: Sources) -> Calls:
    """Make Channels' WebSocket consumers record accept, send and close in the returned list."""
    calls = Calls()

    def recorded(method: str, original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def record(self: Any, *arguments: Any, **named: Any) -> Any:
            if not type(self).__module__.startswith("channels."):  # such as a WebsocketDenier
                given = (*arguments, *named.values())
                calls.append(Call(method, given, caller_place(sources), ran=True))
            return original(self, *arguments, **named)

        return markcoroutinefunction(record) if iscoroutinefunction(original) else record

    for consumer in (WebsocketConsumer, AsyncWebsocketConsumer):
        for method in ("accept", "send", "close"):
            setattr(consumer, method, recorded(method, getattr(consumer, method)))
    return calls


class RecordingLayer:
    """Passes everything on to ``layer``, and adds the calls of the learner's consumers to
    ``calls``. ``is_packed`` says whether the layer packs events with msgpack.
    """

    def __init__(self, layer: Any, sources: Sources, calls: Calls, is_packed: bool = False):
        self.layer = layer
        self.sources = sources
        self.is_packed = is_packed
        self.calls = calls
        self.calls.capacity = getattr(layer, "capacity", Calls.capacity)
        for method in ("send", "group_add", "group_discard", "group_send"):
            setattr(self, method, markcoroutinefunction(self._recorded(method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def _recorded(self, method: str) -> Callable[..., Coroutine[Any, Any, None]]:
        async def run(call: Call, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            call.ran = True
            await getattr(self.layer, method)(*arguments, **named)

        def recorded(*arguments: Any, **named: Any) -> Coroutine[Any, Any, None]:
            call = Call(method, (*arguments, *named.values()), caller_place(self.sources))
            if self.is_packed and call.event is not None:
                call.uncarried = find_uncarried(call.event)
            self.calls.append(call)
            return run(call, arguments, named)

        recorded.__name__ = method
        return recorded
