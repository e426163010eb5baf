"""The database is full, locked, gone or read-only for a while, and everyone goes on talking."""

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatdemo.chat.sqlite_message_log import MAX_LOCKED_SECONDS
from tests.promise.page import Page
from tests.promise.server import Server
from tests.promise.talk import Talk, talk
from tests.support.served import until

#: Holds the write lock from when it says so until its stdin ends.
LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=10)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""
UNLIMITED = resource.RLIM_INFINITY
#: The most that a file may have for the server, in bytes: less than a page of the database.
NOTHING = 1000


def limit(server: Server, octets: int) -> None:
    """No file of the server's may grow beyond so many octets: EFBIG, as a full disk is ENOSPC."""
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (octets, UNLIMITED))


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Another process has the lock."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", LOCK, str(database)], **pipes) as process:
        try:
            assert process.stdout.readline() == b"locked\n"
            yield
        finally:
            process.stdin.close()


async def are_refused(room: Talk, reason: str, many: int = 20) -> None:
    """Wait until so many more messages have been refused, each with its id; and see that none was kept."""
    before = len(room.refused)
    await until(
        lambda: len(room.refused) >= before + many,
        lambda: f"refusals, {room.state()}\n{room.server.output}",
    )
    for frame in room.refused[before:]:
        assert frame["error"] == "not_kept" and reason in frame["detail"] and frame["id"], frame


async def test_a_full_disk_is_told_to_the_senders_and_nothing_is_lost(tmp_path):
    async with Server(tmp_path) as server, talk(server, in_order=False) as room:
        wal = server.database.with_name(f"{server.database.name}-wal")
        limit(
            server, wal.stat().st_size + 10_000
        )  # in the middle of a page, and perhaps of a transaction
        await are_refused(room, "disk", 1)
        limit(server, NOTHING)
        await are_refused(room, "disk", 200)
        limit(server, UNLIMITED)
        await room.goes_on()


async def test_killed_on_a_full_disk_it_loses_nothing(tmp_path):
    async with Server(tmp_path) as server, talk(server, in_order=False) as room:
        for octets in (NOTHING, 100_000, 50_000):
            limit(server, octets)
            await are_refused(room, "disk")
            await server.end()
            await server.start()
            await room.goes_on()


async def test_a_lock_of_another_process_is_waited_for_and_then_told(tmp_path):
    async with (
        Server(tmp_path) as server,
        talk(server, in_order=False, answer_timeout=10.0) as room,
    ):
        with locked(server.database):
            before, began = room.confirmed, time.monotonic()
            await are_refused(room, "locked by another program")
            assert time.monotonic() - began > MAX_LOCKED_SECONDS
            assert room.confirmed - before < 50  # what was on its way
        await room.goes_on()


async def test_a_database_that_is_moved_away_and_back_has_lost_nothing(tmp_path):
    async with Server(tmp_path) as server, talk(server, in_order=False) as room:
        for parts in (("",), ("", "-wal", "-shm")):
            files = [server.database.with_name(server.database.name + part) for part in parts]
            for file in files:
                file.rename(file.with_name(f"away-{file.name}"))
            await are_refused(room, "the server's database file is gone")
            await comes_and_goes(server)
            await are_refused(room, "the server's database file is gone")
            for file in reversed(files):
                away = file.with_name(f"away-{file.name}")
                if away.exists():
                    away.rename(file)
            await room.goes_on()


async def test_what_nobody_may_write_for_a_while_is_read_and_not_lost(tmp_path):
    async with Server(tmp_path) as server, talk(server, in_order=False) as room:
        files = list(server.database.parent.glob(f"{server.database.name}*"))
        for mode in (0o444, 0o600):
            for file in files:
                file.chmod(mode)
            await comes_and_goes(server)
            await room.goes_on()


async def comes_and_goes(server: Server) -> None:
    """Somebody joins, asks for what was said before, gets it or not, and goes."""
    page = Page(server.url, "guest")
    living = asyncio.create_task(page.live())
    await until(lambda: page.lines > 1 or page.log, "the guest to get an answer")
    living.cancel()
    await asyncio.gather(living, return_exceptions=True)
