"""A server of serve_room.py in a process of its own, and participants of its room."""

import json
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.realtime.wire.client import Client
from tests.support.frames import TEXT, Frame
from tests.support.served import TIMEOUT_SECONDS, piped

SCRIPT = Path(__file__).with_name("serve_room.py")


class Room:
    """``port`` is the server's; ``stop()`` ends it as Ctrl-C does, and gives what it had to say on stderr."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.port = int(process.stdout.readline())
        self.witness: Participant | None = None  # somebody else in it

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        errors = self.process.communicate(timeout=TIMEOUT_SECONDS)[1]
        assert self.process.returncode == 0, errors
        return errors


@contextmanager
def serving(**options) -> Iterator[Room]:
    """A room whose server has ``options``."""
    with piped(str(SCRIPT), json.dumps(options)) as process:
        yield Room(process)


class Participant(Client):
    """A participant, who says texts and hears them; ``address`` is what the server calls it in its log."""

    def __init__(self, port: int):
        super().__init__(port)
        self.address = "{}:{}".format(*self._socket.getsockname())

    def say(self, text: str) -> None:
        self.send(Frame(TEXT, text.encode()))

    def hears(self, count: int = 1) -> list[str]:
        """The next so many texts."""
        self.read(len(self.received) + count)
        frames = self.received[len(self.received) - count :]
        assert [frame.opcode for frame in frames] == [TEXT] * count, frames
        return [frame.payload.decode() for frame in frames]

    def segment(self) -> bytes:
        """What one look at the socket gives."""
        return self._socket.recv(1 << 18)

    def shrink(self) -> None:
        """Have the kernel keep little of what isn't read."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)

    def hear_out(self) -> int:
        """Read to the connection's end, however it comes; how many octets that was."""
        octets = 0
        while data := self._receive():
            octets += len(data)
        return octets

    def pour(self, data: bytes) -> int:
        """Send the data until no more of it is taken; how many octets were."""
        return pour(self._socket, data)

    def reset(self) -> None:
        """Abort the connection: TCP RST, not FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


def pour(sender: socket.socket, data: bytes) -> int:
    """Send the data until no more of it is taken; how many octets were."""
    sender.settimeout(0.5)
    taken = 0
    with suppress(TimeoutError):
        while taken < len(data):
            taken += sender.send(memoryview(data)[taken:])
    sender.settimeout(TIMEOUT_SECONDS)
    return taken


def burst(count: int, size: int) -> list[str]:
    """The texts of a burst."""
    return [f"{number}:".ljust(size, "x") for number in range(count)]
