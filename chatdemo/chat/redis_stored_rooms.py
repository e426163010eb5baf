"""Reads and deletes the messages that Redis has, for commands and downloads."""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.redis_keys import ROOMS_KEY, RoomKeys, stored_message, wire_time
from chatdemo.chat.stored_rooms import StoredRoom, StoredRooms
from chatdemo.common.redis import open_client

#: Messages that are read at once.
PAGE_MESSAGES = 100


class RedisStoredRooms(StoredRooms):
    """The rooms on the Redis server at ``url``. All methods raise redis.RedisError."""

    def __init__(self, url: str, location: str = "Redis"):
        self.url, self.location = url, location

    @cached_property
    def client(self) -> Any:
        """The client. It connects when it is first used."""
        return open_client(self.url)

    def all(self) -> list[StoredRoom]:
        return sorted(room for name in self.client.smembers(ROOMS_KEY) if (room := self.get(name)))

    def get(self, name: str) -> StoredRoom | None:
        keys = RoomKeys.of(name)
        with self.client.pipeline() as pipeline:
            pipeline.exists(keys.room)
            pipeline.xlen(keys.log)
            pipeline.xrange(keys.log, count=1)
            pipeline.xrevrange(keys.log, count=1)
            exists, messages, first, last = pipeline.execute()
        if not exists:
            return None
        times = [wire_time(entry[0][1]["at"]) if entry else None for entry in (first, last)]
        return StoredRoom(name, messages, *times)

    def names(self, limit: int) -> list[str]:
        return self.client.srandmember(ROOMS_KEY, limit)

    def pages(self, room: str, since: datetime | None = None) -> Iterator[list[StoredMessage]]:
        log = RoomKeys.of(room).log
        newest = self.client.xrevrange(log, count=1)
        first, last = "-", newest[0][0] if newest else "-"
        start = int(since.timestamp() * 1000) if since else 0
        while entries := self.client.xrange(log, first, last, PAGE_MESSAGES):
            first = f"({entries[-1][0]}"
            page = [stored_message(*entry) for entry in entries if int(entry[1]["at"]) >= start]
            if page:
                yield page

    def forget(self, room: str) -> tuple[int, bool]:
        """Delete the room, its messages and its speakers.

        Redis may have them in its files until it rewrites these.
        """
        keys = RoomKeys.of(room)
        with self.client.pipeline() as pipeline:
            pipeline.xlen(keys.log)
            pipeline.delete(*keys)
            pipeline.srem(ROOMS_KEY, room)
            return pipeline.execute()[0], True
