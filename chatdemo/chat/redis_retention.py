"""Keeps the log in Redis small: deletes messages that are too old or too many."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatdemo.chat.redis_keys import ROOMS_KEY, RoomKeys
from chatdemo.common.redis import open_client

TRIM = Path(__file__).with_name("redis_trim.lua").read_text("utf-8")
#: One server runs it, once in so many seconds.
RUN_SECONDS = 60
TURN_KEY = "chatdemo:retention"
#: Messages that one call of the script deletes, which blocks the Redis server.
DELETE_MESSAGES = 500


class RedisRetention:
    """Stores messages for ``max_days`` (0: without limit), and at most ``max_bytes`` of them.

    Its methods block, and raise what redis-py does.
    """

    def __init__(self, url: str, max_days: int, max_bytes: int):
        self.url, self.max_days, self.max_bytes = url, max_days, max_bytes

    def run_if_due(self) -> None:
        """Run if no server has done so in the last minute."""
        with open_client(self.url) as client:
            if client.set(TURN_KEY, "", nx=True, ex=RUN_SECONDS):
                self.run(client)

    def run(self, client: Any) -> None:
        """Run once, now."""
        rooms = list(client.smembers(ROOMS_KEY))
        if self.max_days:
            before = int((time.time() - self.max_days * 86400) * 1000)
            for room in rooms:
                while self._trim(client, room, before) == DELETE_MESSAGES:
                    pass
        sizes = _measure(client, rooms)
        while sizes and sum(sizes.values()) > self.max_bytes:
            oldest = min(sizes, key=lambda room: _first_time(client, room))
            if not self._trim(client, oldest, 2**53):
                return
            sizes |= _measure(client, [oldest])

    def _trim(self, client: Any, room: str, before: int) -> int:
        _, log, ids, speakers = RoomKeys.of(room)
        return client.eval(TRIM, 3, log, ids, speakers, before, DELETE_MESSAGES)


def _measure(client: Any, rooms: Sequence[str]) -> dict[str, int]:
    """Return the bytes that the keys of each room take, by Redis' own estimate."""
    count = len(RoomKeys._fields)
    with client.pipeline(transaction=False) as pipeline:
        for room in rooms:
            for key in RoomKeys.of(room):
                pipeline.memory_usage(key)
        sizes = [size or 0 for size in pipeline.execute()]
    return {
        room: sum(sizes[number * count : (number + 1) * count]) for number, room in enumerate(rooms)
    }


def _first_time(client: Any, room: str) -> int:
    """Return when the first message of a room came; for one without messages, after all others."""
    entries = client.xrange(RoomKeys.of(room).log, count=1)
    return int(entries[0][1]["at"]) if entries else 2**53
