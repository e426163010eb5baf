"""Daphne's WebSocket protocol, held to RFC 6455 where a handshake or a closing goes off the usual way."""

from urllib.parse import urlsplit

from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from daphne.ws_protocol import WebSocketProtocol as DaphneWebSocketProtocol
from twisted.internet import defer

GOING_AWAY = 1001  # RFC 6455, section 7.4.1


class WebSocketProtocol(DaphneWebSocketProtocol):
    """One participant's WebSocket."""

    reading_close_frame = False

    @property
    def is_registered(self) -> bool:
        """Whether Daphne knows of the connection: it does from onConnect on, when the handshake has been read."""
        return hasattr(self, "server")

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

    def handle_reply(self, message: dict) -> None:
        super().handle_reply(message)
        # Daphne takes an empty message for none. The specification of ASGI asks only that one of the two isn't None.
        if message["type"] == "websocket.send" and not (message.get("text") or message.get("bytes")):
            if message.get("text") is not None:
                self.serverSend("")
            elif message.get("bytes") is not None:
                self.serverSend(b"", binary=True)

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        # To a participant that is leaving nothing is sent. autobahn raises, which would end the consumer half-way.
        if self.state not in (self.STATE_CLOSING, self.STATE_CLOSED):
            super().serverSend(content, binary)

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool | None:
        self.reading_close_frame = True
        try:
            return super().onCloseFrame(code, reasonRaw)
        finally:
            self.reading_close_frame = False

    def dropConnection(self, abort: bool = False) -> None:
        # Aborting on a malformed close frame would discard our own, which tells what was wrong with it.
        super().dropConnection(abort and not self.reading_close_frame)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        # A handshake that was refused earlier (for a missing key, say) has nothing to take back, and Daphne's own
        # onClose would end in an AttributeError.
        if self.is_registered:
            super().onClose(wasClean, code, reason)

    def say_goodbye(self) -> defer.Deferred:
        """Close with 1001 if the WebSocket is open; fires once the connection is gone, answered or not."""
        if self.state == self.STATE_OPEN:
            # Not sendClose(): that refuses every code below 3000 but 1000.
            self.sendCloseFrame(code=GOING_AWAY, reasonUtf8=b"The server is stopping.", isReply=False)
        return self.is_closed
