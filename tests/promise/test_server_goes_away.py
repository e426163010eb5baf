"""The server is killed, stopped and held up while everyone talks."""

import asyncio
import os
import random
import signal

from tests.promise.server import Server
from tests.promise.talk import talk

#: How often it goes away, and seconds for which it is held up.
TIMES, HELD_UP = 20, 20
#: Seconds in which everyone has everything again, with thousands of messages that are sent again.
CAUGHT_UP = 5.0


async def test_killed_twenty_times_under_load_it_loses_nothing(tmp_path):
    moments = random.Random(6)
    async with Server(tmp_path) as server, talk(server) as room:
        for _ in range(TIMES):
            await asyncio.sleep(moments.uniform(0, 0.5))
            await server.end(signal.SIGKILL)
            await server.start()
            await room.goes_on()
        assert min(page.lines for page in room.pages) > TIMES / 2


async def test_stopped_twenty_times_as_a_service_is_it_loses_nothing(tmp_path):
    async with Server(tmp_path) as server, talk(server) as room:
        for _ in range(TIMES):
            await server.end(signal.SIGTERM)
            await server.start()
            await room.goes_on()


async def test_held_up_for_twenty_seconds_it_loses_nothing(tmp_path):
    async with Server(tmp_path) as server, talk(server) as room:
        os.kill(server.pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(HELD_UP)
        finally:
            os.kill(server.pid, signal.SIGCONT)
        assert sum(page.silences for page in room.pages)
        assert await room.falls_silent() < CAUGHT_UP
