"""Daphne's WebSocket protocol, held to RFC 6455 where a handshake or a closing goes off the usual way."""

import asyncio
import logging
import time
from collections.abc import Awaitable
from functools import lru_cache
from struct import pack
from urllib.parse import urlsplit

from autobahn.websocket.protocol import WebSocketServerFactory
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from daphne.ws_protocol import WebSocketProtocol as DaphneWebSocketProtocol
from twisted.internet import defer
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from chatdemo.realtime.transport import LITTLE, Transport
from chatdemo.realtime.writes import JoinedWrites

logger = logging.getLogger(__name__)
GOING_AWAY = 1001  # RFC 6455, section 7.4.1
CONNECTING, OPEN = DaphneWebSocketProtocol.STATE_CONNECTING, DaphneWebSocketProtocol.STATE_OPEN
TRY_AGAIN_LATER = 1013  # the registry that RFC 6455, section 11.7, set up
#: The codes below 3000 with which an application may close.
FOR_SERVERS = {GOING_AWAY, 1003, 1008, 1009, 1011, 1012, TRY_AGAIN_LATER}
#: Seconds between two looks whether a socket has taken everything.
DRAIN = 0.005
#: Fragments of a message that are kept one by one.
FRAGMENTS = 1000
NOTHING: dict = {}


@lru_cache(maxsize=4)
def frame(content: str | bytes) -> bytes:
    """``content`` as the frame of a text or a binary message, neither masked nor compressed (RFC 6455, section 5.2).

    A room's message is framed once for all.
    """
    opcode, payload = (0x82, content) if isinstance(content, bytes) else (0x81, content.encode())
    size = len(payload)
    if size < 126:
        return bytes((opcode, size)) + payload
    if size < 1 << 16:
        return pack("!BBH", opcode, 126, size) + payload
    return pack("!BBQ", opcode, 127, size) + payload


@lru_cache(maxsize=4)
def frames(contents: str, between: str) -> bytes:
    """Several texts as frames, one behind the other."""
    return b"".join(map(frame, contents.split(between)))


def whole_text(data: bytes) -> str | None:
    """The text in ``data``, if that is what most of it is: one whole, masked frame of a text of 1 to 125 octets."""
    if not 7 <= len(data) <= 131 or data[0] != 0x81 or len(data) != data[1] - 0x80 + 6:
        return None
    size = len(data) - 6
    mask = (data[2:6] * 32)[:size]
    masked = int.from_bytes(data[6:], "big") ^ int.from_bytes(mask, "big")  # all octets at once
    try:
        return masked.to_bytes(size, "big").decode()
    except UnicodeDecodeError:
        return None


class WebSocketProtocol(DaphneWebSocketProtocol):
    """One participant's WebSocket."""

    reading_close_frame = False
    sender: "Send | None" = None  # the application's

    @classmethod
    def with_options(cls, factory: WebSocketServerFactory) -> type:
        """A subclass that has the factory's options. autobahn copies all 29 into each connection, and lists them for a
        log line that nobody reads: 0.15 ms and 2 KiB.
        """
        options = {name: getattr(factory, name) for name in cls.CONFIG_ATTRS}
        return type(cls.__name__, (cls,), {**options, "CONFIG_ATTRS": ()})

    @property
    def is_registered(self) -> bool:
        """Whether Daphne knows of the connection: it does from onConnect on, when the handshake has been read."""
        return hasattr(self, "server")

    def connectionMade(self) -> None:
        super().connectionMade()
        self.transport.bufferSize = LITTLE

    def processHandshake(self) -> None:
        # What a client sends before its handshake is answered stays in the buffer: autobahn would read it as another.
        if not self.is_registered:
            super().processHandshake()

    def onConnect(self, request: ConnectionRequest) -> defer.Deferred:
        if self.factory.server_class.stopping:
            raise ConnectionDeny(503, "The server is stopping")
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(400, "Sec-WebSocket-Protocol must be ASCII")
        request.path = urlsplit(self.http_request_uri).path  # autobahn cuts it at a semicolon
        # Nothing is compressed here. A malformed offer to would fail the handshake otherwise (RFC 7692, section 7.1).
        self.websocket_extensions = []
        return super().onConnect(request)

    def serverAccept(self, subprotocol: str | None = None) -> None:
        # Daphne percent-decodes the offered names; autobahn fails on one that the client didn't offer letter by letter.
        super().serverAccept(subprotocol if subprotocol in self.websocket_protocols else None)

    def dataReceived(self, data: bytes) -> None:
        if self.state == CONNECTING and self.is_registered:
            # It should have waited for the answer (RFC 6455, section 4.1). What was read until then would all be taken
            # in one go, which for 2 MB took 35 s; so it stays in the socket.
            self.transport.pauseProducing()
        # autobahn takes 60 µs to read a small frame, 2 of them the frame and the rest what it is ready for.
        in_between = self.state == OPEN and not self.data and self.current_frame is None
        if (
            in_between
            and not self.inside_message
            and not self.autoPingTimeoutCall
            and not self.muted
        ):
            text = whole_text(data)
            if text is not None:
                self.last_ping = time.time()
                return self.application_queue.put_nowait(
                    {"type": "websocket.receive", "text": text}
                )
        super().dataReceived(data)

    def onMessageFrame(self, payload: list[bytes]) -> None:
        # autobahn keeps each fragment as it is: of one octet each, a message of 1 MiB takes 54, and empty ones no end.
        super().onMessageFrame(payload)
        if len(self.message_data) > FRAGMENTS:
            self.message_data = [b"".join(self.message_data)]

    def onOpen(self) -> None:
        super().onOpen()
        self.forget_handshake()
        if isinstance(self.transport, Transport):  # and not TLS
            self.sender.joined = self.transport.join_writes(
                self.server.max_backlog, self.give_up
            )  # and reads on
        else:
            self.transport.resumeProducing()

    def forget_handshake(self) -> None:
        """Drop what nobody asks for again: 2 KiB. The headers are in the application's scope."""
        self.http_request_data = self.http_response_data = b""
        self.http_headers = self.http_headers_cnt = self.request.headers = NOTHING
        self.application_deferred = None
        self.send_queue = ()  # for data that is chopped; we don't

    def send_content(self, content: str | bytes) -> None:
        """Send a text or a binary message; nothing, once the WebSocket is closing."""
        if self.state == OPEN:
            self.transport.write(frame(content))

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        # To a participant that is leaving nothing is sent. autobahn raises, which would end the consumer half-way.
        self.send_content(content)

    def give_up(self) -> None:
        """Close with 1013: the participant doesn't read what it is sent, and there is no more room to keep it."""
        logger.warning(
            "A participant at %s:%s doesn't read: %d octets wait for it, more than max_backlog. It is disconnected.",
            *self.client_addr,
            self.transport.backlog,
        )
        self.sendCloseFrame(
            code=TRY_AGAIN_LATER, reasonUtf8=b"Too much waits to be read.", isReply=False
        )

    def hold(self, is_full: bool) -> None:
        """Read nothing more while much waits for the application: who sends more than it can take has to wait."""
        if self.state == OPEN and isinstance(self.transport, Transport):
            (self.transport.hold if is_full else self.transport.let_go)(self)

    def _is_held(self) -> bool:
        return bool(getattr(self.transport, "holders", None))

    def _sendAutoPing(self) -> None:
        if not self._is_held():  # else its answer would stay unread
            super()._sendAutoPing()

    def onAutoPingTimeout(self) -> None:
        if self._is_held():
            self.autoPingTimeoutCall = None
        else:
            super().onAutoPingTimeout()

    def stop_sending(self) -> None:
        """After a close frame there is nothing more to send (RFC 6455, section 5.5.1)."""
        if self.sender:
            self.sender.joined = None

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        self.stop_sending()
        super().sendCloseFrame(code, reasonUtf8, isReply)
        if self._is_held():
            self.transport.read_on()  # there is an answer to come

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.stop_sending()
        super().connectionLost(reason)
        self.sender = None

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool | None:
        self.reading_close_frame = True
        try:
            return super().onCloseFrame(code, reasonRaw)
        finally:
            self.reading_close_frame = False

    def dropConnection(self, abort: bool = False) -> None:
        self.stop_sending()
        # Aborting on a malformed close frame would discard our own, which tells what was wrong with it.
        super().dropConnection(abort and not self.reading_close_frame)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        # A handshake that was refused earlier (for a missing key, say) has nothing to take back, and Daphne's own
        # onClose would end in an AttributeError.
        if self.is_registered:
            super().onClose(wasClean, code, reason)

    def serverClose(self, code: int | None = None) -> None:
        # autobahn's sendClose raises for every code below 3000 but 1000, and leaves the WebSocket open.
        if code in FOR_SERVERS:
            self.sendCloseFrame(code=code, isReply=False)
        else:
            super().serverClose(code)

    def say_goodbye(self) -> defer.Deferred:
        """Close with 1001 if the WebSocket is open; fires once the connection is gone, answered or not."""
        if self.state == self.STATE_OPEN:
            # Not sendClose(): that refuses every code below 3000 but 1000.
            self.sendCloseFrame(
                code=GOING_AWAY, reasonUtf8=b"The server is stopping.", isReply=False
            )
        return self.is_closed


class Send:
    """ASGI's ``send`` for one WebSocket, and with ``text`` a shorter way to the same for what is sent most.

    Middleware that wraps ``send`` has no ``text``, and so gets to see everything.
    """

    __slots__ = ("protocol", "done", "joined", "held_until")

    def __init__(self, protocol: WebSocketProtocol, done: Awaitable[None]):
        self.protocol, self.done = protocol, done
        self.joined: JoinedWrites | None = None  # while it is open, and not TLS
        self.held_until: float | None = None  # nothing is read before, by the event loop's time
        protocol.sender = self

    async def __call__(self, message: dict) -> None:
        content = None
        if message["type"] == "websocket.send" and self.protocol.state == OPEN:
            # One of the two must be there, and may be empty. Daphne takes that for missing.
            content = message["bytes"] if message.get("text") is None else message["text"]
        if content is None:
            await self.protocol.server.handle_reply(self.protocol, message)
        else:
            self.protocol.send_content(content)

    def text(self, text: str) -> Awaitable[None]:
        """Send a text at once. What it returns is done already, and there to be awaited as a call of ``send`` is."""
        joined = self.joined
        if joined is None:
            return self({"type": "websocket.send", "text": text})
        joined.write(frame(text))
        return self.done

    def texts(self, texts: str, between: str) -> Awaitable[None]:
        """Several at once, separated by what is ``between``, and in the same way."""
        joined = self.joined
        if joined is None:
            return self._each(texts.split(between))
        joined.write(frames(texts, between))
        return self.done

    async def _each(self, texts: list[str]) -> None:
        for text in texts:
            await self({"type": "websocket.send", "text": text})

    def pause_reading(self, seconds: float) -> None:
        """Read nothing more from the participant for some time. It notices when what it sends isn't taken any more."""
        if self.joined is None:
            return
        loop = asyncio.get_running_loop()
        if self.held_until is None:
            self.joined.transport.hold(self)
            loop.call_soon(self._go_on, loop)
        self.held_until = max(self.held_until or 0.0, loop.time() + seconds)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        left = self.held_until - loop.time()
        if left > 0:
            loop.call_later(left, self._go_on, loop)
            return
        self.held_until = None
        if self.joined:
            self.joined.transport.let_go(self)

    async def wait_until_sent(self) -> None:
        """Wait until the socket has taken all that was sent. Whoever sends much without it is soon given up."""
        while (joined := self.joined) and (joined.first is not None or joined.transport.backlog):
            await asyncio.sleep(DRAIN)
