"""The inspector: ASGI middleware for any application."""

import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from channels.exceptions import InvalidChannelLayerError
from channels.layers import channel_layers

from chatdemo.inspector import feed, layer_methods, pages
from chatdemo.inspector.connection import (
    ASGIMessage,
    Connection,
    Receive,
    Scope,
    Send,
    current_connection,
)
from chatdemo.inspector.failures import CurrentRequest, current_request, failures
from chatdemo.inspector.handler_watch import HandlerWatch
from chatdemo.inspector.handlers import Handlers
from chatdemo.inspector.journeys import Cause, Origin, current_cause
from chatdemo.inspector.layers import LayerRecorder
from chatdemo.inspector.problems import Problems
from chatdemo.inspector.recording import Recording, never_raises
from chatdemo.realtime.observers import HandlerObserver
from chatdemo.realtime.upstream.channels import report_handlers

logger = logging.getLogger(__name__)
#: The feed lists a closed connection for so long.
LIST_CLOSED_SECONDS = 30


class Inspector:
    """Adds ``/inspect/`` to ``application``: a page that shows its frames and its events.

    ``who`` may open it: "local" (browsers of this machine), "all" or "off". ``limit`` is the
    number of entries that are stored. ``watch`` is explained in Access. For one of several servers,
    ``describe_server(port)`` returns its ``name`` and their ``count``. ``notes`` are what the page
    says about the application, each with a label and a text. ``links`` are in the page's
    navigation, each a label and an address. ``name_of(scope)`` returns the name of the person
    behind a WebSocket that was accepted, or None; it is called often and must not wait.

    Messages pass unchanged, and the application's exceptions are raised. The layers of
    CHANNEL_LAYERS are recorded in place (layers.py).
    """

    def __init__(
        self,
        application: Callable[[Scope, Receive, Send], Awaitable[None]],
        who: str = "local",
        limit: int = 5000,
        watch: Callable[[str], Collection[str]] | None = None,
        describe_server: Callable[[int], dict[str, Any]] | None = None,
        notes: Sequence[tuple[str, str]] = (),
        links: Sequence[tuple[str, str]] = (),
        name_of: Callable[[Scope], str | None] | None = None,
    ):
        self.application = application
        self.access = pages.Access(who, watch)
        self.pages = pages.Pages(links, notes)
        self.describe_server, self.name_of = describe_server, name_of
        self.notes = notes
        self.recording = Recording(limit)
        self.recording.on_switch = self._on_switch
        self.problems = Problems(self.recording)
        self.connections: dict[int, Connection] = {}
        self.handler_watch = HandlerWatch(self.connections, self.problems)
        self.watchers: set[feed.Watcher] = set()
        self.layers: list[LayerRecorder] = []
        self.handlers = HandlerObserver.current = Handlers()
        report_handlers()
        for alias, configured in channel_layers.configs.items():
            try:
                layer = channel_layers[alias]
            except (InvalidChannelLayerError, ImportError):  # reported to those who use the layer
                continue
            recorder = LayerRecorder(
                layer, configured, self.recording, self.problems, self.handlers.arrivals
            )
            self.layers.append(recorder)
            layer_methods.attach(recorder)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self.application(scope, receive, send)
        is_closed = self.access.who == "off"  # then the application has these paths, too
        is_ours = not is_closed and scope["path"].startswith(pages.PREFIX.rstrip("/"))
        if not is_ours or not await self._answer(scope, receive, send):
            run = self._run_http if scope["type"] == "http" else self._run_websocket
            await run(scope, receive, send)

    async def _run_websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = self._connect(scope, receive, send)
        if connection is None:  # because of a fault of the inspector's
            return await self.application(scope, receive, send)
        token = current_connection.set(connection)
        try:
            await self.application(scope, connection.receive, connection.send)
        except Exception as error:
            connection.on_failed(error)
            raise
        finally:
            current_connection.reset(token)
            connection.on_ended()
            if not self.watchers:  # no feed lists it as closed
                self.connections.pop(connection.id, None)

    @never_raises
    def _connect(self, scope: Scope, receive: Receive, send: Send) -> Connection:
        self.forget_closed()
        failures.report_to(self.problems)
        connection = Connection(self.recording, self.problems, scope, receive, send)
        self.connections[connection.id] = connection
        self.handler_watch.start()
        connection.record_if_active("connect")
        return connection

    async def _run_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        status: int | None = None

        async def observed_send(message: ASGIMessage) -> None:
            nonlocal status
            if message.get("type") == "http.response.start":
                status = message.get("status", 0)  # without one the server raises
                failures.report_status(request, status)
            await send(message)

        request = CurrentRequest(scope["method"], scope["path"])
        cause = Cause(origin=Origin("HTTP request", str(request)))
        request_token, cause_token = current_request.set(request), current_cause.set(cause)
        failures.report_to(self.problems)
        try:
            await self.application(scope, receive, observed_send)
        except Exception as error:
            failures.report_request(request, error)
            raise
        finally:
            cause.has_ended = True
            current_cause.reset(cause_token)
            current_request.reset(request_token)
            self._record_http(request, status, time.perf_counter() - start, cause.journey)

    @never_raises
    def _record_http(
        self, request: CurrentRequest, status: int | None, seconds: float, journey: int | None
    ) -> None:
        if self.recording.resume_if_possible():
            self.recording.record(
                "http",
                method=request.method,
                path=request.path,
                code=status,
                ms=round(seconds * 1000, 1),
                journey=journey,
            )

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request to a path of the inspector's.

        Returns False if it isn't one, or if the client may not see it. Then the application
        answers, as without an inspector.
        """
        paths = self.access.watched_paths(scope)
        is_allowed = bool(paths) or self.access.may_see_all(scope)
        if scope["type"] == "http":
            return is_allowed and await self.pages.answer(scope, send)
        if scope["path"] != pages.FEED:
            return False
        await receive()  # websocket.connect
        if is_allowed and pages.is_own_origin(scope):
            await self._watch(paths or None, scope, receive, send)
        elif is_allowed or "websocket.http.response" not in scope.get("extensions", {}):
            await send({"type": "websocket.close"})
        else:
            await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
            await send({"type": "websocket.http.response.body", "body": b""})
        return True

    async def _watch(
        self, paths: Collection[str] | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await send({"type": "websocket.accept"})
        port = (scope.get("server") or ("", 0))[1]
        watcher = feed.Watcher(self, paths, send, port)
        self.watchers.add(watcher)
        self._on_watchers_changed()
        try:
            await watcher.run(receive)
        except Exception:
            logger.exception("The inspector's feed has failed. What it observes goes on.")
            await send({"type": "websocket.close", "code": 1011})
        finally:
            self.watchers.discard(watcher)
            self._on_watchers_changed()
            self._thaw_unwatched()

    def _on_watchers_changed(self) -> None:
        self.recording.is_watched = bool(self.watchers)
        self.recording.is_all_watched = any(watcher.paths is None for watcher in self.watchers)
        if not self.watchers:
            self.forget_closed(0)

    def forget_closed(self, seconds: float = LIST_CLOSED_SECONDS) -> None:
        """Forget connections that were closed so long ago."""
        now = time.time()
        for id, connection in list(self.connections.items()):
            if connection.ended and now - connection.ended >= seconds:
                del self.connections[id]

    @never_raises
    def find_name(self, connection: Connection) -> str | None:
        """Return the name of the person behind a connection, or else of its user; None if unknown.

        A name can change while the connection is open.
        """
        name = None
        if self.name_of and connection.state == "open":
            name = self.name_of(connection.consumers_scope)
        user = connection.user
        return name or (user if user != "AnonymousUser" else None)

    def find_layer(self, group: str, paths: Collection[str] | None) -> LayerRecorder | None:
        """Return the layer that has a group.

        None if none has, or if the watcher of ``paths`` may not see all of its members.
        """
        for recorder in self.layers:
            members = recorder.members.channels(group)
            if not members and not recorder.frozen_groups.is_frozen(group):
                continue
            known = [recorder.connections.get(channel) for channel in members]
            if paths is None or (known and all(one and one.path in paths for one in known)):
                return recorder
        return None

    def _thaw_unwatched(self) -> None:
        """Thaw the groups that no watcher is left for."""
        for recorder in self.layers:
            for group in list(recorder.frozen_groups.groups):
                if not any(self.find_layer(group, watcher.paths) for watcher in self.watchers):
                    self.recording.record("thaw", group=group, detail="Its last watcher has left.")
                    recorder.frozen_groups.thaw(group)

    @never_raises
    def _on_switch(self) -> None:
        for connection in list(self.connections.values()):
            connection.on_recording_switched()
        self.handlers.arrivals.clear()
        HandlerObserver.current = self.handlers if self.recording.is_active else None
