"""The results of a fan-out benchmark as text."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from benchmarks.measure import CLOSED, FLOODED, JOIN, MORE, OPEN
from benchmarks.peers import C_LOOP, OURS
from benchmarks.results import IDLE, Figure, Results, Verdict

FIRST, OTHER, LABEL = 30, 13, 66


class Column(NamedTuple):
    """One of the table of what else was measured: its head, and which field of which records."""

    name: str
    people: str
    kind: str
    size: int
    field: str
    form: str

    def of(self, peer: str) -> Figure:
        return Figure(self.kind, peer, self.size, self.field)


def report(results: Results, verdicts: Iterable[Verdict]) -> str:
    parts = [
        *throughput(results),
        "",
        *rest(results),
        "",
        *limits(verdicts),
        "",
        *troubles(results),
    ]
    return "\n".join(parts).rstrip()


def throughput(results: Results) -> list[str]:
    """Deliveries a second by peer and people, then chatdemo's part of the best peer's and of the C loop's."""
    sizes = results.sizes(CLOSED)
    rounds = "1 round" if results.rounds == 1 else f"{results.rounds} rounds, their median"
    lines = [f"Deliveries/s in the closed loop, by people in the room; {rounds}"]
    lines += [
        f"(+: at least so many, as the generator itself was busy for more than {1 - IDLE:.0%} of the time)"
    ]
    lines += [row("people", sizes)]
    lines += [
        row(peer, [_speed(results, peer, people) for people in sizes]) for peer in results.peers
    ]
    best = [results.best(CLOSED, people, "per_second") for people in sizes]
    lines.append(
        row(
            "chatdemo to the best peer",
            [_part(results, *pair) for pair in zip(best, sizes, strict=True)],
        )
    )
    lines.append(row("  which is", [name or "-" for name in best]))
    lines.append(
        row(f"chatdemo to the {C_LOOP}", [_part(results, C_LOOP, people) for people in sizes])
    )
    return lines


def rest(results: Results) -> list[str]:
    """What else was measured, by peer."""
    columns = list(_columns(results))
    lines = [
        "Processor time of the server for a delivery in the closed loop; time until one has arrived in the open loop;"
    ]
    lines.append(
        "memory of a connection, of those who join after the first; time until so many have joined"
    )
    lines.append(row("", [column.name for column in columns]))
    lines.append(row("people", [column.people for column in columns]))
    for peer in results.peers:
        found = [(column.form, results.median(column.of(peer))) for column in columns]
        lines.append(row(peer, [_told(form, value) for form, value in found]))
    return lines


def _columns(results: Results) -> Iterator[Column]:
    closed, talking, joining = results.sizes(CLOSED), results.size(OPEN), results.size(JOIN)
    for people in dict.fromkeys(closed[:1] + closed[-1:]):
        yield Column("CPU us", str(people), CLOSED, people, "cpu_us", "{:.1f}")
    yield Column("p50 ms", str(talking), OPEN, talking, "p50_ms", "{:.2f}")
    yield Column("p99 ms", str(talking), OPEN, talking, "p99_ms", "{:.2f}")
    yield Column("KiB each", f"{joining} to {joining * (1 + MORE)}", JOIN, joining, "kib", "{:.1f}")
    yield Column("joined s", str(joining), JOIN, joining, "joined_s", "{:.3f}")


def limits(verdicts: Iterable[Verdict]) -> list[str]:
    lines = [f"  {verdict.label:<{LABEL}}{verdict}" for verdict in verdicts]
    return ["chatdemo's part: median of the rounds' ratios, and what is wanted", *lines]


def troubles(results: Results) -> list[str]:
    """A line for each peer that wasn't measured, run that failed, and run that lost something."""
    lines = [f"not measured: {name} ({why})" for name, why in results.missing.items()]
    lines += [f"failed: {_which(record)}: {record['error']}" for record in results.failed]
    lines += [
        f"lost {record['lost']}, out of order {record['out_of_order']}: {_which(record)}"
        for record in results.faulty
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
