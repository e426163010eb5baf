"""Twisted's transports and its HTTP parser: what their documentation doesn't promise.

- ``tcp.Server`` as ``tcp.Port.transport``, ``doRead``, ``writeSomeData``, ``startReading``: the
  methods that a reactor and a transport call on each other.
- The reactor registers ``_readOrWrite`` for a socket. ``Transport.startReading`` replaces it.
- ``HTTPChannel._networkProducer``: still references the channel after Daphne has made the
  connection a WebSocket.
- ``HTTPChannel.lineLengthExceeded``, ``headerReceived``, ``totalHeadersSize``: the limits that
  Twisted enforces by closing the connection without an answer.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from socket import SO_ERROR, SOL_SOCKET
from typing import Any

from twisted.internet import main, tcp
from twisted.python.failure import Failure
from twisted.web import http

from chatdemo.realtime.backlog import Backlog
from chatdemo.realtime.upstream import require_names
from chatdemo.realtime.write_buffer import WriteBuffer, flush

logger = logging.getLogger(__name__)
#: Octets that are read at once from a WebSocket. Twisted's 64 KiB can contain 11,000 empty pings,
#: and nobody else is served while those are answered.
READ_OCTETS = 4096
#: Octets of one line, and of all headers together. With Twisted's 16 KiB a long URL wouldn't reach
#: Django's page for it.
MAX_HEADER_OCTETS = 65_536
#: Digits of a Content-Length. Python refuses to convert thousands of digits, and Twisted doesn't
#: expect that.
MAX_LENGTH_DIGITS = 18

require_names("twisted", tcp.Port, "transport")
require_names("twisted", tcp.Server, "doRead", "writeSomeData", "startReading", "abortConnection")
require_names("twisted", http.HTTPChannel, "lineLengthExceeded", "headerReceived")
require_names("twisted", http.HTTPChannel, "MAX_LENGTH", "totalHeadersSize")


class Transport(tcp.Server):
    """A participant's TCP connection. A WebSocket calls ``start_buffering`` once it is open.

    From then on, what is written within two iterations of the event loop is sent with one system
    call: four messages to a room are one packet to each participant. Twisted would have the reactor
    watch the socket, send when it is ready and stop watching: three calls for each write. The
    reactor still sends what the socket doesn't accept at once.
    """

    write_buffer: WriteBuffer | None = None
    pause_reasons: frozenset[object] = frozenset()  # while there is any, nothing is read

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.backlog = Backlog()  # what the reactor sends as the participant reads

    def start_buffering(self, max_backlog: int, on_overflow: Callable[[], None]) -> WriteBuffer:
        """Buffer writes from now on, and resume reading.

        ``on_overflow()`` is called once, when more than ``max_backlog`` octets wait.
        """
        self.backlog.max_octets, self.backlog.on_overflow = max_backlog, on_overflow
        self.write_buffer = WriteBuffer(self)
        self.startReading()
        return self.write_buffer

    def startReading(self) -> None:
        """Register ``_read`` instead of the reactor's callback.

        That makes a context for Twisted's log at each call, which takes 4 µs.
        """
        super().startReading()
        if self.write_buffer:
            asyncio.get_running_loop().add_reader(self.fileno(), self._read)

    def pause_reading(self, reason: object) -> None:
        """Read nothing until ``resume_reading`` is called for the same reason."""
        self.pause_reasons |= {reason}
        self.pauseProducing()

    def resume_reading(self, reason: object) -> None:
        """Read again, unless there is another reason not to."""
        if reason in self.pause_reasons:
            self.pause_reasons -= {reason}
            if not self.pause_reasons:
                self.resumeProducing()

    def resume_reading_for_close(self) -> None:
        """Read again in any case: the answer to a close frame is expected."""
        if self.pause_reasons:
            self.pause_reasons = frozenset()
            self.resumeProducing()

    def _read(self) -> None:
        try:
            reason = self._or_reset(super().doRead())
        except Exception as error:
            logger.exception("Reading from a participant failed, and its connection is closed")
            reason = error
        if reason:
            self.stopReading()
            self.stopWriting()
            self.connectionLost(Failure(reason))

    def write(self, data: bytes) -> None:
        """Send data: through the write buffer, or before there is one by the reactor."""
        if self.write_buffer:
            self.write_buffer.write(data)
        else:
            self.send_later(data)

    def writeSequence(self, iovec: Iterable[bytes]) -> None:
        """Send several pieces of data."""
        self.write(b"".join(iovec))

    def send_later(self, data: bytes) -> None:
        """Have the reactor send data as the socket accepts it."""
        super().write(data)
        if self.write_buffer:
            self.write_buffer.has_backlog = True
        self.backlog.add(len(data))

    async def wait_until_sent(self, max_backlog: int = 0) -> None:
        """Wait until at most ``max_backlog`` octets are left to send, or the connection is lost."""
        if self.write_buffer:
            flush([self.write_buffer])
        if self.connected:
            await self.backlog.wait_until_at_most(max_backlog)

    def doRead(self) -> Any:
        """Read once, and notice a reset."""
        return self._or_reset(super().doRead())

    def _or_reset(self, reason: Any) -> Any:
        """Return why the connection is lost: ``reason``, or a reset, or None.

        If a participant has sent something and then reset its connection, uvloop has it read once
        and never again: libuv stops watching a socket with an error. Twisted would notice the
        reset at the next read.
        """
        if reason is None and self.connected and self.socket.getsockopt(SOL_SOCKET, SO_ERROR):
            return main.CONNECTION_LOST
        return reason

    def writeSomeData(self, data: bytes) -> Any:
        """Send as much as the socket accepts, and count it."""
        sent = super().writeSomeData(data)
        if isinstance(sent, int):
            if self.write_buffer:
                self.write_buffer.has_backlog = self.backlog.octets > sent
            self.backlog.remove(sent)
        return sent

    def loseConnection(self) -> None:
        """Close the connection once everything is sent."""
        if self.write_buffer:
            flush([self.write_buffer])
        super().loseConnection()

    def connectionLost(self, reason: Failure) -> None:
        """Clean up, and end the waiting for data to be sent."""
        super().connectionLost(reason)
        self.backlog.clear()


class HTTPChannel(http.HTTPChannel):
    """An HTTP connection. A request that is too large gets an answer before it is closed."""

    MAX_LENGTH = totalHeadersSize = MAX_HEADER_OCTETS

    def lineLengthExceeded(self, line: bytes) -> None:
        """Answer a line that is too long."""
        self.refuse(
            b"431 Request Header Fields Too Large",
            b"A line of the request is too long. Shorten it.",
        )

    def headerReceived(self, line: bytes) -> bool:
        """Read a header. Returns whether it is accepted."""
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length" and len(value.strip()) > MAX_LENGTH_DIGITS:
            self.refuse(b"400 Bad Request", b"The Content-Length of the request is too large.")
            return False
        return super().headerReceived(line)

    def refuse(self, status: bytes, detail: bytes) -> None:
        """Answer with a status and a sentence, and close the connection."""
        head = (
            b"HTTP/1.1 %b\r\nConnection: close\r\nContent-Type: text/plain\r\n"
            b"Content-Length: %d\r\n\r\n"
        )
        transport: Any = self.transport
        transport.write(head % (status, len(detail)) + detail)
        self.loseConnection()

    def release(self) -> None:
        """Free the channel and its request, 5 KiB: the connection is a WebSocket now."""
        self._networkProducer.unregisterProducer()
        self.requests.clear()
