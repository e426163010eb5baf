"""RFC 6455 frames for the load generator: built once, read by slicing."""

import os
import struct
from collections.abc import Iterator

TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


def client_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole frame as a client sends it: masked (section 5.3)."""
    size = len(payload)
    mask = os.urandom(4)
    key = (mask * (size // 4 + 1))[:size]
    masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(size, "big")
    return _head(size, opcode, 0x80) + mask + masked


def server_frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """A whole frame as a server sends it."""
    return _head(len(payload), opcode) + payload


def _head(size: int, opcode: int, masked: int = 0) -> bytes:
    if size < 126:
        return struct.pack("!BB", 0x80 | opcode, masked | size)
    if size < 65536:
        return struct.pack("!BBH", 0x80 | opcode, masked | 126, size)
    return struct.pack("!BBQ", 0x80 | opcode, masked | 127, size)


def server_frames(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """The whole frames at the beginning of ``data``, as a server sends them: opcode, payload, and where each ends."""
    at = 0
    while found := server_frame_at(data, at):
        yield found
        at = found[2]


def server_frame_at(data: bytes, at: int) -> tuple[int, bytes, int] | None:
    """The one that begins there, None if it isn't whole."""
    head = _header(data, at)
    if not head or at + sum(head) > len(data):
        return None
    start, end = at + head[0], at + sum(head)
    return data[at] & 0x0F, data[start:end], end


def _header(data: bytes, at: int) -> tuple[int, int] | None:
    """Octets of the header and of the payload of the frame at ``at``; None if its header isn't whole."""
    if len(data) < at + 2:
        return None
    size = data[at + 1] & 0x7F
    extended = {126: 2, 127: 8}.get(size, 0)
    if len(data) < at + 2 + extended:
        return None
    return 2 + extended, int.from_bytes(
        data[at + 2 : at + 2 + extended], "big"
    ) if extended else size
