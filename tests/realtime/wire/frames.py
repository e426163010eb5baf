"""WebSocket frames as a client writes and reads them, the malformed ones too (RFC 6455, section 5.2)."""

from typing import NamedTuple

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
#: Every frame from a client is masked. With always the same key, a failure can be had again.
KEY = b"\x37\xfa\x21\x3d"
SHOWN = 24


class Frame(NamedTuple):
    """One frame. Nothing stops it from breaking the protocol."""

    opcode: int
    payload: bytes = b""
    fin: bool = True
    rsv: int = 0

    def __repr__(self) -> str:
        rest = f" and {len(self.payload) - SHOWN} bytes more" if len(self.payload) > SHOWN else ""
        return f"<Frame {self.opcode} {self.payload[:SHOWN]!r}{rest} fin={self.fin} rsv={self.rsv}>"


def close_frame(code: int | None = None, reason: bytes = b"") -> Frame:
    """A close frame; without a code, nothing but the reason is in it."""
    return Frame(CLOSE, (b"" if code is None else code.to_bytes(2, "big")) + reason)


def close_code(frame: Frame) -> int | None:
    return int.from_bytes(frame.payload[:2], "big") if frame.payload else None


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


def encode(frame: Frame) -> bytes:
    """The frame's bytes, masked."""
    return head(frame) + KEY + masked(frame.payload)


def head(frame: Frame) -> bytes:
    """What comes before the masking key: flags, opcode and length."""
    first, length = frame.fin << 7 | frame.rsv << 4 | frame.opcode, len(frame.payload)
    if length < 126:
        return bytes([first, 0x80 | length])
    short = length < 1 << 16
    return bytes([first, 0x80 | (126 if short else 127)]) + length.to_bytes(
        2 if short else 8, "big"
    )


def masked(payload: bytes) -> bytes:
    """The payload under KEY: one XOR of two long numbers, as a loop over a mebibyte would take a while."""
    key = (KEY * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(
        len(payload), "big"
    )
