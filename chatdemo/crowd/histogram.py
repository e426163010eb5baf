"""Durations, counted in buckets: a million cost no more memory than ten."""

import math
from array import array
from itertools import accumulate

#: Each bucket reaches 2 % further than the one before it, so a percentile is off by 1 % at most.
GROWTH = math.log(1.02)
#: The shortest duration that is told from a shorter one, and the number of buckets from there to 1,000 s. In seconds.
SHORTEST = 1e-6
BUCKETS = int(math.log(1e3 / SHORTEST) / GROWTH) + 1


class Histogram:
    """How often which duration was seen. All are in seconds."""

    def __init__(self) -> None:
        self.buckets = array("Q", bytes(8 * BUCKETS))
        self.count = 0
        self.worst = 0.0

    def add(self, seconds: float) -> None:
        """Count a duration; one below ``SHORTEST`` as that, one above the last bucket in it."""
        self.count += 1
        if seconds > self.worst:
            self.worst = seconds
        bucket = int(math.log(seconds / SHORTEST) / GROWTH) if seconds > SHORTEST else 0
        self.buckets[bucket if bucket < BUCKETS else BUCKETS - 1] += 1

    def percentile(self, percent: float) -> float | None:
        """The duration that ``percent`` of all don't exceed, never more than the worst; None where there are none."""
        return percentile(self.buckets, percent, self.worst)


def percentile(buckets: array, percent: float, worst: float) -> float | None:
    """As ``Histogram.percentile``, of any buckets like its own: those of a while, say."""
    wanted = math.ceil(sum(buckets) * percent / 100)
    if not wanted:
        return None
    bucket = next(number for number, seen in enumerate(accumulate(buckets)) if seen >= wanted)
    return min(SHORTEST * math.exp((bucket + 0.5) * GROWTH), worst)


def since(earlier: array, now: array) -> array:
    """The buckets of what came between the two."""
    return array("Q", (after - before for before, after in zip(earlier, now, strict=True)))
