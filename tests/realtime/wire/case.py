"""What a case of the suite is: what the client sends, and what must come back."""

from dataclasses import dataclass
from typing import Protocol

from tests.realtime.wire.client import Client
from tests.support.frames import CLOSE, Frame, close_frame, encode

NORMAL, PROTOCOL_ERROR, INVALID_PAYLOAD, TOO_BIG = 1000, 1002, 1007, 1009
#: In which order it goes at the end: the client closes once it has its answers, has closed already, or never does.
CLIENT_CLOSES, CLIENT_HAS_CLOSED, SERVER_CLOSES = (
    "client closes",
    "client has closed",
    "server closes",
)


@dataclass(frozen=True)
class Send:
    """Frames, or raw bytes, sent at once or in chops of ``chop`` bytes."""

    content: tuple[Frame, ...] | bytes
    chop: int = 0

    def play(self, client: Client) -> None:
        content = self.content
        data = (
            content if isinstance(content, bytes) else b"".join(encode(frame) for frame in content)
        )
        client.send_bytes(data, self.chop)


@dataclass(frozen=True)
class Await:
    """Wait until so many frames have come, from the start of the case on."""

    count: int

    def play(self, client: Client) -> None:
        client.read(self.count)


@dataclass(frozen=True)
class Silence:
    """The server has read everything up to here, and says nothing to it. (The suite waits for a second.)"""

    def play(self, client: Client) -> None:
        assert client.hears_nothing()


class Step(Protocol):
    """One of the above, or what a section has of its own."""

    def play(self, client: Client) -> None: ...


@dataclass(frozen=True)
class Case:
    """A case by the suite's number.

    ``answers`` holds the frames that may come before the server's close frame: first those of the suite's outcome OK,
    then those of NON-STRICT, if it has that. ``codes`` are what that close frame may say. Of the cases that are
    INFORMATIONAL in the suite, ``answers`` and ``codes`` have everything that isn't plainly wrong.
    """

    number: str
    steps: tuple[Step, ...]
    answers: tuple[tuple[Frame, ...], ...]
    codes: frozenset[int | None]
    end: str

    def play(self, port: int) -> None:
        """Play it on a connection of its own to the server on ``port``; AssertionError if it fails."""
        with Client(port) as client:
            for step in self.steps:
                step.play(client)
            if self.end == CLIENT_CLOSES:
                client.read(len(self.answers[0]))
                client.send(close_frame(NORMAL))
            client.read_close()
            *answers, close = client.received
            assert tuple(answers) in self.answers
            assert close.opcode == CLOSE and close.code in self.codes, close
            if self.end == SERVER_CLOSES:
                client.send(close)
            assert client.has_ended()


def together(*frames: Frame) -> tuple[Send, ...]:
    """All frames in one go."""
    return (Send(frames),)


def each(*frames: Frame) -> tuple[Send, ...]:
    """Frame by frame."""
    return tuple(Send((frame,)) for frame in frames)


def chopped(*frames: Frame, size: int = 1) -> tuple[Send, ...]:
    """All frames, in chops of ``size`` bytes."""
    return (Send(frames, size),)


def answered(number: str, steps: tuple[Step, ...], *answers: Frame) -> Case:
    """Everything is in order: the answers come, and then a normal closing that the client asks for."""
    return Case(number, steps, (answers,), frozenset([NORMAL]), CLIENT_CLOSES)


def refused(number: str, steps: tuple[Step, ...], code: int, *before: Frame) -> Case:
    """The server closes with ``code``, after the answers to what came before, or without them (NON-STRICT)."""
    return Case(number, steps, tuple(dict.fromkeys([before, ()])), frozenset([code]), SERVER_CLOSES)


def closed(number: str, steps: tuple[Step, ...], *codes: int | None) -> Case:
    """The client has sent a close frame, which is answered with one of ``codes`` and nothing else."""
    return Case(number, steps, ((),), frozenset(codes), CLIENT_HAS_CLOSED)
