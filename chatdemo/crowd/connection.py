"""A client's WebSocket (RFC 6455) on asyncio.

The crowd must not be slower than the server that it measures, with hundreds of participants in one
process. This client takes about 3 µs to receive a short text, and autobahn's takes 33 µs.
"""

import asyncio
import base64
import hashlib
import os
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

from chatdemo.crowd.address import Address
from chatdemo.crowd.join_errors import CONNECT_TIMEOUT_SECONDS, JoinError

HANDSHAKE_TIMEOUT_SECONDS = 20
BUFFER_BYTES = 4096
#: Appended to the key before it is hashed (RFC 6455, section 1.3).
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#: The bits of a frame's first two bytes, and the opcodes (section 5.2).
FIN, RESERVED_BITS, OPCODE, MASKED = 0x80, 0x70, 0x0F, 0x80
OPCODES = CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
NORMAL, NO_STATUS, ABNORMAL = 1000, 1005, 1006  # close codes (section 7.4.1)
OnMessage = Callable[[bytes], None]
OnClose = Callable[[int, str], None]
T = TypeVar("T")


class ClientConnection(asyncio.BufferedProtocol):
    """Calls ``on_message(payload)`` for each message, and ``on_close(code, reason)`` once.

    ``opened`` and ``closed`` are futures. ``opened`` raises JoinError.
    """

    transport: asyncio.Transport | None = None

    def __init__(self, address: Address, query: str, on_message: OnMessage, on_close: OnClose):
        self.address, self.query = address, query
        self.on_message, self.on_close = on_message, on_close
        self.is_open = False
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._key = base64.b64encode(os.urandom(16)).decode()
        self._received = self._fragments = b""
        # asyncio would allocate 256 KiB for each read otherwise. Its TLS writes several records
        # through slices of the buffer, which would be copies without the memoryview.
        self._buffer = memoryview(bytearray(BUFFER_BYTES))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            f"GET {self.address.path}{self.query} HTTP/1.1\r\n"
            f"Host: {self.address.host_and_port}\r\nOrigin: {self.address.origin}\r\n"
            "User-Agent: chatdemo crowd\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {self._key}\r\n\r\n".encode()
        )

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._received += self._buffer[:nbytes]
        if not self.opened.done():
            head, is_complete, rest = self._received.partition(b"\r\n\r\n")
            if not is_complete:
                return
            if error := self._check_handshake(head.decode("latin-1")):
                self.opened.set_exception(error)
                return self.abort()
            self._received, self.is_open = rest, True
            self.opened.set_result(None)
        self._read_frames()

    def _check_handshake(self, head: str) -> JoinError | None:
        """Return what is wrong with the server's answer, if anything is (section 4.1)."""
        status_line, *lines = head.split("\r\n")
        version, _, status = status_line.partition(" ")
        if not version.startswith("HTTP/") or not status[:3].isdecimal():
            return JoinError("the answer isn't HTTP")
        fields = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in fields}
        if status[:3] != "101":
            return JoinError(f"status {status}", int(status[:3]), headers.get("location", ""))
        accept = base64.b64encode(hashlib.sha1((self._key + GUID).encode()).digest()).decode()
        for name, expected in ("upgrade", "websocket"), ("sec-websocket-accept", accept):
            value = headers.get(name, "")
            if value.lower() != expected.lower():
                return JoinError(f"the handshake is invalid, with {name}: {value or '-'}", 101)
        return None

    def _read_frames(self) -> None:
        data, start = self._received, 0
        while len(data) >= start + 2:
            head, size, payload = data[start], data[start + 1], start + 2
            if head & RESERVED_BITS or head & OPCODE not in OPCODES or size & MASKED:
                self._set_closed(ABNORMAL, "the server sent an invalid frame")
                return self.abort()
            if size > 125:
                length, payload = payload, payload + (2 if size == 126 else 8)
                if len(data) < payload:
                    break
                size = int.from_bytes(data[length:payload], "big")
            if len(data) < payload + size:
                break
            start = payload + size
            self._handle_frame(head, data[payload:start])
        self._received = data[start:]

    def _handle_frame(self, head: int, payload: bytes) -> None:
        opcode = head & OPCODE
        if opcode in (CONTINUATION, TEXT, BINARY):
            self._fragments += payload
            if head & FIN:
                message, self._fragments = self._fragments, b""
                self.on_message(message)
        elif opcode == PING:
            self._send_frame(PONG, payload)
        elif opcode == CLOSE:
            self._send_frame(CLOSE, payload[:2])
            code = int.from_bytes(payload[:2], "big") or NO_STATUS
            self._set_closed(code, payload[2:].decode("utf-8", "replace"))

    def send(self, text: bytes) -> None:
        """Send a text of at most 125 bytes, unless the connection is closed."""
        self._send_frame(TEXT, text)

    def close(self) -> None:
        """Send a close frame. The server closes the connection then (section 7.1.1)."""
        self._send_frame(CLOSE, NORMAL.to_bytes(2, "big"))
        self.is_open = False

    def abort(self) -> None:
        """Close the connection without a close frame."""
        self.is_open = False
        if self.transport:
            self.transport.abort()

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        if self.is_open and self.transport:
            size, mask = len(payload), os.urandom(4)
            masks = int.from_bytes((mask * 32)[:size], "big")
            masked = (int.from_bytes(payload, "big") ^ masks).to_bytes(size, "big")
            self.transport.write(bytes((FIN | opcode, MASKED | size)) + mask + masked)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            closed = "the connection was closed without an answer"
            reason = "the answer isn't HTTP" if self._received else closed
            self.opened.set_exception(JoinError(reason))
        self._set_closed(ABNORMAL, "")
        self.closed.set_result(None)

    def _set_closed(self, code: int, reason: str) -> None:
        self.is_open = False
        on_close, self.on_close = self.on_close, lambda *_: None
        if not self.opened.cancelled() and not self.opened.exception():
            on_close(code, reason)


class Connector:
    """Opens connections to ``address`` at the IP address ``ip``."""

    def __init__(self, address: Address, ip: str):
        self.address, self.ip = address, ip
        self._tls = ssl.create_default_context() if address.secure else None

    async def connect(
        self, query: str, on_message: OnMessage, on_close: OnClose
    ) -> ClientConnection:
        """Open a connection. ``query`` follows the path. Raises JoinError."""
        connection = ClientConnection(self.address, query, on_message, on_close)
        hostname = self.address.host if self._tls else None
        connecting = asyncio.get_running_loop().create_connection(
            lambda: connection, self.ip, self.address.port, ssl=self._tls, server_hostname=hostname
        )
        try:
            await within(CONNECT_TIMEOUT_SECONDS, connecting)
            await within(HANDSHAKE_TIMEOUT_SECONDS, connection.opened)
        except TimeoutError:
            if connection.transport is None:
                raise JoinError(f"no connection in {CONNECT_TIMEOUT_SECONDS} s") from None
            message = f"no answer to the handshake in {HANDSHAKE_TIMEOUT_SECONDS} s"
            raise JoinError(message) from None
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", "") or (error.reason or "").lower()
            raise JoinError(f"TLS failed ({reason.rstrip('.').replace('_', ' ')})") from None
        except OSError as error:
            raise JoinError(error.strerror or str(error)) from None
        finally:
            if not connection.is_open:
                connection.abort()
        return connection


async def within(seconds: float, awaitable: Awaitable[T]) -> T:
    """Return the result of ``awaitable``. Raises TimeoutError if there is none in time.

    In Python 3.11 and older, asyncio.wait_for ignores a cancellation that arrives with the result
    (https://github.com/python/cpython/issues/86296): a Ctrl-C would be lost.
    """
    task = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait([task], timeout=seconds)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait([task])
