"""Finds the learner's lines that block the event loop or never end: in the code, or as it runs."""

import ast
import asyncio
import re
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, NamedTuple

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import FUNCTIONS, Sources

#: How often the watchdog looks.
PERIOD_SECONDS = 0.02
#: A line that blocks the event loop for longer than this is noted.
SLOW_SECONDS = 0.12
#: Functions that block.
BLOCKING = (
    r"(time\.sleep|requests\.\w+|urllib\.request\.\w+|urlopen|subprocess\.(run|call|check_\w+)"
    r"|os\.system|input)"
)


class Block(NamedTuple):
    """A line that blocked the event loop, and for how long."""

    place: Place
    seconds: float


class Watchdog:
    """A thread that watches the main thread. ``blocks`` are lines that blocked the event loop.

    After ``stuck_seconds`` without progress (twice that while importing, as on a slow disk) the
    thread calls ``on_stuck`` with the learner's line.
    """

    def __init__(
        self, sources: Sources, on_stuck: Callable[[Place | None], None], stuck_seconds: float
    ):
        self.sources = sources
        self.on_stuck = on_stuck
        self.stuck_seconds = stuck_seconds
        self.blocks: list[Block] = []
        self._main_thread = threading.main_thread().ident
        self._last_beat = time.monotonic()
        self._in_loop = False
        self._seen: tuple[Place | None, float] = (None, 0)
        threading.Thread(target=self._watch, daemon=True).start()

    async def watch_loop(self, work: Awaitable[None]) -> None:
        """Await ``work``, and watch the event loop meanwhile."""
        self._last_beat, self._in_loop = time.monotonic(), True
        beats = asyncio.ensure_future(self._beat_regularly())
        try:
            await work
        finally:
            beats.cancel()
            self._last_beat, self._in_loop = time.monotonic(), False

    async def _beat_regularly(self) -> None:
        while True:
            self._last_beat = time.monotonic()
            await asyncio.sleep(PERIOD_SECONDS)

    def _watch(self) -> None:
        while True:
            time.sleep(PERIOD_SECONDS)
            late = time.monotonic() - self._last_beat
            if late > (self.stuck_seconds if self._in_loop else 2 * self.stuck_seconds):
                return self.on_stuck(self._place_of(self._main_thread))
            if self._in_loop and late > SLOW_SECONDS:
                self._note(self._place_of(self._main_thread))
            else:
                self._seen = (None, 0)

    def _note(self, place: Place | None) -> None:
        """Count a line that is seen twice, SLOW_SECONDS apart: a busy machine may stop any line."""
        seen, since = self._seen
        if not place or place != seen:
            self._seen = (place, time.monotonic())
        elif time.monotonic() - since > SLOW_SECONDS:
            self.blocks = [block for block in self.blocks if block.place != place]
            self.blocks.append(Block(place, time.monotonic() - since + SLOW_SECONDS))

    def _place_of(self, thread: int | None) -> Place | None:
        return self.sources.stack_place(sys._current_frames().get(thread or 0))

    def busy_place(self) -> Place | None:
        """Return the learner's line that another thread runs, as synchronous consumers do."""
        others = [thread for thread in sys._current_frames() if thread != threading.get_ident()]
        return next((place for thread in others if (place := self._place_of(thread))), None)


def is_blocking(node: ast.AST, tree: ast.Module) -> bool:
    """Whether a node of a file is a call of a function that blocks."""
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    is_sleep = called == "sleep" and "sleep" in imported_names(tree, "time")
    return is_sleep or bool(re.fullmatch(BLOCKING, called))


def imported_names(tree: ast.Module, module: str) -> set[str]:
    """Return the names that a file imports from ``module``."""
    return {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }


def own_nodes(function: ast.AST) -> Iterator[Any]:
    """Yield the nodes (ast.AST) of a function, those of functions inside it left out."""
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            yield node
            yield from own_nodes(node)
