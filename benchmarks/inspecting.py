"""What the inspector costs: fan-out without it, with it while nobody watches, and with one watcher; and its memory.

    python benchmarks/inspecting.py [--rounds 5] [--people 30,300] [--seconds 3] [--check]

The three take turns in one run, and the ratios are taken within a round. Needs POSIX and two cores.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.measure import CLOSED, Job, talk  # noqa: E402
from benchmarks.options import parse_rounds  # noqa: E402
from benchmarks.peers import AS_THE_OTHERS, Peer, nothing  # noqa: E402
from benchmarks.peers.process import LOAD_CORE, Running, pinned  # noqa: E402
from benchmarks.peers.tools import Workshop  # noqa: E402
from benchmarks.startup import resident  # noqa: E402
from tests.support.served import Process, clean_environ  # noqa: E402

WITHOUT, UNWATCHED, WATCHED = "without it", "nobody watches", "one watcher"
MODES = (WITHOUT, UNWATCHED, WATCHED)
#: At least so much of the deliveries a second without it.
WANTED = {UNWATCHED: 0.97, WATCHED: 0.7}
#: Events to record, at least so many in the beginning; and how much the memory may grow in between.
WARM, MILLION, GROWTH = 50_000, 1_000_000, 1.05


class Watcher(Process):
    """A watcher in a process of its own, beside the load generator."""

    ready = "watching"

    def __init__(self, server: Running):
        script = Path(__file__).with_name("watcher.py")
        feed = server.room.replace("/ws/chat/lobby/", "/inspect/feed/")
        with pinned(LOAD_CORE):
            super().__init__(script.parent, [sys.executable, str(script), feed], clean_environ())


def peer(mode: str) -> Peer:
    """chatdemo, with the inspector on or off."""
    inspect = "off" if mode == WITHOUT else "local"

    def command(workshop: Workshop, port: int) -> list[str]:
        run = [sys.executable, "-m", "chatdemo", "serve", "--port", str(port), "--db", ":memory:"]
        return [*AS_THE_OTHERS, f"CHATDEMO_INSPECT={inspect}", *run]

    return Peer(mode, command, nothing, ready="Stop")


@contextmanager
def running(mode: str, workshop: Workshop) -> Iterator[Running]:
    """A server, with its watcher if it has one."""
    with Running(peer(mode), workshop) as server:
        if mode != WATCHED:
            yield server
            return
        with Watcher(server):
            yield server


def one_round(people: int, seconds: float, workshop: Workshop, number: int) -> dict[str, float]:
    """Deliveries a second in each mode. Each round begins with another one."""
    figures = {}
    first = number % len(MODES)
    for mode in MODES[first:] + MODES[:first]:
        with running(mode, workshop) as server:
            figures[mode] = talk(server, Job(CLOSED, people, seconds))["per_second"]
    return figures


def grows() -> float:
    """Memory after a million events to that after the first few."""
    from chatdemo.inspector.recording import Recording

    recording, me = Recording(5000), Path("/proc/self")
    for number in range(MILLION):
        recording.record(
            "send",
            payload=f"message {number} " + "x" * (number % 300),
            connection=number % 30,
            room="lobby",
        )
        if number == WARM:
            before = resident(me)
    return resident(me) / before


def main() -> None:
    options = parse_rounds(__doc__)
    kept = True
    with tempfile.TemporaryDirectory() as folder:
        workshop = Workshop(Path(folder), Path(folder))
        for people in options.people:
            rounds = [
                one_round(people, options.seconds, workshop, number)
                for number in range(options.rounds)
            ]
            print(
                f"{people} people: {median(one[WITHOUT] for one in rounds):,.0f} deliveries a second without it"
            )
            for mode, wanted in WANTED.items():
                ratio = median(one[mode] / one[WITHOUT] for one in rounds)
                held = ratio >= wanted or (
                    mode == WATCHED and people > 30
                )  # it is wanted of 30 alone
                kept = kept and held
                print(f"  {mode:16}{ratio:.2f}x  at least {wanted}  {'kept' if held else 'MISSED'}")
    growth = grows()
    print(
        f"memory after {MILLION:,} events, to that after {WARM:,}: {growth:.2f}x  at most {GROWTH}"
    )
    if options.check and not (kept and growth <= GROWTH):
        sys.exit(1)


if __name__ == "__main__":
    main()
