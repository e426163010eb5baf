"""The recorded entries: the latest ones, and not more a second than delivery can bear."""

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
#: The limits with and without watchers: entries a second in the long run, and entries at once. An
#: entry takes about 15 µs, and a message to 30 participants makes 62 of them: five such messages at
#: once are recorded without watchers.
WATCHED_ENTRIES_PER_SECOND, WATCHED_ENTRIES_AT_ONCE = 3000, 3000
UNWATCHED_ENTRIES_PER_SECOND, UNWATCHED_ENTRIES_AT_ONCE = 100, 320
#: After a limit is reached, recording pauses until this share of the entries at once is allowed
#: again. Resuming takes time too, and whole journeys say more than parts of many.
RESUME_SHARE = 0.2
#: How often a paused recording checks whether it may resume.
CHECK_SECONDS = 0.1
#: A message to more members is recorded only while a watcher sees everything. Recording pauses for
#: it, so that its deliveries aren't recorded either.
MAX_UNWATCHED_MEMBERS, PAUSE_SECONDS = 60, 1.0


class Recording:
    """The last ``limit`` entries. Older ones are dropped, and recording never waits.

    It pauses, and ``is_active`` is false, after too many entries and for a message to too many
    members. Frames and events then take a path as short as without an inspector. ``on_switch`` is
    called whenever ``is_active`` changes.
    """

    def __init__(self, limit: int = 5000):
        self.entries: deque[dict[str, Any]] = deque(maxlen=limit)
        self.last_number = 0
        self.lost = 0  # events that the channel layer refused
        self.unrecorded = 0  # messages to groups that weren't recorded
        self.is_watched = False  # by any watcher
        self.is_all_watched = False  # by one that sees more than a lesson's room
        self.is_active = True
        self.on_switch: Callable[[], None] = lambda: None
        self._journeys = 0
        self._allowance = TokenBucket(UNWATCHED_ENTRIES_PER_SECOND, UNWATCHED_ENTRIES_AT_ONCE)
        self._paused_until = 0.0

    def record(
        self, what: str, *, payload: Any = None, formatted: str | None = None, **fields: Any
    ) -> None:
        """Add an entry. ``what`` and the fields are the feed's (feed.py); None is left out.

        ``formatted`` is a payload that was formatted before.
        """
        self.last_number += 1
        self._allowance.tokens -= 1
        if self._allowance.tokens <= 0 and self.is_active and not self._refill_allowance():
            self._switch(False)
        entry: dict[str, Any] = {"n": self.last_number, "at": round(time.time(), 6), "what": what}
        if payload is not None:
            entry["payload"], entry["size"] = format_value(payload), size_of(payload)
        elif formatted is not None:
            entry["payload"] = formatted
        for name, value in fields.items():
            if value is not None:
                entry[name] = value
        self.entries.append(entry)

    def new_journey(self) -> int | None:
        """Return the number of a new journey, None while recording pauses."""
        if not self.resume_if_possible():
            return None
        self._journeys += 1
        return self._journeys

    def resume_if_possible(self) -> bool:
        """Resume recording if the limits allow it. Returns whether it is active."""
        if not self.is_active and self._refill_allowance():
            self._switch(True)
        return self.is_active

    def pause_if_too_many(self, members: int) -> None:
        """Pause for a message to so many members, if they are too many."""
        if members > MAX_UNWATCHED_MEMBERS and not self.is_all_watched:
            self._paused_until = time.monotonic() + PAUSE_SECONDS
            if self.is_active:
                self._switch(False)

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

    def _refill_allowance(self) -> bool:
        """Add the entries of the time since the last call. Returns whether recording may resume."""
        if time.monotonic() < self._paused_until and not self.is_all_watched:
            return False
        allowance = self._allowance
        if self.is_watched:
            allowance.rate, allowance.burst = WATCHED_ENTRIES_PER_SECOND, WATCHED_ENTRIES_AT_ONCE
        else:
            allowance.rate = UNWATCHED_ENTRIES_PER_SECOND
            allowance.burst = UNWATCHED_ENTRIES_AT_ONCE
        return allowance.refill() >= allowance.burst * RESUME_SHARE

    def _switch(self, is_active: bool) -> None:
        self.is_active = is_active
        self.on_switch()
        if not is_active:
            self._check_later()

    def _check_later(self) -> None:
        # A timer: to read the clock for each message would take longer than all else while paused.
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
