"""Section 3: reserved bits, which no extension has given a meaning."""

from tests.realtime.wire.case import PROTOCOL_ERROR, Case, Step, chopped, each, refused, together
from tests.support.frames import BINARY, CLOSE, PING, TEXT, Frame

HELLO = Frame(TEXT, b"Hello, world!")


def _after_a_message(number: str, rsv: int, way) -> Case:
    steps: tuple[Step, ...] = way(HELLO, HELLO._replace(rsv=rsv), Frame(PING))
    return refused(number, steps, PROTOCOL_ERROR, HELLO)


def _alone(number: str, frame: Frame) -> Case:
    return refused(number, together(frame), PROTOCOL_ERROR)


CASES = [
    _alone("3.1", HELLO._replace(rsv=1)),
    _after_a_message("3.2", 2, together),
    _after_a_message("3.3", 3, each),
    _after_a_message("3.4", 4, chopped),
    _alone("3.5", Frame(BINARY, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", rsv=5)),
    _alone(
        "3.6", Frame(PING, b"Hello, world!", rsv=6)
    ),  # the suite announces this ping, and sends a binary message
    _alone("3.7", Frame(CLOSE, rsv=7)),
]
