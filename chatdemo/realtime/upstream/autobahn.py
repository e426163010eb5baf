"""autobahn's WebSocket protocol, as Daphne subclasses it, with undocumented names of both.

autobahn:

- ``state``, ``STATE_OPEN`` …, ``data``, ``current_frame``, ``inside_message``, ``message_data``,
  ``autoPingTimeoutCall``: where the parser is. ``dataReceived`` reads small frames itself in
  between, and ``onMessageFrame`` joins fragments.
- ``processHandshake``, ``onMessageFrame``, ``onCloseFrame``, ``sendCloseFrame``,
  ``dropConnection``, ``_sendAutoPing``, ``onAutoPingTimeout``: the steps of the protocol.
- ``CONFIG_ATTRS``: the options that are copied into each connection.
- ``http_*``, ``send_queue``, ``websocket_extensions``, ``websocket_protocols``: what is left of
  the handshake.

Daphne: ``server_class``, ``server``, ``application_queue``, ``application_deferred``,
``last_ping``, ``muted``, ``handle_reply``, ``serverAccept``, ``serverSend``.
"""

import logging
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from autobahn.websocket.protocol import WebSocketProtocol as AutobahnProtocol
from autobahn.websocket.protocol import WebSocketServerFactory
from autobahn.websocket.types import ConnectionDeny, ConnectionRequest
from daphne.ws_protocol import WebSocketProtocol as DaphneProtocol
from twisted.internet import defer
from twisted.internet.protocol import connectionDone
from twisted.python.failure import Failure

from chatdemo.realtime.send import decode_text_frame, encode_frame
from chatdemo.realtime.upstream import require_names
from chatdemo.realtime.upstream.twisted import READ_OCTETS, Transport

if TYPE_CHECKING:
    from chatdemo.realtime.send import WebSocketSend

logger = logging.getLogger(__name__)
#: Close codes: RFC 6455, section 7.4.1, and the registry that section 11.7 set up.
NORMAL, GOING_AWAY, TRY_AGAIN_LATER = 1000, 1001, 1013
#: Close codes below 3000, besides 1000, that an application may send.
APPLICATION_CODES = {GOING_AWAY, 1003, 1008, 1009, 1011, 1012, TRY_AGAIN_LATER}
#: Seconds in which a participant must answer a close frame. autobahn rounds the time down to a
#: whole second (txaio's batched timer): with less than 2 it may close the connection at once, and
#: the participant may never read the reason.
CLOSE_TIMEOUT_SECONDS = 2
#: A control frame has at most 125 octets, and two are the code.
MAX_REASON_OCTETS = 123
#: Fragments of one message that are stored separately.
MAX_FRAGMENTS = 1000
CONNECTING, OPEN = AutobahnProtocol.STATE_CONNECTING, AutobahnProtocol.STATE_OPEN
EMPTY: dict[str, Any] = {}

require_names(
    "autobahn",
    DaphneProtocol,
    *("CONFIG_ATTRS", "processHandshake", "onMessageFrame", "onCloseFrame", "sendCloseFrame"),
    *("dropConnection", "_sendAutoPing", "onAutoPingTimeout"),
)
require_names("daphne", DaphneProtocol, "serverAccept", "serverSend", "handle_reply", "muted")


class WebSocketProtocol(DaphneProtocol):
    """A participant's WebSocket. It follows RFC 6455 where a handshake or a close is unusual."""

    application_send: "WebSocketSend | None" = None
    message_data: list[bytes]
    _is_reading_close_frame = False

    @classmethod
    def with_options(cls, factory: WebSocketServerFactory) -> type["WebSocketProtocol"]:
        """Return a subclass with the factory's options.

        autobahn copies all 29 into each connection and lists them for a log line that nobody
        reads: 0.15 ms and 2 KiB.
        """
        options = {name: getattr(factory, name) for name in cls.CONFIG_ATTRS}
        return type(cls.__name__, (cls,), {**options, "CONFIG_ATTRS": ()})

    @property
    def can_send(self) -> bool:
        """Whether frames can be sent."""
        return self.state == OPEN

    @property
    def is_registered(self) -> bool:
        """Whether Daphne knows the connection: from onConnect on, when the handshake was read."""
        return hasattr(self, "server")

    def connectionMade(self) -> None:
        """Read in small pieces."""
        super().connectionMade()
        self.transport.bufferSize = READ_OCTETS

    def processHandshake(self) -> None:
        """Read the handshake, once.

        What a client sends before the answer stays in the buffer. autobahn would read it as
        another handshake.
        """
        if not self.is_registered:
            super().processHandshake()

    def onConnect(self, request: ConnectionRequest) -> defer.Deferred:
        """Refuse a handshake that can't be served, or let Daphne start the application."""
        if self.factory.server_class.is_stopping:
            raise ConnectionDeny(503, "The server is stopping")
        if not request.headers.get("sec-websocket-protocol", "").isascii():
            raise ConnectionDeny(400, "Sec-WebSocket-Protocol must be ASCII")
        request.path = urlsplit(self.http_request_uri).path  # autobahn cuts it at a semicolon
        # Nothing is compressed here. Otherwise a malformed offer of compression would fail the
        # handshake (RFC 7692, section 7.1).
        self.websocket_extensions: list[Any] = []
        return super().onConnect(request)

    def serverAccept(self, subprotocol: str | None = None) -> None:
        """Accept the handshake.

        Daphne percent-decodes the offered subprotocols, and autobahn fails on one that the client
        hasn't offered in exactly this form.
        """
        super().serverAccept(subprotocol if subprotocol in self.websocket_protocols else None)

    def dataReceived(self, data: bytes) -> None:
        """Parse frames: a small one here, as autobahn spends 60 µs on it and decoding takes 2."""
        if self.state == CONNECTING and self.is_registered:
            # The client should have waited for the answer (RFC 6455, section 4.1). All that was
            # read until then would be parsed at once, which took 35 s for 2 MB: it stays in the
            # socket.
            self.transport.pauseProducing()
        is_between_frames = self.state == OPEN and not self.data and self.current_frame is None
        is_expecting_pong = bool(self.autoPingTimeoutCall)
        if is_between_frames and not (self.inside_message or is_expecting_pong or self.muted):
            text = decode_text_frame(data)
            if text is not None:
                self.last_ping = time.time()
                self.application_queue.put_nowait({"type": "websocket.receive", "text": text})
                return
        super().dataReceived(data)

    def onMessageFrame(self, payload: list[bytes]) -> None:
        """Add a fragment to a message.

        autobahn stores each separately: 1 MiB in fragments of one octet takes 54 MiB.
        """
        super().onMessageFrame(payload)
        if len(self.message_data) > MAX_FRAGMENTS:
            self.message_data = [b"".join(self.message_data)]

    def onOpen(self) -> None:
        """Buffer writes and read on, and free what is left of the handshake (2 KiB)."""
        super().onOpen()
        self.http_request_data = self.http_response_data = b""
        self.http_headers = self.request.headers = EMPTY
        self.application_deferred = None
        self.send_queue = ()  # for data that is sent in pieces, which we don't do
        if isinstance(self.transport, Transport):  # and not TLS
            assert self.application_send is not None
            self.application_send.write_buffer = self.transport.start_buffering(
                self.server.max_backlog, self.close_slow_reader
            )
        else:
            self.transport.resumeProducing()

    def send_content(self, content: str | bytes) -> None:
        """Send a text or a binary message, unless the WebSocket is closing."""
        if self.state == OPEN:
            self.transport.write(encode_frame(content))

    def serverSend(self, content: str | bytes, binary: bool = False) -> None:
        """Send a message.

        Nothing is sent to a participant that is leaving. autobahn raises an exception then, which
        would end the consumer.
        """
        self.send_content(content)

    def close_slow_reader(self) -> None:
        """Close with 1013: the participant doesn't read, and max_backlog octets wait for it."""
        host, port = self.client_addr
        logger.warning(
            "A participant at %s:%s doesn't read: %d octets wait for it, more than max_backlog."
            " It is disconnected.",
            host,
            port,
            self.transport.backlog.octets,
        )
        reason = b"Too much waits to be read."
        self.sendCloseFrame(code=TRY_AGAIN_LATER, reasonUtf8=reason, isReply=False)

    def on_inbox_full_changed(self, is_full: bool) -> None:
        """Read nothing while too many messages wait for the application: the client has to wait."""
        if self.state == OPEN and isinstance(self.transport, Transport):
            if is_full:
                self.transport.pause_reading(self)
            else:
                self.transport.resume_reading(self)

    def _is_paused(self) -> bool:
        return bool(getattr(self.transport, "pause_reasons", None))

    def _sendAutoPing(self) -> None:
        if not self._is_paused():  # or the answer wouldn't be read
            super()._sendAutoPing()

    def onAutoPingTimeout(self) -> None:
        """Close the connection, unless the answer couldn't be read."""
        if self._is_paused():
            self.autoPingTimeoutCall = None
        else:
            super().onAutoPingTimeout()

    def stop_sending(self) -> None:
        """Send no message after a close frame (RFC 6455, section 5.5.1)."""
        if self.application_send:
            self.application_send.write_buffer = None

    def sendCloseFrame(
        self, code: int | None = None, reasonUtf8: bytes | None = None, isReply: bool = False
    ) -> None:
        """Send a close frame, and read the answer."""
        self.stop_sending()
        super().sendCloseFrame(code, reasonUtf8, isReply)
        if self._is_paused():
            self.transport.resume_reading_for_close()

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Clean up."""
        self.stop_sending()
        super().connectionLost(reason)
        self.application_send = None

    def onCloseFrame(self, code: int | None, reasonRaw: bytes | None) -> bool | None:
        """Handle the client's close frame."""
        self._is_reading_close_frame = True
        try:
            return super().onCloseFrame(code, reasonRaw)
        finally:
            self._is_reading_close_frame = False

    def dropConnection(self, abort: bool = False) -> None:
        """Close the TCP connection.

        Aborting because of a malformed close frame would discard our own, which says what was
        wrong with it.
        """
        self.stop_sending()
        super().dropConnection(abort and not self._is_reading_close_frame)

    def onClose(self, wasClean: bool, code: int, reason: str) -> None:
        """Tell the application.

        For a handshake that was refused before ``onConnect`` (without a key, for example) Daphne's
        own method raises AttributeError.
        """
        if self.is_registered:
            super().onClose(wasClean, code, reason)

    def handle_reply(self, message: dict[str, Any]) -> None:
        """Act on a message from the application. Daphne leaves out the reason of a close."""
        if message.get("type") == "websocket.close" and self.state != CONNECTING:
            self.close(message.get("code") or NORMAL, message.get("reason") or "")
        else:
            super().handle_reply(message)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame with as much of the reason as fits (RFC 6455, section 5.5).

        autobahn's sendClose raises for every code below 3000 but 1000, and doesn't close.
        """
        encoded = reason.encode()[:MAX_REASON_OCTETS].decode(errors="ignore").encode()
        if code in APPLICATION_CODES:
            self.sendCloseFrame(code=code, reasonUtf8=encoded, isReply=False)
        else:
            self.sendClose(code, encoded.decode())


def close_for_shutdown(websocket: DaphneProtocol) -> defer.Deferred:
    """Close with 1001. The result fires once the connection is closed, answered or not."""
    if websocket.state == OPEN:
        websocket.closeHandshakeTimeout = CLOSE_TIMEOUT_SECONDS
        reason = b"The server is stopping."
        websocket.sendCloseFrame(code=GOING_AWAY, reasonUtf8=reason, isReply=False)
    return websocket.is_closed
