"""Frames as tests and benchmarks write and read them."""

import pytest

from tests.support.frames import CLOSE, TEXT, Frame, close_frame, decode_all, encode

SIZES = [0, 1, 125, 126, 65_535, 65_536]


@pytest.mark.parametrize("size", SIZES)
def test_a_clients_frame_is_masked_and_as_long_as_it_says(size):
    payload = bytes(number % 251 for number in range(size))
    made = encode(Frame(TEXT, payload))
    start = len(made) - size
    mask = made[start - 4 : start]
    assert (made[0], made[1] & 0x80) == (0x81, 0x80)
    assert bytes(octet ^ mask[place % 4] for place, octet in enumerate(made[start:])) == payload


@pytest.mark.parametrize("size", SIZES)
def test_a_servers_frame_is_read_once_it_is_whole(size):
    text, bye = Frame(TEXT, b"x" * size), close_frame(1000)
    data = encode(text, key=b"") + encode(bye, key=b"")
    end = len(data) - 4
    assert list(decode_all(data)) == [(text, end), (bye, len(data))]
    assert list(decode_all(data[: end - 1])) == []
    assert [list(decode_all(data[:cut])) for cut in range(min(end, 10))] == [[]] * min(end, 10)


def test_a_close_frames_code_is_none_without_a_payload():
    assert (close_frame(1001, b"bye").code, Frame(CLOSE).code) == (1001, None)
