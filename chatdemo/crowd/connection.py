"""One WebSocket to the server, as a client."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from chatdemo.crowd import tls
from chatdemo.crowd.address import Address
from chatdemo.crowd.loop import reactor

# isort: split
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn.websocket.types import ConnectingRequest
from twisted.internet import endpoints
from twisted.internet.protocol import Factory
from twisted.python.failure import Failure

#: Seconds for the TCP connection, and for the server's answer to the handshake.
CONNECT, HANDSHAKE = 10, 20
#: The first byte of a text frame that is a whole message, and the longest payload whose length is one byte.
WHOLE_TEXT, SHORT = 0x81, 125
LOST = 1006  # RFC 6455, section 7.4.1: closed without a close frame


class JoinError(Exception):
    """A WebSocket that didn't come about. ``status`` is that of the server's HTTP answer, None if it gave none."""

    def __init__(self, reason: str, status: int | None = None, location: str = ""):
        super().__init__(reason)
        self.status = status
        self.location = location


class Connection(WebSocketClientProtocol):
    """Hands each message's bytes to ``on_frame(payload)``; ``on_end(code, reason)`` is called once, at its end.

    ``query`` goes to the server behind the address's path, with its question mark.
    """

    def __init__(
        self,
        door: "Door",
        on_frame: Callable[[bytes], None],
        on_end: Callable[[int, str], None],
        query: str = "",
    ):
        super().__init__()
        self.factory = door.factory
        self.address, self.query = door.address, query
        self.on_frame, self.on_end = on_frame, on_end
        self.tls_fault = ""
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()

    @property
    def is_joined(self) -> bool:
        return self.opened.done() and self.state == self.STATE_OPEN

    def onConnecting(self, _) -> ConnectingRequest:
        address = self.address
        host = address.place.rpartition(":")[0]  # with its brackets, if it has any
        return ConnectingRequest(
            host=host,
            port=address.port,
            resource=address.path + self.query,
            headers={},
            useragent="chatdemo crowd",
            origin=address.origin,
            protocols=[],
        )

    def processHandshake(self) -> None:
        try:
            super().processHandshake()
        except Exception:  # autobahn expects HTTP, and in UTF-8
            self.failHandshake("the answer is no HTTP")

    def onOpen(self) -> None:
        if not self.opened.done():
            self.opened.set_result(None)

    def dataReceived(self, data: bytes) -> None:
        """Bytes from the server. A whole short text, as nearly all are, is cut out here: autobahn takes far longer."""
        if (
            self.state == self.STATE_OPEN
            and self.current_frame is None
            and not self.data
            and not self.inside_message
        ):
            while (
                len(data) > 1
                and data[0] == WHOLE_TEXT
                and data[1] <= SHORT
                and len(data) >= data[1] + 2
            ):
                self.on_frame(data[2 : data[1] + 2])
                data = data[data[1] + 2 :]
        if data:
            self._dataReceived(data)

    def connectionLost(self, reason: Failure) -> None:
        self.tls_fault = tls.fault(reason.value) if self.address.secure else ""
        super().connectionLost(reason)

    def onMessage(self, payload: bytes, isBinary: bool) -> None:
        self.on_frame(payload)

    def onCloseFrame(self, code: int | None, reason: bytes | None) -> bool | None:
        # Before autobahn judges the code: one that it doesn't know is still what the server said.
        if self.is_joined:
            self._end(code or 1005, (reason or b"").decode("utf-8", "replace"))
        return super().onCloseFrame(code, reason)

    def onClose(self, wasClean: bool, code: int | None, reason: str | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(self._why_not_opened())
        elif not self.ended.done():
            self._end(LOST, self.wasNotCleanReason or "" if self.failedByMe else "")
        if not self.ended.done():
            self.ended.set_result(None)

    def _end(self, code: int, reason: str) -> None:
        on_end, self.on_end = self.on_end, lambda *_: None
        on_end(code, reason)

    def _why_not_opened(self) -> JoinError:
        if self.tls_fault:
            return JoinError(self.tls_fault)
        if self.wasOpenHandshakeTimeout:
            return JoinError(f"no answer to the handshake in {HANDSHAKE} s")
        words = getattr(self, "http_status_line", "").split(None, 2)
        if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdecimal():
            return JoinError(
                "an answer that is no HTTP"
                if self.data
                else "the connection was closed without an answer"
            )
        status = int(words[1])
        if status == HTTPStatus.SWITCHING_PROTOCOLS:
            return JoinError(f"a handshake that is none: {self.wasNotCleanReason}", status)
        return JoinError(
            f"status {' '.join(words[1:])}", status, self.http_headers.get("location", "")
        )


class Door:
    """Makes connections to ``address``, of which ``ip`` is the address that answers."""

    def __init__(self, address: Address, ip: str):
        self.address = address
        self.factory = WebSocketClientFactory()
        # autobahn rounds the time for a goodbye down to a whole second, which may be none: whoever leaves limits it.
        self.factory.setProtocolOptions(openHandshakeTimeout=HANDSHAKE, closeHandshakeTimeout=0)
        kind = endpoints.TCP6ClientEndpoint if ":" in ip else endpoints.TCP4ClientEndpoint
        self.endpoint = kind(reactor, ip, address.port, timeout=CONNECT)
        if address.secure:
            from twisted.internet.ssl import optionsForClientTLS

            self.endpoint = endpoints.wrapClientTLS(
                optionsForClientTLS(address.host), self.endpoint
            )

    async def open(self, connection: Connection) -> None:
        """Connect, and make the handshake. Raises JoinError."""
        try:
            await self.endpoint.connect(_Only(connection)).asFuture(asyncio.get_running_loop())
        except Exception as error:  # Twisted's, for which it has a dozen classes
            raise JoinError(str(getattr(error, "osError", None) or error)) from None
        await connection.opened


class _Only(Factory):
    """Twisted asks a factory for each protocol; here it is made already."""

    noisy = False

    def __init__(self, connection: Connection):
        self.connection = connection

    def buildProtocol(self, addr: object) -> Connection:
        return self.connection
