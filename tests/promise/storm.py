"""A storm of faults over several servers and their Redis."""

import asyncio
import os
import random
import signal
from typing import Any, Protocol

from tests.promise.several import SeveralServers

#: The time between two faults, and how long a process is held up by one of them.
PAUSE_SECONDS, HELD_UP_SECONDS = 2.0, 3.0


class Crowd(Protocol):
    """What the storm needs of those who talk: ``pages``, each with a method ``cut``."""

    pages: list[Any]


async def held_up(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(HELD_UP_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


async def kill_a_server(chat: SeveralServers, crowd: Crowd, chance: random.Random) -> None:
    server = chance.choice(chat.servers)
    await server.end(signal.SIGKILL)
    await server.start()


async def cut_the_subscriptions(chat: SeveralServers, crowd: Crowd, chance: random.Random) -> None:
    with chat.client() as client:
        client.client_kill_filter(_type="pubsub")


async def restart_redis(chat: SeveralServers, crowd: Crowd, chance: random.Random) -> None:
    await chat.restart_redis(chance.uniform(0, 1))


async def hold_up_a_server(chat: SeveralServers, crowd: Crowd, chance: random.Random) -> None:
    await held_up(chance.choice(chat.servers).pid)


async def hold_up_redis(chat: SeveralServers, crowd: Crowd, chance: random.Random) -> None:
    await held_up(chat.redis.process.pid)


async def cut_a_fifth_of_the_connections(
    chat: SeveralServers, crowd: Crowd, chance: random.Random
) -> None:
    for page in chance.sample(crowd.pages, len(crowd.pages) // 5):
        page.cut()


FAULTS = [
    kill_a_server,
    cut_the_subscriptions,
    restart_redis,
    hold_up_a_server,
    hold_up_redis,
    cut_a_fifth_of_the_connections,
]


async def storm(chat: SeveralServers, crowd: Crowd, seconds: float, seed: int) -> None:
    """One fault every two seconds, each kind of them at least once."""
    chance = random.Random(seed)
    faults = [chance.choice(FAULTS) for _ in range(int(seconds / PAUSE_SECONDS))]
    assert set(faults) == set(FAULTS), "another seed is needed, or more time"
    for fault in faults:
        ended = asyncio.get_running_loop().time() + PAUSE_SECONDS
        await fault(chat, crowd, chance)
        await asyncio.sleep(max(0, ended - asyncio.get_running_loop().time()))
