"""The inspector: ASGI middleware for any application."""

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

from channels.exceptions import InvalidChannelLayerError
from channels.layers import channel_layers

from chatdemo.inspector import feed, pages, snapshot
from chatdemo.inspector.access import Access, is_own_origin
from chatdemo.inspector.connection import Connection, current_connection
from chatdemo.inspector.formatting import printable
from chatdemo.inspector.layers import LayerRecorder, record_layer
from chatdemo.inspector.recording import Recording, never_raises

logger = logging.getLogger(__name__)
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
PREFIX, FEED = "/inspect/", "/inspect/feed/"


class Inspector:
    """Adds ``/inspect/`` to ``application``: a page that shows its frames and its events.

    ``who`` may open it: "local" (browsers of this machine), "all" or "off". ``limit`` is the
    number of events that are stored. ``watch`` is explained in Access.

    Messages pass unchanged, and the application's exceptions are raised. The layers of
    CHANNEL_LAYERS are recorded in place (layers.py).
    """

    def __init__(
        self,
        application: Callable[[Scope, Receive, Send], Awaitable[None]],
        who: str = "local",
        limit: int = 5000,
        watch: Callable[[str], str | None] | None = None,
    ):
        self.application = application
        self.access = Access(who, watch)
        self.recording = Recording(limit)
        self.recording.on_switch = self._switch
        self.connections: dict[int, Connection] = {}
        self.watchers: set[feed.Watcher] = set()
        self.layers = self._record_layers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        is_request = kind in ("http", "websocket")
        is_ours = is_request and scope["path"].startswith(PREFIX.rstrip("/"))
        if is_ours and await self._answer(scope, receive, send):
            return
        if kind == "websocket":
            await self._run_websocket(scope, receive, send)
        elif kind == "http":
            await self._run_http(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    def _record_layers(self) -> list[LayerRecorder]:
        recorders = []
        for alias in channel_layers.configs:
            try:
                layer = channel_layers[alias]
            except (InvalidChannelLayerError, ImportError):  # reported to those who use the layer
                continue
            recorders.append(record_layer(layer, self.recording))
        return recorders

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
            if not self.watchers:  # nobody sees that it is closed
                self.connections.pop(connection.id, None)

    @never_raises
    def _connect(self, scope: Scope, receive: Receive, send: Send) -> Connection:
        snapshot.forget_closed(self.connections)
        connection = Connection(self.recording, scope, receive, send)
        self.connections[connection.id] = connection
        connection.record_if_active("connect")
        return connection

    async def _run_http(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = time.perf_counter()
        status: int | None = None

        async def observed_send(message: dict[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.application(scope, receive, observed_send)
        finally:
            self._record_http(scope, status, time.perf_counter() - start)

    @never_raises
    def _record_http(self, scope: Scope, status: int | None, seconds: float) -> None:
        if self.recording.resume_if_possible():
            path, milliseconds = printable(scope["path"]), round(seconds * 1000, 1)
            method = scope["method"]
            self.recording.record("http", method=method, path=path, code=status, ms=milliseconds)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer a request to a path of the inspector's. Returns False if it isn't one."""
        is_feed = scope["type"] == "websocket" and scope["path"] == FEED
        path = self.access.watched_path(scope)
        if not path and not self.access.may_see_all(scope):
            # As without an inspector: the application has a page for what isn't there.
            if is_feed:
                await _deny(scope, receive, send)
            return is_feed
        if scope["type"] == "websocket":
            if is_feed:
                await self._watch(scope, path, receive, send)
            return is_feed
        if scope["path"] == PREFIX.rstrip("/"):
            await pages.redirect(send, PREFIX)
            return True
        if not scope["path"].startswith(PREFIX) or scope["method"] not in ("GET", "HEAD"):
            return False
        file = pages.find_file(scope["path"].removeprefix(PREFIX))
        if file:
            await pages.answer(file, scope, send)
        return bool(file)

    async def _watch(self, scope: Scope, path: str | None, receive: Receive, send: Send) -> None:
        await receive()  # websocket.connect
        if not is_own_origin(scope):
            return await send({"type": "websocket.close"})
        await send({"type": "websocket.accept"})
        watcher = feed.Watcher(self, path, send)
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
        self.recording.is_all_watched = any(watcher.path is None for watcher in self.watchers)
        if not self.watchers:
            snapshot.forget_closed(self.connections, 0)

    def snapshot(self, path: str | None) -> dict[str, Any]:
        """Return the present state, for a watcher of one path's connections or of everything."""
        snapshot.forget_closed(self.connections)
        return snapshot.take(self.connections.values(), self.layers, self.recording, path)

    def find_layer(self, group: str, path: str | None) -> LayerRecorder | None:
        """Return the layer that has a group.

        None if none has, or if the watcher of ``path`` may not see all of its members.
        """
        for recorder in self.layers:
            members = getattr(recorder.layer, "groups", {}).get(group)
            if members is None and not recorder.freezer.is_frozen(group):
                continue
            known = [recorder.connections.get(channel) for channel in members or ()]
            if path is None or (known and all(one and one.path == path for one in known)):
                return recorder
        return None

    def _thaw_unwatched(self) -> None:
        """Thaw the groups that no watcher is left for."""
        for recorder in self.layers:
            for group in list(recorder.freezer.groups):
                if not any(self.find_layer(group, watcher.path) for watcher in self.watchers):
                    self.recording.record("thaw", group=group, detail="Its last watcher has left.")
                    recorder.freezer.thaw(group)

    @never_raises
    def _switch(self) -> None:
        for connection in list(self.connections.values()):
            connection.update_text_observer()


async def _deny(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close"})
