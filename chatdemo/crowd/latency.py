"""Percentiles of durations, and the delay of this process's own event loop."""

import asyncio
import math
import time
from array import array
from collections.abc import Sequence

#: How often the event loop's delay is measured.
PERIOD_SECONDS = 0.02
#: Above one of these, the figures say more about this process than about the server: the 90th
#: percentile of the event loop's delay, and the share of a core that the process uses.
MAX_DELAY_SECONDS, MAX_CPU_SHARE = 0.05, 0.9


def percentile(durations: Sequence[float], percent: float) -> float | None:
    """Return the duration that ``percent`` of all don't exceed, None if there are none."""
    rank = math.ceil(len(durations) * percent / 100)
    return sorted(durations)[rank - 1] if durations else None


class EventLoopDelay:
    """Measures how late the event loop runs a timer, and the share of a core the process uses."""

    def __init__(self) -> None:
        self.delays = array("d")
        self.cpu_share = 0.0

    async def measure(self) -> None:
        """Measure until cancelled."""
        start, start_cpu = time.perf_counter(), time.process_time()
        try:
            while True:
                due = time.perf_counter() + PERIOD_SECONDS
                await asyncio.sleep(PERIOD_SECONDS)
                self.delays.append(max(0.0, time.perf_counter() - due))
        finally:
            elapsed = time.perf_counter() - start
            self.cpu_share = (time.process_time() - start_cpu) / elapsed if elapsed > 0 else 0.0

    @property
    def is_bottleneck(self) -> bool:
        """Whether the crowd was too slow to measure the server."""
        delay = percentile(self.delays, 90) or 0.0
        return delay > MAX_DELAY_SECONDS or self.cpu_share > MAX_CPU_SHARE
