"""Section 5: messages in several frames, and control frames among them."""

from tests.realtime.wire.case import (
    PROTOCOL_ERROR,
    Await,
    Case,
    answered,
    chopped,
    each,
    refused,
    together,
)
from tests.support.frames import CONTINUATION, PING, PONG, TEXT, Frame

ONE, TWO, THREE, FOUR, FIVE = (b"fragment%d" % i for i in range(1, 6))
HALVES = Frame(TEXT, ONE, fin=False), Frame(CONTINUATION, TWO)
WHOLE = Frame(TEXT, ONE + TWO)
ASIDE, BACK = Frame(PING, b"ping payload"), Frame(PONG, b"ping payload")
HELLO = Frame(TEXT, b"Hello, world!")
WAYS = (together, each, chopped)


def _split_control(number: str, opcode: int) -> Case:
    return refused(number, together(Frame(opcode, ONE, fin=False), HALVES[1]), PROTOCOL_ERROR)


def _in_every_way(first: int, frames: tuple[Frame, ...], *answers: Frame) -> list[Case]:
    return [answered(f"5.{i}", way(*frames), *answers) for i, way in enumerate(WAYS, first)]


def _nothing_to_continue(first: int, fin: bool) -> list[Case]:
    stray = Frame(CONTINUATION, b"non-continuation payload", fin)
    return [
        refused(f"5.{i}", way(stray, HELLO), PROTOCOL_ERROR) for i, way in enumerate(WAYS, first)
    ]


def _stray_then_message(number: str, fin: bool) -> Case:
    frames = Frame(CONTINUATION, ONE, fin), Frame(TEXT, TWO, fin=False), Frame(CONTINUATION, THREE)
    return refused(number, together(*frames, *frames), PROTOCOL_ERROR)


def _answered_midway(number: str, way) -> Case:
    """A ping in the middle of a message has its pong before the rest of the message is sent."""
    pings = [Frame(PING, b"pongme %d!" % i) for i in (1, 2)]
    pongs = [Frame(PONG, ping.payload) for ping in pings]
    begun = way(Frame(TEXT, ONE, fin=False), Frame(CONTINUATION, TWO, fin=False), pings[0])
    middle = [Frame(CONTINUATION, payload, fin=False) for payload in (THREE, FOUR)]
    rest = way(*middle, pings[1], Frame(CONTINUATION, FIVE))
    message = Frame(TEXT, ONE + TWO + THREE + FOUR + FIVE)
    return answered(number, (*begun, Await(1), *rest), *pongs, message)


CASES = [
    _split_control("5.1", PING),
    _split_control("5.2", PONG),
    *_in_every_way(3, HALVES, WHOLE),
    *_in_every_way(6, (HALVES[0], ASIDE, HALVES[1]), BACK, WHOLE),
    *_nothing_to_continue(9, fin=True),
    *_nothing_to_continue(12, fin=False),
    refused(
        "5.15",
        together(*HALVES, Frame(CONTINUATION, THREE, fin=False), Frame(TEXT, FOUR)),
        PROTOCOL_ERROR,
        WHOLE,
    ),
    _stray_then_message("5.16", fin=False),
    _stray_then_message("5.17", fin=True),
    refused("5.18", together(HALVES[0], Frame(TEXT, TWO)), PROTOCOL_ERROR),
    _answered_midway("5.19", together),
    _answered_midway("5.20", each),
]
