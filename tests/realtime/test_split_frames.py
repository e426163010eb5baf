"""However the network cuts a participant's bytes, the same messages come of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdemo.realtime.send import decode_text_frame
from tests.realtime.room import Participant, serving
from tests.support.frames import BINARY, CONTINUATION, PING, PONG, TEXT, Frame, encode


@pytest.fixture(scope="module")
def room():
    """A room whose server must have nothing to complain of."""
    with serving() as room:
        with Participant(room.port) as room.witness:
            yield room
        assert room.stop() == ""


STREAM = (
    Frame(TEXT, b"one"),
    Frame(TEXT, b"tw", fin=False),
    Frame(PING, b"!"),
    Frame(CONTINUATION, "\u00e9".encode()),
    Frame(TEXT, b""),
    Frame(TEXT, b"x" * 125),
    Frame(TEXT, b"end"),
)
HEARD = ["one", "tw\u00e9", "", "x" * 125, "end"]


def heard_of(room, chunks: list[bytes], count: int) -> list[str]:
    """The texts that come back when the server has read each of the chunks on its own."""
    with Participant(room.port) as ana:
        for chunk in chunks:
            ana.send_bytes(chunk)
            let_it_read(room.witness)
        texts = []
        while len(texts) < count:
            ana.read(len(ana.received) + 1)
            frame = ana.received[-1]
            assert frame.opcode in (TEXT, PONG), frame
            texts += [frame.payload.decode()] if frame.opcode == TEXT else []
        return texts


def let_it_read(witness: Participant) -> None:
    """What was sent before is read when somebody else's ping is answered."""
    witness.send(Frame(PING))
    while witness.received[-1:] != [Frame(PONG)]:
        witness.read(len(witness.received) + 1)
    witness.received.clear()


def test_frames_that_are_cut_anywhere_in_two(room):
    data = b"".join(map(encode, STREAM))
    for cut in range(1, len(data)):
        assert heard_of(room, [data[:cut], data[cut:]], 5) == HEARD, cut


def test_frames_that_come_octet_by_octet(room):
    data = b"".join(map(encode, STREAM))
    assert heard_of(room, [data[i : i + 1] for i in range(len(data))], 5) == HEARD


@settings(max_examples=40, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=200), min_size=1, max_size=6),
    cuts=st.lists(st.integers(1, 140), max_size=8),
)
def test_any_texts_cut_in_any_way(room, texts, cuts):
    data = b"".join(encode(Frame(TEXT, b"#" + text.encode())) for text in texts)
    chunks = []
    for cut in cuts:
        chunks.append(data[:cut])
        data = data[cut:]
    chunks.append(data)
    assert heard_of(room, [chunk for chunk in chunks if chunk], len(texts)) == [
        "#" + text for text in texts
    ]


@pytest.mark.parametrize("size", [126, 127, 200, 300, 65_536])
def test_the_beginning_of_a_long_frame_is_no_frame(size):
    data = encode(
        Frame(TEXT, b"x" * size), key=bytes(4)
    )  # a part of it looks most like a whole one
    assert [
        cut for cut in range(len(data[:400]) + 1) if decode_text_frame(data[:cut]) is not None
    ] == []


@pytest.mark.parametrize("size", range(1, 126))
def test_a_whole_short_frame_is_read_and_no_part_of_it(size):
    text = "\u00e9" * (size // 2) + "x" * (size % 2)
    data = encode(Frame(TEXT, text.encode()))
    assert decode_text_frame(data) == text
    assert all(decode_text_frame(data[:cut]) is None for cut in range(len(data)))
    assert decode_text_frame(data + b"\x81") is None


NO_TEXTS = {
    "empty": encode(Frame(TEXT)),
    "binary": encode(Frame(BINARY, b"hello")),
    "a ping": encode(Frame(PING, b"hello")),
    "not final": encode(Frame(TEXT, b"hello", fin=False)),
    "a continuation": encode(Frame(CONTINUATION, b"hello")),
    "a reserved bit": encode(Frame(TEXT, b"hello", rsv=4)),
    "unmasked": b"\x81\x05hello",
    "no UTF-8": encode(Frame(TEXT, b"\xff\xfe")),
    "half a character": encode(Frame(TEXT, "é".encode()[:1])),
    "a surrogate": encode(Frame(TEXT, b"\xed\xa0\x80")),
    "a length in 16 bits for less": b"\x81\xfe\x00\x7c" + encode(Frame(TEXT, b"x" * 124))[2:],
    "two": encode(Frame(TEXT, b"a")) * 2,
}


@pytest.mark.parametrize("data", NO_TEXTS.values(), ids=NO_TEXTS)
def test_all_else_is_left_to_autobahn(data):
    assert decode_text_frame(data) is None
