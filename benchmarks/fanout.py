"""How fast a message reaches a whole room: chatdemo against other chat servers. Needs Linux.

    python benchmarks/fanout.py [--quick] [--check] [--peers chatdemo,picows] [--people 30,300] [--rounds 3]
                                      [--json FILE] [--plot FILE]

One message into a room of N participants goes out N times. Each server has a core to itself, and so has the load
generator; the servers take turns in each round, so that a machine that is busy for a while is busy for all, and ratios
are taken within a round. For each server: deliveries a second and processor time in a closed loop, by the size of the
room; latencies in an open loop; the time until many have joined, and the memory of each who joins after them.

The Python servers come with ``pip install -e '.[bench]'``, Node's are installed into a cache folder, the C loop is
compiled: whatever can't be had is named.
"""

import argparse
import json
import resource
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import CLOSED, FLOODED, JOIN, OPEN, Job, rounds  # noqa: E402
from benchmarks.peers import FLOODING, PEERS, Peer  # noqa: E402
from benchmarks.peers.tools import Workshop, packages_folder  # noqa: E402
from benchmarks.report import report  # noqa: E402
from benchmarks.results import Results, verdicts  # noqa: E402


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    people: tuple[int, ...] = (10, 30, 100, 300, 1000, 3000)
    seconds: float = 3
    open_people: int = 300
    open_seconds: float = 10
    joining: int = 1000
    rounds: int = 3

    def jobs(self, people: list[int] | None) -> list[Job]:
        closed = [Job(CLOSED, size, self.seconds) for size in people or self.people]
        return [
            *closed,
            Job(OPEN, self.open_people, self.open_seconds, rate=20),
            Job(JOIN, self.joining),
        ]


FULL = Scale()
QUICK = Scale(
    people=(10, 30, 100), seconds=0.5, open_people=50, open_seconds=1, joining=100, rounds=1
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the tables, write the files that are asked for, and return the exit code."""
    options = parse(arguments)
    raise_descriptors()
    with tempfile.TemporaryDirectory(prefix="chatdemo-fanout-") as folder:
        results = compete(options, Workshop(Path(folder), options.packages.resolve()))
    found = list(verdicts(results))
    print(report(results, found))
    write(options, results)
    missed = [verdict for verdict in found if not verdict.kept]
    for verdict in missed if options.check else []:
        print(f"{verdict.label}: {verdict}", file=sys.stderr)
    return int(options.check and bool(missed))


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="chatdemo's fan-out against that of other chat servers; needs Linux."
    )
    parser.add_argument(
        "--quick", action="store_true", help="a short run, whose figures mean little"
    )
    parser.add_argument(
        "--check", action="store_true", help="exit with 1 if a bound is missed, and name it"
    )
    parser.add_argument(
        "--peers",
        type=names,
        default=list(PEERS),
        metavar="A,B",
        help=f"some of: {'; '.join(PEERS)}",
    )
    sizes = ",".join(map(str, FULL.people))
    parser.add_argument(
        "--people",
        type=numbers,
        metavar="N,N",
        help=f"rooms of the closed loop (default: {sizes}; fewer if quick)",
    )
    parser.add_argument("--rounds", type=positive, metavar="N", help="(default: 3; 1 with --quick)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write each run's figures")
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw the closed loop as an SVG picture"
    )
    keep = {"type": Path, "default": packages_folder(), "metavar": "FOLDER"}
    parser.add_argument(
        "--packages", **keep, help="where Node's packages are kept (default: %(default)s)"
    )
    return parser.parse_args(arguments)


def names(text: str) -> list[str]:
    """Peers by their names, in any case, separated by semicolons or commas; some names have a comma themselves."""
    chosen = []
    while text := text.strip(" ,;"):
        known = [name for name in PEERS if text.casefold().startswith(name.casefold())]
        if not known:
            raise argparse.ArgumentTypeError(
                f"no peer is called {text!r}; there are: {'; '.join(PEERS)}"
            )
        chosen.append(max(known, key=len))
        text = text[len(chosen[-1]) :]
    return chosen


def numbers(text: str) -> list[int]:
    return [positive(part) for part in text.split(",")]


def positive(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("it has to be 1 or more")
    return number


def raise_descriptors() -> None:
    """3000 connections take more descriptors than many a shell allows; the processes that are started inherit this."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def compete(options: argparse.Namespace, workshop: Workshop) -> Results:
    """Everything that can be measured here, and why the rest can't."""
    peers, missing = gather([PEERS[name] for name in options.peers], workshop)
    flooding, no_flood = gather([FLOODING], workshop)
    scale = QUICK if options.quick else FULL
    count = options.rounds or scale.rounds
    records = [*rounds(flooding, [Job(FLOODED, 100, scale.seconds)], 1, workshop, say)]
    records += rounds(peers, scale.jobs(options.people), count, workshop, say)
    return Results(records, missing | no_flood)


def gather(peers: list[Peer], workshop: Workshop) -> tuple[list[Peer], dict[str, str]]:
    """Those that can run here, and the others' names with the reason."""
    missing = {peer.name: why for peer in peers if (why := peer.prepare(workshop))}
    return [peer for peer in peers if peer.name not in missing], missing


def say(line: str) -> None:
    """How far it is, on a terminal alone."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def write(options: argparse.Namespace, results: Results) -> None:
    if options.json:
        content = {"missing": results.missing, "records": results.records}
        options.json.write_text(json.dumps(content, indent=1) + "\n", "utf-8")
    if options.plot:
        try:
            from benchmarks.plot import draw
        except ImportError:
            print("not drawn: pip install -e '.[bench]' brings matplotlib")
        else:
            draw(results, options.plot)


if __name__ == "__main__":
    sys.exit(main())
