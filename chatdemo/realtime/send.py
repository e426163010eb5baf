"""Messages from an application to a WebSocket: ASGI's ``send``, and frames (RFC 6455)."""

import asyncio
from collections.abc import Awaitable
from functools import lru_cache
from struct import pack
from typing import TYPE_CHECKING, Any

from chatdemo.realtime.observers import FrameObserver

if TYPE_CHECKING:
    from chatdemo.realtime.upstream.autobahn import WebSocketProtocol
    from chatdemo.realtime.write_buffer import WriteBuffer

#: First octet of a frame that is a whole message (RFC 6455, section 5.2): FIN and the opcode.
TEXT, BINARY = 0x81, 0x82


@lru_cache(maxsize=4)
def encode_frame(content: str | bytes) -> bytes:
    """Return the frame of a text or a binary message (RFC 6455, section 5.2).

    It is neither masked nor compressed. The message of a room is encoded once for all.
    """
    first, payload = (BINARY, content) if isinstance(content, bytes) else (TEXT, content.encode())
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    if length < 1 << 16:
        return pack("!BBH", first, 126, length) + payload
    return pack("!BBQ", first, 127, length) + payload


@lru_cache(maxsize=4)
def encode_frames(texts: str, separator: str) -> bytes:
    """Return the frames of several texts, which are joined by ``separator``."""
    return b"".join(map(encode_frame, texts.split(separator)))


def decode_text_frame(data: bytes) -> str | None:
    """Return the text, if ``data`` is one masked frame with a whole text of 1 to 125 octets."""
    if not 7 <= len(data) <= 131 or data[0] != TEXT or len(data) != data[1] - 0x80 + 6:
        return None
    length = len(data) - 6
    mask = (data[2:6] * 32)[:length]
    masked = int.from_bytes(data[6:], "big") ^ int.from_bytes(mask, "big")  # all octets at once
    try:
        return masked.to_bytes(length, "big").decode()
    except UnicodeDecodeError:
        return None


class WebSocketSend:
    """ASGI's ``send`` for one WebSocket.

    ``write_buffer`` is None unless the WebSocket is open and without TLS. While it is there, a
    consumer writes texts to it itself (base_consumer.py), calls ``text_observer``, and returns
    ``sent``. This object calls ``observer`` for everything else. Most of what is sent are texts:
    their observer can be unset alone.
    """

    __slots__ = ("protocol", "sent", "write_buffer", "observer", "text_observer", "_paused_until")

    def __init__(self, protocol: "WebSocketProtocol", sent: Awaitable[None]):
        self.protocol, self.sent = protocol, sent
        self.write_buffer: WriteBuffer | None = None
        self.observer: FrameObserver | None = None
        self.text_observer: FrameObserver | None = None
        self._paused_until: float | None = None  # by the event loop's time
        protocol.application_send = self

    async def __call__(self, message: dict[str, Any]) -> None:
        if self.observer is not None:
            self.observer.on_sent(message)
        content = None
        if message["type"] == "websocket.send" and self.protocol.can_send:
            # One of the two must be there, and may be empty. Daphne takes an empty one for missing.
            content = message["bytes"] if message.get("text") is None else message["text"]
        if content is None:
            await self.protocol.server.handle_reply(self.protocol, message)
        else:
            self.protocol.send_content(content)

    @property
    def backlog(self) -> int | None:
        """Octets that wait for the participant to read, None with TLS."""
        backlog = getattr(self.protocol.transport, "backlog", None)
        return backlog and backlog.octets

    def pause_reading(self, seconds: float) -> None:
        """Read nothing from the participant for some time. Its own TCP then makes it wait."""
        if self.write_buffer is None:
            return
        loop = asyncio.get_running_loop()
        if self._paused_until is None:
            self.write_buffer.transport.pause_reading(self)
            loop.call_soon(self._resume_reading, loop)
        self._paused_until = max(self._paused_until or 0.0, loop.time() + seconds)

    def _resume_reading(self, loop: asyncio.AbstractEventLoop) -> None:
        assert self._paused_until is not None
        remaining = self._paused_until - loop.time()
        if remaining > 0:
            loop.call_later(remaining, self._resume_reading, loop)
            return
        self._paused_until = None
        if self.write_buffer:
            self.write_buffer.transport.resume_reading(self)

    async def wait_until_sent(self) -> None:
        """Wait until the socket has accepted everything: much at once would exceed max_backlog."""
        if self.write_buffer:
            await self.write_buffer.transport.wait_until_sent()
