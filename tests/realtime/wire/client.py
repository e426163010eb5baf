"""A WebSocket client that is nothing but a socket: it sends any bytes, and reads every frame that comes back."""

import base64
import hashlib
import select
import socket
from contextlib import suppress

from tests.support.frames import CLOSE, PING, PONG, Frame, decode, encode
from tests.support.served import TIMEOUT_SECONDS

NONCE = base64.b64encode(b"sixteen bytes ok")
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
HANDSHAKE = (
    b"GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + NONCE + b"\r\n\r\n"
)
#: A connection that is reset has ended as well: its server closed it with bytes of ours unread.
ENDED = (BrokenPipeError, ConnectionResetError)


class Client:
    """An open WebSocket to the server on ``port``. ``received`` are the frames it has read so far."""

    def __init__(self, port: int):
        self.port = port
        self.received: list[Frame] = []
        self._buffer = bytearray()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self._socket.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )  # each chop is a packet of its own
        try:
            self._shake_hands()
        except BaseException:
            self._socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def send(self, *frames: Frame) -> None:
        self.send_bytes(b"".join(encode(frame) for frame in frames))

    def send_bytes(self, data: bytes, chop: int = 0) -> None:
        """Send ``data`` at once or in chops. If the server has hung up by now, what it said before tells why."""
        with suppress(*ENDED):
            for start in range(0, len(data), chop or len(data)):
                self._socket.sendall(data[start : start + (chop or len(data))])

    def read(self, count: int) -> None:
        """Read on until ``count`` frames have been received, or a close frame has."""
        while len(self.received) < count and not self.is_closed:
            self.received.append(self._read_frame())

    def read_close(self) -> None:
        """Read on until a close frame has been received."""
        while not self.is_closed:
            self.received.append(self._read_frame())

    @property
    def is_closed(self) -> bool:
        return bool(self.received) and self.received[-1].opcode == CLOSE

    def has_ended(self) -> bool:
        """Whether the server closes the connection, without another byte."""
        return not self._buffer and not self._receive()

    def hears_nothing(self) -> bool:
        """Whether nothing came in answer to what was sent until now: the server has seen that when it answers this."""
        with Client(self.port) as other:
            other.send(Frame(PING, b"later"))
            other.read(1)
        assert other.received == [Frame(PONG, b"later")]
        return not self._buffer and not select.select([self._socket], [], [], 0)[0]

    def _shake_hands(self) -> None:
        self._socket.sendall(HANDSHAKE)
        while b"\r\n\r\n" not in self._buffer:
            self._take_more()
        answer, _, rest = bytes(self._buffer).partition(b"\r\n\r\n")
        accepted = base64.b64encode(hashlib.sha1(NONCE + GUID).digest())
        assert (
            answer.startswith(b"HTTP/1.1 101 ") and b"Sec-WebSocket-Accept: " + accepted in answer
        ), answer
        self._buffer = bytearray(rest)

    def _read_frame(self) -> Frame:
        while not (found := decode(self._buffer)):
            self._take_more()
        frame, end = found
        del self._buffer[:end]
        return frame

    def _take_more(self) -> None:
        data = self._receive()
        assert data, f"the server hung up after {self.received} and {bytes(self._buffer)!r}"
        self._buffer += data

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(1 << 18)
        except ENDED:
            return b""
