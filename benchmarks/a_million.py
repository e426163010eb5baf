"""What a long history costs: opening a room, and memory, with a million messages in it and with a hundred.

    python benchmarks/a_million.py [--messages 1000000] [--more 10000] [--times 50] [--check]

For each history a server of its own. Its room is opened so many times: the page, older messages from the middle, and a
WebSocket until all after the last hundred has come. Then more messages are said, so that the database is looked after,
and the memory is read.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from urllib.request import ProxyHandler, build_opener  # noqa: E402

from websockets.asyncio.client import connect  # noqa: E402

from benchmarks.options import parser  # noqa: E402
from benchmarks.startup import resident  # noqa: E402
from chatdemo.chat.message_log import Draft  # noqa: E402
from chatdemo.chat.sqlite_writer import SQLiteWriter  # noqa: E402
from chatdemo.project import database  # noqa: E402
from tests.support.served import Served  # noqa: E402

FEW_MESSAGES, PEOPLE = 100, 30
#: Milliseconds that opening a room may take, and how much more memory than with few messages.
WANTED, GROWTH = 50, 1.05
ROOM = "/chat/lobby/"
web = build_opener(ProxyHandler({}))


def fill(path: Path, count: int) -> None:
    """A database at ``path`` with so many messages."""
    database.prepare(path)
    with closing(SQLiteWriter(path)) as store:
        for first in range(0, count, 1000):
            store.insert([draft(number) for number in range(first, min(first + 1000, count))])


def draft(number: int) -> Draft:
    person = number % PEOPLE
    text = f"message {number}: " + "some words of it " * (number % 7)
    return Draft("lobby", f"person {person}", f"{number:09}", f"Participant {person}", text)


def page(server: Served, last: int) -> None:
    web.open(server.url.removesuffix("/") + ROOM).read()


def older(server: Served, last: int) -> None:
    web.open(f"{server.url.removesuffix('/')}{ROOM}messages/?before={last // 2}").read()


def come_in(server: Served, last: int) -> None:
    asyncio.run(listen(server, last))


async def listen(server: Served, last: int) -> None:
    async with connect(
        server.socket_url(f"/ws{ROOM}?after={max(0, last - FEW_MESSAGES)}"), proxy=None
    ) as line:
        while json.loads(await line.recv()).get("seq") != last:
            pass


async def say(server: Served, count: int) -> None:
    """As many messages, a hundred at a time."""
    async with connect(server.socket_url(f"/ws{ROOM}"), proxy=None) as line:
        for first in range(0, count, 100):
            for number in range(100):
                await line.send(json.dumps({"message": f"one more: {first + number}"}))
            for _ in range(100):
                await line.recv()


OPENINGS: dict[str, Callable[[Served, int], Awaitable | None]] = {
    "the page": page,
    "older messages": older,
    "coming in": come_in,
}


def measure(
    folder: Path, count: int, options: argparse.Namespace
) -> tuple[dict[str, list[float]], float]:
    """Milliseconds of each opening, and the server's memory in MiB at the end."""
    fill(folder / "chat.sqlite3", count)
    with Served(folder, CHATDEMO_MAX_RATE="0") as server:
        found = {
            name: [timed(do, server, count) for _ in range(options.times)]
            for name, do in OPENINGS.items()
        }
        asyncio.run(say(server, options.more))
        return found, resident(Path(f"/proc/{server.process.pid}"))


def timed(do: Callable, server: Served, last: int) -> float:
    start = time.perf_counter()
    do(server, last)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    command_line = parser(__doc__)
    command_line.add_argument("--messages", type=int, default=1_000_000)
    command_line.add_argument("--more", type=int, default=10_000)
    command_line.add_argument("--times", type=int, default=50)
    options = command_line.parse_args()
    found, memory = [], []
    for count in (FEW_MESSAGES, options.messages):
        with tempfile.TemporaryDirectory() as folder:
            times, mebibytes = measure(Path(folder), count, options)
        found.append(times)
        memory.append(mebibytes)
    print(f"milliseconds, with {FEW_MESSAGES} messages and with {options.messages:,}")
    print(f"(in parentheses the longest of {options.times})")
    kept = [memory[1] <= memory[0] * GROWTH]
    for name in OPENINGS:
        few, many = (times[name] for times in found)
        kept.append(median(many) < WANTED)
        print(
            f"  {name:16}{median(few):6.1f} ({max(few):.1f})  {median(many):6.1f} ({max(many):.1f})  under {WANTED}"
        )
    print(f"memory: {memory[0]:.1f} and {memory[1]:.1f} MiB, at most {GROWTH} times")
    print("kept" if all(kept) else "MISSED")
    if options.check and not all(kept):
        sys.exit(1)


if __name__ == "__main__":
    main()
