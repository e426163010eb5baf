"""The live line and the closing table, as text for a terminal of 80 columns."""

import textwrap
from collections import Counter
from collections.abc import Iterator

from chatdemo.crowd.progress import Progress
from chatdemo.crowd.result import Result
from chatdemo.crowd.tally import PATIENCE

WIDTH = 79
#: How many kinds of a fault are told.
KINDS = 3
CLOSINGS = {
    1001: "the server went away",
    1005: "no code given",
    1006: "connection lost",
    1011: "its consumer failed",
}


def line(progress: Progress) -> str:
    """How a run is going: parts that are two spaces apart, the most important ones first."""
    if progress.seconds_left is None:
        return f"Joining: {progress.present:,} of {progress.people:,}"
    parts = [
        f"{progress.present:,} in",
        f"{progress.seconds_left:,.0f} s left"
        if progress.seconds_left
        else f"waiting for {progress.missing:,}",
        f"sent {progress.sent:,}",
        f"lost {progress.lost:,}",
        f"{progress.per_second:,.0f} delivered/s",
        f"p99 {duration(progress.p99)}",
    ]
    return "  ".join(parts)


def title(people: int, rate: float, seconds: float, url: str, drop: float = 0.0) -> str:
    """What is about to be done."""
    who = f"{_amount(people, 'participant')}, {_amount(rate, 'message')} a second in all, for {seconds:,g} s"
    cuts = f"{drop * 100:g}% of their connections cut each second\n" if drop else ""
    return f"{who}\n{cuts}at {url}"


def table(result: Result) -> Iterator[str]:
    """The closing table, and what there is to say about it."""
    for name, value, remark in _rows(result):
        yield f"  {name:<13}{value:>11}  {remark}".rstrip()
    for note in _notes(result):
        yield ""
        yield from textwrap.wrap(note, WIDTH, break_long_words=False, break_on_hyphens=False)


def duration(seconds: float | None) -> str:
    """In milliseconds below a second."""
    if seconds is None:
        return "-"
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.{1 if seconds < 0.1 else 0}f} ms"


def _amount(number: float, noun: str) -> str:
    return f"{number:,g} {noun}{'' if number == 1 else 's'}"


def _rows(result: Result) -> Iterator[tuple[str, str, str]]:
    counts, latencies = result.counts, result.latencies
    yield (
        "participants",
        f"{result.joined:,}",
        f"of {result.plan.people:,}" if result.absent else "",
    )
    yield (
        "sent",
        f"{counts.sent:,}",
        f"of {result.plan.messages:,}" if counts.sent < result.plan.messages else "",
    )
    yield (
        "delivered",
        f"{counts.delivered:,}",
        f"of {counts.expected:,}" if counts.delivered < counts.expected else "",
    )
    yield (
        "lost",
        f"{counts.lost:,}",
        f"{counts.on_the_way:,} on the way" if counts.on_the_way else "",
    )
    yield "out of order", f"{counts.out_of_order:,}", ""
    yield "doubled", f"{counts.doubled:,}", ""
    yield "p50", duration(latencies.percentile(50)), "half took longer"
    yield "p99", duration(latencies.percentile(99)), "1 in 100 took longer"
    yield "worst", duration(latencies.worst if latencies.count else None), ""
    if result.plan.drop:
        back, away = result.caught_up, result.away
        verb = "has" if away == 1 else "have"
        remark = f"{_amount(away, 'participant')} {verb} not caught up" if away else "all came back"
        yield "cut", f"{result.cuts:,}", remark
        worst = f"half took longer, the worst {duration(back.worst)}" if back.count else ""
        yield "caught up", duration(back.percentile(50)), worst


def _notes(result: Result) -> Iterator[str]:
    if result.interrupted:
        yield "Interrupted: the figures are those so far."
    elif result.is_good:
        stayed = "everyone came back" if result.plan.drop else "everyone stayed"
        yield f"All is well: {stayed}, and got every message, once and in order."
    if result.absent:
        yield f"Could not join: {_kinds(result.absent)}"
    if result.closed:
        closed = Counter({_closing(*end): count for end, count in result.closed.items()})
        yield f"Cut off{' by the server' if result.plan.drop else ''}: {_kinds(closed)}"
    if result.refused:
        yield f"Refused by the server: {_kinds(result.refused)}"
    yield from _about_losses(result)
    if result.lag.is_bottleneck:
        late, worst = duration(result.lag.late.percentile(90)), duration(result.lag.late.worst)
        yield (
            "This machine was too busy to send and read on time: the figures tell of it, not of the server. The crowd "
            f"itself used {result.lag.share:.0%} of a core, was {late} late in one of ten cases, and {worst} at worst."
        )


def _about_losses(result: Result) -> Iterator[str]:
    counts = result.counts
    if not counts.lost:
        return
    if counts.only_own and result.joined > 1:
        yield "Only senders got their own messages: does the room's consumer send to a group?"
    elif not counts.delivered and not result.closed and not result.refused:
        yield "Nobody got any message: does the room's consumer answer what it receives?"
    else:
        yield f"Lost is what hasn't come while nothing came for {PATIENCE:g} s: the server's terminal may say more."


def _closing(code: int, reason: str) -> str:
    meaning = reason or CLOSINGS.get(code, "")
    return f"code {code}" + (f" ({meaning})" if meaning else "")


def _kinds(counter: Counter[str]) -> str:
    """The most frequent of them, and how often each was."""
    told = [f"{count:,} x {kind.rstrip('.')}" for kind, count in counter.most_common(KINDS)]
    others = sum(count for _, count in counter.most_common()[KINDS:])
    return "; ".join(told) + (f"; {others:,} x others." if others else ".")
