"""Raw frames: a breach of RFC 6455 is answered with the close code it gives, and disturbs no one else."""

import json
import socket
import struct

import pytest

from tests.hostile.raw import (
    Raw,
    close,
    frame,
    hear,
    join,
    new_room,
    on_each_loop,
    participant,
    said,
    say,
)
from tests.support.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

GOOD = json.dumps({"message": "hello"}).encode()
MEGABYTE = 1024 * 1024


@pytest.fixture
def room():
    return new_room()


@pytest.fixture
def client(server, room):
    with participant(server, room) as client:
        yield client


@pytest.fixture
def bystander(server, room, client):
    """Someone in the room of ``client``, who must not notice anything."""
    with join(server, room) as bystander:
        yield bystander
        say(bystander, "undisturbed")
        assert hear(bystander)["message"] == "undisturbed"


def check_closed(client: Raw, data: bytes, code: int) -> None:
    """Send ``data``: a close frame with ``code`` comes back, and once it is answered the connection ends."""
    client.send(data)
    answer = client.frame()
    assert answer.opcode == CLOSE, answer
    assert answer.code == code, answer
    assert len(answer.payload) <= 125
    answer.payload[2:].decode("utf-8")
    client.send(close(code))
    assert client.at_end()


def header(first: int, *rest: int) -> bytes:
    """A frame's header byte by byte."""
    return bytes([first, *rest])


KEY = (1, 2, 3, 4)
BREACHES = {
    "an unmasked text frame": frame(TEXT, GOOD, masked=False),
    "an unmasked empty frame": frame(TEXT, masked=False),
    "an unmasked binary frame": frame(BINARY, b"\0", masked=False),
    "an unmasked ping": frame(PING, b"x", masked=False),
    "an unmasked close": frame(CLOSE, struct.pack("!H", 1000), masked=False),
    "every reserved bit": frame(TEXT, GOOD, rsv=7),
    "a reserved bit in a ping": frame(PING, b"x", rsv=1),
    "a reserved bit in a close": frame(CLOSE, struct.pack("!H", 1000), rsv=4),
    "a fragmented close": frame(CLOSE, struct.pack("!H", 1000), fin=False),
    "a ping of 70 000 bytes": frame(PING, b"x" * 70_000),
    "a pong of 126 bytes": frame(PONG, b"x" * 126),
    "a binary within a text": frame(TEXT, b'{"mess', fin=False) + frame(BINARY, b"\0"),
    "a text within a binary": frame(BINARY, b"\0", fin=False) + frame(TEXT, GOOD),
    "a continuation after the end": frame(TEXT, b"", fin=False) + frame(PING, b"", rsv=1),
    "a length of 126 in 16 bits for less": header(0x81, 0xFE, 0, 5, *KEY) + b"hello",
    "a length in 64 bits for less": header(0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0, 5, *KEY) + b"hello",
    "a length with its first bit set": header(0x81, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0, *KEY),
    "an HTTP request": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "nothing but ones": b"\xff" * 1000,
    "nothing but zeros": b"\0" * 1000,
}
BREACHES |= {f"close code {code}": close(code) for code in (1, 1015, 5000, 65535)}


@pytest.mark.parametrize("data", BREACHES.values(), ids=BREACHES)
def test_a_breach_of_the_protocol_is_closed_with_1002(client, bystander, data):
    check_closed(client, data, 1002)


INVALID = {
    "half a character": frame(TEXT, b'{"message": "caf\xc3'),
    "Latin-1": frame(TEXT, b'{"message": "caf\xe9"}'),
    "an overlong slash": frame(TEXT, b'{"message": "\xc0\xaf"}'),
    "a surrogate": frame(TEXT, b'{"message": "\xed\xa0\x80"}'),
    "a pair of surrogates": frame(TEXT, b'{"message": "\xed\xa0\xbd\xed\xb8\x80"}'),
    "beyond Unicode": frame(TEXT, b'{"message": "\xf4\x90\x80\x80"}'),
    "UTF-16": frame(TEXT, "hello".encode("utf-16")),
    "a character cut by the end of fragments": frame(TEXT, b"\xc3", fin=False)
    + frame(CONTINUATION, b""),
    "a bad byte in the second fragment": frame(TEXT, b"caf", fin=False)
    + frame(CONTINUATION, b"\xff"),
    "a character whose rest is bad in the next fragment": frame(TEXT, b"\xe2\x82", fin=False)
    + frame(CONTINUATION, b"\x28"),
    "a bad byte before the last fragment": frame(TEXT, b"\xff", fin=False),
    "a close reason of a bad byte": close(1000, b"\xff"),
    "a close reason cut within a character": close(1000, b"caf\xc3"),
    "a close reason with a surrogate": close(1000, b"\xed\xa0\x80"),
}


@pytest.mark.parametrize("data", INVALID.values(), ids=INVALID)
def test_text_that_is_no_utf_8_is_closed_with_1007(client, bystander, data):
    check_closed(client, data, 1007)


TOO_BIG = {
    "two megabytes of text": frame(TEXT, b"x" * 2 * MEGABYTE),
    "two megabytes of bytes": frame(BINARY, b"\0" * 2 * MEGABYTE),
    "a byte over the limit": frame(TEXT, b"x" * (MEGABYTE + 1)),
    "a header that claims a terabyte": header(0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0, *KEY),
    "a header that claims the most there is": header(0x82, 0xFF, 0x7F, *[0xFF] * 7, *KEY),
    "20 fragments of 64 kB": frame(TEXT, b"x" * 65_536, fin=False)
    + frame(CONTINUATION, b"x" * 65_536, fin=False) * 18
    + frame(CONTINUATION, b"x" * 65_536),
}


@on_each_loop
@pytest.mark.parametrize("data", TOO_BIG.values(), ids=TOO_BIG)
def test_a_message_over_a_megabyte_is_closed_with_1009(client, bystander, data):
    check_closed(client, data, 1009)


LATE = said("too late")
ENDINGS = {
    "an unmasked frame": frame(TEXT, GOOD, masked=False),
    "invalid UTF-8": frame(TEXT, b"\xff"),
    "a close": close(1000),
    "a bad close": close(999),
}


@on_each_loop
@pytest.mark.parametrize("data", ENDINGS.values(), ids=ENDINGS)
def test_nobody_hears_what_comes_after_the_end(client, bystander, data):
    client.send(data + LATE + LATE)
    assert client.frame().opcode == CLOSE


def fragments(*parts: bytes, between: bytes = b"") -> bytes:
    """A text message in as many frames as ``parts``, with ``between`` after each but the last."""
    frames = [
        frame(CONTINUATION if n else TEXT, part, fin=n + 1 == len(parts))
        for n, part in enumerate(parts)
    ]
    return between.join(frames)


CAFE = '{"message": "café"}'.encode()
FRAGMENTED = {
    "in two": fragments(CAFE[:5], CAFE[5:]),
    "in single bytes": fragments(*(bytes([byte]) for byte in CAFE)),
    "with empty ones": fragments(b"", CAFE, b"", b""),
    "with pongs between": fragments(CAFE[:5], CAFE[5:9], CAFE[9:], between=frame(PONG, b"x")),
    "a character cut in two": fragments(CAFE[:17], CAFE[17:]),
}


@pytest.mark.parametrize("data", FRAGMENTED.values(), ids=FRAGMENTED)
def test_a_message_in_fragments_is_put_together(client, room, server, data):
    with join(server, room) as other:
        client.send(data)
        assert client.heard()["message"] == "café"
        assert hear(other)["message"] == "café"


@on_each_loop
def test_a_hundred_pings_do_no_harm(client):
    client.send(frame(PING, b"x") * 100 + said("hello"))
    heard = client.frame()
    while heard.opcode == PONG:
        heard = client.frame()
    assert json.loads(heard.payload)["message"] == "hello"


def test_a_pong_that_nobody_asked_for_is_ignored(client):
    client.send(frame(PONG, b"x" * 125) + said("hello"))
    assert client.heard()["message"] == "hello"


@on_each_loop
def test_frames_that_come_byte_by_byte_are_put_together(client):
    for byte in said("slowly"):
        client.send(bytes([byte]))
    assert client.heard()["message"] == "slowly"


@on_each_loop
def test_many_frames_at_once_keep_their_order(client):
    client.send(b"".join(said(str(number)) for number in range(50)))
    assert [client.heard()["message"] for _ in range(50)] == [str(number) for number in range(50)]


def test_a_mask_of_zeros_is_a_mask(client):
    client.send(header(0x81, 0x80 | len(GOOD), 0, 0, 0, 0) + GOOD)
    assert client.heard()["message"] == "hello"


CLOSES = {
    "an emoji for a reason": close(1000, "\U0001f600".encode()),
    "twice": close(1000) + close(1000),
    "with a reason": close(4999, "schön".encode()),
}


@on_each_loop
@pytest.mark.parametrize("data", CLOSES.values(), ids=CLOSES)
def test_an_odd_close_is_answered_with_a_close(client, bystander, data):
    client.send(data)
    assert client.frame().code in (1000, 4999)
    assert client.at_end()


ABRUPT = {
    "after nothing": b"",
    "after a message": said("bye"),
    "within a header": b"\x81",
    "within a frame": frame(TEXT, b"x" * 1000)[:500],
    "within a message": frame(TEXT, b'{"mess', fin=False),
    "after a ping": frame(PING, b"x" * 125),
    "after a close": close(1000),
    "after a breach": frame(TEXT, GOOD, masked=False),
    "within two megabytes": frame(TEXT, b"x" * 2 * MEGABYTE)[:MEGABYTE],
}


@on_each_loop
@pytest.mark.parametrize("data", ABRUPT.values(), ids=ABRUPT)
@pytest.mark.parametrize("how", ["reset", "closed"])
def test_a_connection_that_breaks_off_disturbs_nobody(server, room, data, how):
    with join(server, room) as other:
        with participant(server, room) as client:
            client.send(data)
            if how == "reset":
                client.reset()
        say(other, "undisturbed")
        heard = hear(other)
        assert (hear(other) if heard["message"] == "bye" else heard)["message"] == "undisturbed"


@on_each_loop
@pytest.mark.parametrize(
    "data", [frame(TEXT, b"\xff"), frame(TEXT, GOOD, masked=False)], ids=["1007", "1002"]
)
def test_what_others_say_to_a_participant_that_is_being_closed_is_no_fault(client, bystander, data):
    """It never answers the close frame; were sending to it an error, the server's output would have a line of it."""
    client.send(data)
    assert client.frame().opcode == CLOSE
    for number in range(5):
        say(bystander, str(number))
        assert hear(bystander)["message"] == str(number)
    assert client.at_end()


@on_each_loop
def test_a_half_open_connection_is_ended(server, room, bystander, client):
    client.socket.shutdown(socket.SHUT_WR)
    assert client.at_end()


@on_each_loop
def test_a_participant_that_reads_nothing_holds_nobody_up(server, room, bystander, client):
    for number in range(20):
        say(bystander, f"{number} " + "x" * 3900)
        assert hear(bystander)["message"].startswith(f"{number} ")
