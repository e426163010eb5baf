"""Daphne's server: it gets a listening socket, and closes all connections when it stops.

A project of somebody's own runs on ListeningServer, which changes nothing else. The chat's Server
has protocols of its own.

Undocumented names:

- ``Server(ready_callable=…)``, ``http_factory``, ``ws_factory``, ``listening_addresses``: Daphne
  calls ``ready_callable`` with its factories made. ``Server.prepare`` replaces them there.
- ``Server.create_application``, ``connections[…]["application_instance"]``: how a protocol's
  application is started. Ours gets an Inbox and a WebSocketSend.
- ``Server.kill_all_applications``, ``handle_reply``: how applications end, and answer.
- ``WebRequest.process``, ``handle_exception``, ``basic_error``, ``_response_started``: a request's
  states.
"""

import asyncio
import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

import daphne.server  # installs Twisted's asyncio reactor: before any other import of Twisted
from daphne.http_protocol import HTTPFactory as DaphneHTTPFactory
from daphne.http_protocol import WebRequest as DaphneWebRequest
from daphne.ws_protocol import WebSocketProtocol as DaphneProtocol
from twisted.internet import defer
from twisted.internet import reactor as installed_reactor

from chatdemo.common.stop_signals import InterruptHandler, set_handler
from chatdemo.realtime.background_tasks import CompletedAwaitable
from chatdemo.realtime.inbox import Inbox
from chatdemo.realtime.send import WebSocketSend
from chatdemo.realtime.upstream import require_names
from chatdemo.realtime.upstream.autobahn import (
    CLOSE_TIMEOUT_SECONDS,
    WebSocketProtocol,
    close_for_shutdown,
)
from chatdemo.realtime.upstream.twisted import HTTPChannel, Transport

logger = logging.getLogger(__name__)
reactor: Any = installed_reactor  # its methods depend on the one that was installed
#: Seconds after the signal at which each stage of stopping ends: participants have answered the
#: close frame, applications have finished, and the others have been cancelled.
CLOSE_SECONDS, FINISH_SECONDS, CANCEL_SECONDS = 0.8, 1.0, 1.1
#: Seconds that ``on_stopped`` may take.
STOPPED_SECONDS = 1.0
#: Octets that may wait for a participant that doesn't read.
MAX_BACKLOG_OCTETS = 1024 * 1024
#: Octets of an HTTP response that may wait before its application has to.
MAX_RESPONSE_BACKLOG_OCTETS = 512 * 1024
#: Seconds without a frame after which a participant is pinged, and in which it must answer. With
#: Daphne's 20 and 30, each ping replaces the timeout of the one before.
PING_INTERVAL_SECONDS, PING_TIMEOUT_SECONDS = 20, 15

require_names("daphne", daphne.server.Server, "create_application", "kill_all_applications")
require_names("daphne", daphne.server.Server, "handle_reply")
require_names("daphne", DaphneWebRequest, "process", "handle_exception", "basic_error")


class ListeningServer(daphne.server.Server):
    """Daphne's server, on ``listener``: a TCP socket that is listening.

    ``on_ready()`` is called when the first request can be answered. ``run()`` returns after SIGINT
    or SIGTERM, once all connections are closed. To clients and to ``application`` it is Daphne
    until then. ``options`` are Daphne's.
    """

    def __init__(
        self,
        application: Callable,
        listener: socket.socket,
        on_ready: Callable[[], None],
        **options: Any,
    ):
        # Daphne requires an endpoint. Its "fd:" endpoint would adopt the socket as prepare() does,
        # but loads every Twisted plugin on the machine to find itself (30 ms).
        super().__init__(
            application,
            endpoints=["adopted"],
            ready_callable=self.prepare,
            signal_handlers=False,  # prepare() installs them, one for each signal
            **options,
        )
        self.endpoints: list[str] = []
        self.listener = listener
        self.on_ready = on_ready

    def prepare(self) -> None:
        """Listen. Daphne calls this with its factories made, before the reactor runs."""
        self.port = reactor.adoptStreamPort(
            self.listener.fileno(), self.listener.family, self.http_factory
        )
        self.listening_addresses.append(self.listener.getsockname()[:2])
        self.listener.close()  # the reactor uses a duplicate
        reactor.callWhenRunning(self.on_ready)
        self._stop_on_signals()

    def _stop_on_signals(self) -> None:
        """Let signals stop the reactor. Raises KeyboardInterrupt for one that the start lost."""
        replaced = set_handler(lambda *_: reactor.callFromThread(reactor.stop))
        for handler in replaced.values():
            if isinstance(handler, InterruptHandler) and handler.was_called:
                raise KeyboardInterrupt

    def kill_all_applications(self) -> defer.Deferred:
        """Close all connections. Twisted calls this before it shuts down, and waits."""
        closing = defer.Deferred.fromFuture(asyncio.ensure_future(self.close_connections()))
        return closing.addErrback(
            lambda failure: logger.error("Stopping failed", exc_info=failure.value)
        )

    async def close_connections(self) -> None:
        """Accept no connections, close WebSockets with 1001, and end their applications."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        self.port.stopListening()
        websockets = [one for one in self.connections if isinstance(one, DaphneProtocol)]
        closing = [close_for_shutdown(websocket).asFuture(loop) for websocket in websockets]
        await _wait_until(start + CLOSE_SECONDS, closing)
        for websocket in websockets:
            websocket.dropConnection()  # without abort: the close frame still arrives
        details = self.connections.values()
        applications = [
            one["application_instance"] for one in details if one.get("application_instance")
        ]
        await _wait_until(start + FINISH_SECONDS, applications)
        for application in applications:
            application.cancel()
        await _wait_until(start + CANCEL_SECONDS, applications)


class Server(ListeningServer):
    """The chat's server: faster than Daphne, and closer to the RFCs.

    ``on_stopped()`` is awaited when all connections are closed. ``max_backlog`` is in octets.
    """

    is_stopping = False

    def __init__(
        self,
        application: Callable,
        listener: socket.socket,
        on_ready: Callable[[], None],
        max_backlog: int = MAX_BACKLOG_OCTETS,
        on_stopped: Callable[[], Awaitable[None]] | None = None,
        **options: Any,
    ):
        pings = {"ping_interval": PING_INTERVAL_SECONDS, "ping_timeout": PING_TIMEOUT_SECONDS}
        super().__init__(application, listener, on_ready, **(pings | options))
        self.max_backlog = max_backlog
        self.on_stopped = on_stopped

    def prepare(self) -> None:
        """Replace Daphne's factories, and listen."""
        self.http_factory = HTTPFactory(self)
        self.ws_factory.setProtocolOptions(
            allowNullOrigin=True,  # Daphne's choice: the application decides about origins
            failByDrop=False,  # send a close frame after a fault (RFC 6455, section 7.1.7)
            closeHandshakeTimeout=CLOSE_TIMEOUT_SECONDS,
        )
        self.ws_factory.protocol = WebSocketProtocol.with_options(self.ws_factory)
        self.sent = CompletedAwaitable(asyncio.get_event_loop())
        super().prepare()
        self.port.transport = Transport

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> Inbox:
        """Run the application for a protocol. Returns the queue of messages for it."""
        is_websocket = isinstance(protocol, WebSocketProtocol)
        inbox = Inbox(protocol.on_inbox_full_changed if is_websocket else None)
        send = (
            WebSocketSend(protocol, self.sent) if is_websocket else partial(self._reply, protocol)
        )
        scope["asgi"] = {"version": "3.0"}
        application = asyncio.ensure_future(self.application(scope, inbox, send))
        self.connections[protocol]["application_instance"] = application
        return inbox

    async def _reply(self, request: "WebRequest", message: dict[str, Any]) -> None:
        """Send a message to an HTTP client: ASGI's ``send``."""
        await self.handle_reply(request, message)
        await request.wait_until_read()

    async def close_connections(self) -> None:
        """Close all connections, and await ``on_stopped()``."""
        self.is_stopping = True
        await super().close_connections()
        if self.on_stopped:
            stopped = asyncio.ensure_future(self.on_stopped())
            deadline = asyncio.get_running_loop().time() + STOPPED_SECONDS
            await _wait_until(deadline, [stopped])


class WebRequest(DaphneWebRequest):
    """An HTTP request, or the handshake of a WebSocket."""

    #: The page for a request that Django never gets.
    error_template = (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>%(title)s</title>'
        "<style>:root{color-scheme:light dark}body{max-width:44rem;margin:10vh auto;"
        "padding:1rem;font:1.2rem/1.5 system-ui,sans-serif}</style><h1>%(title)s</h1>"
        '<p>%(body)s</p><p><a href="/">chatdemo</a></html>'
    )

    def process(self) -> Any:
        """Answer the request, or start the handshake."""
        # This header is for a proxy in front of Daphne. Here only a client can have sent it.
        self.requestHeaders.removeHeader(b"daphne-root-path")
        if fault := self._find_fault():
            return self.basic_error(400, b"Bad Request", fault)
        result = super().process()
        if self.transport is None:  # it is a WebSocket now; the caller still uses the channel
            asyncio.get_running_loop().call_soon(self.channel.release)
        return result

    async def wait_until_read(self) -> None:
        """Wait until the client has read most of the response, so that no long one is in memory."""
        channel = None if self.finished else self.channel
        transport = channel and channel.transport
        if isinstance(transport, Transport):  # and not TLS
            await transport.wait_until_sent(MAX_RESPONSE_BACKLOG_OCTETS)

    def handle_exception(self, exception: Exception) -> None:
        """Handle a failure of the application.

        If its response has started, closing the connection tells that it isn't complete. Daphne
        would start another response, fail, and never report a failed application again.
        """
        if self._response_started:
            self.channel.loseConnection()
        else:
            super().handle_exception(exception)

    def _find_fault(self) -> str | None:
        """Return what Twisted and Daphne accept against RFC 9112 (3.2) and RFC 6455 (4.2.1)."""
        hosts = self.requestHeaders.getRawHeaders(b"host") or []
        if self.clientproto == b"HTTP/1.1" and not hosts:
            return "The request has no Host header, which HTTP/1.1 requires."
        is_upgrade = self.requestHeaders.hasHeader(b"upgrade")
        if is_upgrade and (self.clientproto != b"HTTP/1.1" or len(hosts) > 1):
            return "A WebSocket needs HTTP/1.1 and one Host header."
        return None


class HTTPFactory(DaphneHTTPFactory):
    """Makes connections of the classes above."""

    protocol = HTTPChannel

    def buildProtocol(self, addr: Any) -> HTTPChannel:
        """Return the protocol for a new connection."""
        channel = super().buildProtocol(addr)
        channel.requestFactory = WebRequest
        return channel


def request_logger(is_debug: bool) -> Callable | None:
    """Return Daphne's log of requests and WebSockets, a line each on stderr; None without debug."""
    if not is_debug:
        return None
    from daphne.access import AccessLogGenerator

    return AccessLogGenerator(sys.stderr)


async def _wait_until(deadline: float, futures: Iterable[asyncio.Future]) -> None:
    """Wait until all are done, or until ``deadline`` by the event loop's time."""
    if pending := list(futures):
        timeout = max(0, deadline - asyncio.get_running_loop().time())
        await asyncio.wait(pending, timeout=timeout)
