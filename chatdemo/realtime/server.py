"""Daphne, made to take a listening socket, to follow RFC 6455 when it closes, and to end in time."""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from functools import partial

import daphne.server  # installs Twisted's asyncio reactor, so it comes before any other import of Twisted
from twisted.internet import defer, reactor

from chatdemo.common import signals
from chatdemo.realtime.http import HTTPFactory, WebRequest
from chatdemo.realtime.inbox import Inbox
from chatdemo.realtime.tasks import Done
from chatdemo.realtime.transport import Transport
from chatdemo.realtime.websocket import Send, WebSocketProtocol

logger = logging.getLogger(__name__)

#: Seconds from the signal to the end of each stage of stopping: participants have answered the close frame,
#: applications have finished, the rest has been cancelled.
GOODBYE, FINISH, CANCEL = 0.8, 1.0, 1.1
#: Seconds that a participant has to answer a close frame. autobahn rounds the end down to a whole second (txaio's
#: batched timer): with less than 2, it can hang up at once, and the participant may never read why.
CLOSE_TIMEOUT = 2
#: Octets that may wait for a participant that doesn't read.
MAX_BACKLOG = 1024 * 1024
#: Seconds without a frame from a participant after which it is pinged, and until it must have answered. Daphne has 20
#: and 30: each ping then comes before the time-out of the last, which it replaces.
PING_INTERVAL, PING_TIMEOUT = 20, 15


class Server(daphne.server.Server):
    """Daphne serving ``application`` on ``listener``, a TCP socket that listens already.

    ``on_ready()`` is called when the first request can be answered. ``run()`` returns after SIGINT or SIGTERM,
    once every WebSocket has been closed. The other options are Daphne's own.
    """

    def __init__(
        self,
        application: Callable,
        listener: socket.socket,
        on_ready: Callable[[], None],
        max_backlog: int = MAX_BACKLOG,
        **options,
    ):
        options = {"ping_interval": PING_INTERVAL, "ping_timeout": PING_TIMEOUT} | options
        # Daphne refuses to be made without an endpoint. Its "fd:" endpoint would adopt the socket too, but loads
        # every Twisted plugin on the machine to find itself (30 ms); prepare() does the same in one call.
        super().__init__(application, endpoints=["adopted"], ready_callable=self.prepare, **options)
        self.endpoints = []
        self.listener = listener
        self.on_ready = on_ready
        self.max_backlog = max_backlog
        self.stopping = False

    def prepare(self) -> None:
        """Daphne calls this with its factories made and the reactor about to run."""
        self.http_factory = HTTPFactory(self)
        self.ws_factory.setProtocolOptions(
            allowNullOrigin=True,  # as Daphne has it: the application is what judges origins
            failByDrop=False,  # a breach of the protocol is answered with a close frame (RFC 6455, section 7.1.7)
            closeHandshakeTimeout=CLOSE_TIMEOUT,
        )
        self.ws_factory.protocol = WebSocketProtocol.with_options(self.ws_factory)
        self.port = reactor.adoptStreamPort(
            self.listener.fileno(), self.listener.family, self.http_factory
        )
        self.port.transport = Transport
        self.listening_addresses.append(self.listener.getsockname()[:2])
        self.done = Done(asyncio.get_event_loop())
        self.listener.close()  # the reactor works on a duplicate
        reactor.callWhenRunning(self._run_on_ready)

    def _run_on_ready(self) -> None:
        # Twisted takes over SIGINT and SIGTERM; the terminal's window being closed is a stop as well, but for nohup.
        signals.set_handler(lambda *_: reactor.callFromThread(reactor.stop), signals.HANGUP)
        self.on_ready()

    def create_application(self, protocol: object, scope: dict) -> Inbox | None:
        """Run the application for a protocol; its queue of what it receives, None if it is gone already."""
        is_websocket = isinstance(protocol, WebSocketProtocol)
        inbox = Inbox(protocol.hold if is_websocket else None)
        scope["asgi"] = {"version": "3.0"}
        send = Send(protocol, self.done) if is_websocket else partial(self.reply, protocol)
        application = asyncio.ensure_future(self.application(scope, inbox, send))
        self.connections[protocol]["application_instance"] = application
        return inbox

    async def reply(self, request: WebRequest, message: dict) -> None:
        """ASGI's ``send`` for one HTTP request."""
        await self.handle_reply(request, message)
        await request.drained()

    def kill_all_applications(self) -> defer.Deferred:
        """Twisted calls this before it shuts down, and waits for what it returns."""
        ending = defer.Deferred.fromFuture(asyncio.ensure_future(self.end_connections()))
        return ending.addErrback(
            lambda failure: logger.error("Stopping failed", exc_info=failure.value)
        )

    async def end_connections(self) -> None:
        """Take no new connections, close every WebSocket with 1001, then let its application finish or cancel it."""
        loop = asyncio.get_running_loop()
        told = loop.time()
        self.stopping = True
        self.port.stopListening()
        sockets = [
            protocol for protocol in self.connections if isinstance(protocol, WebSocketProtocol)
        ]
        await _settle(
            [protocol.say_goodbye().asFuture(loop) for protocol in sockets], told + GOODBYE
        )
        for protocol in sockets:
            protocol.dropConnection()  # not aborted: what is on its way, the close frame too, still arrives
        running = [details.get("application_instance") for details in self.connections.values()]
        applications = [application for application in running if application]
        await _settle(applications, told + FINISH)
        for application in applications:
            application.cancel()
        await _settle(applications, told + CANCEL)


def request_logger(is_debug: bool) -> Callable | None:
    """Return Daphne's log of requests and WebSockets, a line each on stderr; None without debug."""
    if not is_debug:
        return None
    from daphne.access import AccessLogGenerator

    return AccessLogGenerator(sys.stderr)


async def _settle(futures: list[asyncio.Future], deadline: float) -> None:
    """Wait until all are done or the loop's time is ``deadline``; what they end with is theirs."""
    if futures:
        await asyncio.wait(futures, timeout=max(0, deadline - asyncio.get_running_loop().time()))
