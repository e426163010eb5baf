"""The recorded entries: the latest ones, and as many a second as recording has time for."""

import asyncio
import functools
import logging
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any, TypeVar

from chatdemo.common.rate_limit import TokenBucket
from chatdemo.inspector.formatting import format_value, size_of

logger = logging.getLogger(__name__)
Method = TypeVar("Method", bound=Callable[..., Any])
#: Entries a second in the long run, and at once: while there are watchers, and while there are
#: none. An entry takes about 10 µs. A class at work stays below this; a flood isn't recorded
#: instead of being slowed down.
WATCHED_RATE, WATCHED_BURST = 3000, 3000
UNWATCHED_RATE, UNWATCHED_BURST = 300, 1000
#: Recording pauses until this share of the burst is available again, which is checked this often.
#: To resume has its cost too, and what is recorded should be whole journeys.
RESUME_SHARE, CHECK_SECONDS = 0.2, 0.1
#: While no watcher sees everything, a message to more members than this isn't recorded, nor what
#: follows within these seconds: its deliveries, milliseconds later.
MAX_UNWATCHED_MEMBERS, PAUSE_SECONDS = 60, 1.0


class Recording:
    """The last ``limit`` entries. Older ones are dropped, and recording never waits.

    It pauses when it takes too much time. ``on_switch`` is called whenever ``is_active`` changes:
    while it is false, frames and events take a path as short as without an inspector.
    """

    def __init__(self, limit: int = 5000):
        self.entries: deque[dict[str, Any]] = deque(maxlen=limit)
        self.last_number = 0
        self.lost = 0  # events that the channel layer refused
        self.unrecorded = 0  # messages that passed while recording paused
        self.is_watched = False  # by any watcher
        self.is_all_watched = False  # by one that sees more than a lesson's room
        self.is_active = True
        self.on_switch: Callable[[], None] = lambda: None
        self._journeys = 0
        self._allowance = TokenBucket(UNWATCHED_RATE, UNWATCHED_BURST)
        self._paused_until = 0.0

    def record(
        self, what: str, *, payload: Any = None, formatted: str | None = None, **fields: Any
    ) -> None:
        """Add an entry. ``what`` and the fields are the feed's (feed.py); None is left out.

        ``formatted`` is a payload that was formatted before.
        """
        self.last_number += 1
        self._allowance.tokens -= 1
        if self._allowance.tokens <= 0 and self.is_active and not self._has_time():
            self._switch(False)
        entry: dict[str, Any] = {"n": self.last_number, "at": round(time.time(), 6), "what": what}
        if payload is not None:
            entry["payload"], entry["size"] = format_value(payload), size_of(payload)
        elif formatted is not None:
            entry["payload"] = formatted
        entry.update((name, value) for name, value in fields.items() if value is not None)
        self.entries.append(entry)

    def new_journey(self) -> int | None:
        """Return the number of a new journey, None while recording pauses."""
        if not self.resume_if_possible():
            return None
        self._journeys += 1
        return self._journeys

    def resume_if_possible(self) -> bool:
        """Resume recording if there is time for it. Returns whether it is active."""
        if not self.is_active and self._has_time():
            self._switch(True)
        return self.is_active

    def prepare_for(self, members: int) -> bool:
        """Pause for a message to too many members. Returns whether it can be recorded."""
        if members > MAX_UNWATCHED_MEMBERS and not self.is_all_watched:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            if self.is_active:
                self._switch(False)
        return self.resume_if_possible()

    def clear(self) -> None:
        """Drop all entries. Their numbers aren't used again."""
        self.entries.clear()

    @property
    def first_number(self) -> int:
        """The number of the oldest entry."""
        return self.last_number - len(self.entries) + 1

    def since(self, number: int, limit: int) -> list[dict[str, Any]]:
        """Return at most ``limit`` entries from this number on, or from the oldest one."""
        start = max(0, number - self.first_number)
        return list(islice(self.entries, start, start + limit))

    def _has_time(self) -> bool:
        if time.monotonic() < self._paused_until and not self.is_all_watched:
            return False
        allowance = self._allowance
        allowance.rate, allowance.burst = (
            (WATCHED_RATE, WATCHED_BURST) if self.is_watched else (UNWATCHED_RATE, UNWATCHED_BURST)
        )
        return allowance.refill() >= allowance.burst * RESUME_SHARE

    def _switch(self, is_active: bool) -> None:
        self.is_active = is_active
        self.on_switch()
        if not is_active:
            self._check_later()

    def _check_later(self) -> None:
        # A timer: reading the clock for each message would cost more than all else while paused.
        with suppress(RuntimeError):  # without a running event loop, the next event checks
            asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check)

    def _check(self) -> None:
        if not self.resume_if_possible():
            self._check_later()


def never_raises(method: Method) -> Method:
    """Decorate a method so that a fault of the inspector's never reaches what it observes.

    The first exception is logged. The method returns None then.
    """
    has_failed = False

    @functools.wraps(method)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        nonlocal has_failed
        try:
            return method(*args, **kwargs)
        except Exception:
            if not has_failed:
                logger.exception(
                    "The inspector couldn't record something. What it observes goes on."
                )
            has_failed = True
            return None

    return guarded  # type: ignore[return-value]
