"""What history, names and "reached" cost: fan-out and latency with them and without.

    python benchmarks/keeping.py [--rounds 5] [--people 30,300] [--seconds 3] [--check]

Without them the participants are plain clients of a server that keeps nothing. With them they are as the room's page:
each has a session and a name, gives its messages an id, answers the server's beats and tells how far it is; the server
keeps each message in a database file before it sends it out. Both take turns in one run, and are compared within a
round. Needs Linux and two cores.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import CLOSED, OPEN, Job, talk  # noqa: E402
from benchmarks.options import parse_rounds  # noqa: E402
from benchmarks.peers import AS_THE_OTHERS, Peer  # noqa: E402
from benchmarks.peers.process import Running  # noqa: E402
from benchmarks.peers.tools import Workshop  # noqa: E402

#: At least so much of the deliveries a second without; at most so many milliseconds more until one has arrived.
WANTED, LATER = 0.8, 10
#: A calm class: participants, messages a second in all, and seconds of it for each of ``--seconds``.
CALM_PEOPLE, CALM_RATE, CALM_TIMES = 30, 10, 3
SERVE = [sys.executable, "-m", "chatdemo", "serve", "--db"]


def plain(workshop: Workshop, port: int) -> list[str]:
    return [*AS_THE_OTHERS, *SERVE, ":memory:", "--port", str(port)]


def keeping(workshop: Workshop, port: int) -> list[str]:
    return ["env", "CHATDEMO_MAX_RATE=0", *SERVE, f"{port}.sqlite3", "--port", str(port)]


WITHOUT = Peer("without", plain, ready="Stop")
WITH = Peer("with", keeping, dialect="page", ready="Stop")


def one_round(job: Job, figure: str, workshop: Workshop) -> tuple[float, float]:
    """A figure of the load generator's, without and with."""
    found = []
    for peer in (WITHOUT, WITH):
        with Running(peer, workshop) as server:
            figures = talk(server, job)
        if figures["lost"] or figures["out_of_order"]:
            sys.exit(f"{peer.name}: {figures['lost']} lost, {figures['out_of_order']} out of order")
        found.append(figures[figure])
    return found[0], found[1]


def fan_out(options: argparse.Namespace, people: int, workshop: Workshop) -> bool:
    """Print the ratio in a room of ``people``, and return whether it is what is wanted."""
    job = Job(CLOSED, people, options.seconds)
    rounds = [one_round(job, "per_second", workshop) for _ in range(options.rounds)]
    ratio = median(after / before for before, after in rounds)
    print(
        f"{people} people: {median(before for before, _ in rounds):,.0f} deliveries a second without,",
        end=" ",
    )
    return told(f"{ratio:.2f}x with", f"at least {WANTED}", ratio >= WANTED)


def calm(options: argparse.Namespace, workshop: Workshop) -> bool:
    """The same of what nearly every delivery takes while few say something."""
    job = Job(OPEN, CALM_PEOPLE, options.seconds * CALM_TIMES, rate=CALM_RATE)
    rounds = [one_round(job, "p99_ms", workshop) for _ in range(options.rounds)]
    more = median(after - before for before, after in rounds)
    print(
        f"{CALM_PEOPLE} people, calm: 99 of 100 within {median(before for before, _ in rounds):.1f} ms,",
        end=" ",
    )
    return told(f"{more:+.1f} ms with", f"at most {LATER}", more <= LATER)


def told(found: str, wanted: str, is_kept: bool) -> bool:
    print(f"{found}  {wanted}  {'kept' if is_kept else 'MISSED'}")
    return is_kept


def main() -> None:
    options = parse_rounds(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), Path(folder))
        kept = [
            *(fan_out(options, people, workshop) for people in options.people),
            calm(options, workshop),
        ]
    if options.check and not all(kept):
        sys.exit(1)


if __name__ == "__main__":
    main()
