"""A limit on how often something may happen."""

import time


class TokenBucket:
    """A token bucket: ``rate`` tokens a second in the long run, and ``burst`` of them at once.

    ``rate`` and ``burst`` may be changed at any time. A caller that can't afford to read the clock
    each time subtracts from ``tokens`` itself and calls ``refill`` when they run out.
    """

    __slots__ = ("rate", "burst", "tokens", "refilled_at")

    def __init__(self, rate: float, burst: float):
        self.rate, self.burst = rate, burst
        self.tokens, self.refilled_at = float(burst), time.monotonic()

    def refill(self) -> float:
        """Add the tokens of the time since the last refill. Returns how many there are now."""
        now = time.monotonic()
        self.tokens = min(self.burst, self.tokens + (now - self.refilled_at) * self.rate)
        self.refilled_at = now
        return self.tokens

    def take(self) -> float:
        """Take one token. Returns 0 if there was one, else the seconds until there is one again.

        Without one, the number becomes negative, down to ``-burst``: a caller that continues waits
        for longer.
        """
        self.tokens = max(self.refill() - 1, -self.burst)
        return max(0.0, -self.tokens / self.rate)
