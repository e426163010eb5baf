"""A crowd whose connections are cut all the time, and what the server has grown by; what is left when all have gone."""

import asyncio
import random
from pathlib import Path

from benchmarks.startup import resident
from tests.promise.peephole import INSTALL, look
from tests.promise.server import ROOM, Server
from tests.promise.talk import Talk, talking
from tests.support.served import until

#: Seconds between two looks at the memory; and until those who have gone are forgotten.
INTERVAL, FORGOTTEN = 1.0, 60.0
#: Code that makes members leave soon.
LEAVE_SOON = "import chatdemo.chat.members as members; members.LEAVE_DELAY_SECONDS = 1.0"


async def soak(
    folder: Path, people: int, seconds: float, drop: float, pause: float
) -> tuple[list[float], dict, dict]:
    """The server's memory in MiB, each second; what there was in it before the crowd came, and after it had gone.

    The crowd is ``people``, each of whom says something every ``pause`` seconds or so; ``drop`` is the share of their
    connections that is cut each second. Raises AssertionError if the promise is broken.
    """
    async with Server(folder, f"{INSTALL}; {LEAVE_SOON}") as server:
        await _pass_through(server)
        before, after, memory = look(server.served), {}, []
        async with talking(server, people, pause) as room:
            cutting = asyncio.create_task(_cut(room, drop))
            for _ in range(int(seconds / INTERVAL)):
                await asyncio.sleep(INTERVAL)
                memory.append(resident(Path(f"/proc/{server.pid}")))
            cutting.cancel()

        def is_as_before() -> bool:
            after.update(look(server.served))
            return all(after[name] <= count for name, count in before.items())

        await until(is_as_before, lambda: f"{before} again, and not {after}", FORGOTTEN)
    return memory, before, after


async def _pass_through(server: Server) -> None:
    """Somebody comes, talks and goes: what is made once and kept is there from now on."""
    room = Talk(server, 4, 0.05, url=server.url.replace(ROOM, "another"))
    room.begin()
    try:
        await room.goes_on()
        await room.falls_silent()
    finally:
        await room.end()
    await until(
        lambda: not look(server.served)["people"], "the first ones to be forgotten", FORGOTTEN
    )


async def _cut(room: Talk, share: float) -> None:
    chance = random.Random(6)
    while True:
        await asyncio.sleep(INTERVAL)
        for page in room.pages:
            if chance.random() < share * INTERVAL:
                page.cut()
