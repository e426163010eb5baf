"""The client's WebSocket, with a transport that only remembers."""

import asyncio
import base64
import hashlib

import pytest

from chatdemo.crowd.address import parse_address
from chatdemo.crowd.connection import GUID, ClientConnection, within

LONG = b"x" * 200
LONGER = b"y" * 70_000


class FakeTransport(asyncio.Transport):
    def __init__(self):
        super().__init__()
        self.written, self.is_aborted = b"", False

    def write(self, data):
        self.written += data

    def abort(self):
        self.is_aborted = True


class Opened:
    """A connection after its handshake. ``messages`` and ``ends`` are what it reported."""

    def __init__(self):
        self.messages, self.ends = [], []
        address = parse_address("ws://host:1/ws/chat/lobby/", "")
        self.connection = ClientConnection(
            address, "?after=0", self.messages.append, lambda *end: self.ends.append(end)
        )
        self.transport = FakeTransport()
        self.connection.connection_made(self.transport)
        self.request, self.transport.written = self.transport.written.decode(), b""
        key = self.request.partition("Sec-WebSocket-Key: ")[2].partition("\r\n")[0]
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        self.receive(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode()
        )

    def receive(self, data):
        while data:
            buffer = self.connection.get_buffer(-1)
            chunk, data = data[: len(buffer)], data[len(buffer) :]
            buffer[: len(chunk)] = chunk
            self.connection.buffer_updated(len(chunk))


@pytest.fixture
async def opened():
    return Opened()


def frame(first, payload):
    size = len(payload)
    if size < 126:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return bytes((first, 126)) + size.to_bytes(2, "big") + payload
    return bytes((first, 127)) + size.to_bytes(8, "big") + payload


def unmasked(sent):
    """The first byte of a masked frame, and its payload."""
    assert sent[1] & 0x80 and len(sent) == 6 + (sent[1] & 0x7F)
    return sent[0], bytes(byte ^ sent[2 + index % 4] for index, byte in enumerate(sent[6:]))


async def test_the_handshake_asks_for_the_path_from_the_servers_own_pages(opened):
    assert opened.request.startswith("GET /ws/chat/lobby/?after=0 HTTP/1.1\r\n")
    assert "Host: host:1\r\n" in opened.request and "Origin: http://host:1\r\n" in opened.request
    assert opened.connection.is_open


@pytest.mark.parametrize("step", [1, 3, 1_000_000])
async def test_messages_arrive_whole_however_they_are_split(opened, step):
    data = b"".join(
        [
            frame(0x81, b"short"),
            frame(0x81, LONG),
            frame(0x82, LONGER[:70_000]),
            frame(0x01, b"in "),
            frame(0x89, b"ping"),  # control frames may come between fragments
            frame(0x00, b"three "),
            frame(0x80, b"parts"),
            frame(0x81, b""),
        ]
    )
    for start in range(0, len(data), step):
        opened.receive(data[start : start + step])
    assert opened.messages == [b"short", LONG, LONGER, b"in three parts", b""]
    assert unmasked(opened.transport.written) == (0x8A, b"ping")


async def test_the_records_of_tls_that_arrive_together_are_all_received(opened):
    """asyncio's SSLProtocol writes the second record into a slice of the buffer."""
    first, second = frame(0x81, b"first"), frame(0x81, b"second")
    buffer = opened.connection.get_buffer(-1)
    buffer[: len(first)] = first
    rest = buffer[len(first) :]
    rest[: len(second)] = second
    opened.connection.buffer_updated(len(first + second))
    assert opened.messages == [b"first", b"second"]


async def test_a_text_is_sent_masked(opened):
    opened.connection.send(b"hello")
    assert unmasked(opened.transport.written) == (0x81, b"hello")


@pytest.mark.parametrize(
    ("payload", "end"),
    [
        (b"\x03\xe8", (1000, "")),
        (b"\x0f\xa1Enough.", (4001, "Enough.")),
        (b"", (1005, "")),
        (b"\x03\xe9\xff", (1001, "\ufffd")),
    ],
)
async def test_a_close_frame_is_reported_once_and_answered(opened, payload, end):
    opened.receive(frame(0x88, payload))
    assert unmasked(opened.transport.written) == (0x88, payload[:2])
    opened.connection.connection_lost(None)
    assert opened.ends == [end] and not opened.connection.is_open
    assert opened.connection.closed.done()


async def test_a_lost_connection_is_reported_and_nothing_more_is_sent(opened):
    opened.connection.connection_lost(None)
    opened.connection.send(b"hello")
    assert opened.ends == [(1006, "")] and opened.transport.written == b""


@pytest.mark.parametrize(
    "data", [b"\xc1\x00", b"\x83\x00", b"\x81\x85abcdhello"], ids=["reserved", "opcode", "masked"]
)
async def test_an_invalid_frame_ends_the_connection(opened, data):
    opened.receive(data)
    assert opened.ends == [(1006, "the server sent an invalid frame")]
    assert opened.transport.is_aborted and opened.messages == []


async def test_a_close_of_our_own_is_sent_and_answered(opened):
    opened.connection.close()
    assert unmasked(opened.transport.written) == (0x88, b"\x03\xe8")
    opened.receive(frame(0x88, b"\x03\xe8"))
    opened.connection.connection_lost(None)
    assert opened.ends == [(1000, "")] and opened.connection.closed.done()


async def test_a_cancellation_that_arrives_with_the_result_is_not_lost():
    future = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(within(60, future))
    await asyncio.sleep(0)
    future.set_result("done")
    asyncio.get_running_loop().call_soon(task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_result_that_is_late_is_cancelled():
    future = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await within(0.001, future)
    assert future.cancelled()
