"""WebSocket frames as clients and servers write them, malformed ones too (RFC 6455, section 5.2)."""

from collections.abc import Iterator
from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
#: A masking key. It is always the same, so that a failure can be repeated.
KEY = b"\x37\xfa\x21\x3d"
SHOWN_BYTES = 24


class Frame(NamedTuple):
    """One frame. Nothing stops it from breaking the protocol."""

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0

    def __repr__(self) -> str:
        rest = len(self.payload) - SHOWN_BYTES
        more = f" and {rest} bytes more" if rest > 0 else ""
        return f"<Frame {self.opcode} {self.payload[:SHOWN_BYTES]!r}{more} fin={self.fin} rsv={self.rsv}>"

    @property
    def code(self) -> int | None:
        """The status code of a close frame, None if it has none."""
        assert self.opcode == CLOSE, f"this is no close frame: {self}"
        return int.from_bytes(self.payload[:2], "big") if self.payload else None


def close_frame(code: int | None = None, reason: bytes = b"") -> Frame:
    """A close frame; without a code, nothing but the reason is in it."""
    return Frame(CLOSE, (b"" if code is None else code.to_bytes(2, "big")) + reason)


def fragments(opcode: int, payload: bytes, size: int) -> tuple[Frame, ...]:
    """A message cut into frames of ``size`` bytes; the last is what remains."""
    starts = range(0, len(payload), size)
    return tuple(
        Frame(
            CONTINUATION if start else opcode,
            payload[start : start + size],
            fin=start == starts[-1],
        )
        for start in starts
    )


def encode(frame: Frame, key: bytes = KEY) -> bytes:
    """The frame's bytes: masked with ``key`` as a client's, or as a server's if that is empty."""
    first, length, masked = (
        frame.fin << 7 | frame.rsv << 4 | frame.opcode,
        len(frame.payload),
        bool(key) << 7,
    )
    if length < 126:
        head = bytes([first, masked | length])
    elif length < 1 << 16:
        head = bytes([first, masked | 126]) + length.to_bytes(2, "big")
    else:
        head = bytes([first, masked | 127]) + length.to_bytes(8, "big")
    return head + key + (mask(frame.payload, key) if key else frame.payload)


def mask(payload: bytes, key: bytes) -> bytes:
    """The masked payload: one XOR of two long numbers, as a loop over a mebibyte would take a while."""
    stream = (key * (len(payload) // 4 + 1))[: len(payload)]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")
    return masked.to_bytes(len(payload), "big")


def decode(data: bytes | bytearray, start: int = 0) -> tuple[Frame, int] | None:
    """The frame of a server that begins at ``start``, and where it ends; None while it isn't whole."""
    if len(data) < start + 2:
        return None
    first, length = data[start], data[start + 1]
    assert length < 128, "a server must not mask its frames"
    begin = start + 2 + {126: 2, 127: 8}.get(length, 0)
    if len(data) < begin:
        return None
    if length > 125:
        length = int.from_bytes(data[start + 2 : begin], "big")
    if len(data) < begin + length:
        return None
    payload = bytes(data[begin : begin + length])
    return Frame(first & 0x0F, payload, bool(first & 0x80), first >> 4 & 0x07), begin + length


def decode_all(data: bytes) -> Iterator[tuple[Frame, int]]:
    """The whole frames at the beginning of ``data``, as ``decode`` gives them."""
    end = 0
    while found := decode(data, end):
        yield found
        end = found[1]
