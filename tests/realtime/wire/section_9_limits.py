"""Section 9: long messages, in fragments and in chops, and many short ones.

Shortened: where the suite sends four mebibytes in fragments, this is one, the most that the server takes; what is
larger in the suite than that is sent in full, and refused with 1009. Of a thousand round trips, there are a hundred.
"""

from dataclasses import dataclass

from tests.realtime.wire.case import (
    TOO_BIG,
    Await,
    Case,
    Send,
    answered,
    chopped,
    refused,
    together,
)
from tests.realtime.wire.client import Client
from tests.support.frames import BINARY, TEXT, Frame, fragments

KIB, MIB = 1 << 10, 1 << 20
SIZES = (64 * KIB, 256 * KIB, MIB)
TOO_LARGE = (4 * MIB, 8 * MIB, 16 * MIB)
FRAGMENTS = (64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB)
CHOPS = (64, 128, 256, 512, KIB, 2 * KIB)
SHORT = (0, 16, 64, 256, KIB, 4 * KIB)
ROUND_TRIPS = 100
#: A message of the greatest length, by its opcode; and what the suite fills its fragments and short messages with.
LONGEST = {
    opcode: Frame(opcode, (pattern * (MIB // len(pattern) + 1))[:MIB])
    for opcode, pattern in [(TEXT, b"BAsd7&jh23"), (BINARY, b"\x00\xfe\x23\xfa\xf0")]
}
FILLED = {TEXT: Frame(TEXT, b"*" * MIB), BINARY: Frame(BINARY, b"\xfe" * MIB)}


@dataclass(frozen=True)
class SendFragments:
    """A message in fragments of ``size`` bytes, cut when they are sent: there are up to 16,384."""

    message: Frame
    size: int

    def play(self, client: Client) -> None:
        client.send(*fragments(self.message.opcode, self.message.payload, self.size))


@dataclass(frozen=True)
class SendManifold:
    """One frame with the payload of ``message`` so many times, put together when it is sent."""

    message: Frame
    times: int

    def play(self, client: Client) -> None:
        client.send(self.message._replace(payload=self.message.payload * self.times))


def _whole(part: str, opcode: int) -> list[Case]:
    messages = [Frame(opcode, LONGEST[opcode].payload[:size]) for size in SIZES]
    return [
        answered(f"{part}.{i}", together(message), message) for i, message in enumerate(messages, 1)
    ]


def _too_large(part: str, opcode: int) -> list[Case]:
    return [
        refused(f"{part}.{i}", (SendManifold(LONGEST[opcode], size // MIB),), TOO_BIG)
        for i, size in enumerate(TOO_LARGE, len(SIZES) + 1)
    ]


def _in_fragments(part: str, opcode: int) -> list[Case]:
    message = FILLED[opcode]
    return [
        answered(f"{part}.{i}", (SendFragments(message, size),), message)
        for i, size in enumerate(FRAGMENTS, 1)
    ]


def _in_chops(part: str, opcode: int) -> list[Case]:
    message = LONGEST[opcode]
    return [
        answered(f"{part}.{i}", chopped(message, size=size), message)
        for i, size in enumerate(CHOPS, 1)
    ]


def _to_and_fro(part: str, opcode: int) -> list[Case]:
    messages = [Frame(opcode, FILLED[opcode].payload[:size]) for size in SHORT]
    return [
        answered(
            f"{part}.{i}",
            tuple(
                step
                for count in range(ROUND_TRIPS)
                for step in (Send((message,)), Await(count + 1))
            ),
            *[message] * ROUND_TRIPS,
        )
        for i, message in enumerate(messages, 1)
    ]


CASES = [
    case
    for i, opcode in enumerate([TEXT, BINARY])
    for case in [
        *_whole(f"9.{1 + i}", opcode),
        *_too_large(f"9.{1 + i}", opcode),
        *_in_fragments(f"9.{3 + i}", opcode),
        *_in_chops(f"9.{5 + i}", opcode),
        *_to_and_fro(f"9.{7 + i}", opcode),
    ]
]
