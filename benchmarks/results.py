"""What the records of a fan-out benchmark come to: medians, ratios within a round, and the limits."""

from collections.abc import Callable, Iterable
from statistics import median
from typing import NamedTuple

from benchmarks.measure import CLOSED, FLOODED, JOIN, OPEN
from benchmarks.peers import C_LOOP, FASTAPI, NODE_WS, OURS, PLAIN, RIVALS, STEP_ASYNC, STOCK

#: Less than this part of the time without anything to read, and the generator may be what limits a closed loop.
IDLE = 0.02


class Figure(NamedTuple):
    """One field of the records of one kind, peer and number of people."""

    kind: str
    peer: str
    people: int
    field: str


class Results:
    """Records, as ``measure`` makes them, with the peers that weren't measured and why."""

    def __init__(self, records: list[dict], missing: dict[str, str] | None = None):
        self.records, self.missing = records, missing or {}

    @property
    def rounds(self) -> int:
        return len({record["round"] for record in self.records})

    @property
    def peers(self) -> list[str]:
        """In the order in which the first round has them, without the flood."""
        return list(
            dict.fromkeys(record["peer"] for record in self.records if record["kind"] != FLOODED)
        )

    @property
    def failed(self) -> list[dict]:
        return [record for record in self.records if "error" in record]

    @property
    def faulty(self) -> list[dict]:
        """Where deliveries were lost or out of order."""
        return [record for record in self.records if _faults(record)]

    @property
    def faults(self) -> int:
        return sum(map(_faults, self.records))

    def sizes(self, kind: str) -> list[int]:
        return sorted({record["people"] for record in self.records if record["kind"] == kind})

    def size(self, kind: str) -> int:
        """The largest; 0 if there are no records of this kind."""
        return max(self.sizes(kind), default=0)

    def values(self, figure: Figure) -> dict[int, float]:
        """By round; those that failed or weren't measured are left out."""
        *which, field = figure
        return {
            record["round"]: record[field]
            for record in self.records
            if [record["kind"], record["peer"], record["people"]] == which
            and record.get(field) is not None
        }

    def median(self, figure: Figure) -> float | None:
        return median(values) if (values := self.values(figure).values()) else None

    def ratio(self, over: Figure, under: Figure) -> float | None:
        """The median of the ratios within each round."""
        tops, bottoms = self.values(over), self.values(under)
        ratios = [tops[number] / bottoms[number] for number in tops if bottoms.get(number)]
        return median(ratios) if ratios else None

    def best(self, kind: str, people: int, field: str, choose: Callable = max) -> str | None:
        """The rival with the highest median, or the one that ``choose`` takes; None if none was measured."""
        medians = {name: self.median(Figure(kind, name, people, field)) for name in RIVALS}
        known = {name: value for name, value in medians.items() if value is not None}
        return choose(known, key=known.get) if known else None

    def limited_by_generator(self, peer: str, people: int) -> bool:
        idle = self.median(Figure(CLOSED, peer, people, "idle"))
        return idle is not None and idle < IDLE


class Verdict(NamedTuple):
    """A figure beside what is wanted of it: ``most`` or ``least``, if there's a bound; None where it has no value."""

    label: str
    value: float | None
    form: str
    most: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        if self.value is None:
            return True
        too_much = self.most is not None and self.value > self.most
        return not too_much and (self.least is None or self.value >= self.least)

    def __str__(self) -> str:
        if self.value is None:
            return "not measured"
        if self.most is None and self.least is None:
            return self.form.format(self.value)
        word, bound = ("at least", self.least) if self.most is None else ("at most", self.most)
        return f"{self.form.format(self.value)}  {word} {self.form.format(bound)}  {'kept' if self.kept else 'MISSED'}"


def verdicts(results: Results) -> Iterable[Verdict]:
    """What is wanted of chatdemo, as far as it was measured."""
    for people in (30, 300, 1000):
        yield ahead(results, OURS, people, 1.0)
    for people in (30, 300, 1000):
        yield ahead(results, PLAIN, people, 0.8)
    yield speed(results, OURS, C_LOOP, 300, 0.8)
    yield speed(results, STEP_ASYNC, STOCK, 300, 4)
    yield growth(results, 1.5)
    yield latency(results, 1.2)
    yield joined(results, "memory a connection", "kib", NODE_WS, 1.0)
    yield joined(results, "time to join", "joined_s", FASTAPI, 1.5)
    yield Verdict("the generator's own frames/s", generator(results), "{:,.0f}", least=400_000)
    yield Verdict("lost or out of order, in all runs", results.faults, "{:.0f}", most=0)
    failed = sum(record["peer"].startswith(OURS) for record in results.failed)
    yield Verdict("failed runs of chatdemo", failed, "{:.0f}", most=0)


def ahead(results: Results, ours: str, people: int, least: float) -> Verdict:
    rival = results.best(CLOSED, people, "per_second")
    return speed(results, ours, rival, people, least, f"the best peer ({rival or 'none'})")


def speed(
    results: Results, ours: str, rival: str | None, people: int, least: float, whom: str = ""
) -> Verdict:
    value = rival and results.ratio(
        *(Figure(CLOSED, name, people, "per_second") for name in (ours, rival))
    )
    return Verdict(f"{ours}, to {whom or rival}, {people} people", value, "{:.2f}x", least=least)


def growth(results: Results, most: float) -> Verdict:
    """What a delivery costs in the largest room, in seconds, to that with 30 people or in the smallest."""
    sizes = results.sizes(CLOSED) or [0]
    small, large = 30 if 30 in sizes else sizes[0], sizes[-1]
    few, many = (Figure(CLOSED, OURS, people, "per_second") for people in (small, large))
    label = f"cost of a delivery to {large} people, to that to {small}"
    return Verdict(label, results.ratio(few, many) if small < large else None, "{:.2f}x", most)


def latency(results: Results, most: float) -> Verdict:
    people = results.size(OPEN)
    rival = results.best(OPEN, people, "p99_ms", min)
    value = rival and results.ratio(
        *(Figure(OPEN, name, people, "p99_ms") for name in (OURS, rival))
    )
    return Verdict(
        f"open loop's p99, to the best peer's ({rival or 'none'})", value, "{:.2f}x", most
    )


def joined(results: Results, what: str, field: str, rival: str, most: float) -> Verdict:
    people = results.size(JOIN)
    value = results.ratio(*(Figure(JOIN, name, people, field) for name in (OURS, rival)))
    return Verdict(f"{what}, to {rival}'s", value, "{:.2f}x", most)


def generator(results: Results) -> float | None:
    """Frames a second that the generator took from the flood."""
    values = [
        record["per_second"]
        for record in results.records
        if record["kind"] == FLOODED and "error" not in record
    ]
    return median(values) if values else None


def _faults(record: dict) -> int:
    return abs(record.get("lost", 0)) + record.get("out_of_order", 0)
