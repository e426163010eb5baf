"""The ASGI wrapper: round any application, as any ASGI middleware is."""

import logging
import time
from collections.abc import Callable

from channels.exceptions import InvalidChannelLayerError
from channels.layers import channel_layers

from chatdemo.inspector import feed, pages, state
from chatdemo.inspector.access import Access, is_own_origin
from chatdemo.inspector.connection import Connection, current
from chatdemo.inspector.elide import printable
from chatdemo.inspector.guard import harmless
from chatdemo.inspector.layer import Recorder, recorded
from chatdemo.inspector.tape import Tape

logger = logging.getLogger(__name__)
PREFIX, FEED = "/inspect/", "/inspect/feed/"


class Inspector:
    """``application`` with ``/inspect/`` added, where one sees what goes through it and through its channel layers.

    ``who`` may look: "local" (browsers of this machine), "all" or "off". At most ``limit`` events are kept. ``watch``
    as in Access: a token's bearer sees one WebSocket's room, wherever they are.

    Everything passes unchanged, and what the application raises is raised. The layers of CHANNEL_LAYERS are replaced by
    instances of subclasses, which share their state.
    """

    def __init__(
        self,
        application: Callable,
        who: str = "local",
        limit: int = 5000,
        watch: Callable[[str], str | None] | None = None,
    ):
        self.application = application
        self.access = Access(who, watch)
        self.tape = Tape(limit)
        self.tape.on_switch = self._switch
        self.connections: dict[int, Connection] = {}
        self.watchers: set[feed.Watcher] = set()
        self.layers = _record_layers(self.tape)

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] in ("http", "websocket") and scope["path"].startswith(PREFIX.rstrip("/")):
            if await self._answer(scope, receive, send):
                return
        if scope["type"] == "websocket":
            await self._run_websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._run_http(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    async def _run_websocket(self, scope: dict, receive: Callable, send: Callable) -> None:
        connection = self._begin(scope, receive, send)
        if connection is None:  # by a fault of ours
            return await self.application(scope, receive, send)
        token = current.set(connection)
        try:
            await self.application(scope, connection.receive, connection.send)
        except Exception as error:
            connection.on_failed(error)
            raise
        finally:
            current.reset(token)
            connection.on_ended()
            if not self.watchers:  # nobody sees that it has gone: nothing of it has to stay
                self.connections.pop(connection.id, None)

    @harmless
    def _begin(self, scope: dict, receive: Callable, send: Callable) -> Connection:
        state.forget_closed(self.connections)
        connection = Connection(self.tape, scope, receive, send)
        self.connections[connection.id] = connection
        connection.record_if_ready("connect")
        return connection

    async def _run_http(self, scope: dict, receive: Callable, send: Callable) -> None:
        began, status = time.perf_counter(), []

        async def send_and_look(message: dict) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
            await send(message)

        try:
            await self.application(scope, receive, send_and_look)
        finally:
            self._on_http(scope, status, time.perf_counter() - began)

    @harmless
    def _on_http(self, scope: dict, status: list[int], seconds: float) -> None:
        if self.tape.ready():
            path, code = printable(scope["path"]), status[0] if status else None
            self.tape.record(
                "http", method=scope["method"], path=path, code=code, ms=round(seconds * 1000, 1)
            )

    async def _answer(self, scope: dict, receive: Callable, send: Callable) -> bool:
        """Answer for an address of the inspector's own. False if it is the application's to answer."""
        path = self.access.watched_path(scope)
        if not path and not self.access.may_see_all(scope):
            # As if there were no inspector: the application has a page for what isn't there.
            return (
                scope["type"] == "websocket"
                and scope["path"] == FEED
                and await _deny(scope, receive, send)
            )
        if scope["type"] == "websocket":
            return scope["path"] == FEED and await self._watch(scope, path, receive, send)
        return await self._show(scope, send)

    async def _show(self, scope: dict, send: Callable) -> bool:
        if scope["path"] == PREFIX.rstrip("/"):
            await pages.redirect(send, PREFIX)
            return True
        named = scope["path"].startswith(PREFIX) and scope["method"] in ("GET", "HEAD")
        file = pages.find(scope["path"].removeprefix(PREFIX)) if named else None
        if file:
            await pages.answer(file, scope, send)
        return bool(file)

    async def _watch(
        self, scope: dict, path: str | None, receive: Callable, send: Callable
    ) -> bool:
        await receive()  # websocket.connect
        if not is_own_origin(scope):
            await send({"type": "websocket.close"})
            return True
        await send({"type": "websocket.accept"})
        watcher = feed.Watcher(self, path, send)
        self.watchers.add(watcher)
        self._note_watchers()
        try:
            await watcher.run(receive)
        except Exception:
            logger.exception(
                "The inspector couldn't go on telling a watcher. What it watches goes on."
            )
            await send({"type": "websocket.close", "code": 1011})
        finally:
            self.watchers.discard(watcher)
            self._note_watchers()
            self._thaw_unwatched()
        return True

    def _note_watchers(self) -> None:
        self.tape.watched = bool(self.watchers)
        if not self.watchers:
            state.forget_closed(self.connections, 0)
        self.tape.all_watched = any(watcher.path is None for watcher in self.watchers)

    def state(self, path: str | None) -> dict:
        """What there is now, for a watcher of one path's connections or of everything."""
        state.forget_closed(self.connections)
        return state.describe(self.connections.values(), self.layers, self.tape, path)

    def layer_of(self, group: str, path: str | None) -> Recorder | None:
        """The layer that has a group; None if none has, or its members aren't all for the watcher of ``path``."""
        for layer in self.layers:
            members = getattr(layer, "groups", {}).get(group)
            if members is None and not layer.freezer.holds(group):
                continue
            seen = [layer.connections.get(channel) for channel in members or ()]
            if path is None or (seen and all(one and one.path == path for one in seen)):
                return layer
        return None

    def _thaw_unwatched(self) -> None:
        """A freeze that was forgotten ends when nobody watches any more who could end it."""
        for layer in self.layers:
            for group in list(layer.freezer.groups):
                if not any(self.layer_of(group, watcher.path) for watcher in self.watchers):
                    self.tape.record("thaw", group=group, detail="Its last watcher has left.")
                    layer.freezer.thaw(group)

    @harmless
    def _switch(self) -> None:
        for connection in list(self.connections.values()):
            connection.switch(self.tape.open)


async def _deny(scope: dict, receive: Callable, send: Callable) -> bool:
    await receive()
    if "websocket.http.response" in scope.get("extensions", {}):
        await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b""})
    else:
        await send({"type": "websocket.close"})
    return True


def _record_layers(tape: Tape) -> list[Recorder]:
    layers = []
    for alias in channel_layers.configs:
        try:
            layer = recorded(channel_layers[alias], tape)
        except (InvalidChannelLayerError, ImportError):  # which whoever uses that layer is told
            continue
        channel_layers.set(alias, layer)
        layers.append(layer)
    return layers
