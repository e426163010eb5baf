"""Section 6: text is UTF-8, and what isn't is refused as soon as it can be told."""

from tests.realtime.wire.case import (
    INVALID_PAYLOAD,
    Case,
    Send,
    Silence,
    answered,
    refused,
    together,
)
from tests.realtime.wire.utf8 import GREEK, SEQUENCES
from tests.support.frames import CONTINUATION, TEXT, Frame, encode, fragments

UMLAUTS = "Hello-µ@ßöä", "üàá-UTF-8!!"
LATIN = "".join(UMLAUTS).encode()
SURROGATE = GREEK + b"\xed\xa0\x80edited"
BEYOND = (
    GREEK + b"\xf4\x90\x80\x80edited"
)  # a code point after the last; its second byte gives it away
LAST = len(GREEK)
NUMBERED_FROM = 5  # 6.5 is the first group of sequences


def _echoed(number: str, *parts: bytes) -> Case:
    """A text message in as many fragments as there are parts."""
    last = len(parts) - 1
    frames = [Frame(CONTINUATION if i else TEXT, part, i == last) for i, part in enumerate(parts)]
    return answered(number, together(*frames), Frame(TEXT, b"".join(parts)))


def _in_bytes(payload: bytes) -> tuple[Send, ...]:
    """A text message in fragments of one byte each."""
    return together(*fragments(TEXT, payload, 1))


def _refused_midway(number: str, good: int, bad: int, in_one_frame: bool = False) -> Case:
    """Up to the byte ``good`` all is well; what follows up to ``bad`` is refused, though the message has no end yet."""
    if in_one_frame:
        data = encode(Frame(TEXT, BEYOND))
        start = len(data) - len(BEYOND)
        steps = Send(data[: start + good]), Silence(), Send(data[start + good : start + bad])
    else:
        begun = Frame(TEXT, BEYOND[:good], fin=False)
        steps = Send((begun,)), Silence(), Send((Frame(CONTINUATION, BEYOND[good:bad], fin=False),))
    return refused(number, steps, INVALID_PAYLOAD)


def _sequence(number: str, payload: bytes) -> Case:
    """One sequence as a message; Python's own decoder says whether it is UTF-8."""
    message = Frame(TEXT, payload)
    try:
        payload.decode()
    except UnicodeDecodeError:
        return refused(number, together(message), INVALID_PAYLOAD)
    return answered(number, together(message), message)


CASES = [
    _echoed("6.1.1", b""),
    _echoed("6.1.2", b"", b"", b""),
    _echoed("6.1.3", b"", b"middle frame payload", b""),
    _echoed("6.2.1", LATIN),
    _echoed("6.2.2", *(part.encode() for part in UMLAUTS)),
    answered("6.2.3", _in_bytes(LATIN), Frame(TEXT, LATIN)),
    answered("6.2.4", _in_bytes(GREEK), Frame(TEXT, GREEK)),
    refused("6.3.1", together(Frame(TEXT, SURROGATE)), INVALID_PAYLOAD),
    refused("6.3.2", _in_bytes(SURROGATE), INVALID_PAYLOAD),
    _refused_midway("6.4.1", LAST, LAST + 4),
    _refused_midway("6.4.2", LAST + 1, LAST + 2),
    _refused_midway("6.4.3", LAST, LAST + 4, in_one_frame=True),
    _refused_midway("6.4.4", LAST + 1, LAST + 2, in_one_frame=True),
    *[
        _sequence(f"6.{part}.{i}", payload)
        for part, payloads in enumerate(SEQUENCES, NUMBERED_FROM)
        for i, payload in enumerate(payloads, 1)
    ],
]
