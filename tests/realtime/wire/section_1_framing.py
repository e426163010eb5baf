"""Section 1: messages of every way to write a length."""

from tests.realtime.wire.case import Case, answered, chopped, together
from tests.support.frames import BINARY, TEXT, Frame

SIZES = (0, 125, 126, 127, 128, 65535, 65536)


def _cases(part: str, opcode: int, byte: bytes) -> list[Case]:
    messages = [Frame(opcode, byte * size) for size in SIZES]
    whole = [
        answered(f"{part}.{i}", together(message), message) for i, message in enumerate(messages, 1)
    ]
    return [*whole, answered(f"{part}.8", chopped(messages[-1], size=997), messages[-1])]


CASES = [*_cases("1.1", TEXT, b"*"), *_cases("1.2", BINARY, b"\xfe")]
