"""The server is killed, stopped and held up while everyone talks."""

import asyncio
import os
import random
import signal

from tests.promise.server import Server
from tests.promise.talk import talk

#: How often it goes away.
TIMES = 20
#: For how long it is held up, and in how many everyone has everything again, with a thousand messages sent again.
HELD_UP_SECONDS, CAUGHT_UP_SECONDS = 8.0, 5.0
#: When a page gives up, and code by which the server does: as much sooner than usual as it is held up for less than 20 s.
ANSWER_TIMEOUT_SECONDS = 1.6
SHORT_HEARTBEATS = "import chatdemo.chat.heartbeat as heartbeat; heartbeat.INTERVAL_SECONDS = 1.6; heartbeat.TIMEOUT_SECONDS = 5.6"


async def test_killed_twenty_times_under_load_it_loses_nothing(tmp_path):
    moments = random.Random(6)
    async with Server(tmp_path) as server, talk(server) as room:
        for _ in range(TIMES):
            await asyncio.sleep(moments.uniform(0, 0.1))
            await server.end(signal.SIGKILL)
            await server.start()
            await room.recovers()
        assert min(page.lines for page in room.pages) > TIMES / 2


async def test_stopped_twenty_times_as_a_service_is_it_loses_nothing(tmp_path):
    async with Server(tmp_path) as server, talk(server) as room:
        for _ in range(TIMES):
            await server.end(signal.SIGTERM)
            await server.start()
            await room.recovers()


async def test_held_up_for_longer_than_pages_and_server_wait_it_loses_nothing(tmp_path):
    async with (
        Server(tmp_path, SHORT_HEARTBEATS) as server,
        talk(server, pause=0.06, answer_timeout=ANSWER_TIMEOUT_SECONDS) as room,
    ):
        os.kill(server.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(HELD_UP_SECONDS)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert sum(page.silences for page in room.pages)
        assert await room.falls_silent() < CAUGHT_UP_SECONDS
