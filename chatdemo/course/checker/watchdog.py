"""Sees where the learner's code spends its time: an endless loop, or a call that holds the event loop up."""

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from chatdemo.course.checker.faults import Place
from chatdemo.course.checker.sources import Sources

#: How often it looks, and how long the event loop may stand still.
PERIOD_SECONDS, SLOW_SECONDS = 0.02, 0.12


class Block(NamedTuple):
    place: Place
    seconds: float


class Watchdog:
    """A thread that watches the main one. ``on_stuck(place)`` is called, from it, once that stands still for ever.

    ``blocks`` are the lines of the learner's that held up the event loop for longer than SLOW_SECONDS.
    """

    def __init__(
        self, sources: Sources, on_stuck: Callable[[Place | None], None], stuck_seconds: float
    ):
        self.sources = sources
        self.on_stuck = on_stuck
        self.stuck_seconds = stuck_seconds
        self.blocks: list[Block] = []
        self._main = threading.main_thread().ident
        self._beat = time.monotonic()
        self._in_loop = False
        self._at: tuple[Place | None, float] = (None, 0)
        threading.Thread(target=self._watch, daemon=True).start()

    async def watching(self, work: Awaitable[None]) -> None:
        """Await ``work``, and see to it that the event loop goes on meanwhile."""
        self._beat, self._in_loop = time.monotonic(), True
        beats = asyncio.ensure_future(self._beats())
        try:
            await work
        finally:
            beats.cancel()
            self._beat, self._in_loop = time.monotonic(), False

    async def _beats(self) -> None:
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(PERIOD_SECONDS)

    def _watch(self) -> None:
        while True:
            time.sleep(PERIOD_SECONDS)
            late = time.monotonic() - self._beat
            # Importing may take its time: there are slow disks. A loop that answers nobody may not.
            if late > (self.stuck_seconds if self._in_loop else 2 * self.stuck_seconds):
                return self.on_stuck(self.where(self._main))
            if self._in_loop and late > SLOW_SECONDS:
                self._note(self.where(self._main))
            else:
                self._at = (None, 0)

    def _note(self, place: Place | None) -> None:
        """A line counts once two looks at it are SLOW_SECONDS apart: a busy machine holds up anything for a moment."""
        known, since = self._at
        if not place or place != known:
            self._at = (place, time.monotonic())
        elif time.monotonic() - since > SLOW_SECONDS:
            self.blocks = [block for block in self.blocks if block.place != place]
            self.blocks.append(Block(place, time.monotonic() - since + SLOW_SECONDS))

    def where(self, thread: int | None) -> Place | None:
        """The learner's line that a thread is in."""
        return self.sources.stack_place(sys._current_frames().get(thread))

    def busy(self) -> Place | None:
        """The learner's line that some other thread is in: a synchronous consumer has one of its own."""
        others = [thread for thread in sys._current_frames() if thread != threading.get_ident()]
        return next((place for thread in others if (place := self.where(thread))), None)
