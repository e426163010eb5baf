"""This tree's server against another tree's, such as the commit before a change: paired, in one run.

    python benchmarks/against.py OTHER [--rounds 5] [--people 30,300,1000] [--seconds 2] [--modes plain,history]

OTHER is a checkout of the other version. Both run in this Python, with its installed packages. They
take turns, and each ratio (this tree's to the other's) is of one round. The figures are medians:
deliveries a second, by the wall clock and by the server's processor time (which a busy machine
affects less), and KiB a connection. ``plain`` is fan-out without history, ``history`` with stored
messages, names and receipts, ``inspected`` with the inspector and nobody watching, ``watched`` with
one watcher.
"""

import argparse
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.inspecting import Watcher  # noqa: E402
from benchmarks.measure import CLOSED, JOIN, Job, measure, per_processor_second, talk  # noqa: E402
from benchmarks.peers import Peer  # noqa: E402
from benchmarks.peers.process import Running  # noqa: E402
from benchmarks.peers.tools import Workshop  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]
MODES = ("plain", "history", "inspected", "watched", "memory")


def peer(tree: Path, mode: str) -> Peer:
    """The server of a tree."""
    dialect = "page" if mode == "history" else "plain"

    def command(workshop: Workshop, port: int) -> list[str]:
        settings = [f"PYTHONPATH={tree}", "CHATDEMO_MAX_RATE=0"]
        if mode != "history":
            settings.append("CHATDEMO_HISTORY=false")
        if mode in ("plain", "memory", "history"):
            settings.append("CHATDEMO_INSPECT=off")
        database = f"{port}.sqlite3" if mode == "history" else ":memory:"
        serve = [sys.executable, "-m", "chatdemo", "serve", "--port", str(port), "--db", database]
        return ["env", *settings, *serve]

    return Peer(f"{mode} of {tree}", command, dialect=dialect, ready="Stop")


def figures(tree: Path, mode: str, people: int, seconds: float, workshop: Workshop) -> list[float]:
    """Deliveries a second by both clocks, or KiB a connection."""
    if mode == "memory":
        return [measure(peer(tree, mode), workshop, Job(JOIN, people))["kib"]]
    with Running(peer(tree, mode), workshop) as server:
        with Watcher(server) if mode == "watched" else nullcontext():
            found = talk(server, Job(CLOSED, people, seconds))
    if found["lost"] or found["out_of_order"]:
        sys.exit(f"{tree}: {found['lost']} lost, {found['out_of_order']} out of order")
    return [found["per_second"], per_processor_second(found)]


def compare(options: argparse.Namespace, mode: str, people: int, workshop: Workshop) -> str:
    """The medians of one mode in one size, as a line."""
    pairs = []
    for number in range(options.rounds):
        trees = [ROOT, options.other] if number % 2 else [options.other, ROOT]
        found = {tree: figures(tree, mode, people, options.seconds, workshop) for tree in trees}
        pairs.append((found[ROOT], found[options.other]))
    line = f"{mode:10}{people:6} people"
    kinds = ("KiB",) if mode == "memory" else ("a second", "by processor time")
    for index, kind in enumerate(kinds):
        mine, other = (median(one[side][index] for one in pairs) for side in (0, 1))
        ratio = median(one[0][index] / one[1][index] for one in pairs)
        line += f"  {mine:,.1f} to {other:,.1f} {kind}: {ratio:.3f}x"
    return line


def main() -> None:
    """Measure, and print a line for each mode and size."""
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), Path(folder))
        for mode in options.modes:
            for people in options.people:
                print(compare(options, mode, people, workshop), flush=True)


def parse_arguments() -> argparse.Namespace:
    """Return the options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("other", type=lambda text: Path(text).resolve(), metavar="OTHER")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--people", type=lambda text: list(map(int, text.split(","))), default=[30, 300, 1000]
    )
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--modes", type=lambda text: text.split(","), default=list(MODES))
    return parser.parse_args()


if __name__ == "__main__":
    main()
