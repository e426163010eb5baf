"""The results of a fan-out benchmark as text."""

from collections.abc import Iterable

from tests.benchmarks.measure import CLOSED, FLOODED, JOIN, OPEN
from tests.benchmarks.peers import C_LOOP, OURS
from tests.benchmarks.results import IDLE, Figure, Results, Verdict

FIRST, OTHER = 30, 11


def report(results: Results, verdicts: Iterable[Verdict]) -> str:
    parts = [*throughput(results), "", *rest(results), "", *limits(verdicts), "", *troubles(results)]
    return "\n".join(parts).rstrip()


def throughput(results: Results) -> list[str]:
    """Deliveries a second by peer and people, then chatdemo's part of the best peer's and of the C loop's."""
    sizes = results.sizes(CLOSED)
    lines = [f"Deliveries/s by people in the room, median of {results.rounds} rounds (+: at least, as the"]
    lines += [f"generator had nothing to read for less than {IDLE:.0%} of the time)", row("", sizes)]
    lines += [row(peer, [_speed(results, peer, people) for people in sizes]) for peer in results.peers]
    best = [results.best(CLOSED, people, "per_second") for people in sizes]
    lines.append(row("chatdemo to the best peer", [_part(results, *pair) for pair in zip(best, sizes, strict=True)]))
    lines.append(row("  which is", [name or "-" for name in best]))
    lines.append(row(f"chatdemo to the {C_LOOP}", [_part(results, C_LOOP, people) for people in sizes]))
    return lines


def rest(results: Results) -> list[str]:
    """What else was measured, by peer."""
    few, many = (results.sizes(CLOSED) or [0])[:1] + [results.size(CLOSED)]
    columns = [
        (f"CPU us@{few}", CLOSED, few, "cpu_us", "{:.1f}"),
        (f"CPU us@{many}", CLOSED, many, "cpu_us", "{:.1f}"),
        ("p50 ms", OPEN, results.size(OPEN), "p50_ms", "{:.2f}"),
        ("p99 ms", OPEN, results.size(OPEN), "p99_ms", "{:.2f}"),
        ("KiB each", JOIN, results.size(JOIN), "kib", "{:.1f}"),
        ("joined s", JOIN, results.size(JOIN), "joined_s", "{:.3f}"),
    ]
    lines = [f"Processor time of the server a delivery; latency of each, open loop ({results.size(OPEN)} people);"]
    lines += [f"memory of a connection, and time to join ({results.size(JOIN)} people)"]
    lines.append(row("", [name for name, *_ in columns]))
    for peer in results.peers:
        found = [(form, results.median(Figure(kind, peer, size, field))) for _, kind, size, field, form in columns]
        lines.append(row(peer, [_told(form, value) for form, value in found]))
    return lines


def limits(verdicts: Iterable[Verdict]) -> list[str]:
    lines = [f"  {verdict.label:<56}{verdict}" for verdict in verdicts]
    return ["chatdemo's part: median of the rounds' ratios, and what is wanted", *lines]


def troubles(results: Results) -> list[str]:
    """A line for each peer that wasn't measured, run that failed, and run that lost something."""
    lines = [f"not measured: {name} ({why})" for name, why in results.missing.items()]
    lines += [f"failed: {_which(record)}: {record['error']}" for record in results.failed]
    lines += [
        f"lost {record['lost']}, out of order {record['out_of_order']}: {_which(record)}" for record in results.faulty
    ]
    return lines


def row(name: str, cells: Iterable) -> str:
    return f"  {name:<{FIRST}}" + "".join(f"{cell!s:>{OTHER}}" for cell in cells)


def _speed(results: Results, peer: str, people: int) -> str:
    value = results.median(Figure(CLOSED, peer, people, "per_second"))
    return _told("{:,.0f}", value) + ("+" if results.limited_by_generator(peer, people) else "")


def _part(results: Results, peer: str | None, people: int) -> str:
    figures = (Figure(CLOSED, name, people, "per_second") for name in (OURS, peer or ""))
    return _told("{:.2f}x", results.ratio(*figures))


def _told(form: str, value: float | None) -> str:
    return "-" if value is None else form.format(value)


def _which(record: dict) -> str:
    kind = "the flood" if record["kind"] == FLOODED else record["kind"]
    return f"{record['peer']}, {kind}, {record['people']} people, round {record['round'] + 1}"
