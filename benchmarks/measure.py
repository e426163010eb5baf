"""One measurement each: a fresh server, the load generator on another core, and a record of what they said.

A record is a dictionary, as in the JSON file: ``kind``, ``peer``, ``round``, ``people``, and what the generator printed
(``per_second``, ``p99_ms``, ``lost``, …), with ``cpu_us`` a delivery or ``kib`` a connection; or else ``error``.
"""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

from benchmarks.peers import FLOOD, Peer
from benchmarks.peers.process import LOAD_CORE, Running, pinned
from benchmarks.peers.tools import Workshop
from tests.support.served import DEFAULT_SIGNALS

LOAD = Path(__file__).with_name("load.py")
#: Seconds that a generator may take beside those for which it sends: joining, and what a slow server still owes.
EXTRA_SECONDS = 120
CLOSED, OPEN, JOIN, FLOODED = "closed", "open", "join", "flood"
INFLIGHT = 4
#: How many join, for the memory of each, after those whose joining is timed: so many times as many.
MORE = 2


@dataclass(frozen=True)
class Job:
    """What to measure of a peer: ``kind`` with ``people`` participants, for ``seconds``; ``rate`` messages a second."""

    kind: str
    people: int
    seconds: float = 0
    rate: float = 0

    @property
    def options(self) -> list[str]:
        """The load generator's."""
        options = ["--people", str(self.people), "--seconds", str(self.seconds)]
        how = {
            CLOSED: ["--inflight", str(INFLIGHT)],
            OPEN: ["--rate", str(self.rate)],
            JOIN: ["--hold"],
        }
        return options + how.get(self.kind, ["--inflight", "2", "--copies", str(FLOOD)])


class Failed(RuntimeError):
    """The load generator gave no figures."""


class Generator:
    """A running load generator, which prints a line once all have joined, and another at its end."""

    def __init__(self, process: subprocess.Popen):
        self._process = process

    def read(self) -> dict:
        """The next line; Failed with its last words if there is none."""
        if line := self._process.stdout.readline():
            return json.loads(line)
        words = self._process.stderr.read().strip().splitlines()
        raise Failed(words[-1] if words else "it took too long")


def measure(peer: Peer, workshop: Workshop, job: Job) -> dict:
    """Start ``peer``, do ``job``, end it; a server or generator that fails makes a record with ``error``."""
    record = {"kind": job.kind, "peer": peer.name, "people": job.people}
    try:
        with Running(peer, workshop) as server:
            return record | (_join if job.kind == JOIN else talk)(server, job)
    except (Failed, AssertionError) as error:
        return record | {"error": str(error).strip()[-300:]}


def talk(server: Running, job: Job, *others: Running) -> dict:
    """What the generator says of a closed or open loop against a running server, or several that are one chat."""
    servers = [server, *others]
    with _generating(servers, job) as generator:
        joined = generator.read()
        before = _cpu(servers)
        figures = joined if "per_second" in joined else generator.read()
    return figures | {"cpu_us": _cost(before, _cpu(servers), figures["deliveries"])}


def _cpu(servers: list[Running]) -> float | None:
    """Seconds of processor time of all servers so far; None where there's no /proc."""
    seconds = [server.cpu() for server in servers]
    return None if None in seconds else sum(seconds)


def per_processor_second(figures: dict) -> float:
    """Deliveries in a second of processor time; NaN if all took less than the clock's tick of 10 ms."""
    return 1e6 / figures["cpu_us"] if figures["cpu_us"] else math.nan


def _join(server: Running, job: Job) -> dict:
    """Time until ``people`` have joined, and the memory of each of those who join after them, ``MORE`` times as many.

    The first ones' memory would tell little: a server has some to spare when it starts (Node's heap above all), and
    loads and caches things when it is first used. Both crowds stay until the end, so nothing that was freed is used
    again for the second one. What a server has garbage of, it has to have room for, so that counts.
    """
    more = job.people * MORE
    with _generating([server], job) as first:
        figures, before = first.read(), server.settled()
        with _generating([server], Job(JOIN, more)) as second:
            second.read()
            after = server.settled()
    return figures | {"kib": None if None in (before, after) else (after - before) / more}


def _cost(before: float | None, after: float | None, deliveries: int) -> float | None:
    """Microseconds of processor time a delivery; None if it isn't known."""
    return (
        (after - before) / deliveries * 1e6
        if before is not None and after is not None and deliveries
        else None
    )


@contextmanager
def _generating(servers: list[Running], job: Job) -> Iterator[Generator]:
    """The generator at ``servers``, until the end of its standard input has been met or it has ended by itself."""
    command = [
        sys.executable,
        str(LOAD),
        "--url",
        *(server.room for server in servers),
        "--dialect",
        servers[0].peer.dialect,
        *job.options,
    ]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with pinned(LOAD_CORE):
        process = subprocess.Popen(command, text=True, **pipes, **DEFAULT_SIGNALS)
    limit = Timer(job.seconds + EXTRA_SECONDS, process.kill)
    limit.start()
    try:
        with process:  # closes the pipes, and waits
            yield Generator(process)
            process.stdin.close()
    finally:
        limit.cancel()


def rounds(
    peers: list[Peer], jobs: list[Job], count: int, workshop: Workshop, say: Callable[[str], None]
) -> Iterator[dict]:
    """``count`` rounds of each job with each peer; the peers take turns, in another order each round."""
    for number in range(count):
        for job in jobs:
            for peer in peers:
                say(f"round {number + 1} of {count}: {job.kind}, {job.people} people, {peer.name}")
                yield measure(peer, workshop, job) | {"round": number}
        peers = [*peers[1:], *peers[:1]]
