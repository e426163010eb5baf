"""The message log in Redis, with a real server, and two servers of the chat on it."""

import asyncio
import contextvars
import importlib
import os
import signal
import subprocess
from datetime import datetime, timedelta, timezone

import pytest

from chatdemo.chat import redis_message_log as module
from chatdemo.chat import redis_retention
from chatdemo.chat.message_log import Draft, MessageLogError
from chatdemo.chat.name_numbers import NameNumbers
from chatdemo.chat.redis_keys import RoomKeys
from chatdemo.chat.redis_message_log import RedisMessageLog
from chatdemo.chat.redis_retention import RedisRetention
from chatdemo.chat.redis_stored_rooms import RedisStoredRooms
from chatdemo.common.errors import ChatdemoError
from tests.support.redis_server import RedisServer
from tests.support.served import TIMEOUT_SECONDS, until


@pytest.fixture
def url(redis_server):
    """An empty database of the server."""
    url = f"{redis_server.url()}/1"
    with client(url) as redis:
        redis.flushdb()
    return url


def client(url):
    return importlib.import_module("redis").Redis.from_url(url, decode_responses=True)


@pytest.fixture
async def peer():
    """Makes a Peer, and closes it at the end."""
    peers = []

    def make(*arguments):
        peers.append(Peer(*arguments))
        return peers[-1]

    yield make
    for one in peers:
        await one.log.close()


class Peer:
    """A server of the chat that has the room ``lobby``: what was published to it there."""

    def __init__(self, url, room="lobby"):
        self.log = RedisMessageLog(url)
        self.published, self.batches, self.contexts, self.histories = [], [], [], 0
        self.lost = []
        self.log.subscribe(
            room, self.publish, self.start_new_history, lambda *lost: self.lost.append(lost)
        )

    def publish(self, appended):
        self.batches.append(len(appended))
        self.contexts += [one.context for one in appended]
        self.published += [one.message for one in appended]

    def start_new_history(self):
        self.histories += 1

    @property
    def seqs(self):
        return [message.seq for message in self.published]

    def append(self, text, id=None, sender="ana", name="Ana", room="lobby"):
        """Append a draft. Returns a list that gets the stored message, or the reason of a failure."""
        answers = []
        self.log.append(Draft(room, sender, id, name, text, answers.append, answers.append))
        return answers


async def listening(*peers):
    """Wait until each peer gets what is published."""
    for peer in peers:
        subscription = peer.log._subscriptions["lobby"]
        await until(lambda: subscription.seq is not None)  # noqa: B023
    log = peers[0].log
    await until(lambda: dict(log._client.pubsub_numsub(log.channel))[log.channel] >= len(peers))


async def test_all_servers_publish_the_same_messages_in_the_same_order(url, peer):
    ana, ben = peer(url), peer(url)
    await listening(ana, ben)
    for number in range(50):
        ana.append(f"from ana {number}", f"a{number}")
        ben.append(f"from ben {number}", sender="ben", name="Ben")
        if number % 10 == 0:
            await asyncio.sleep(0.001)
    await until(lambda: len(ana.published) == len(ben.published) == 100)
    assert ana.published == ben.published and ana.seqs == [*range(1, 101)]
    assert max(ana.batches) > 1
    first = next(message for message in ana.published if message.sender == "ana")
    assert (first.name, first.text, first.sender, first.id) == ("Ana", "from ana 0", "ana", "a0")
    assert abs(datetime.now(timezone.utc) - datetime.fromisoformat(first.at[:-1] + "+00:00")) < (
        timedelta(minutes=1)
    )
    assert {message.id for message in ana.published if message.sender == "ben"} == {None}


async def test_a_message_that_is_sent_again_is_stored_once_wherever_it_is_sent(url, peer):
    ana, ben = peer(url), peer(url)
    await listening(ana, ben)
    assert ana.append("hello", "x1") == []
    await until(lambda: ana.published and ben.published)
    again = ben.append("hello again", "x1", name="Ada")
    ben.append("another's", "x1", sender="ben")
    await until(lambda: again and len(ben.published) == 2)
    assert again == [ana.published[0]]
    assert [message.text for message in ben.published] == ["hello", "another's"]


async def test_each_room_has_its_own_numbers(url, peer):
    lobby, music = peer(url), peer(url, "a b:log:✓")
    await listening(lobby)
    for _ in range(3):
        lobby.append("one", room="lobby")
        lobby.append("other", room="a b:log:✓")
    await until(lambda: len(lobby.published) == len(music.published) == 3)
    assert lobby.seqs == music.seqs == [1, 2, 3]
    assert {message.text for message in music.published} == {"other"}


async def test_a_message_is_published_in_the_context_of_its_draft(url, peer):
    mark = contextvars.ContextVar("mark", default="none")
    ana, ben = peer(url), peer(url)
    await listening(ana, ben)
    ana.append("hello")  # which a check after the subscription may have found first
    await until(lambda: ana.published and ben.published)
    mark.set("the draft's")
    ana.append("hello")
    await until(lambda: len(ana.published) == len(ben.published) == 2)
    assert ana.contexts[1][mark] == "the draft's" and mark not in ben.contexts[1]


async def test_a_room_that_is_subscribed_gets_the_next_message(url, peer):
    ana = peer(url)
    await listening(ana)
    for number in range(1, 11):
        ben = peer(url)
        assert await ben.log.wait_until_subscribed("lobby") == number - 1
        ana.append("hello")
        await until(lambda: ben.seqs == [number])  # noqa: B023


async def test_one_call_of_the_script_stores_all_that_waits_and_publishes_it_once(url, peer):
    ana = peer(url)
    await listening(ana)
    with client(url) as redis:
        redis.config_resetstat()
        for number in range(100):
            ana.append(f"hello {number}")
        await until(lambda: len(ana.published) == 100)
        stats = redis.info("commandstats")
    assert stats["cmdstat_eval"]["calls"] == stats["cmdstat_publish"]["calls"] == 1


async def test_what_was_published_while_the_connection_was_lost_is_read_from_the_log(url, peer):
    ana, ben = peer(url), peer(url)
    await listening(ana, ben)
    with client(url) as redis:
        for number in range(200):
            ana.append(f"hello {number}")
            if number % 40 == 20:
                redis.client_kill_filter(_type="pubsub")
            await asyncio.sleep(0.002)
    await until(lambda: len(ana.published) >= 200 and len(ben.published) >= 200)
    assert ana.seqs == ben.seqs == [*range(1, 201)]


async def test_the_last_message_is_not_missed_either(url, monkeypatch, peer):
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.05)
    ana = peer(url)
    await listening(ana)
    monkeypatch.setattr(ana.log, "_receive", lambda channel, data: None)  # as if it had never come
    ana.append("hello")
    await until(lambda: ana.seqs == [1])


@pytest.mark.parametrize("says_something", [False, True])
async def test_a_redis_that_has_lost_its_data_starts_a_new_history(
    url, monkeypatch, says_something, peer
):
    monkeypatch.setattr(module, "CHECK_SECONDS", TIMEOUT_SECONDS if says_something else 0.05)
    ana, ben = peer(url), peer(url)
    await listening(ana, ben)
    for _ in range(3):
        ana.append("hello")
    await until(lambda: ana.seqs == ben.seqs == [1, 2, 3])
    epoch = ana.log.epoch("lobby")
    with client(url) as redis:
        redis.flushall()
    if says_something:
        ben.append("hello again")
        await until(lambda: ana.seqs == ben.seqs == [1, 2, 3, 1])
        assert ana.log.epoch("lobby") not in ("", epoch)
    await until(lambda: ana.histories == ben.histories == 1)


@pytest.mark.parametrize("says_something", [True, False])
async def test_a_redis_that_comes_back_without_the_last_messages_uses_no_seq_twice(
    has_redis, tmp_path, monkeypatch, says_something, peer
):
    monkeypatch.setattr(module, "CHECK_SECONDS", 0.05)
    with RedisServer(tmp_path) as server:
        ana, ben = peer(server.url()), peer(server.url())
        await listening(ana, ben)
        for number in range(5):
            ana.append(f"{number}")
            await until(lambda number=number: len(ben.seqs) == len(ana.seqs) == number + 1)
            if number == 2:
                with server.client() as redis:
                    redis.save()
        server.stop(signal.SIGKILL)
        if says_something:
            ben.append("meanwhile")
    with RedisServer(tmp_path, port=server.server_port):
        await until(lambda: ana.lost == ben.lost == [(4, 5)])
        if not says_something:
            ben.append("meanwhile")
        await until(lambda: ana.seqs == ben.seqs == [1, 2, 3, 4, 5, 6])
        late = peer(server.url())
        await listening(late)
        assert [message.seq for message in late.log.read_after("lobby", 0)] == [1, 2, 3, 6]
        assert (ana.histories, ben.histories, late.lost) == (0, 0, [])


async def test_what_a_sender_was_told_is_not_kept_is_not_stored_later(
    has_redis, tmp_path, monkeypatch, peer
):
    monkeypatch.setattr("chatdemo.common.redis.TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.1)
    monkeypatch.setattr(module, "MAX_AWAY_SECONDS", 0.2)
    with RedisServer(tmp_path) as server:
        ana = peer(server.url())
        await listening(ana)
        ana.append("before")
        await until(lambda: ana.seqs == [1])
        os.kill(server.process.pid, signal.SIGSTOP)
        answers = ana.append("away")
        await until(lambda: answers)
        os.kill(server.process.pid, signal.SIGCONT)
        assert answers == ["the Redis server doesn't answer in time"]
        ana.append("after")
        await until(lambda: ana.seqs == [1, 2])
        assert [message.text for message in ana.published] == ["before", "after"]


async def test_while_redis_is_away_senders_are_told_and_then_all_goes_on(
    has_redis, tmp_path, monkeypatch, peer
):
    monkeypatch.setattr(module, "MAX_AWAY_SECONDS", 0.3)
    with RedisServer(tmp_path, "--appendonly", "yes", "--appendfsync", "always") as server:
        ana = peer(server.url())
        await listening(ana)
        ana.append("before")
        await until(lambda: ana.seqs == [1])
        server.stop()
        first, second = ana.append("lost", "x1"), ana.append("lost too", "x2")
        await until(lambda: first and second)
        assert first == second == ["the Redis server doesn't answer"]
        with pytest.raises(MessageLogError, match="the Redis server doesn't answer"):
            ana.log.read_after("lobby", 0)
    with RedisServer(tmp_path, "--appendonly", "yes", port=server.server_port):
        ana.append("lost", "x1")
        await until(lambda: ana.seqs == [1, 2])
    assert [message.text for message in ana.published] == ["before", "lost"]


async def test_a_server_that_is_stopped_for_a_moment_doubles_nothing(
    has_redis, tmp_path, monkeypatch, peer
):
    """The call is repeated after a time-out, though it was made."""
    monkeypatch.setattr("chatdemo.common.redis.TIMEOUT_SECONDS", 0.2)
    answers = []
    with RedisServer(tmp_path) as server:
        ana = peer(server.url())
        await listening(ana)
        for number in range(5):
            subprocess.run(["kill", "-STOP", str(server.process.pid)], check=True)
            answers += [ana.append("without an id"), ana.append("with one", f"x{number}")]
            await asyncio.sleep(0.5)
            subprocess.run(["kill", "-CONT", str(server.process.pid)], check=True)
            await until(lambda: len(ana.published) == 2 * number + 2)  # noqa: B023
        await asyncio.sleep(0.1)
        assert ana.seqs == [*range(1, 11)]
        assert len(ana.log.read_after("lobby", 0)) == 10
        assert answers == [[]] * 10  # all were published to their senders


async def test_the_databases_of_one_redis_server_are_chats_of_their_own(url, peer):
    ana, other = peer(url), peer(f"{url.rpartition('/')[0]}/9")
    await listening(ana)
    await listening(other)
    ana.append("hello")
    other.append("hello from elsewhere", sender="ben")
    await until(lambda: ana.published and other.published)
    await asyncio.sleep(0.05)
    assert [message.text for message in ana.published] == ["hello"]
    assert [message.text for message in other.published] == ["hello from elsewhere"]
    other.log._client.flushdb()


async def test_a_room_that_was_closed_gets_nothing_that_is_read_for_it_later(url, peer):
    ana = peer(url)
    await listening(ana)
    for number in range(3):
        ana.append(f"{number}")
    await until(lambda: ana.seqs == [1, 2, 3])
    closed, again = ana.log._subscriptions["lobby"], []
    ana.log.unsubscribe("lobby")
    ana.log.subscribe("lobby", again.extend, None)
    await until(lambda: ana.log._subscriptions["lobby"].seq == 3)
    closed.seq = 0
    ana.log._catch_up(closed)
    await until(lambda: not closed.is_catching_up)
    assert (ana.seqs, again) == ([1, 2, 3], [])


async def test_a_sender_that_cannot_be_answered_changes_nothing_for_the_next_ones(
    url, peer, caplog
):
    ana = peer(url)
    await listening(ana)
    ana.append("one", "x1")
    await until(lambda: ana.seqs == [1])
    ana.log.append(Draft("lobby", "ana", "x1", "Ana", "one", on_repeated=lambda stored: 1 / 0))
    ana.append("two")
    await until(lambda: ana.seqs == [1, 2])
    ana.append("three")
    await until(lambda: ana.seqs == [1, 2, 3])
    assert "A message's sender couldn't be answered" in caplog.text


@pytest.mark.parametrize(
    "command, reason",
    [
        (("config", "set", "maxmemory", "1"), "has no memory left (its setting maxmemory)"),
        (("replicaof", "127.0.0.1", "9"), "is a read-only replica"),
    ],
)
async def test_why_redis_refuses_is_told(has_redis, tmp_path, monkeypatch, command, reason, peer):
    monkeypatch.setattr(module, "MAX_AWAY_SECONDS", 0)
    with RedisServer(tmp_path) as server, client(server.url()) as redis:
        ana = peer(server.url())
        await listening(ana)
        redis.execute_command(*command)
        failed = ana.append("hello")
        await until(lambda: failed)
    assert failed == [f"the Redis server {reason}"]


async def test_the_history_is_read_in_both_directions(url, peer):
    ana = peer(url)
    await listening(ana)
    for number in range(60):
        ana.append(str(number + 1), id=f"x{number}")
    await until(lambda: len(ana.published) == 60)
    log = ana.log

    def read(method, *arguments):
        return [message.seq for message in getattr(log, method)("lobby", *arguments)]

    assert read("read_after", 0) == [*range(1, 51)] and read("read_after", 55) == [*range(56, 61)]
    assert read("read_before", None, 3) == [58, 59, 60] and read("read_before", 3, 50) == [1, 2]
    assert log.read_after("lobby", 59) == ana.published[-1:]
    assert (log.last_seq("lobby"), log.last_seq("nowhere")) == (60, 0)
    assert len(log.epoch("lobby")) == 16 and log.epoch("nowhere") == ""
    assert read("read_after", 60) == []


async def test_the_numbers_of_a_name_are_those_that_its_speakers_had(url, peer):
    ana = peer(url)
    await listening(ana)
    for sender, name in (("ana", "Ana"), ("anna", "ana (2)"), ("ben", "Ben"), ("eve", "Ana (4)")):
        ana.append("hello", sender=sender, name=name)
    ana.append("hello", name="")
    await until(lambda: len(ana.published) == 5)
    assert ana.log.name_numbers("lobby", "anna", "ANA") == NameNumbers(2, frozenset({1, 4}))
    assert ana.log.name_numbers("lobby", "zoe", "Ben") == NameNumbers(0, frozenset({1}))
    assert ana.log.name_numbers("nowhere", "zoe", "Ben") == NameNumbers()


async def test_stored_rooms_are_listed_read_and_forgotten(url, monkeypatch, peer):
    monkeypatch.setattr("chatdemo.chat.redis_stored_rooms.PAGE_MESSAGES", 2)
    ana = peer(url)
    await listening(ana)
    for number in range(5):
        ana.append(f"hello {number}")
    ana.append("hello", room="Café")
    await until(lambda: len(ana.published) == 5)
    rooms = RedisStoredRooms(url)
    assert [(room.name, room.messages) for room in rooms.all()] == [("Café", 1), ("lobby", 5)]
    lobby = rooms.find("lobby")
    assert (lobby.first, lobby.last) == (ana.published[0].at, ana.published[-1].at)
    pages = list(rooms.pages("lobby"))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [message for page in pages for message in page] == ana.published
    later = datetime.now(timezone.utc) + timedelta(minutes=1)
    assert list(rooms.pages("lobby", later)) == list(rooms.pages("nowhere")) == []
    with pytest.raises(ChatdemoError) as caught:
        rooms.find("cafe")
    assert caught.value.hint.startswith("Did you mean Café?")
    assert rooms.forget("lobby") == (5, True) and rooms.forget("lobby") == (0, True)
    assert [room.name for room in rooms.all()] == ["Café"]
    with client(url) as redis:
        assert not redis.exists(*RoomKeys.of("lobby"))


async def test_old_messages_are_deleted_with_their_ids_and_speakers(url, peer, monkeypatch):
    monkeypatch.setattr(redis_retention, "DELETE_MESSAGES", 2)
    ana = peer(url)
    await listening(ana)
    for number in range(5):
        ana.append("old", f"x{number}", name="Old")
    await until(lambda: len(ana.published) == 5)
    with client(url) as redis:
        keys = RoomKeys.of("lobby")
        entries = redis.xrange(keys.log)
        redis.delete(keys.log)
        for entry_id, fields in entries:  # as if they had come long ago
            redis.xadd(keys.log, {**fields, "at": 1000}, entry_id)
        ana.append("new", "y", name="New")
        await until(lambda: len(ana.published) == 6)
        RedisRetention(url, 30, 2**30).run(redis)
        assert [message.text for message in ana.log.read_after("lobby", 0)] == ["new"]
        assert redis.hlen(keys.ids) == redis.hlen(keys.speakers) == 1
    ana.append("next")
    await until(lambda: ana.seqs[-1] == 7)


async def test_the_oldest_messages_are_deleted_while_all_take_too_much(url, peer, monkeypatch):
    monkeypatch.setattr(redis_retention, "DELETE_MESSAGES", 10)
    ana = peer(url)
    await listening(ana)
    for number in range(40):
        ana.append("x" * 1000, room="lobby" if number % 2 else "music")
    await until(lambda: len(ana.published) == 20)
    with client(url) as redis:
        RedisRetention(url, 0, 30_000).run(redis)
        left = [len(ana.log.read_after(room, 0)) for room in ("lobby", "music")]
        assert sum(redis.memory_usage(key) for key in redis.keys("chatdemo:log:*")) < 30_000
    assert 0 < sum(left) < 30 and max(left) - min(left) <= 10
    assert ana.log.last_seq("lobby") == 20


async def test_one_server_runs_it_once_a_minute(url, monkeypatch):
    runs = []
    monkeypatch.setattr(RedisRetention, "run", lambda self, client: runs.append(self))
    for _ in range(3):
        RedisRetention(url, 1, 1).run_if_due()
    assert len(runs) == 1
