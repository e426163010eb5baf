"""A storm of faults over two servers and their Redis, while everyone talks."""

import asyncio
import os
import random
import signal

from tests.promise.several import SeveralServers
from tests.promise.talk import talking

PEOPLE, MESSAGES_PER_SECOND, SECONDS = 60, 20, 40
#: The time between two faults, and how long a process is held up by one of them.
PAUSE_SECONDS, HELD_UP_SECONDS = 2.0, 3.0


async def held_up(pid: int) -> None:
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(HELD_UP_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


async def kill_a_server(chat, room, chance) -> None:
    server = chance.choice(chat.servers)
    await server.end(signal.SIGKILL)
    await server.start()


async def cut_the_subscriptions(chat, room, chance) -> None:
    with chat.client() as client:
        client.client_kill_filter(_type="pubsub")


async def restart_redis(chat, room, chance) -> None:
    await chat.restart_redis(chance.uniform(0, 1))


async def hold_up_a_server(chat, room, chance) -> None:
    await held_up(chance.choice(chat.servers).pid)


async def hold_up_redis(chat, room, chance) -> None:
    await held_up(chat.redis.process.pid)


async def cut_a_fifth_of_the_connections(chat, room, chance) -> None:
    for page in chance.sample(room.pages, len(room.pages) // 5):
        page.cut()


FAULTS = [
    kill_a_server,
    cut_the_subscriptions,
    restart_redis,
    hold_up_a_server,
    hold_up_redis,
    cut_a_fifth_of_the_connections,
]


async def test_in_a_storm_of_faults_nothing_is_lost_or_doubled(has_redis, tmp_path):
    chance = random.Random(17)
    faults = [chance.choice(FAULTS) for _ in range(int(SECONDS / PAUSE_SECONDS))]
    assert set(faults) == set(FAULTS)
    pause = PEOPLE / MESSAGES_PER_SECOND
    async with (
        SeveralServers(tmp_path, 2) as chat,
        talking(chat, PEOPLE, pause, in_order=False, seed=17) as room,
    ):
        for fault in faults:
            ended = asyncio.get_running_loop().time() + PAUSE_SECONDS
            await fault(chat, room, chance)
            await asyncio.sleep(max(0, ended - asyncio.get_running_loop().time()))
