"""What was recorded: the latest events, bounded, and how much of the time recording may take."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import Any

from chatdemo.inspector.elide import elide, size

#: Events a second that are recorded for ever on end, and how many at once; while somebody watches, and while nobody
#: does. An event takes 10 µs or so: a class at work stays below, a flood goes by unrecorded instead of being slowed.
WATCHED, UNWATCHED = (3000, 3000), (300, 1000)
#: Seconds between two looks whether a closed tape can be opened, and the share of those at once for which it is: to
#: open it has its price too, and what is recorded should be whole journeys.
LOOK, WORTH_IT = 0.1, 0.2
#: While nobody watches all, a message to more than so many isn't recorded, nor what comes in the seconds after it: it
#: would take milliseconds longer to arrive.
CROWD, REST = 60, 1.0


class Tape:
    """The last ``limit`` events. The oldest are dropped for new ones, and nothing waits for anybody.

    The tape is ``open`` while events can be recorded. A flood closes it for a moment; ``on_switch`` is called then, so
    that frames and events can go a way that is as short as if there were no inspector.
    """

    def __init__(self, limit: int = 5000):
        self.events: deque[dict] = deque(maxlen=limit)
        self.number = 0  # of the last event
        self.lost = 0  # events that the channel layer refused
        self.unrecorded = 0  # messages that went by while the tape was closed
        self.watched = False  # by anybody
        self.all_watched = False  # by somebody who sees everything, and not one lesson's room alone
        self.open = True
        self.on_switch: Callable[[], None] = lambda: None
        self._journeys = 0
        self._allowance, self._counted = float(UNWATCHED[1]), time.monotonic()
        self._rests_until = 0.0

    def record(
        self, what: str, *, payload: Any = None, shown: str | None = None, **fields: Any
    ) -> None:
        """Add an event; fields of None are left out. ``what`` and the fields are those of the feed (feed.py).

        ``shown`` is a payload that is elided already.
        """
        self.number += 1
        self._allowance -= 1
        if self._allowance <= 0 and self.open and not self._refill():
            self._switch(False)
        event = {"n": self.number, "at": round(time.time(), 6), "what": what}
        if payload is not None:
            event["payload"], event["size"] = elide(payload), size(payload)
        elif shown is not None:
            event["payload"] = shown
        event.update((name, value) for name, value in fields.items() if value is not None)
        self.events.append(event)

    def journey(self) -> int | None:
        """The number of a new journey; None if it can't be recorded, as the tape is closed."""
        if not self.ready():
            return None
        self._journeys += 1
        return self._journeys

    def ready(self) -> bool:
        """Whether events can be recorded. Opens the tape again when there is time for some more."""
        if not self.open and self._refill():
            self._switch(True)
        return self.open

    def begin(self, members: int) -> bool:
        """Whether a message to so many can be recorded."""
        if members > CROWD and not self.all_watched:
            self._rests_until = time.monotonic() + REST
            if self.open:
                self._switch(False)
        return self.ready()

    def clear(self) -> None:
        """Forget all events. Their numbers aren't used again."""
        self.events.clear()

    def since(self, number: int, most: int) -> list[dict]:
        """At most ``most`` events, from the one of this number on or the oldest that is left."""
        start = max(0, len(self.events) - (self.number - number + 1))
        return list(islice(self.events, start, start + most))

    def _refill(self) -> bool:
        """Whether some events may be recorded again, a moment's worth."""
        now = time.monotonic()
        if now < self._rests_until and not self.all_watched:
            return False
        rate, burst = WATCHED if self.watched else UNWATCHED
        self._allowance = min(burst, self._allowance + (now - self._counted) * rate)
        self._counted = now
        return self._allowance >= burst * WORTH_IT

    def _switch(self, open: bool) -> None:
        self.open = open
        self.on_switch()
        if not open:
            self._look_again_later()

    def _look_again_later(self) -> None:
        # By a timer: a look at the time for each message would cost more than all else does while the tape is closed.
        with suppress(
            RuntimeError
        ):  # no event loop runs here; who asks whether it's ready looks too
            asyncio.get_running_loop().call_later(LOOK, self._look_again)

    def _look_again(self) -> None:
        if not self.ready():
            self._look_again_later()


class NoTape(Tape):
    """Where there is no inspector (yet)."""

    def __init__(self) -> None:
        super().__init__(limit=0)
        self.open = False

    def _refill(self) -> bool:
        return False
