"""A channel layer that wraps the project's own and records what the consumers call."""

import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from asgiref.sync import markcoroutinefunction

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources
from chatdemo.realtime.redis_layers import find_uncarried


@dataclass
class LayerCall:
    """A call of a method of the layer. ``place`` is the learner's line that made it, if known.

    ``ran`` is False while the coroutine hasn't been awaited.
    """

    method: str
    arguments: tuple[Any, ...]
    place: Place | None
    ran: bool = False

    @property
    def name(self) -> str:
        """The group or the channel."""
        return self.arguments[0] if self.arguments else ""


class RecordingLayer:
    """Passes everything on to ``layer``. ``calls`` are the calls of the learner's consumers.

    With ``is_packed``, ``uncarried`` has what events had that msgpack doesn't carry, and the
    learner's line that sent it.
    """

    def __init__(self, layer: Any, sources: Sources, is_packed: bool = False):
        self.layer = layer
        self.sources = sources
        self.is_packed = is_packed
        self.calls: list[LayerCall] = []
        self.uncarried: list[tuple[str, Place | None]] = []
        for method in ("send", "group_add", "group_discard", "group_send"):
            setattr(self, method, markcoroutinefunction(self._recorded(method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def _recorded(self, method: str) -> Callable[..., Coroutine[Any, Any, None]]:
        async def run(call: LayerCall, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
            call.ran = True
            await getattr(self.layer, method)(*arguments, **named)

        def recorded(*arguments: Any, **named: Any) -> Coroutine[Any, Any, None]:
            place = self.sources.stack_place(sys._getframe(1))
            call = LayerCall(method, (*arguments, *named.values()), place)
            self.calls.append(call)
            self._look_for_uncarried(call)
            return run(call, arguments, named)

        recorded.__name__ = method
        return recorded

    def _look_for_uncarried(self, call: LayerCall) -> None:
        is_event = call.method in ("send", "group_send") and isinstance(call.arguments[-1], dict)
        if self.is_packed and is_event and (why := find_uncarried(call.arguments[-1])):
            self.uncarried.append((why, call.place))

    def completed(self, method: str) -> list[LayerCall]:
        """Return the calls of ``method`` that were awaited."""
        return [call for call in self.calls if call.method == method and call.ran]

    def events_with(self, text: str) -> list[LayerCall]:
        """Return the completed group_sends whose event has ``text`` in it."""
        return [call for call in self.completed("group_send") if text in str(call.arguments)]

    def members(self, group: str | None = None) -> set[tuple[str, str]]:
        """Return the pairs of group and channel that were added and not discarded."""
        members: set[tuple[str, str]] = set()
        for call in self.calls:
            pair = call.arguments[:2]
            if call.ran and call.method == "group_add":
                members.add((pair[0], pair[1]))
            elif call.ran and call.method == "group_discard":
                members.discard((pair[0], pair[1]))
        return {pair for pair in members if group in (None, pair[0])}
