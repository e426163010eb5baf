"""A participant: one WebSocket to the learner's ASGI application, without a server between."""

import asyncio
import json
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any
from urllib.parse import quote

#: Nothing more is expected once nothing has arrived for this long.
QUIET_SECONDS = 0.15
#: The site, as a browser on the learner's machine has it in its address bar.
HOST = "127.0.0.1:8000"


class Participant:
    """Who opens ``/ws/chat/<room>/`` in the application, from a page of the site ``origin``.

    ``accepted`` is None until the application has answered the handshake, and ``closed`` whether it has closed the
    WebSocket since. ``frames`` are the texts that arrived. An answer must come within ``reply_seconds``.
    """

    def __init__(
        self,
        application: Callable,
        room: str,
        origin: str = f"http://{HOST}",
        reply_seconds: float = 3.0,
    ):
        self.room = room
        self.reply_seconds = reply_seconds
        self.accepted: bool | None = None
        self.closed = False
        self.frames: list[str | bytes] = []
        self._in: asyncio.Queue = asyncio.Queue()
        self._news = asyncio.Event()
        self.task = asyncio.ensure_future(
            self._run(application, websocket_scope(f"/ws/chat/{room}/", origin))
        )

    async def _run(self, application: Callable, scope: dict) -> None:
        try:
            await application(scope, self._in.get, self._take)
        finally:
            self._news.set()

    async def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.accept":
            self.accepted = True
        elif event["type"] == "websocket.send":
            if not self.closed:  # a server would have nowhere to send it
                self.frames.append(
                    event["text"] if event.get("text") is not None else event.get("bytes")
                )
        elif self.accepted is None:  # websocket.close, or a denial response
            self.accepted = False
        else:
            self.closed = True
        self._news.set()

    @property
    def error(self) -> BaseException | None:
        """What the application raised, if it did."""
        return self.task.exception() if self.task.done() and not self.task.cancelled() else None

    def waiting(self) -> Iterator[FrameType]:
        """The frames that the application's task is suspended in, the innermost last."""
        awaited = self.task.get_coro()
        while awaited is not None and not self.task.done():
            if getattr(awaited, "cr_frame", None):
                yield awaited.cr_frame
            awaited = getattr(awaited, "cr_await", None)

    async def connect(self) -> bool:
        """Whether the handshake was accepted in time."""
        self._in.put_nowait({"type": "websocket.connect"})
        await self._until(lambda: self.accepted is not None)
        return self.accepted is True

    async def say(self, message: str) -> None:
        self._in.put_nowait({"type": "websocket.receive", "text": json.dumps({"message": message})})

    async def hears(self, message: str) -> bool:
        """Whether a frame with ``message`` comes in time."""
        return await self._until(lambda: message in self.heard)

    @property
    def heard(self) -> list[str]:
        """The messages that arrived."""
        return [message for frame in self.frames if isinstance(message := read(frame), str)]

    async def rest(self) -> None:
        """Until nothing has arrived for a while, or for as long as one waits: some consumers never fall silent."""
        end = asyncio.get_running_loop().time() + self.reply_seconds
        while asyncio.get_running_loop().time() < end and await self._news_within(QUIET_SECONDS):
            pass

    async def leave(self) -> None:
        """Close the WebSocket, and wait until the consumer has ended."""
        self._in.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait([self.task], timeout=self.reply_seconds)

    async def _until(self, condition: Callable[[], bool]) -> bool:
        end = asyncio.get_running_loop().time() + self.reply_seconds
        while not condition() and not self.task.done() and not self.closed:
            if not await self._news_within(end - asyncio.get_running_loop().time()):
                break
        return condition()

    async def _news_within(self, seconds: float) -> bool:
        self._news.clear()
        try:
            await asyncio.wait_for(self._news.wait(), max(seconds, 0.001))
        except (asyncio.TimeoutError, TimeoutError):
            return False
        return not self.task.done()


def read(frame: str | bytes | None) -> Any:
    """The value of ``message`` in a frame, or None if it isn't the tutorial's JSON."""
    try:
        return json.loads(frame)["message"]
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def http_scope(path: str) -> dict[str, Any]:
    """An ASGI scope for a GET of ``path``."""
    return {**_scope("http", path), "method": "GET", "scheme": "http"}


def websocket_scope(path: str, origin: str) -> dict[str, Any]:
    """An ASGI scope for a WebSocket that a page of the site ``origin`` opens."""
    return {
        **_scope("websocket", path, (b"origin", origin.encode())),
        "scheme": "ws",
        "subprotocols": [],
    }


def _scope(type: str, path: str, *more: tuple[bytes, bytes]) -> dict[str, Any]:
    headers = [(b"host", HOST.encode()), (b"user-agent", b"check"), *more]
    return {
        "type": type,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
        "query_string": b"",
        "headers": headers,
        "client": ["127.0.0.1", 50_000],
        "server": ["127.0.0.1", 8000],
    }
