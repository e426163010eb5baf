"""What one participant can have the server keep: it is little, and nobody else waits for long.

They let it send, and never read; or they never come to an end of what they say.
"""

import fcntl
import json
import socket
import struct
import termios
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from chatdemo.chat.message_log import Draft
from chatdemo.chat.sqlite_writer import SQLiteWriter
from tests.hostile.browser import Browser
from tests.hostile.memory import MIB, Growth, on_linux
from tests.hostile.raw import (
    Raw,
    frame,
    get,
    handshake,
    hear,
    join,
    new_room,
    participant,
    said,
    say,
    serving,
)
from tests.support.frames import CONTINUATION, PING, TEXT
from tests.support.redis_server import RedisServer
from tests.support.served import wait_for

pytestmark = on_linux

#: Bytes that one who never reads may cost, and bytes that are said while they don't.
COST, MUCH = 16 * MIB, 60 * MIB
#: Seconds that nobody else may wait for longer.
DELAY = 1.0
LONG = 100_000
#: Messages that the room "past" has from the start, of 4000 characters.
KEPT = 15_000


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that lets everybody say as much as they like, with 60 MB of history in the room "past"."""
    limits = {"CHATDEMO_MAX_RATE": "0", "CHATDEMO_MAX_MESSAGE": str(LONG)}
    folder = tmp_path_factory.mktemp("never_reads")
    with serving(folder, **limits) as served:
        _fill(folder / "chat.sqlite3")
        _warm_up(served)
        yield served


def _fill(database: Path) -> None:
    store = SQLiteWriter(database)
    text = "x" * 4000
    for _ in range(KEPT // 500):
        store.insert([Draft("past", "ana", None, "Ana", text) for _ in range(500)])
    store.close()


def _warm_up(server) -> None:
    """What it needs for anybody isn't what one who never reads costs."""
    room = new_room()
    assert get(server, f"/chat/{room}/transcript/").status == 200
    with Browser(server, room).join() as page, join(server, room) as ana:
        for _ in range(100):
            talk(ana)
            while "message" not in hear(page):
                pass


def talk(ana) -> float:
    """Say much, and wait until it has come back; how many seconds that took."""
    began = time.monotonic()
    say(ana, "x" * LONG)
    while "message" not in hear(ana):
        pass
    return time.monotonic() - began


def waiting(client: Raw) -> int:
    """Bytes that have arrived and aren't read."""
    return struct.unpack("i", fcntl.ioctl(client.socket, termios.FIONREAD, b"\0" * 4))[0]


class Deaf(Raw):
    """It sends, and never reads but for the handshake's answer. Its kernel keeps little of what comes."""

    def __init__(self, server):
        super().__init__(server)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.server, self.address = server, "{}:{}".format(*self.socket.getsockname())

    def join(self, path: str, page: Browser | None = None) -> "Deaf":
        headers = {"Cookie": page.cookie, "Sec-WebSocket-Protocol": "chatdemo"} if page else {}
        assert handshake(self, path, **headers).status == 101
        return self

    def is_given_up(self) -> bool:
        """Whether the server has closed it for what waits; what it says of that is behind all that waits."""
        return any(
            f"A participant at {self.address} doesn't read" in line for line in self.server.lines
        )


def deaf(server, stack: ExitStack, room: str, query: str = "") -> list[Deaf]:
    """A plain client and a page that never read."""
    path = f"/ws/chat/{room}/{query}"
    plain, page = stack.enter_context(Deaf(server)), stack.enter_context(Deaf(server))
    return [plain.join(path), page.join(path, Browser(server, room))]


def test_whoever_never_reads_what_is_said_costs_little_and_is_disconnected(server):
    check_who_never_reads(server)


def test_so_it_is_with_messages_in_redis(has_redis, tmp_path):
    limits = {"CHATDEMO_MAX_RATE": "0", "CHATDEMO_MAX_MESSAGE": str(LONG)}
    with (
        RedisServer(tmp_path) as redis,
        serving(tmp_path, CHATDEMO_REDIS=redis.url(), **limits) as served,
    ):
        _warm_up(served)
        check_who_never_reads(served)


def check_who_never_reads(server) -> None:
    room = new_room()
    with ExitStack() as stack, join(server, room) as ana:
        growth = Growth(server)
        never = deaf(server, stack, room)
        delays = [talk(ana) for _ in range(MUCH // LONG)]
        cost = growth.so_far()
        for one in never:
            wait_for(one.is_given_up, "the log to say so")
    assert cost < len(never) * COST
    assert max(delays) < DELAY


def test_whoever_never_reads_what_was_said_costs_little(server):
    with ExitStack() as stack, join(server, "past") as ana, join(server, new_room()) as elsewhere:
        growth = Growth(server)
        never = deaf(server, stack, "past", "?after=0")
        for one in never:
            wait_for(lambda one=one: waiting(one) > 10_000, "the history to arrive")
        delays = [talk(one) for _ in range(100) for one in (ana, elsewhere)]
        cost = growth.so_far()
    assert cost < len(never) * COST
    assert max(delays) < DELAY


def test_whoever_reads_what_was_said_late_gets_all_of_it(server):
    few = 2000
    with (
        Deaf(server).join(f"/ws/chat/past/?after={KEPT - few}") as late,
        join(server, "past") as ana,
    ):
        talk(ana)
        assert [late.heard()["seq"] for _ in range(few + 1)] == list(
            range(KEPT - few + 1, KEPT + 2)
        )


def test_a_page_that_never_reads_its_events_costs_little_and_is_disconnected(server):
    room = new_room()
    talkative = Browser(server, room)
    talkative.call_oneself("\U0001f600" * 40)  # as long as a name can be
    with Deaf(server) as never, Deaf(server) as ana:
        for client, browser in ((never, Browser(server, room)), (ana, talkative)):
            client.join(f"/ws/chat/{room}/", browser)
        growth = Growth(server)
        while not never.is_given_up():
            never.send(frame(TEXT, b'{"beat": true}'))  # or it is closed for its silence
            ana.send(frame(TEXT, b'{"typing": true}') * 1000 + said("hello"))
            while ana.heard().get("message") != "hello":
                pass
        cost = growth.so_far()
    assert cost < COST


def test_whoever_never_reads_a_transcript_costs_little(server):
    with Deaf(server) as never, join(server, new_room()) as ana:
        growth = Growth(server)
        never.request(b"GET /chat/past/transcript/?format=json HTTP/1.1")
        wait_for(lambda: waiting(never) > 10_000, "the transcript to begin")
        delays = [talk(ana) for _ in range(100)]
        cost = growth.so_far()
    assert cost < COST
    assert max(delays) < DELAY


def test_whoever_reads_a_transcript_late_gets_all_of_it(server):
    with Deaf(server) as late, join(server, new_room()) as ana:
        late.request(b"GET /chat/past/transcript/?format=json HTTP/1.1", Connection="close")
        wait_for(lambda: waiting(late) > 10_000, "the transcript to begin")
        talk(ana)
        seqs = [one["seq"] for one in json.loads(late.answer().body)]
    assert seqs[:KEPT] == list(range(1, KEPT + 1))


@pytest.mark.parametrize("payload", [b"", b"x"], ids=["empty", "an octet"])
def test_a_message_in_a_great_many_fragments_costs_little(server, payload):
    with participant(server, new_room()) as client:
        client.send(frame(TEXT, fin=False))
        for many in (1, 150):
            growth = Growth(server)
            for _ in range(many):
                client.send(frame(CONTINUATION, payload, fin=False) * 1000)
            client.send(frame(PING, b"now"))
            assert client.frame().payload == b"now"
        assert growth.so_far() < 4 * MIB
