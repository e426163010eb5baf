"""A participant's TCP connection, which joins what is written to it within one turn of the event loop."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from socket import SO_ERROR, SOL_SOCKET

from twisted.internet import main, tcp
from twisted.python.failure import Failure

from chatdemo.realtime.writes import JoinedWrites

logger = logging.getLogger(__name__)
#: Octets that are read at once from a WebSocket. Twisted's 64 KiB have 11,000 empty pings in them, and while those are
#: answered everybody else waits.
LITTLE = 4096


class Transport(tcp.Server):
    """Twisted's, for a Port's ``transport``. A WebSocket calls ``join_writes`` once the connection is its own.

    From then on what is written is sent with one system call at the end of the loop's turn: four messages to a room are
    one packet to each participant. Twisted has the reactor watch the socket, sends when it is ready, and has it stop:
    three calls for each write. What the socket doesn't take at once is left to Twisted and its reactor.
    """

    joined: JoinedWrites | None = None
    holders: frozenset = frozenset()  # those who want nothing to be read for now
    backlog = 0  # octets that the reactor sends when the participant has read what is before them

    def join_writes(self, max_backlog: int, on_overflow: Callable[[], None]) -> JoinedWrites:
        """From now on. When more than ``max_backlog`` octets wait, ``on_overflow()`` is called, once."""
        self.max_backlog, self.on_overflow = max_backlog, on_overflow
        self.joined = JoinedWrites(self)
        self.startReading()
        return self.joined

    def startReading(self) -> None:
        super().startReading()
        if self.joined:  # in place of what the reactor has just registered, which makes a context for its log: 4 µs
            asyncio.get_running_loop().add_reader(self.fileno(), self._read)

    def hold(self, holder: object) -> None:
        """Read nothing more until the holder lets go. The participant's own TCP then has it wait."""
        self.holders |= {holder}
        self.pauseProducing()

    def let_go(self, holder: object) -> None:
        """The holder doesn't mind any more."""
        if holder in self.holders:
            self.holders -= {holder}
            if not self.holders:
                self.resumeProducing()

    def read_on(self) -> None:
        """Nobody minds any more."""
        self.holders = frozenset()
        self.resumeProducing()

    def _read(self) -> None:
        try:
            why = self.doRead()
        except Exception as error:
            logger.exception("Reading from a participant failed, and its connection is closed")
            why = error
        if why:
            self.stopReading()
            self.stopWriting()
            self.connectionLost(Failure(why))

    def write(self, data: bytes) -> None:
        if self.joined:
            self.joined.write(data)
        else:
            self.leave_to_reactor(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        self.write(b"".join(iovec))

    def leave_to_reactor(self, data: bytes) -> None:
        """Have the data sent when the socket takes it."""
        self.backlog += len(data)
        super().write(data)
        if self.joined:
            self.joined.held_up = True
            self._check_backlog()

    def _check_backlog(self) -> None:
        if self.on_overflow and self.backlog > self.max_backlog:
            on_overflow, self.on_overflow = self.on_overflow, None
            on_overflow()

    def doRead(self) -> BaseException | None:
        why = super().doRead()
        # Where a participant has sent something and then reset its connection, uvloop has this called once and no more
        # (libuv stops to watch a socket that has an error), and Twisted would only notice the reset at the next call.
        if why is None and self.connected and self.socket.getsockopt(SOL_SOCKET, SO_ERROR):
            return main.CONNECTION_LOST
        return why

    def writeSomeData(self, data: bytes) -> int | BaseException:
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            self.backlog -= sent
            if self.joined:
                self.joined.held_up = self.backlog > 0
        return sent

    def loseConnection(self) -> None:
        if self.joined:
            self.joined.flush()
        super().loseConnection()
