"""The first lines and the closing table of a run, for a terminal of 80 columns."""

import textwrap
from collections import Counter
from collections.abc import Iterator

from chatdemo.crowd.latency import percentile
from chatdemo.crowd.progress import duration
from chatdemo.crowd.run import Plan, RunResult

COLUMNS = 79
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
    latencies, times = crowd.deliveries.latencies, crowd.catch_up_times

    def of(number: int, total: int) -> tuple[str, str]:
        return f"{number:,}", f"of {total:,}" if number < total else ""

    yield "participants", *of(crowd.joined, plan.people if crowd.failed_joins else crowd.joined)
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
        verb = "has" if crowd.away == 1 else "have"
        away = f"{_amount(crowd.away, 'participant')} {verb} not caught up"
        yield "cut", f"{crowd.cuts:,}", away if crowd.away else "all came back"
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
    if crowd.closed:
        by_server = " by the server" if crowd.reconnects else ""
        yield f"Disconnected{by_server}: {_most_frequent(_close_reasons(crowd.closed))}"
    if crowd.refused:
        yield f"Refused by the server: {_most_frequent(crowd.refused)}"
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
    if counts.only_own and crowd.joined > 1:
        return "Only the senders received their messages: does the consumer send to a group?"
    if not counts.delivered and not crowd.closed and not crowd.refused:
        return "Nobody received any message: does the room's consumer answer what it receives?"
    return (
        f"A message counts as lost once nothing has arrived for {result.plan.timeout:g} s. The"
        " server's terminal may show why."
    )


def _close_reasons(closed: Counter[tuple[int, str]]) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for (code, reason), count in closed.items():
        meaning = reason or CLOSE_CODES.get(code, "")
        reasons[f"code {code} ({meaning})" if meaning else f"code {code}"] += count
    return reasons


def _most_frequent(reasons: Counter[str]) -> str:
    named = [f"{n:,} x {reason.rstrip('.')}" for reason, n in reasons.most_common(MAX_REASONS)]
    others = sum(n for _, n in reasons.most_common()[MAX_REASONS:])
    return "; ".join(named) + (f"; {others:,} x others." if others else ".")
