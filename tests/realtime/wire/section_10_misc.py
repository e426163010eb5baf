"""Section 10: what is in no other section."""

from tests.realtime.wire.case import answered, together
from tests.support.frames import TEXT, Frame, fragments

MESSAGE = Frame(TEXT, b"*" * 65536)

CASES = [answered("10.1.1", together(*fragments(TEXT, MESSAGE.payload, 1300)), MESSAGE)]
