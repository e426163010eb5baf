"""A lecture hall whose connections are cut, stalled, delayed and half-closed all the time."""

import asyncio
import random
from collections import Counter

from tests.promise.proxy import Proxy
from tests.promise.server import ROOM, Server
from tests.promise.talk import talk

PEOPLE, SECONDS, CAUGHT_UP = 30, 60, 3.0
#: Shorter than many a stall: what a page gave up waiting for, and sent again, arrives late all the same.
PATIENCE = 1.5


async def test_in_a_minute_of_bad_wifi_nothing_is_lost_and_all_catch_up_in_three_seconds(tmp_path):
    seed = random.randrange(1_000_000)
    async with Server(tmp_path) as server, Proxy(server.port, seed) as proxy:
        url = f"ws://127.0.0.1:{proxy.port}/ws/chat/{ROOM}/"
        try:
            async with talk(
                server, PEOPLE, pause=1.0, url=url, patience=PATIENCE, seed=seed
            ) as room:
                proxy.rage()
                await asyncio.sleep(SECONDS)
                await proxy.calm()
                took = await room.falls_silent()
        except BaseException:
            print(f"The proxy's seed is {seed}. What it did:", *proxy.told, sep="\n")
            raise
    kinds = Counter(line.split()[1] for line in proxy.told)
    print(f"{room.said} messages, {dict(kinds)}, caught up in {took:.2f} s")
    assert min(kinds.values()) > SECONDS and len(kinds) == len(proxy.kinds)
    assert took < CAUGHT_UP, f"{took:.2f} s with the proxy's seed {seed}"
