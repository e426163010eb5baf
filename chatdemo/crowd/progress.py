"""How a run is going, in a line of the terminal."""

import os
from collections import deque
from contextlib import AbstractContextManager
from typing import TextIO

from chatdemo.crowd.latency import percentile
from chatdemo.crowd.participants import Crowd

#: Current rates are measured over so many lines: two seconds, with four in a second.
WINDOW_LINES = 8
#: Latencies of which the current percentile is taken: sorting them takes about a millisecond.
MAX_RECENT = 5000
#: What a terminal writes when Ctrl-C is pressed.
CTRL_C = "^C"
#: For a terminal that doesn't report its width.
DEFAULT_COLUMNS = 80


class Progress:
    """Describes the progress of ``crowd``. ``end`` is when sending ends, None before and after."""

    def __init__(self, crowd: Crowd):
        self.crowd = crowd
        self.end: float | None = None
        self._measured: deque[tuple[float, int]] = deque(maxlen=WINDOW_LINES + 1)

    def line(self, now: float) -> str:
        """Return the line at ``now``, a time of the same clock as the deliveries'.

        Its parts are separated by two spaces, and the most important ones come first.
        """
        crowd, deliveries = self.crowd, self.crowd.deliveries
        self._measured.append((now, deliveries.delivered))
        then, delivered = self._measured[0]
        per_second = (deliveries.delivered - delivered) / (now - then) if now > then else 0.0
        recent = deliveries.latencies[delivered:][-MAX_RECENT:]
        if self.end is not None and now < self.end:
            phase = f"{self.end - now:,.0f} s left"
        elif deliveries.senders:
            phase = f"waiting for {deliveries.expected - deliveries.delivered:,}"
        else:
            return f"Joining: {crowd.recipients:,} of {len(crowd.participants):,}"
        return (
            f"{crowd.recipients:,} in  {phase}  sent {len(deliveries.senders):,}"
            f"  lost {deliveries.lost(now):,}  {per_second:,.0f} delivered/s"
            f"  p99 {duration(percentile(recent, 99))}"
        )


class LiveLine(AbstractContextManager):
    """A line of the terminal ``stream`` that each text replaces. At the end it is empty.

    If ``stream`` isn't a terminal, nothing is shown.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.length = 0

    def show(self, text: str) -> None:
        """Show ``text``, without its last parts if the terminal is too narrow."""
        if self.stream.isatty():
            columns = os.get_terminal_size(self.stream.fileno()).columns or DEFAULT_COLUMNS
            width = max(0, columns - 1 - len(CTRL_C))
            text = fit(text, width)
            self._write(text.ljust(min(self.length, width)))
            self.length = len(text)

    def __exit__(self, *_: object) -> None:
        if self.length:
            self._write(" " * (self.length + len(CTRL_C)) + "\r")

    def _write(self, text: str) -> None:
        self.stream.write(f"\r{text}")
        self.stream.flush()


def fit(text: str, width: int) -> str:
    """Return as many parts of ``text``, separated by two spaces, as fit in ``width``."""
    while len(text) > width:
        text = text.rpartition("  ")[0]
    return text


def duration(seconds: float | None) -> str:
    """Return a duration with its unit, milliseconds below a second, and "-" for None."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.{1 if seconds < 0.1 else 0}f} ms"
