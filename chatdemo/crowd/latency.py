"""Latencies in a histogram, and the delay of this process's own event loop."""

import asyncio
import math
import time
from array import array
from itertools import accumulate

#: Each bucket is 2 % wider than the one before, so a percentile is off by 1 % at most.
LOG_GROWTH = math.log(1.02)
#: The lower bound of the first bucket.
MIN_SECONDS = 1e-6
#: The last bucket starts below 1,000 s.
BUCKETS = int(math.log(1e3 / MIN_SECONDS) / LOG_GROWTH) + 1
#: How often the event loop's delay is measured.
PERIOD_SECONDS = 0.02
#: Above one of these, the figures say more about this process than about the server: the 90th
#: percentile of the event loop's delay, and the share of a core that the process uses.
MAX_DELAY_SECONDS, MAX_CPU_SHARE = 0.05, 0.9


class Histogram:
    """Counts durations in buckets, so that a million take no more memory than ten."""

    def __init__(self) -> None:
        self.buckets = array("Q", bytes(8 * BUCKETS))
        self.count = 0
        self.worst = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration. One beyond the buckets counts in the first or the last of them."""
        self.count += 1
        if seconds > self.worst:
            self.worst = seconds
        bucket = int(math.log(seconds / MIN_SECONDS) / LOG_GROWTH) if seconds > MIN_SECONDS else 0
        self.buckets[min(bucket, BUCKETS - 1)] += 1

    def percentile(self, percent: float, since: array | None = None) -> float | None:
        """Return the duration in seconds that ``percent`` of all don't exceed, None without any.

        ``since`` is an earlier copy of the buckets: only what was added later counts then.
        """
        buckets = self.buckets
        if since is not None:
            buckets = array("Q", (now - then for now, then in zip(buckets, since, strict=True)))
        rank = math.ceil(sum(buckets) * percent / 100)
        if not rank:
            return None
        bucket = next(index for index, total in enumerate(accumulate(buckets)) if total >= rank)
        return min(MIN_SECONDS * math.exp((bucket + 0.5) * LOG_GROWTH), self.worst)


class EventLoopDelay:
    """Measures how late the event loop runs a timer, and the share of a core the process uses."""

    def __init__(self) -> None:
        self.delays = Histogram()
        self.cpu_share = 0.0

    async def measure(self) -> None:
        """Measure until cancelled."""
        start, start_cpu = time.perf_counter(), time.process_time()
        try:
            while True:
                due = time.perf_counter() + PERIOD_SECONDS
                await asyncio.sleep(PERIOD_SECONDS)
                self.delays.add(max(0.0, time.perf_counter() - due))
        finally:
            elapsed = time.perf_counter() - start
            self.cpu_share = (time.process_time() - start_cpu) / elapsed if elapsed > 0 else 0.0

    @property
    def is_bottleneck(self) -> bool:
        """Whether the crowd was too slow to measure the server."""
        delay = self.delays.percentile(90) or 0.0
        return delay > MAX_DELAY_SECONDS or self.cpu_share > MAX_CPU_SHARE
