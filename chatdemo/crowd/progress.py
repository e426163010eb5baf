"""How a run is going, now and then."""

from collections import deque
from dataclasses import dataclass

from chatdemo.crowd.histogram import percentile, since
from chatdemo.crowd.participants import Crowd

#: Looks at the books that "now" spans: with four a second, the last two seconds.
SPAN = 8


@dataclass(frozen=True)
class Progress:
    """``seconds_left`` is None while participants join, and 0 while the last deliveries are waited for.

    ``per_second`` are deliveries, ``p99`` is their latency in seconds, both of the last two seconds.
    """

    people: int
    present: int
    seconds_left: float | None
    sent: int
    missing: int
    per_second: float
    p99: float | None
    lost: int


class Progressing:
    """Makes the Progress of ``crowd``. ``until`` is when the time is over; None before and after."""

    def __init__(self, crowd: Crowd):
        self.crowd = crowd
        self.until: float | None = None
        self.looks: deque[tuple] = deque(maxlen=SPAN + 1)

    def now(self, time: float) -> Progress:
        """The progress at ``time``, on the tally's clock."""
        tally = self.crowd.tally
        self.looks.append((time, tally.delivered, tally.latencies.buckets[:]))
        then, delivered, buckets = self.looks[0]
        recent = since(buckets, tally.latencies.buckets)
        return Progress(
            people=len(self.crowd.people),
            present=self.crowd.present,
            seconds_left=self._seconds_left(time),
            sent=len(tally.senders),
            missing=tally.expected - tally.delivered,
            per_second=(tally.delivered - delivered) / (time - then) if time > then else 0.0,
            p99=percentile(recent, 99, tally.latencies.worst),
            lost=tally.lost(time),
        )

    def _seconds_left(self, time: float) -> float | None:
        if self.until is None:
            return 0.0 if self.crowd.tally.senders else None
        return max(0.0, self.until - time)
