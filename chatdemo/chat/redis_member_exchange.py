"""The exchange of members through Redis.

A room has a hash there with a field for each server and person. A server writes its own fields
alone, and publishes each change. Each server says every few seconds that it runs, and another one
ends it if it doesn't.
"""

import asyncio
import json
import secrets
import time
from collections import defaultdict
from collections.abc import Coroutine
from functools import cached_property
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async

from chatdemo.chat.identity import comparison_key
from chatdemo.chat.member_exchange import Acknowledge, MemberExchange
from chatdemo.chat.members import LEAVE_DELAY_SECONDS, Member, Members
from chatdemo.common.redis import open_async_client, open_client
from chatdemo.realtime.background_tasks import OwnedTasks
from chatdemo.realtime.redis_subscriber import RedisSubscriber

JOIN, BEAT, CLEAN = (
    Path(__file__).with_name(name).read_text("utf-8")
    for name in ("redis_join.lua", "redis_beat.lua", "redis_clean.lua")
)
SERVERS_KEY, CHANNEL = "chatdemo:servers", "chatdemo:members"
#: How often a server says that it runs, and the time after which others end one that doesn't.
BEAT_SECONDS, ENDED_SECONDS = 3.0, 9.0
#: Acknowledgements within this time are told together.
ACKNOWLEDGE_SECONDS = 0.2
#: The members of a room expire after so long without a server that has the room.
EXPIRY_SECONDS = 86400


class RedisMemberExchange(MemberExchange):
    """The exchange of one server on the Redis server at ``url``.

    While Redis is away, everybody stays. A server that couldn't say that it runs ends no other one
    for a while: the others couldn't either.
    """

    def __init__(self, url: str):
        self.url = url
        self.server = secrets.token_hex(8)
        self._rooms: dict[str, Members] = {}
        self._acknowledge: dict[str, Acknowledge] = {}
        self._read_rooms: set[str] = set()  # those whose members elsewhere are known
        self._acknowledged: dict[str, set[str]] = defaultdict(set)  # persons by room
        self._last_beat = 0.0
        self._must_tell_all = False  # after the next beat, as something couldn't be told
        self._subscriber: RedisSubscriber | None = None
        self._tasks = OwnedTasks()

    @cached_property
    def _client(self) -> Any:
        return open_async_client(self.url)

    async def stop(self) -> None:
        await self._tasks.cancel()
        if self._subscriber:
            await self._subscriber.close()
            self._subscriber = None
            await self._run(self._end())
        await self._client.aclose()

    async def _end(self) -> None:
        await self._client.hdel(SERVERS_KEY, self.server)
        await self._publish(server=self.server, ended=True, leave_after=LEAVE_DELAY_SECONDS)

    def start(self) -> None:
        if self._subscriber is None:
            self._subscriber = RedisSubscriber(self.url, [CHANNEL], self._receive, self._read_all)
            self._start(self._beat_regularly())

    def open(self, room: str, members: Members, acknowledge: Acknowledge) -> None:
        self._rooms[room], self._acknowledge[room] = members, acknowledge
        self.start()

    async def wait_until_open(self, room: str) -> None:
        if self._subscriber and room not in self._read_rooms:
            await self._subscriber.wait_until_connected()
            await self._run(self._read(room))

    def close(self, room: str) -> None:
        self._read_rooms.discard(room)
        self._rooms.pop(room, None)
        self._acknowledge.pop(room, None)

    async def join(self, room: str, person: str, member: Member) -> None:
        keys = [_members_key(room), SERVERS_KEY]
        texts = [room, self.server, person, member.name, comparison_key(member.name)]
        numbers = [member.number, member.joined_after_seq, member.received_seq]
        try:
            member.number = await self._client.eval(JOIN, 2, *keys, CHANNEL, *texts, *numbers)
        except Exception:
            self._must_tell_all = True

    def leave(self, room: str, person: str) -> None:
        self._start(self._leave(room, person))

    async def _leave(self, room: str, person: str) -> None:
        await self._client.hdel(_members_key(room), f"{self.server} {person}")
        await self._publish(server=self.server, room=room, person=person, member=None)

    def acknowledge(self, room: str, person: str, seq: int) -> None:
        if not self._acknowledged:
            self._start(self._tell_acknowledged())
        self._acknowledged[room].add(person)

    async def _tell_acknowledged(self) -> None:
        await asyncio.sleep(ACKNOWLEDGE_SECONDS)
        acknowledged, self._acknowledged = self._acknowledged, defaultdict(set)
        received = {
            room: {
                person: members.present[person].received_seq
                for person in persons
                if person in members.present
            }
            for room, persons in acknowledged.items()
            if (members := self._rooms.get(room))
        }
        await self._publish(server=self.server, received=received)

    def rename(self, person: str, name: str) -> None:
        with open_client(self.url) as client:
            client.publish(CHANNEL, json.dumps({"person": person, "name": name}))

    async def _beat_regularly(self) -> None:
        quiet_until = 0.0  # no other server is ended before
        while True:
            now = time.monotonic()
            if now - self._last_beat > 2 * BEAT_SECONDS:
                quiet_until = now + ENDED_SECONDS
            limit = ENDED_SECONDS * 1000 if now > quiet_until else 0
            try:
                arguments = (CHANNEL, self.server, int(limit))
                is_known, count = await self._client.eval(BEAT, 1, SERVERS_KEY, *arguments)
                self.server_count, self._last_beat = count, now
                if not is_known or self._must_tell_all:
                    self._must_tell_all = False
                    for room in list(self._rooms):
                        await self._tell_all(room)
            except Exception:  # Redis is away: the subscriber logs it
                self._must_tell_all = True
            await asyncio.sleep(BEAT_SECONDS)

    async def _tell_all(self, room: str) -> None:
        """Tell the others who is here: Redis has lost it, or thought that this server had ended."""
        members = self._rooms[room]
        here = [person for person, member in members.present.items() if member.is_here]
        for key in await self._client.hkeys(_members_key(room)):
            server, _, person = key.partition(" ")
            if server == self.server and person not in here:
                await self._leave(room, person)
        for person in here:
            if member := members.present.get(person):
                await self.join(room, person, member)

    async def _read_all(self) -> None:
        for room in list(self._rooms):
            await self._read(room)

    async def _read(self, room: str) -> None:
        """Take over who is in the room on other servers: what was published before is missing."""
        async with self._client.pipeline() as pipeline:
            pipeline.hgetall(_members_key(room))
            pipeline.hkeys(SERVERS_KEY)
            pipeline.expire(_members_key(room), EXPIRY_SECONDS)
            fields, servers, _ = await pipeline.execute()
        if not (members := self._rooms.get(room)):
            return
        is_news = room in self._read_rooms
        self._read_rooms.add(room)
        here: set[tuple[str, str]] = set()
        ended: list[str] = []
        for key, value in fields.items():
            server, _, person = key.partition(" ")
            if server not in servers:
                ended.append(key)
            elif server != self.server:
                here.add((server, person))
                _put(members, server, person, json.loads(value), is_news)
        members.keep_elsewhere(here)
        if ended:
            await self._client.eval(CLEAN, 2, _members_key(room), SERVERS_KEY, *ended)

    def _receive(self, channel: str, data: bytes) -> None:
        """Take over what another server has published."""
        told = json.loads(data)
        if "name" in told:
            self._start(sync_to_async(self.rename_here)(told["person"], told["name"]))
        elif told["server"] == self.server:
            return
        elif "ended" in told:
            # Those of a server that ends in order may be on another one in a moment.
            asyncio.get_running_loop().call_later(
                told.get("leave_after", 0), self._take_ended, told["server"]
            )
        elif "received" in told:
            self._take_received(told["received"])
        else:
            self._take_member(told["room"], told["server"], told["person"], told["member"])

    def _take_ended(self, server: str) -> None:
        for members in self._rooms.values():
            members.leave_elsewhere(server)

    def _take_member(
        self, room: str, server: str, person: str, member: dict[str, Any] | None
    ) -> None:
        members = self._rooms.get(room)
        if members and member:
            _put(members, server, person, member, is_news=True)
        elif members:
            members.leave_elsewhere(server, person)

    def _take_received(self, received: dict[str, dict[str, int]]) -> None:
        for room, persons in received.items():
            if acknowledge := self._acknowledge.get(room):
                for person, seq in persons.items():
                    acknowledge(person, seq)

    async def _publish(self, **values: Any) -> None:
        await self._client.publish(CHANNEL, json.dumps(values))

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(self._run(coroutine))

    async def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except Exception:  # Redis is away: the subscriber logs it, and reads all again
            self._must_tell_all = True


def _put(members: Members, server: str, person: str, member: dict[str, Any], is_news: bool) -> None:
    state = Member(member["name"], member["number"], member["joined"], member["received"])
    members.join_elsewhere(server, person, state, is_news)


def _members_key(room: str) -> str:
    return f"chatdemo:members:{room}"
