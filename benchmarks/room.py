"""What every participant of the load generator's room must get, and how far each one is."""

import re
import socket
from bisect import bisect_right
from collections.abc import Callable

from tests.support.frames import Frame, decode, encode

#: A message of the run in a frame, with its number; greetings and pings have none.
NUMBERED = re.compile(rb"~(\d{8})")
#: What is done with every frame that has come.
Heard = Callable[[Frame], None]


def numbered(number: int) -> str:
    """The text of message ``number``."""
    return f"~{number:08d} how are you"


class Participant:
    """One connection, to the ``server`` of this number: how far it is in the room's stream."""

    __slots__ = ("socket", "server", "position", "frames", "tail", "upgraded", "greeted")

    def __init__(self, connection: socket.socket | None = None, server: int = 0):
        self.socket, self.server = connection, server
        self.position = 0  # octets
        self.frames = 0
        self.tail = b""  # of a frame that differs from the stream, or of the handshake's answer
        self.upgraded = False  # the handshake has been answered
        self.greeted = -1  # the last greeting that came, 0 before any, -1 until it has joined


class Room:
    """One stream of frames, ``copies`` of each message, for all; ``senders`` take turns.

    Messages of several senders may be taken in any order, but everybody must see the one that somebody saw first.
    ``as_others_get`` makes of the payload that a message's sender got what all others get.
    """

    def __init__(
        self, copies: int = 1, senders: int = 1, as_others_get: Callable[[bytes], bytes] = bytes
    ):
        self.copies, self.senders, self.as_others_get = copies, senders, as_others_get
        self.stream = bytearray()
        self.ends: list[int] = []  # where each frame ends in the stream
        self.order: list[int] = []  # the messages' numbers
        self.latest: dict[int, int] = {}  # of each sender, the number of its last message
        self.out_of_order = (
            0  # frames that were not what had to come next: another one, one again, one too late
        )

    def read(self, person: Participant, data: bytes, heard: Heard) -> int:
        """Take ``data``, which is not (yet) in the stream, frame by frame; the number of frames the participant has.

        It goes from the beginning of the frame that is under way.
        """
        whole = bisect_right(self.ends, person.position)
        data = person.tail + bytes(self.stream[self._end(whole) : person.position]) + data
        at = 0
        while True:
            known = self.last_frame(whole + 1)
            if known and data.startswith(
                known, at
            ):  # as it is for most: to look into each took three times as long
                at, whole = at + len(known), whole + 1
            elif found := decode(data, at):
                frame, at = found
                whole += self._hear(whole, frame, heard)
            else:
                break
        person.position, person.tail = self._end(whole), data[at:]
        return whole

    def _hear(self, whole: int, frame: Frame, heard: Heard) -> bool:
        heard(frame)
        found = NUMBERED.search(frame.payload)
        return bool(found) and self._place(whole, int(found[1]), frame)

    def last_frame(self, whole: int) -> bytes:
        """The last of so many frames, empty if there are less."""
        return (
            bytes(self.stream[self._end(whole - 1) : self._end(whole)])
            if whole <= len(self.ends)
            else b""
        )

    def _end(self, whole: int) -> int:
        """The octets of so many frames."""
        return self.ends[whole - 1] if whole > 0 else 0

    def _place(self, whole: int, number: int, frame: Frame) -> bool:
        """Whether a frame of message ``number`` is what comes next for someone who has got ``whole`` frames."""
        if whole < len(self.ends):
            in_place = number == self.order[whole // self.copies]
        else:
            others = Frame(frame.opcode, self.as_others_get(frame.payload))
            in_place = self._append(encode(others, key=b""), number)
        self.out_of_order += not in_place
        return in_place

    def _append(self, frame: bytes, number: int) -> bool:
        """Take the frame of message ``number``, which nobody has had yet, if it may be the next."""
        if len(self.ends) % self.copies:
            in_place = number == self.order[-1]
        elif in_place := number > self.latest.get(number % self.senders, -1):
            self.latest[number % self.senders] = number
            self.order.append(number)
        if in_place:
            self.stream += frame
            self.ends.append(len(self.stream))
        return in_place
