"""What a run shows in a terminal of 80 columns: its first lines, a live line, the closing table."""

import os
import textwrap
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import TextIO

from chatdemo.crowd.deliveries import percentile
from chatdemo.crowd.participants import Crowd
from chatdemo.crowd.run import Plan, RunResult

COLUMNS = 79
#: For a terminal that doesn't report its width.
DEFAULT_COLUMNS = 80
#: What a terminal writes when Ctrl-C is pressed.
CTRL_C = "^C"
#: Current rates are measured over so many live lines: two seconds, with four in a second.
WINDOW_LINES = 8
#: Latencies of which the current percentile is taken: sorting them takes about a millisecond.
MAX_RECENT = 5000
#: The notes name the most frequent reasons for a fault, up to this number.
MAX_REASONS = 3
CLOSE_CODES = {
    1001: "the server went away",
    1005: "no code given",
    1006: "connection lost",
    1011: "its consumer failed",
}


def title(plan: Plan, url: str) -> str:
    """Return what the run is going to do."""
    people, rate = _amount(plan.people, "participant"), _amount(plan.rate, "message")
    cuts = f"{plan.drop * 100:g}% of their connections cut each second\n" if plan.drop else ""
    return f"{people}, {rate} per second in total, for {plan.seconds:,g} s\n{cuts}at {url}"


class LiveLine(AbstractContextManager):
    """A line of the terminal ``stream`` about the run's progress. At the end it is empty.

    If ``stream`` isn't a terminal, nothing is shown.
    """

    def __init__(self, stream: TextIO):
        self.stream = stream
        self.length = 0
        self._measured: deque[tuple[float, int]] = deque(maxlen=WINDOW_LINES + 1)

    def show(self, crowd: Crowd, now: float, end: float | None) -> None:
        """Replace the line, without its last parts if the terminal is too narrow.

        The arguments are those of ``text``.
        """
        if self.stream.isatty():
            columns = os.get_terminal_size(self.stream.fileno()).columns or DEFAULT_COLUMNS
            width = max(0, columns - 1 - len(CTRL_C))
            text = fit(self.text(crowd, now, end), width)
            self._write(text.ljust(min(self.length, width)))
            self.length = len(text)

    def text(self, crowd: Crowd, now: float, end: float | None) -> str:
        """Describe the progress at ``now``, a time of the same clock as the deliveries'.

        Sending ends at ``end``, None before and after. Two spaces separate the parts, and the most
        important ones come first.
        """
        deliveries = crowd.deliveries
        self._measured.append((now, deliveries.delivered))
        then, delivered = self._measured[0]
        per_second = (deliveries.delivered - delivered) / (now - then) if now > then else 0.0
        recent = deliveries.latencies[delivered:][-MAX_RECENT:]
        if end is not None and now < end:
            phase = f"{end - now:,.0f} s left"
        elif deliveries.senders:
            phase = f"waiting for {deliveries.expected - deliveries.delivered:,}"
        else:
            return f"Joining: {crowd.recipient_count:,} of {len(crowd.participants):,}"
        return (
            f"{crowd.recipient_count:,} in  {phase}  sent {len(deliveries.senders):,}"
            f"  lost {deliveries.lost(now):,}  {per_second:,.0f} delivered/s"
            f"  p99 {duration(percentile(recent, 99))}"
        )

    def __exit__(self, *_: object) -> None:
        if self.length:
            self._write(" " * (self.length + len(CTRL_C)) + "\r")

    def _write(self, text: str) -> None:
        self.stream.write(f"\r{text}")
        self.stream.flush()


def table(result: RunResult) -> Iterator[str]:
    """Yield the lines of the closing table and of the notes below it."""
    for name, value, remark in _rows(result):
        yield f"  {name:<13}{value:>11}  {remark}".rstrip()
    for note in _notes(result):
        yield ""
        yield from textwrap.wrap(note, COLUMNS, break_long_words=False, break_on_hyphens=False)


def _amount(number: float, noun: str) -> str:
    return f"{number:,g} {noun}{'' if number == 1 else 's'}"


def _rows(result: RunResult) -> Iterator[tuple[str, str, str]]:
    counts, crowd, plan = result.counts, result.crowd, result.plan
    latencies, times = crowd.deliveries.latencies, crowd.catch_up_seconds

    def of(number: int, total: int) -> tuple[str, str]:
        return f"{number:,}", f"of {total:,}" if number < total else ""

    people = plan.people if crowd.failed_joins else crowd.joined_count
    yield "participants", *of(crowd.joined_count, people)
    yield "sent", *of(counts.sent, plan.messages)
    yield "delivered", *of(counts.delivered, counts.expected)
    on_the_way = f"{counts.on_the_way:,} on the way" if counts.on_the_way else ""
    yield "lost", f"{counts.lost:,}", on_the_way
    yield "out of order", f"{counts.out_of_order:,}", ""
    yield "duplicated", f"{counts.duplicated:,}", ""
    yield "p50", duration(percentile(latencies, 50)), "half took longer"
    yield "p99", duration(percentile(latencies, 99)), "1 in 100 took longer"
    yield "worst", duration(max(latencies, default=None)), ""
    if plan.drop:
        verb = "has" if crowd.away_count == 1 else "have"
        away = f"{_amount(crowd.away_count, 'participant')} {verb} not caught up"
        yield "cut", f"{crowd.connections_cut:,}", away if crowd.away_count else "all came back"
        remark = f"half took longer, the worst {duration(max(times))}" if times else ""
        yield "caught up", duration(percentile(times, 50)), remark


def _notes(result: RunResult) -> Iterator[str]:
    crowd = result.crowd
    if result.interrupted:
        yield "Interrupted: these are the figures so far."
    elif result.is_good:
        stayed = "came back" if crowd.reconnects else "stayed"
        yield f"All is well: everyone {stayed} and received every message, once and in order."
    if crowd.failed_joins:
        yield f"Could not join: {_most_frequent(crowd.failed_joins)}"
    if crowd.disconnections:
        by_server = " by the server" if crowd.reconnects else ""
        yield f"Disconnected{by_server}: {_most_frequent(_close_reasons(crowd.disconnections))}"
    if crowd.refused_messages:
        yield f"Refused by the server: {_most_frequent(crowd.refused_messages)}"
    if result.counts.lost:
        yield _note_on_losses(result)
    if (delay := result.event_loop_delay).is_bottleneck:
        yield (
            "This computer was too busy to send and receive on time: the figures are about it, not"
            f" about the server. The crowd used {delay.cpu_share:.0%} of a core. Its event loop was"
            f" delayed by {duration(percentile(delay.delays, 90))} or more in one of ten cases, and"
            f" by {duration(max(delay.delays, default=None))} at most."
        )


def _note_on_losses(result: RunResult) -> str:
    crowd, counts = result.crowd, result.counts
    if counts.only_own and crowd.joined_count > 1:
        return "Only the senders received their messages: does the consumer send to a group?"
    if not counts.delivered and not crowd.disconnections and not crowd.refused_messages:
        return "Nobody received any message: does the room's consumer answer what it receives?"
    return (
        f"A message counts as lost once nothing has arrived for {result.plan.timeout:g} s. The"
        " server's terminal may show why."
    )


def _close_reasons(disconnections: Counter[tuple[int, str]]) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for (code, reason), count in disconnections.items():
        meaning = reason or CLOSE_CODES.get(code, "")
        reasons[f"code {code} ({meaning})" if meaning else f"code {code}"] += count
    return reasons


def _most_frequent(reasons: Counter[str]) -> str:
    named = [f"{n:,} x {reason.rstrip('.')}" for reason, n in reasons.most_common(MAX_REASONS)]
    others = sum(n for _, n in reasons.most_common()[MAX_REASONS:])
    return "; ".join(named) + (f"; {others:,} x others." if others else ".")


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
