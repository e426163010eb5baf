"""The exchange of members through Redis.

A room has a hash there with a field for each server and person, and a set has the rooms' names. A
server writes its own fields alone, and publishes each change. Each server says every few seconds
that it runs, and another one ends it if it doesn't.
"""

import asyncio
import hashlib
import hmac
import json
import logging
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
from chatdemo.common.redis import channel_for, is_redis_error, open_async_client, open_client
from chatdemo.realtime.background_tasks import OwnedTasks
from chatdemo.realtime.redis_subscriber import RedisSubscriber

logger = logging.getLogger(__name__)
JOIN, BEAT, CLEAN, ROOMS = (
    Path(__file__).with_name(name).read_text("utf-8")
    for name in ("redis_join.lua", "redis_beat.lua", "redis_clean.lua", "redis_rooms.lua")
)
SERVERS_KEY, ROOMS_KEY = "chatdemo:servers", "chatdemo:member-rooms"
CHANNEL = "chatdemo:members"
#: How often a server says that it runs, and the time after which others end one that doesn't.
BEAT_SECONDS, ENDED_SECONDS = 3.0, 9.0
#: A server that hasn't said so for longer ends no other one: Redis was held up, and so were they.
MAX_BEAT_MILLISECONDS = int(2 * BEAT_SECONDS * 1000)
#: How often the members on other servers are read again.
READ_SECONDS = 10.0
#: Tells whether all servers have one secret key, which can't be found from it. It expires when no
#: server says that it runs.
KEY_CHECK, KEY_CHECK_MILLISECONDS = "chatdemo:key-check", int(ENDED_SECONDS * 1000)
OTHER_KEY = (
    "Another server of the chat has another secret key: sessions are valid on one of them only. "
    "Give all of them the same file in the setting secret_key_file."
)
#: Acknowledgements within this time are told together.
ACKNOWLEDGE_SECONDS = 0.2
#: The members of a room expire after so long without a server that has the room.
EXPIRY_SECONDS = 86400


class RedisMemberExchange(MemberExchange):
    """The exchange of one server on the Redis server at ``url``.

    While Redis is away, everybody stays. A server that couldn't say that it runs ends no other one
    for a while: the others couldn't either.
    """

    def __init__(self, url: str, secret_key: str = ""):
        self.url, self.key_check = url, key_check(secret_key)
        self.channel = channel_for(url, CHANNEL)
        self.server = secrets.token_hex(8)
        self._rooms: dict[str, Members] = {}
        self._acknowledge: dict[str, Acknowledge] = {}
        self._read_rooms: set[str] = set()  # those whose members elsewhere are known
        self._acknowledged: dict[str, set[str]] = defaultdict(set)  # persons by room
        self._last_beat = 0.0
        self._has_other_key = False  # another server
        self._must_tell_all = False  # after the next beat, as something couldn't be told
        self._ending: set[str] = set()  # servers that have ended, whose members leave in a moment
        self._untold: set[tuple[str, str]] = set()  # rooms and persons who have left
        self._in_order = asyncio.Lock()  # the client has several connections
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
        if not await self._client.exists(SERVERS_KEY):
            await self._client.delete(KEY_CHECK)
        await self._publish(server=self.server, ended=True, leave_after=LEAVE_DELAY_SECONDS)

    def start(self) -> None:
        if self._subscriber is None:
            self._subscriber = RedisSubscriber(
                self.url, [self.channel], self._receive, self._read_all
            )
            self._start(self._beat_regularly())
            self._start(self._read_regularly())

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
        try:
            async with self._in_order:
                if not self._must_tell_all:  # else Redis is away, and all are told later
                    await self._join(room, {person: member})
        except Exception as error:
            self._note_failure(error)

    async def _join(self, room: str, members: dict[str, Member]) -> None:
        keys = [_members_key(room), SERVERS_KEY, ROOMS_KEY]
        arguments = [self.channel, room, self.server, str(EXPIRY_SECONDS)]
        for person, member in members.items():
            arguments += [person, member.name, comparison_key(member.name)]
            arguments += map(str, (member.number, member.joined_after_seq, member.received_seq))
        numbers = await self._client.eval(JOIN, len(keys), *keys, *arguments)
        for member, number in zip(members.values(), numbers, strict=True):
            member.number = number

    def leave(self, room: str, person: str) -> None:
        self._start(self._leave(room, person))

    async def _leave(self, room: str, person: str) -> None:
        self._untold.add((room, person))
        if self._must_tell_all:
            return
        news = json.dumps({"server": self.server, "room": room, "person": person, "member": None})
        # Both or neither.
        async with self._in_order, self._client.pipeline() as pipeline:
            pipeline.hdel(_members_key(room), f"{self.server} {person}")
            pipeline.publish(self.channel, news)
            await pipeline.execute()
        self._untold.discard((room, person))

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
            client.publish(self.channel, json.dumps({"person": person, "name": name}))

    def people_elsewhere(self) -> dict[str, int]:
        """Return how many people each room has on other servers: none while Redis is away."""
        try:
            with open_client(self.url) as client:
                servers = client.hkeys(SERVERS_KEY)
                rooms = client.eval(ROOMS, 1, ROOMS_KEY, _members_key(""))
        except Exception as error:
            if not is_redis_error(error):
                raise
            return {}
        others = set(servers) - {self.server}
        counts = {}
        for room, fields in rooms:
            parts = (field.partition(" ") for field in fields)
            if people := {person for server, _, person in parts if server in others}:
                counts[room] = len(people)
        return counts

    async def _beat_regularly(self) -> None:
        quiet_until = 0.0  # no other server is ended before
        while True:
            now = time.monotonic()
            if now - self._last_beat > 2 * BEAT_SECONDS:
                quiet_until = now + ENDED_SECONDS
            limit = ENDED_SECONDS * 1000 if now > quiet_until else 0
            try:
                arguments = (self.channel, self.server, int(limit), MAX_BEAT_MILLISECONDS)
                keys, check = (SERVERS_KEY, KEY_CHECK), (self.key_check, KEY_CHECK_MILLISECONDS)
                is_known, count, has_key = await self._client.eval(
                    BEAT, len(keys), *keys, *arguments, *check
                )
                self.server_count, self._last_beat = count, now
                self._report_other_key(not has_key)
                if not is_known or self._must_tell_all:
                    self._must_tell_all = False
                    self._tell_who_has_left()
                    for room in list(self._rooms):  # it must not keep the next beat waiting
                        self._start(self._tell_all(room))
            except Exception as error:
                self._note_failure(error)
            await asyncio.sleep(BEAT_SECONDS)

    def _report_other_key(self, is_other: bool) -> None:
        """Log it once: two servers may have started at the moment in which Redis lost its data."""
        if is_other and not self._has_other_key:
            logger.error(OTHER_KEY)
        self._has_other_key = is_other

    def _tell_who_has_left(self) -> None:
        """Tell what couldn't be told, also of rooms that are closed here."""
        untold, self._untold = self._untold, set()
        for room, person in untold:
            members = self._rooms.get(room)
            member = members and members.present.get(person)
            if not (member and member.is_here):
                self.leave(room, person)

    async def _tell_all(self, room: str) -> None:
        """Tell the others who is here: Redis has lost it, or thought that this server had ended."""
        async with self._in_order:
            keys = await self._client.hkeys(_members_key(room))
            if not (members := self._rooms.get(room)):
                return
            here = {person: member for person, member in members.present.items() if member.is_here}
            told = [key.partition(" ")[2] for key in keys if key.startswith(f"{self.server} ")]
            for person in told:
                if person not in here:
                    self.leave(room, person)
            if here:
                await self._join(room, here)

    async def _read_regularly(self) -> None:
        """Find what was published in vain."""
        while True:
            await asyncio.sleep(READ_SECONDS)
            await self._run(self._read_all())

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
        for person, member in members.present.items():
            here |= {(server, person) for server in member.servers & self._ending}
        if self.server in servers:  # else Redis has lost its data, and all will tell it again
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
            self._ending.add(told["server"])
            asyncio.get_running_loop().call_later(
                told.get("leave_after", 0), self._take_ended, told["server"]
            )
        elif "received" in told:
            self._take_received(told["received"])
        else:
            self._take_member(told["room"], told["server"], told["person"], told["member"])

    def _take_ended(self, server: str) -> None:
        self._ending.discard(server)
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
        await self._client.publish(self.channel, json.dumps(values))

    def _start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._tasks.start(self._run(coroutine))

    async def _run(self, coroutine: Coroutine[Any, Any, None]) -> None:
        try:
            await coroutine
        except Exception as error:
            self._note_failure(error)

    def _note_failure(self, error: Exception) -> None:
        """Have all told again. If Redis is away, the subscriber logs it."""
        self._must_tell_all = True
        if not is_redis_error(error):
            logger.error("Who is in the rooms couldn't be exchanged", exc_info=error)


def key_check(secret_key: str) -> str:
    """Return what all servers with the same key have in common."""
    return hmac.new(secret_key.encode(), b"chatdemo", hashlib.sha256).hexdigest()


def _put(members: Members, server: str, person: str, member: dict[str, Any], is_news: bool) -> None:
    state = Member(member["name"], member["number"], member["joined"], member["received"])
    members.join_elsewhere(server, person, state, is_news)


def _members_key(room: str) -> str:
    return f"chatdemo:members:{room}"
