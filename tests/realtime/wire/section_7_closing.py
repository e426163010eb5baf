"""Section 7: closing, and close frames that are malformed."""

from tests.realtime.wire.case import (
    CLIENT_HAS_CLOSED,
    INVALID_PAYLOAD,
    NORMAL,
    PROTOCOL_ERROR,
    Case,
    answered,
    closed,
    each,
    together,
)
from tests.realtime.wire.utf8 import GREEK
from tests.support.frames import CLOSE, CONTINUATION, PING, TEXT, Frame, close_frame

HELLO = Frame(TEXT, b"Hello World!")
LARGE = Frame(TEXT, (b"BAsd7&jh23" * (1 << 15))[: 256 << 10])
BYE = close_frame(NORMAL)
FRAGMENTS = Frame(TEXT, b"fragment1", fin=False), Frame(CONTINUATION, b"fragment2")
NOT_UTF8 = GREEK + b"\xed\xa0\x80edited"
VALID = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
INVALID = (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)
UNDEFINED = (5000, 65535)


def _closed_with(number: str, frame: Frame, *codes: int | None) -> Case:
    return closed(number, together(frame), *codes)


CASES = [
    answered("7.1.1", together(HELLO), HELLO),
    closed("7.1.2", each(BYE, Frame(CLOSE)), NORMAL),
    closed("7.1.3", each(BYE, Frame(PING)), NORMAL),
    closed("7.1.4", each(BYE, HELLO), NORMAL),
    closed("7.1.5", each(FRAGMENTS[0], BYE, FRAGMENTS[1]), NORMAL),
    Case(  # INFORMATIONAL: how much of it is echoed before the closing is the server's own affair
        "7.1.6",
        each(LARGE, HELLO, BYE, Frame(PING)),
        ((LARGE, HELLO), (LARGE,), ()),
        frozenset([NORMAL]),
        CLIENT_HAS_CLOSED,
    ),
    _closed_with("7.3.1", close_frame(), NORMAL, None),
    _closed_with("7.3.2", close_frame(reason=b"a"), PROTOCOL_ERROR),
    _closed_with("7.3.3", BYE, NORMAL),
    _closed_with("7.3.4", close_frame(NORMAL, b"Hello World!"), NORMAL),
    _closed_with("7.3.5", close_frame(NORMAL, b"*" * 123), NORMAL),
    _closed_with("7.3.6", close_frame(NORMAL, b"*" * 124), PROTOCOL_ERROR),
    _closed_with("7.5.1", close_frame(NORMAL, NOT_UTF8), PROTOCOL_ERROR, INVALID_PAYLOAD),
    *[_closed_with(f"7.7.{i}", close_frame(code), NORMAL, code) for i, code in enumerate(VALID, 1)],
    *[
        _closed_with(f"7.9.{i}", close_frame(code), PROTOCOL_ERROR)
        for i, code in enumerate(INVALID, 1)
    ],
    *[
        _closed_with(f"7.13.{i}", close_frame(code), NORMAL, PROTOCOL_ERROR, code)  # INFORMATIONAL
        for i, code in enumerate(UNDEFINED, 1)
    ],
]
