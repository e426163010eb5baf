"""How late this process itself is: what it measures is worth no more than its own punctuality."""

import asyncio
import time

from chatdemo.crowd.histogram import Histogram

#: Seconds from one look at the clock to the next.
PERIOD = 0.02
#: A crowd that is later than this in one of ten cases (seconds), or uses more of a core than this, measures itself.
LATE, BUSY = 0.05, 0.9


class Lag:
    """How late a periodic timer of the event loop is, in seconds, and the share of a core that the process uses."""

    def __init__(self) -> None:
        self.late = Histogram()
        self.share = 0.0

    async def watch(self) -> None:
        """Measure until cancelled."""
        started, used = time.perf_counter(), time.process_time()
        try:
            while True:
                due = time.perf_counter() + PERIOD
                await asyncio.sleep(PERIOD)
                self.late.add(max(0.0, time.perf_counter() - due))
        finally:
            elapsed = time.perf_counter() - started
            self.share = (time.process_time() - used) / elapsed if elapsed > 0 else 0.0

    @property
    def is_bottleneck(self) -> bool:
        """Whether the figures tell of this process more than of the server."""
        return (self.late.percentile(90) or 0) > LATE or self.share > BUSY
