"""Daphne, made to take a listening socket, to follow RFC 6455 when it closes, and to end in time."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable

import daphne.server  # installs Twisted's asyncio reactor, so it comes before any other import of Twisted
from twisted.internet import defer, reactor

from chatdemo.realtime.http import HTTPFactory
from chatdemo.realtime.websocket import WebSocketProtocol

logger = logging.getLogger(__name__)

#: Seconds for each stage of stopping: participants answer the close frame, consumers finish, the rest is cancelled.
GOODBYE_TIMEOUT, FINISH_TIMEOUT, CANCEL_TIMEOUT = 1.2, 0.3, 0.2


class Server(daphne.server.Server):
    """Daphne serving ``application`` on ``listener``, a TCP socket that listens already.

    ``on_ready()`` is called when the first request can be answered. ``run()`` returns after SIGINT or SIGTERM,
    once every WebSocket has been closed. The other options are Daphne's own.
    """

    def __init__(self, application: Callable, listener: socket.socket, on_ready: Callable[[], None], **options):
        # Daphne refuses to be made without an endpoint. Its "fd:" endpoint would adopt the socket too, but loads
        # every Twisted plugin on the machine to find itself (25 ms); prepare() does the same in one call.
        super().__init__(application, endpoints=["adopted"], ready_callable=self.prepare, **options)
        self.endpoints = []
        self.listener = listener
        self.on_ready = on_ready

    def prepare(self) -> None:
        """Daphne calls this with its factories made and the reactor about to run."""
        self.http_factory = HTTPFactory(self)
        self.ws_factory.protocol = WebSocketProtocol
        self.ws_factory.setProtocolOptions(
            allowNullOrigin=True,  # as Daphne has it: the application is what judges origins
            failByDrop=False,  # a breach of the protocol is answered with a close frame (RFC 6455, section 7.1.7)
            closeHandshakeTimeout=GOODBYE_TIMEOUT,
        )
        self.port = reactor.adoptStreamPort(self.listener.fileno(), self.listener.family, self.http_factory)
        self.listening_addresses.append(self.listener.getsockname()[:2])
        self.listener.close()  # the reactor works on a duplicate
        reactor.callWhenRunning(self._run_on_ready)

    def _run_on_ready(self) -> None:
        # Twisted takes over SIGINT and SIGTERM; the terminal's window being closed is a stop as well.
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, lambda *_: reactor.callFromThread(reactor.stop))
        self.on_ready()

    def kill_all_applications(self) -> defer.Deferred:
        """Twisted calls this before it shuts down, and waits for what it returns."""
        ending = defer.Deferred.fromFuture(asyncio.ensure_future(self.end_connections()))
        return ending.addErrback(lambda failure: logger.error("Stopping failed", exc_info=failure.value))

    async def end_connections(self) -> None:
        """Take no new connections, close every WebSocket with 1001, then let its application finish or cancel it."""
        self.port.stopListening()
        sockets = [protocol for protocol in self.connections if isinstance(protocol, WebSocketProtocol)]
        loop = asyncio.get_running_loop()
        await _settle([protocol.say_goodbye().asFuture(loop) for protocol in sockets], GOODBYE_TIMEOUT)
        running = [details.get("application_instance") for details in self.connections.values()]
        applications = [application for application in running if application]
        await _settle(applications, FINISH_TIMEOUT)
        for application in applications:
            application.cancel()
        await _settle(applications, CANCEL_TIMEOUT)


async def _settle(futures: list[asyncio.Future], timeout: float) -> None:
    """Wait until all are done, at most ``timeout`` seconds; what they end with is theirs."""
    if futures:
        await asyncio.wait(futures, timeout=timeout)
