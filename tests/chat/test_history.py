"""What is kept, over the WebSocket."""

import asyncio
import json
import sqlite3
import threading
from contextlib import closing

import pytest
from channels.layers import get_channel_layer

from chatdemo.chat.message_log import MAX_READ_MESSAGES, NoMessageLog
from chatdemo.chat.models import Message, Room
from tests.chat.conftest import ROOMS
from tests.chat.test_consumers import Participant, channel_layer_of_its_own  # noqa: F401


async def heard(participant, count):
    """The seqs and texts of so many frames."""
    frames = [await participant.gets() for _ in range(count)]
    return [(frame["seq"], frame["message"]) for frame in frames]


async def said(*texts, room="lobby"):
    async with Participant(f"/ws/chat/{room}/") as ana:
        for text in texts:
            await ana.say(text)
        await heard(ana, len(texts))


async def test_a_message_has_its_number_and_its_time():
    async with Participant() as ana:
        await ana.say("hello")
        frame = await ana.gets()
    assert (frame["seq"], frame["message"]) == (1, "hello")
    assert frame["at"].endswith("Z") and "id" not in frame and "name" not in frame


async def test_who_comes_back_gets_what_was_said_meanwhile_and_then_what_is_said():
    await said("a", "b", "c")
    async with Participant("/ws/chat/lobby/?after=1") as ana, Participant() as ben:
        assert await heard(ana, 2) == [(2, "b"), (3, "c")]
        await ben.say("d")
        assert await heard(ana, 1) == await heard(ben, 1) == [(4, "d")]


async def test_who_gives_no_seq_gets_what_is_said_from_now_on():
    await said("a", "b")
    async with Participant() as ana:
        await ana.say("c")
        assert await heard(ana, 1) == [(3, "c")]


async def test_much_is_sent_whole_while_others_go_on_talking():
    much = 2 * MAX_READ_MESSAGES + 1
    await said(*map(str, range(1, much + 1)))
    async with Participant() as ben, Participant("/ws/chat/lobby/?after=0") as ana:
        for number in range(much + 1, much + 11):
            await ben.say(str(number))
        assert await heard(ana, much + 10) == [
            (number, str(number)) for number in range(1, much + 11)
        ]


async def test_what_a_full_channel_lost_comes_from_the_history(monkeypatch):
    async with Participant() as ana, Participant() as ben:
        await ben.say("a")
        assert await heard(ana, 1) == await heard(ben, 1) == [(1, "a")]
        with monkeypatch.context() as patched:
            patched.setattr(get_channel_layer(), "_deliver_now", lambda *_: [])
            await ben.say("b")
            await ben.say("c")
            assert await ana.receive_nothing()
        await ben.say("d")
        assert await heard(ana, 3) == await heard(ben, 3) == [(2, "b"), (3, "c"), (4, "d")]


@pytest.mark.parametrize("after", ["", "x", "-1", "1.5", "٣", "9" * 16])
async def test_what_is_no_seq_is_refused(after):
    async with Participant(f"/ws/chat/lobby/?after={after}") as ana:
        assert not ana.accepted


async def test_a_seq_that_is_yet_to_come_waits_for_nothing():
    await said("a")
    async with Participant("/ws/chat/lobby/?after=50") as ana:
        await ana.say("b")
        assert await heard(ana, 2) == [(1, "a"), (2, "b")]


async def test_whoever_has_more_than_the_room_gets_all_of_a_history_that_started_again():
    await said("a", "b")
    async with Participant("/ws/chat/lobby/?after=50") as ana:
        await ana.say("c")
        assert await heard(ana, 3) == [(1, "a"), (2, "b"), (3, "c")]


@pytest.mark.parametrize("protocol", [[], ["chatdemo"]], ids=["client", "page"])
async def test_a_history_that_is_deleted_during_a_catch_up_starts_again(monkeypatch, protocol):
    await said("a", "b", "c")
    read_after, loop = ROOMS.log.read_after, asyncio.get_running_loop()
    deleted, has_new = asyncio.Event(), threading.Event()

    def delete_after_the_first_rows(room, seq):
        if seq and not has_new.is_set():
            Room.objects.filter(name=room).delete()
            loop.call_soon_threadsafe(deleted.set)
            has_new.wait(10)
        return read_after(room, seq)

    monkeypatch.setattr(ROOMS.log, "read_after", delete_after_the_first_rows)
    path = "/ws/chat/lobby/?after=0"
    async with Participant(path, subprotocols=protocol) as ana, Participant() as ben:
        if protocol:
            assert (await ana.gets())["event"] == "welcome"
        await heard(ana, 3)
        await deleted.wait()
        await ben.say("new")
        assert await heard(ben, 1) == [(1, "new")]
        has_new.set()
        if protocol:
            assert await ana.receive_output() == {
                "type": "websocket.close",
                "code": 4410,
                "reason": "The room's history has started again.",
            }
        else:
            assert await heard(ana, 1) == [(1, "new")]
            await ben.say("next")
            assert await heard(ana, 1) == [(2, "next")]


@pytest.mark.parametrize("path", ["/ws/chat/lobby/", "/ws/chat/lobby/?after=0"])
async def test_a_new_history_as_long_as_the_deleted_one_is_sent_from_its_start(path):
    async with Participant(path) as ana, Participant() as ben:
        await ben.say("old")
        assert await heard(ana, 1) == [(1, "old")]
        await Room.objects.filter(name="lobby").adelete()
        await ben.say("new")
        assert await heard(ana, 1) == [(1, "new")]
        await ben.say("next")
        assert await heard(ana, 1) == [(2, "next")]


async def test_an_answer_for_somebody_who_has_gone_is_left_nowhere(monkeypatch):
    drafts = []
    monkeypatch.setattr(ROOMS.log, "append", drafts.append)
    async with Participant() as ana:
        await ana.say("a", id="x")
        assert await ana.receive_nothing()
    drafts[0].on_failed("the server's disk is full")
    await asyncio.sleep(0.01)
    assert not get_channel_layer().channels


async def test_what_is_sent_again_is_confirmed_to_its_sender_and_said_once():
    path = "/ws/chat/lobby/?client=ana-of-this-test"
    async with Participant(path) as ana, Participant() as ben:
        await ana.say("hello", id="x")
        first = await ana.gets()
        await ana.say("hello", id="x")
        assert await ana.gets() == first
        async with Participant(path) as again:
            await again.say("hello", id="x")
            assert await again.gets() == first
        await ben.say("over")
        assert [text for _, text in await heard(ben, 2)] == ["hello", "over"]
    assert await Message.objects.acount() == 2


async def test_what_is_sent_again_while_catching_up_is_confirmed_in_its_turn(monkeypatch):
    path, read = "/ws/chat/lobby/?client=ana-of-this-test", threading.Event()
    read_after = ROOMS.log.read_after

    def after_a_while(*arguments):
        read.wait()
        return read_after(*arguments)

    monkeypatch.setattr(ROOMS.log, "read_after", after_a_while)
    async with Participant(path) as ana:
        for text in "abc":
            await ana.say(text, id=text)
        await heard(ana, 3)
    async with Participant(f"{path}&after=1") as ana:
        for id in "ca":
            await ana.say(id, id=id)
        assert (await ana.gets())["id"] == "a"  # which it has
        read.set()
        assert [(await ana.gets())["id"] for _ in "bc"] == ["b", "c"]
        await ana.say("d", id="d")
        assert await heard(ana, 1) == [(4, "d")]


async def test_the_id_comes_back_to_whoever_gave_it_and_to_nobody_else():
    async with Participant("/ws/chat/lobby/?client=ana-of-this-test") as ana:
        await ana.say("hello", id="x")
        await ana.gets()
    async with Participant("/ws/chat/lobby/?after=0&client=ana-of-this-test") as ana:
        assert (await ana.gets())["id"] == "x"
    async with (
        Participant("/ws/chat/lobby/?after=0&client=ben") as ben,
        Participant("/ws/chat/lobby/?after=0") as eve,
    ):
        assert "id" not in await ben.gets() and "id" not in await eve.gets()


async def test_while_the_database_is_locked_messages_wait():
    with closing(sqlite3.connect(ROOMS.log.writer.name, isolation_level=None)) as other:
        async with Participant() as ana:
            other.execute("BEGIN IMMEDIATE")
            await ana.say("a")
            assert await ana.receive_nothing()
            other.execute("ROLLBACK")
            assert await heard(ana, 1) == [(1, "a")]


async def test_what_cannot_be_kept_is_not_sent_and_its_sender_is_told(monkeypatch):
    async with Participant() as ana, Participant() as ben:
        with monkeypatch.context() as patched:
            patched.setattr(ROOMS.log.writer, "insert", _full)
            await ana.say("lost", id="x")
            assert json.loads(await ana.receive_from()) == {
                "error": "not_kept",
                "detail": "That message can't be stored, so nobody got it: the server's disk is full. Send it again.",
                "id": "x",
            }
        await ana.say("again", id="x")
        assert await heard(ben, 1) == await heard(ana, 1) == [(1, "again")]


def _full(drafts):
    raise sqlite3.OperationalError("database or disk is full")


async def test_without_a_history_nothing_is_kept_and_nothing_has_a_number(monkeypatch):
    monkeypatch.setattr(ROOMS, "log", NoMessageLog())
    async with Participant("/ws/chat/lobby/?after=0") as ana, Participant() as ben:
        await ana.say("hello", id="x")
        assert set(await ana.gets()) == {"message", "at", "id"}
        assert set(await ben.gets()) == {"message", "at"}
    assert await Message.objects.acount() == 0
