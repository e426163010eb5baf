"""Section 4: opcodes that are reserved."""

from tests.realtime.wire.case import PROTOCOL_ERROR, Case, chopped, refused, together
from tests.support.frames import PING, TEXT, Frame

HELLO = Frame(TEXT, b"Hello, world!")


def _cases(part: str, first: int) -> list[Case]:
    """The five reserved opcodes from ``first`` on: two alone, three between a message and a ping."""
    alone = [Frame(first), Frame(first + 1, b"reserved opcode payload")]
    after = [Frame(first + 2), Frame(first + 3, HELLO.payload), Frame(first + 4, HELLO.payload)]
    ways = [together, together, chopped]
    return [
        *[
            refused(f"{part}.{i}", together(frame), PROTOCOL_ERROR)
            for i, frame in enumerate(alone, 1)
        ],
        *[
            refused(f"{part}.{i}", way(HELLO, frame, Frame(PING)), PROTOCOL_ERROR, HELLO)
            for i, (frame, way) in enumerate(zip(after, ways, strict=True), 3)
        ],
    ]


CASES = [*_cases("4.1", 3), *_cases("4.2", 11)]
