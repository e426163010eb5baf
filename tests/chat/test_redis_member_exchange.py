"""The members of rooms on several servers, with a real Redis server."""

import asyncio
import importlib
import os
import signal

import pytest

from chatdemo.chat import redis_member_exchange as module
from chatdemo.chat.members import Member, Members
from chatdemo.chat.redis_member_exchange import RedisMemberExchange
from tests.support.redis_server import RedisServer
from tests.support.served import until


class Peer:
    """A server with the room ``lobby``."""

    def __init__(self, url):
        self.exchange = RedisMemberExchange(url)
        self.exchange.rename_here = lambda person, name: self.renamed.append((person, name))
        self.renamed, self.acknowledged, self.changes = [], [], []
        self.members = Members(
            self.changes.append, lambda person: self.exchange.leave("lobby", person)
        )
        self.exchange.open("lobby", self.members, lambda *row: self.acknowledged.append(row))

    async def join(self, person, name, last_seq=0):
        await self.exchange.wait_until_open("lobby")
        await until(lambda: self.exchange._last_beat)  # as a server's before its first room
        member = self.members.join(person, name, f"{person}'s channel", last_seq)
        await self.exchange.join("lobby", person, member)

    @property
    def names(self):
        return sorted(self.members.names())


@pytest.fixture
def url(redis_server):
    url = f"{redis_server.url()}/3"
    with importlib.import_module("redis").Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture
async def peer(monkeypatch):
    """Makes a Peer, and closes it at the end."""
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(module, "ENDED_SECONDS", 1.0)
    peers = []

    def make(*arguments):
        peers.append(Peer(*arguments))
        return peers[-1]

    yield make
    for one in peers:
        await one.exchange.stop()


async def test_who_is_on_one_server_is_a_member_on_the_others(url, peer):
    one, other = peer(url), peer(url)
    await one.join("a", "Ana", last_seq=3)
    await other.join("b", "Ben")
    late = peer(url)
    await late.exchange.wait_until_open("lobby")
    await until(lambda: one.names == other.names == late.names == ["Ana", "Ben"])
    assert other.members.present["a"].joined_after_seq == 3
    await until(lambda: one.exchange.server_count == 3)


async def test_who_was_there_before_the_room_opened_is_not_said_to_have_come(url, peer):
    one = peer(url)
    await one.join("a", "Ana")
    await until(lambda: one.changes)
    late = peer(url)
    await late.exchange.wait_until_open("lobby")
    assert late.names == ["Ana"]
    await late.join("b", "Ben")
    await until(lambda: late.changes and len(one.changes) == 2)
    assert late.changes == [{"came": ["Ben"], "left": [], "renamed": []}]
    assert one.changes[1] == {"came": ["Ben"], "left": [], "renamed": []}


async def test_names_that_are_taken_elsewhere_get_other_numbers_even_at_once(url, peer):
    peers = [peer(url) for _ in range(3)]
    await asyncio.gather(*(one.join(f"person {n}", "Ana") for n, one in enumerate(peers)))
    await until(lambda: all(one.names == ["Ana", "Ana (2)", "Ana (3)"] for one in peers))


async def test_a_person_on_two_servers_is_one_member_until_both_are_left(url, peer, monkeypatch):
    monkeypatch.setattr("chatdemo.chat.members.LEAVE_DELAY_SECONDS", 0.05)
    one, other = peer(url), peer(url)
    await one.join("a", "Ana")
    await until(lambda: other.names == ["Ana"])
    await other.join("a", "Ana")
    await until(lambda: one.members.present["a"].servers)
    one.members.leave("a", "a's channel")
    await until(lambda: not other.members.present["a"].servers)
    assert one.names == other.names == ["Ana"]
    other.members.leave("a", "a's channel")
    await until(lambda: one.names == other.names == [])


async def test_who_gets_another_name_has_it_on_all_servers(url, peer):
    one, other = peer(url), peer(url)
    await one.join("a", "Ana")
    await until(lambda: other.names == ["Ana"])
    one.members.rename("a", "Ada")
    await one.exchange.join("lobby", "a", one.members.present["a"])
    await until(lambda: other.names == ["Ada"])
    await until(
        lambda: other.changes[-1:] == [{"came": ["Ana"], "left": [], "renamed": [("Ana", "Ada")]}]
    )
    await asyncio.to_thread(other.exchange.rename, "a", "Eve")
    await until(lambda: one.renamed == other.renamed == [("a", "Eve")])


async def test_acknowledgements_are_told_together(url, peer):
    one, other = peer(url), peer(url)
    for person in ("a", "b"):
        await one.join(person, person)
    await until(lambda: len(other.names) == 2)
    for seq in range(1, 6):
        for person in ("a", "b"):
            one.members.acknowledge(person, seq)
            one.exchange.acknowledge("lobby", person, seq)
    await until(lambda: len(other.acknowledged) >= 2)
    assert sorted(other.acknowledged) == [("a", 5), ("b", 5)]


async def test_the_members_of_a_server_that_has_died_leave(url, peer):
    one, other = peer(url), peer(url)
    await one.join("a", "Ana")
    await other.join("b", "Ben")
    await until(lambda: one.names == other.names == ["Ana", "Ben"])
    other.exchange._beat_regularly = None
    for task in list(other.exchange._tasks):  # it does nothing more, and says nothing
        task.cancel()
    await until(lambda: one.names == ["Ana"])
    await until(lambda: one.exchange.server_count == 1)


async def test_while_redis_is_away_everybody_stays(has_redis, tmp_path, peer):
    with RedisServer(tmp_path) as server:
        one, other = peer(server.url()), peer(server.url())
        await one.join("a", "Ana")
        await other.join("b", "Ben")
        await until(lambda: one.names == other.names == ["Ana", "Ben"])
    await asyncio.sleep(2 * module.ENDED_SECONDS)
    assert one.names == other.names == ["Ana", "Ben"]
    changes = len(one.changes) + len(other.changes)
    with RedisServer(tmp_path, port=server.server_port):  # and has lost everything
        late = peer(server.url())
        await late.exchange.wait_until_open("lobby")
        await until(lambda: late.names == ["Ana", "Ben"])
        await asyncio.sleep(2 * module.ENDED_SECONDS)
        assert one.names == other.names == ["Ana", "Ben"]
        assert len(one.changes) + len(other.changes) == changes
        for each in (one, other, late):
            await each.exchange.stop()


async def test_a_server_that_ends_in_order_is_gone_at_once_and_its_members_a_while_later(
    url, peer, monkeypatch
):
    monkeypatch.setattr(module, "LEAVE_DELAY_SECONDS", 1.5)
    one, other = peer(url), peer(url)
    await one.join("a", "Ana")
    await other.join("b", "Ben")
    await until(lambda: one.names == other.names == ["Ana", "Ben"])
    await other.exchange.stop()
    await until(lambda: one.exchange.server_count == 1)
    await one.exchange._read_all()
    assert one.names == ["Ana", "Ben"]  # as he may come to this server
    await until(lambda: one.names == ["Ana"])


async def test_who_was_on_a_server_that_has_ended_is_deleted_from_redis(url, peer):
    one, other = peer(url), peer(url)
    await one.join("a", "Ana")
    await other.join("b", "Ben")
    await other.exchange.stop()
    late = peer(url)
    await late.exchange.wait_until_open("lobby")
    assert late.names == ["Ana"]
    with importlib.import_module("redis").Redis.from_url(url, decode_responses=True) as client:
        await until(
            lambda: client.hkeys(module._members_key("lobby")) == [f"{one.exchange.server} a"]
        )


async def test_the_people_of_each_room_on_other_servers_are_counted(url, peer):
    one, other, third = peer(url), peer(url), peer(url)
    for server, person in ((one, "a"), (other, "a"), (other, "b"), (third, "b")):
        await server.join(person, person)
    assert one.exchange.people_elsewhere() == {"lobby": 2}
    await third.exchange.stop()
    assert other.exchange.people_elsewhere() == {"lobby": 1}
    await one.exchange.stop()
    assert other.exchange.people_elsewhere() == {}


async def test_a_room_that_everybody_has_left_is_forgotten(url, peer):
    one, other = peer(url), peer(url)
    await one.join("a", "Ana")
    assert other.exchange.people_elsewhere() == {"lobby": 1}
    one.exchange.leave("lobby", "a")
    await until(lambda: other.exchange.people_elsewhere() == {})
    with importlib.import_module("redis").Redis.from_url(url) as client:
        assert client.smembers(module.ROOMS_KEY) == set()
    await one.join("a", "Ana")
    assert other.exchange.people_elsewhere() == {"lobby": 1}


async def test_nobody_is_counted_elsewhere_while_redis_is_away(has_redis, tmp_path, peer):
    with RedisServer(tmp_path) as redis:
        one = peer(redis.url())
        await one.join("a", "Ana")
    assert one.exchange.people_elsewhere() == {}


async def test_the_databases_of_one_redis_server_have_members_of_their_own(url, peer):
    one, other = peer(url), peer(f"{url.rpartition('/')[0]}/8")
    await one.join("a", "Ana")
    await other.join("b", "Ben")
    await until(lambda: one.changes and other.changes)
    assert (one.names, other.names) == (["Ana"], ["Ben"])
    await other.exchange._client.flushdb()


async def test_while_redis_is_held_up_no_server_ends_another(
    has_redis, tmp_path, peer, monkeypatch
):
    monkeypatch.setattr(module, "MAX_BEAT_MILLISECONDS", 300)
    with RedisServer(tmp_path) as server:
        one, other = peer(server.url()), peer(server.url())
        await one.join("a", "Ana")
        await other.join("b", "Ben")
        await until(lambda: one.names == other.names == ["Ana", "Ben"])
        await asyncio.sleep(0.4)  # until it is reported
        before = len(one.changes), len(other.changes)
        os.kill(server.process.pid, signal.SIGSTOP)
        await asyncio.sleep(3 * module.ENDED_SECONDS)
        os.kill(server.process.pid, signal.SIGCONT)
        await asyncio.sleep(2 * module.ENDED_SECONDS)
        assert (len(one.changes), len(other.changes)) == before
        for each in (one, other):
            await each.exchange.stop()


async def test_what_was_published_in_vain_is_found_a_while_later(url, peer, monkeypatch):
    monkeypatch.setattr(module, "READ_SECONDS", 0.05)
    one, other = peer(url), peer(url)
    await other.join("b", "Ben")
    await one.join("a", "Ana")
    await until(lambda: one.names == ["Ana", "Ben"])
    ghost = Member("Cem")
    one.members.join_elsewhere(other.exchange.server, "c", ghost)
    one.members.leave_elsewhere(other.exchange.server, "b")
    await until(lambda: one.names == ["Ana", "Ben"])


async def test_all_members_are_told_in_one_call(url, peer):
    one = peer(url)
    await one.join("a", "Ana")
    for number in range(20):
        one.members.join(f"person {number}", "Ben", f"channel {number}", 0)
    client = one.exchange._client
    await client.config_resetstat()
    await one.exchange._tell_all("lobby")
    calls = await client.info("commandstats")
    assert calls["cmdstat_hgetall"]["calls"] <= 3  # and one of each beat
    other = peer(url)
    await other.exchange.wait_until_open("lobby")
    assert len(set(other.names)) == 21 and "Ben (20)" in other.names
