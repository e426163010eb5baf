"""A participant's TCP connection, which joins what is written to it within one turn of the event loop."""

import asyncio
from collections.abc import Callable, Iterable

from twisted.internet import tcp

#: Those that have something to send at the end of this turn.
unsent: list["Transport"] = []


class Transport(tcp.Server):
    """Twisted's, for a Port's ``transport``. A WebSocket calls ``join_writes`` once the connection is its own.

    From then on what is written is sent with one system call at the end of the loop's turn: four messages to a room are
    one packet to each participant. Twisted has the reactor watch the socket, sends when it is ready, and has it stop:
    three calls for each write. What the socket doesn't take at once is left to Twisted and its reactor.
    """

    #: What was written in this turn; None while writes aren't joined.
    turn: list[bytes] | None = None
    backlog = 0  # octets that the reactor sends when the participant has read what is before them

    def join_writes(self, max_backlog: int, on_overflow: Callable[[], None]) -> None:
        """From now on. When more than ``max_backlog`` octets wait, ``on_overflow()`` is called, once."""
        self.turn = []
        self.max_backlog, self.on_overflow = max_backlog, on_overflow

    def write(self, data: bytes) -> None:
        turn = self.turn
        if turn is None:
            return self._leave_to_reactor(data)
        if not turn:
            if not unsent:
                loop = asyncio.get_running_loop()
                # In two steps, so that what comes of the next look at the sockets is joined too.
                loop.call_soon(loop.call_soon, _flush_all)
            unsent.append(self)
        turn.append(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        self.write(b"".join(iovec))

    def flush(self) -> None:
        """Send what was written in this turn."""
        turn = self.turn
        if not turn or not self.connected:
            return
        data = turn[0] if len(turn) == 1 else b"".join(turn)
        turn.clear()
        sent = 0
        if not self.backlog:
            try:
                sent = self.socket.send(data)
            except OSError:
                pass  # it is full, or broken: the reactor's own try to write sees which, and does what is to do
        if sent < len(data):
            self._leave_to_reactor(data[sent:])
            self._check_backlog()

    def _leave_to_reactor(self, data: bytes) -> None:
        self.backlog += len(data)
        super().write(data)

    def _check_backlog(self) -> None:
        if self.on_overflow and self.backlog > self.max_backlog:
            on_overflow, self.on_overflow = self.on_overflow, None
            on_overflow()

    def writeSomeData(self, data: bytes) -> int | BaseException:
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            self.backlog -= sent
        return sent

    def loseConnection(self) -> None:
        if self.turn:
            self.flush()
        super().loseConnection()


def _flush_all() -> None:
    transports = unsent[:]
    unsent.clear()
    for transport in transports:
        transport.flush()
