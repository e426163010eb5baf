"""What a run is to do, and what came of it."""

import math
from collections import Counter
from dataclasses import dataclass, field

from chatdemo.crowd.histogram import Histogram
from chatdemo.crowd.lag import Lag
from chatdemo.crowd.tally import Counts


@dataclass(frozen=True)
class Plan:
    """``people`` participants; together they say ``rate`` messages a second, for ``seconds`` seconds.

    ``drop`` is the share of their connections that is cut each second; with 0 they aren't to be lost at all.
    """

    people: int
    rate: float
    seconds: float
    drop: float = 0.0

    @property
    def messages(self) -> int:
        """How many are due, the first at once."""
        return max(1, math.ceil(self.rate * self.seconds - 1e-6))


@dataclass(frozen=True)
class Result:
    """What a run has come to. ``interrupted``: by Ctrl-C. ``lag`` is what the crowd says of itself.

    ``cuts`` is how many connections it cut, ``caught_up`` in what time each participant then had everything again, and
    ``away`` how many participants haven't.
    """

    plan: Plan
    counts: Counts
    latencies: Histogram
    joined: int
    absent: Counter[str]
    closed: Counter[tuple[int, str]]
    refused: Counter[str]
    lag: Lag
    interrupted: bool
    cuts: int = 0
    away: int = 0
    caught_up: Histogram = field(default_factory=Histogram)

    @property
    def is_good(self) -> bool:
        """Whether everyone joined and stayed, or came back, and got every message once and in order."""
        counts = self.counts
        closed = self.closed if not self.plan.drop else ()
        bad = (
            counts.lost,
            counts.out_of_order,
            counts.doubled,
            self.absent,
            closed,
            self.refused,
            self.away,
        )
        return not any(bad)

    @property
    def exit_code(self) -> int:
        return 130 if self.interrupted else 0 if self.is_good else 1
