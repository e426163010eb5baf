"""What Redis costs, and what a second server brings: fan-out and latency beside one server with SQLite.

    python benchmarks/on_redis.py [--rounds 5] [--people 30,300] [--seconds 3] [--check]

All participants are as the room's page, with a session, a name, ids and receipts. Redis syncs its append-only file
every second. It shares a core with the load generator, and the servers have the other one. The stock tutorial on
channels_redis' pubsub layer is measured with plain clients, in the largest room. The figures are medians of ratios
within a round. Needs Linux, two cores, a Redis server, and ``pip install -e '.[redis]'``.
"""

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.keeping import WITH, told  # noqa: E402
from benchmarks.measure import CLOSED, OPEN, Job, per_processor_second, talk  # noqa: E402
from benchmarks.options import parse_rounds  # noqa: E402
from benchmarks.peers import Peer, stock_on_redis  # noqa: E402
from benchmarks.peers.process import LOAD_CORE, Running, pinned  # noqa: E402
from benchmarks.peers.tools import Workshop  # noqa: E402
from tests.support.redis_server import DURABLE, RedisServer, program  # noqa: E402

#: What is asked for: the ratio to SQLite by the number of people, that of two servers' deliveries for each second of
#: processor time to one's, milliseconds more to the other server, and the ratio to the stock tutorial.
OF_SQLITE, OF_ONE, LATER_MS, OF_STOCK = {30: 0.4, 300: 0.7}, 0.8, 10, 50
#: Messages a second, and seconds of them for each of ``--seconds``: in a calm room, and in one that is as busy as one
#: server and two can be. In a closed loop, one server sends more messages together than each of two.
CALM_RATE, BUSY_RATE, OPEN_TIMES = 20, 100, 3


class Bench:
    """Servers on one Redis, for a measurement each."""

    def __init__(self, workshop: Workshop, redis: RedisServer):
        self.workshop, self.redis = workshop, redis
        self.key = workshop.folder / "key"
        self.key.write_text(secrets.token_hex(32), "ascii")

    def ours(self, dialect: str = "page") -> Peer:
        def command(workshop: Workshop, port: int) -> list[str]:
            settings = ["CHATDEMO_MAX_RATE=0", f"CHATDEMO_SECRET_KEY_FILE={self.key}"]
            serve = [sys.executable, "-m", "chatdemo", "serve", "--redis", self.redis.url()]
            return ["env", *settings, *serve, "--db", ":memory:", "--port", str(port)]

        return Peer("on Redis", command, dialect=dialect, ready="Stop")

    def measure(self, peer: Peer, job: Job, servers: int = 1) -> dict:
        """Start so many servers, and let a room of them talk."""
        self.redis.flush()
        with ExitStack() as stack:
            running = [stack.enter_context(Running(peer, self.workshop)) for _ in range(servers)]
            figures = talk(running[0], job, *running[1:])
        if figures["lost"] or figures["out_of_order"]:
            print(f"{peer.name}: {figures['lost']} lost, {figures['out_of_order']} out of order")
        return figures


@contextmanager
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="chatdemo-redis-") as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        with pinned(LOAD_CORE):
            redis = RedisServer(folder / "redis", *DURABLE)
        with redis:
            yield Bench(Workshop(folder, folder), redis)


def beside_sqlite(bench: Bench, options: argparse.Namespace, people: int) -> bool:
    job = Job(CLOSED, people, options.seconds)

    def one_round() -> tuple[float, float]:
        sqlite, redis = bench.measure(WITH, job), bench.measure(bench.ours(), job)
        return sqlite["per_second"], redis["per_second"]

    rounds = [one_round() for _ in range(options.rounds)]
    print(
        f"{people} people: {median(one for one, _ in rounds):,.0f} deliveries a second with SQLite,",
        end=" ",
    )
    ratio, wanted = median(redis / sqlite for sqlite, redis in rounds), OF_SQLITE.get(people, 0.4)
    return told(f"{ratio:.2f}x with Redis", f"at least {wanted}", ratio >= wanted)


def two_servers(bench: Bench, options: argparse.Namespace, people: int) -> bool:
    job = Job(OPEN, people, options.seconds * OPEN_TIMES, rate=BUSY_RATE)

    def one_round() -> tuple[float, float]:
        one, two = (bench.measure(bench.ours(), job, count) for count in (1, 2))
        return per_processor_second(one), per_processor_second(two)

    rounds = [one_round() for _ in range(options.rounds)]
    print(
        f"{people} people: {median(one for one, _ in rounds):,.0f} deliveries for each second of processor time,",
        end=" ",
    )
    ratio = median(two / one for one, two in rounds)
    return told(f"{ratio:.2f}x with two servers", f"at least {OF_ONE}", ratio >= OF_ONE)


def elsewhere(bench: Bench, options: argparse.Namespace, people: int) -> bool:
    job = Job(OPEN, people, options.seconds * OPEN_TIMES, rate=CALM_RATE)
    rounds = [bench.measure(bench.ours(), job, 2) for _ in range(options.rounds)]
    print(
        f"{people} people, calm: 99 of 100 within {median(one['p99_ms'] for one in rounds):.1f} ms,",
        end=" ",
    )
    more = median(one["p99_elsewhere_ms"] - one["p99_ms"] for one in rounds)
    return told(f"{more:+.1f} ms to the other server", f"at most {LATER_MS}", more <= LATER_MS)


def beside_stock(bench: Bench, options: argparse.Namespace, people: int) -> bool:
    job, stock = Job(CLOSED, people, options.seconds), stock_on_redis("pubsub", bench.redis.url())
    if problem := stock.prepare(bench.workshop):
        print(f"The stock tutorial isn't measured: {problem}")
        return False

    def one_round() -> tuple[float, float]:
        tutorial, ours = bench.measure(stock, job), bench.measure(bench.ours("plain"), job)
        return tutorial["per_second"], ours["per_second"]

    rounds = [one_round() for _ in range(options.rounds)]
    print(
        f"{people} people: {median(one for one, _ in rounds):,.0f} deliveries a second of the stock tutorial,",
        end=" ",
    )
    ratio = median(ours / tutorial for tutorial, ours in rounds)
    return told(f"{ratio:.1f}x ours", f"at least {OF_STOCK}", ratio >= OF_STOCK)


PARTS: dict[str, Callable[[Bench, argparse.Namespace, int], bool]] = {
    "two servers": two_servers,
    "calm": elsewhere,
    "stock": beside_stock,
}


def main() -> None:
    options = parse_rounds(__doc__)
    if not program():
        sys.exit("There is no redis-server or valkey-server here.")
    with bench() as one:
        kept = [beside_sqlite(one, options, people) for people in options.people]
        kept += [part(one, options, max(options.people)) for part in PARTS.values()]
    if options.check and not all(kept):
        sys.exit(1)


if __name__ == "__main__":
    main()
