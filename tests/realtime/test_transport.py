"""How messages reach a socket: joined, whole, in order, and not for ever."""

import re
import socket
from contextlib import ExitStack

import pytest

from tests.realtime.room import Participant, burst, pour, serving
from tests.realtime.wire.client import HANDSHAKE
from tests.support.frames import BINARY, PING, PONG, TEXT, Frame, close_frame, encode
from tests.support.served import TIMEOUT_SECONDS

MIB = 1024 * 1024
#: More than the kernel keeps, at both ends.
POURED = 32 * MIB
#: KiB that the server may need for one who doesn't read, with a backlog of a mebibyte; generous, as the heap breaks up.
BOUND = 40 * 1024


@pytest.fixture(scope="module")
def room():
    """A room whose server must have nothing to complain of."""
    with serving() as room:
        yield room
        assert room.stop() == ""


def unmasked(text: str) -> bytes:
    return encode(Frame(TEXT, text.encode()), key=b"")


def test_the_messages_of_one_turn_arrive_in_one_segment_in_order(room):
    with Participant(room.port) as ana, Participant(room.port) as ben:
        ana.say("burst 5 20")
        expected = b"".join(unmasked(text) for text in burst(5, 20))
        assert ben.segment() == ana.segment() == expected


def test_several_texts_are_frames_of_their_own_in_one_segment(room):
    with Participant(room.port) as ana:
        for _ in range(2):
            ana.say("several 5 20")
            assert ana.segment() == b"".join(unmasked(text) for text in burst(5, 20))
        ana.say("several 3 70000")
        assert ana.hears(3) == burst(3, 70_000)


def test_frames_of_one_segment_are_answered_in_one_segment(room):
    with Participant(room.port) as ana:
        ana.send_bytes(b"".join(encode(Frame(TEXT, text)) for text in (b"a", b"b", b"c")))
        assert ana.segment() == b"".join(unmasked(text) for text in "abc")


def test_a_handler_may_send_in_a_task_of_its_own(room):
    with Participant(room.port) as ana:
        ana.say("in a task")
        ana.say("in a task")
        assert ana.hears(2) == ["in a task", "in a task"]


def test_a_large_message_reaches_a_slow_reader_whole(room):
    with Participant(room.port) as ana:
        ana.shrink()
        ana.say("mine 1 600000")
        ana.say("mine 2 10")
        assert ana.hears(3) == burst(1, 600_000) + burst(2, 10)


def test_pings_are_answered_in_the_order_of_what_is_queued_before_them(room):
    with Participant(room.port) as ana:
        ana.shrink()
        ana.say("mine 1 600000")
        ana.send(Frame(PING, b"now"))
        ana.say("mine 1 10")
        ana.read(3)
        assert [frame.opcode for frame in ana.received] == [TEXT, PONG, TEXT]


def test_what_was_written_before_a_close_frame_arrives_before_it(room):
    with Participant(room.port) as ana:
        ana.shrink()
        ana.say("bye 6 100000")
        assert ana.hears(6) == burst(6, 100_000)
        ana.read_close()
        assert ana.received[-1].code == 4000
        ana.send(close_frame(4000))
        assert ana.has_ended()


def test_what_is_sent_before_a_handshake_is_answered_waits_outside(room):
    """It was kept, all of it, and read in one go once the answer was there: 2 MB took 35 s."""
    with (
        Participant(room.port) as ana,
        socket.create_connection(("127.0.0.1", room.port), TIMEOUT_SECONDS) as early,
    ):
        early.sendall(HANDSHAKE.replace(b"/echo", b"/late"))
        assert pour(early, encode(Frame(PING)) * (POURED // 6)) < POURED
        ana.say("let in")
        ana.say("hello")
        assert ana.hears() == ["hello"]
        assert early.recv(12) == b"HTTP/1.1 101"


def test_what_a_busy_consumer_has_no_time_for_waits_outside_and_comes_in_order():
    with (
        serving(max_backlog=1 << 30) as room,
        Participant(room.port) as ana,
        Participant(room.port) as ben,
    ):
        ana.say("wait")
        numbered = [
            encode(Frame(BINARY, f"{number:08}".ljust(50_000).encode()))
            for number in range(POURED // 50_000)
        ]
        taken = ana.pour(b"".join(numbered))
        assert taken < POURED
        ben.say("let in")
        whole, begun = divmod(taken, len(numbered[0]))
        ana.send_bytes(numbered[whole][begun:])
        ana.read(whole + 1)
        assert [int(frame.payload[:8]) for frame in ana.received] == list(range(whole + 1))


def test_one_who_is_not_read_from_is_not_taken_for_dead():
    with (
        serving(ping_interval=0, ping_timeout=1) as room,
        Participant(room.port) as ana,
        Participant(room.port) as ben,
    ):
        ana.say("wait")
        for _ in range(200):
            ana.say("in a task")
        for number in range(1, 4):  # until the first one's time is out
            ben.read(number)
            ben.send(Frame(PONG, ben.received[-1].payload))
        assert {frame.opcode for frame in ben.received} == {PING}
        ben.say("let in")
        ana.read(201)
        assert [frame.opcode for frame in ana.received if frame.opcode != PING] == [TEXT] * 200


def test_those_who_disappear_in_the_middle_of_a_broadcast_hurt_nobody(room):
    with Participant(room.port) as ana, ExitStack() as stack:
        others = [stack.enter_context(Participant(room.port)) for _ in range(6)]
        for number, other in enumerate(others):
            ana.say(f"burst 3 {1000 + number}")
            if number % 2:
                other.say("burst 1 10")
            other.reset()
        ana.say("the end")
        heard = []
        while heard[-1:] != ["the end"]:
            heard += ana.hears(1)
        assert [len(text) for text in heard if text.startswith("0:") and len(text) > 10] == [
            1000 + n for n in range(6)
        ]


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, 600_000])
@pytest.mark.parametrize("character", ["x", "é", "🙂"])
def test_texts_of_every_length_go_both_ways(room, size, character):
    text = character * (size // len(character.encode()))
    text = text.ljust(size - len(text.encode()) + len(text), "x")
    assert len(text.encode()) == size
    with Participant(room.port) as ana, Participant(room.port) as ben:
        ana.say(text)
        ana.say("next")
        assert ana.hears(2) == ben.hears(2) == [text, "next"]


def spoken_to(ana: Participant, megabytes: int) -> int:
    """Have so many megabytes sent to all, which ``ana`` reads; how much the server's memory grew meanwhile, in KiB."""
    ana.say("peak")
    before = int(ana.hears()[0])
    for _ in range(5 * megabytes):
        ana.say("burst 2 100000")
        assert ana.hears(2) == burst(2, 100_000)
    ana.received.clear()
    ana.say("peak")
    return int(ana.hears()[0]) - before


def test_one_who_never_reads_is_closed_and_nobody_else():
    with serving() as room, Participant(room.port) as ana, Participant(room.port) as deaf:
        deaf.shrink()
        assert spoken_to(ana, 30) < BOUND
        assert deaf.hear_out() < 20 * MIB  # and not 30
        assert spoken_to(ana, 1) < BOUND
        errors = room.stop()
    [(address, octets)] = re.findall(
        r"A participant at (\S+) doesn't read: (\d+) octets wait for it", errors
    )
    assert address == deaf.address
    assert MIB < int(octets) < 2 * MIB


def test_one_who_goes_on_talking_and_never_reads_is_closed_too():
    with (
        serving(max_backlog=100_000) as room,
        Participant(room.port) as ana,
        Participant(room.port) as deaf,
    ):
        deaf.shrink()
        for _ in range(500):
            deaf.send(Frame(BINARY, bytes(60_000)))  # and has it echoed
        assert deaf.hear_out() < 20 * MIB
        assert spoken_to(ana, 1) < BOUND
        assert room.stop().count(f"A participant at {deaf.address} doesn't read") == 1


def test_one_who_reads_late_but_within_the_backlog_is_kept():
    with (
        serving(max_backlog=20 * MIB) as room,
        Participant(room.port) as ana,
        Participant(room.port) as late,
    ):
        late.shrink()
        for _ in range(50):
            ana.say("burst 2 100000")
            assert ana.hears(2) == burst(2, 100_000)
        assert late.hears(100) == 50 * burst(2, 100_000)
        late.say("thanks")
        assert late.hears() == ana.hears() == ["thanks"]
        assert room.stop() == ""


def test_one_who_answers_no_ping_is_closed():
    with serving(ping_interval=1, ping_timeout=1) as room, Participant(room.port) as silent:
        silent.read(1)
        assert silent.received[0].opcode == PING
        assert silent.hear_out() == 0


def test_one_who_answers_its_pings_is_kept():
    # Longer than a busy machine stops a process. The answer to the first ping is due before the fourth comes.
    with serving(ping_interval=1, ping_timeout=2.5) as room, Participant(room.port) as ana:
        for count in range(1, 5):
            ana.read(count)
            assert ana.received[-1].opcode == PING
            ana.send(Frame(PONG, ana.received[-1].payload))
        ana.say("still here")
        assert ana.hears() == ["still here"]
