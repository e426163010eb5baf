"""A channel layer round the project's own, which notes what consumers ask of it."""

import sys
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import markcoroutinefunction

from chatdemo.course.checker.faults import Place
from chatdemo.course.checker.sources import Sources


@dataclass
class Call:
    """A call of a method of the layer. ``place`` is the line that made it, where that can be seen."""

    method: str
    arguments: tuple
    place: Place | None
    ran: bool = field(default=False)

    @property
    def name(self) -> str:
        """The group, or channel, that it is about."""
        return self.arguments[0] if self.arguments else ""


class RecordingLayer:
    """Passes everything on to ``layer``; ``calls`` has the calls that the learner's consumers made."""

    def __init__(self, layer: Any, sources: Sources):
        self.layer = layer
        self.sources = sources
        self.calls: list[Call] = []
        for method in ("send", "group_add", "group_discard", "group_send"):
            setattr(self, method, markcoroutinefunction(self._recorded(method)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def _recorded(self, method: str):
        def call(*arguments, **named):
            made = Call(
                method, (*arguments, *named.values()), self.sources.stack_place(sys._getframe(1))
            )
            self.calls.append(made)
            return self._run(made, arguments, named)

        call.__name__ = method
        return call

    async def _run(self, made: Call, arguments: tuple, named: dict) -> None:
        made.ran = True
        await getattr(self.layer, made.method)(*arguments, **named)

    def made(self, method: str) -> list[Call]:
        """The calls of ``method`` that were carried out."""
        return [call for call in self.calls if call.method == method and call.ran]

    def members(self, group: str | None = None) -> set[tuple[str, str]]:
        """Who has joined and not left: pairs of group and channel."""
        joined: set[tuple[str, str]] = set()
        for call in self.calls:
            if call.ran and call.method == "group_add":
                joined.add(call.arguments[:2])
            elif call.ran and call.method == "group_discard":
                joined.discard(call.arguments[:2])
        return {pair for pair in joined if group in (None, pair[0])}
