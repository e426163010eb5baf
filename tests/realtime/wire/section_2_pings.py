"""Section 2: pings and pongs."""

from tests.realtime.wire.case import (
    NORMAL,
    PROTOCOL_ERROR,
    answered,
    chopped,
    closed,
    each,
    refused,
    together,
)
from tests.support.frames import PING, PONG, Frame, close_frame

LONGEST = b"\xfe" * 125
UNASKED = Frame(PONG, b"unsolicited pong payload")
TEN = [b"payload-%d" % i for i in range(10)]
PINGS, PONGS = ([Frame(opcode, payload) for payload in TEN] for opcode in (PING, PONG))

CASES = [
    *[
        answered(f"2.{i}", together(Frame(PING, payload)), Frame(PONG, payload))
        for i, payload in enumerate(
            [b"", b"Hello, world!", b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", LONGEST], 1
        )
    ],
    refused("2.5", together(Frame(PING, b"\xfe" * 126)), PROTOCOL_ERROR),
    answered("2.6", chopped(Frame(PING, LONGEST)), Frame(PONG, LONGEST)),
    closed("2.7", each(Frame(PONG), close_frame(NORMAL)), NORMAL),
    closed("2.8", each(UNASKED, close_frame(NORMAL)), NORMAL),
    answered("2.9", each(UNASKED, Frame(PING, b"ping payload")), Frame(PONG, b"ping payload")),
    answered("2.10", each(*PINGS), *PONGS),
    answered("2.11", chopped(*PINGS), *PONGS),
]
