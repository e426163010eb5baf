"""What a run is to do, and what came of it."""

import math
from collections import Counter
from dataclasses import dataclass

from chatdemo.crowd.histogram import Histogram
from chatdemo.crowd.lag import Lag
from chatdemo.crowd.tally import Counts


@dataclass(frozen=True)
class Plan:
    """``people`` participants; together they say ``rate`` messages a second, for ``seconds`` seconds."""

    people: int
    rate: float
    seconds: float

    @property
    def messages(self) -> int:
        """How many are due, the first at once."""
        return max(1, math.ceil(self.rate * self.seconds - 1e-6))


@dataclass(frozen=True)
class Result:
    """What a run has come to. ``interrupted``: by Ctrl-C. ``lag`` is what the crowd says of itself."""

    plan: Plan
    counts: Counts
    latencies: Histogram
    joined: int
    absent: Counter[str]
    closed: Counter[tuple[int, str]]
    refused: Counter[str]
    lag: Lag
    interrupted: bool

    @property
    def is_good(self) -> bool:
        """Whether everyone joined and stayed, and got every message once and in order."""
        counts = self.counts
        bad = counts.lost, counts.out_of_order, counts.doubled, self.absent, self.closed, self.refused
        return not any(bad)

    @property
    def exit_code(self) -> int:
        return 130 if self.interrupted else 0 if self.is_good else 1
