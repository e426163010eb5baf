"""Opens pages and WebSockets of the learner's ASGI application, without a server."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from itertools import count
from types import FrameType
from typing import Any
from urllib.parse import quote

#: Nothing more is expected once nothing has arrived for this long.
QUIET_SECONDS = 0.15
#: The site, as a browser on the learner's machine shows it.
HOST = "127.0.0.1:8000"
#: Each connection has a port of its own, as a browser's do.
CLIENT_PORTS = count(50_000)


class CheckParticipant:
    """Opens the WebSocket ``path`` of the application, as a page of the site ``origin`` does.

    ``frame(message)`` is what it sends to say ``message``. ``accepted`` is None until the handshake
    is answered. ``closed`` says whether the application has closed the WebSocket since. ``frames``
    are the received ones, and ``answers`` those since the last message that it has sent. An answer
    must come within ``reply_seconds``.
    """

    def __init__(
        self,
        application: Callable[..., Any],
        path: str,
        frame: Callable[[str], str | bytes],
        cookie: str = "",
        origin: str = f"http://{HOST}",
        reply_seconds: float = 3.0,
    ):
        self.frame = frame
        self.reply_seconds = reply_seconds
        self.accepted: bool | None = None
        self.closed = False
        self.frames: list[str | bytes] = []
        self._unasked = 0  # frames before the last message
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._changed = asyncio.Event()
        scope = _scope("websocket", path, (b"origin", origin.encode()))
        scope = with_cookie({**scope, "scheme": "ws", "subprotocols": []}, cookie)
        self.task = asyncio.ensure_future(self._run(application, scope))

    async def _run(self, application: Callable[..., Any], scope: dict[str, Any]) -> None:
        try:
            await application(scope, self._events.get, self._on_event)
        finally:
            self._changed.set()

    async def _on_event(self, event: dict[str, Any]) -> None:
        """Take an event. Raises ValueError for one that Daphne answers with an exception."""
        if event["type"] == "websocket.accept":
            if self.accepted:
                raise ValueError("The WebSocket has been accepted before")
            self.accepted = True
        elif event["type"] == "websocket.send":
            if self.accepted is None:
                raise ValueError("Socket has not been accepted, so cannot send over it")
            if event.get("bytes") and event.get("text"):
                raise ValueError("Got a message that contains both bytes and text keys")
            if not self.closed:  # a server would drop it
                text = event.get("text")
                self.frames.append(event.get("bytes", b"") if text is None else text)
        elif self.accepted is None:  # websocket.close, or a denial response
            self.accepted = False
        else:
            self.closed = True
        self._changed.set()

    @property
    def error(self) -> BaseException | None:
        """The exception that the application raised, if it did."""
        return self.task.exception() if self.task.done() and not self.task.cancelled() else None

    def waiting_frames(self) -> Iterator[FrameType]:
        """Yield the frames in which the application's task is suspended, the innermost last."""
        awaited: Any = self.task.get_coro()
        while awaited is not None and not self.task.done():
            if getattr(awaited, "cr_frame", None):
                yield awaited.cr_frame
            awaited = getattr(awaited, "cr_await", None)

    async def connect(self) -> bool:
        """Open the WebSocket. Returns whether the handshake was accepted in time."""
        self._events.put_nowait({"type": "websocket.connect"})
        await self._wait_for(lambda: self.accepted is not None)
        return self.accepted is True

    def send(self, message: str) -> None:
        """Send a message as the page does."""
        self._unasked = len(self.frames)
        frame = self.frame(message)
        kind = "text" if isinstance(frame, str) else "bytes"
        self._events.put_nowait({"type": "websocket.receive", kind: frame})

    async def receives(self, message: str) -> bool:
        """Wait for a frame with ``message``. Returns whether it came in time."""
        return await self._wait_for(lambda: self.count(message) > 0)

    def count(self, message: str) -> int:
        """Return the number of received frames that have ``message`` in them."""
        return len(self.frames_with(message))

    def frames_with(self, message: str) -> list[str | bytes]:
        """Return the received frames that have ``message`` in them."""
        return [frame for frame in self.frames if message in _text_of(frame)]

    @property
    def answers(self) -> list[str | bytes]:
        """The frames since the last message that was sent."""
        return self.frames[self._unasked :]

    async def wait_until_quiet(self) -> None:
        """Wait until nothing more arrives, for ``reply_seconds`` at most."""
        end = asyncio.get_running_loop().time() + self.reply_seconds
        while asyncio.get_running_loop().time() < end and await self._wait(QUIET_SECONDS):
            pass

    async def disconnect(self) -> None:
        """Close the WebSocket, and wait until the consumer has ended."""
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait([self.task], timeout=self.reply_seconds)

    async def _wait_for(self, condition: Callable[[], bool]) -> bool:
        end = asyncio.get_running_loop().time() + self.reply_seconds
        while not condition() and not self.task.done() and not self.closed:
            if not await self._wait(end - asyncio.get_running_loop().time()):
                break
        return condition()

    async def _wait(self, seconds: float) -> bool:
        """Wait for any change. Returns whether one came and the application still runs."""
        self._changed.clear()
        try:
            await asyncio.wait_for(self._changed.wait(), max(seconds, 0.001))
        except asyncio.TimeoutError:
            return False
        return not self.task.done()


async def converse(*participants: CheckParticipant) -> None:
    """Have all of them connect and say hello, at the same time, and then disconnect."""
    await asyncio.gather(*map(_say_hello, participants))
    await asyncio.gather(*(participant.disconnect() for participant in participants))


async def _say_hello(participant: CheckParticipant) -> None:
    if await participant.connect():
        participant.send("hello")
        await participant.wait_until_quiet()


def message_in(frame: Any) -> Any:
    """Return the value of ``message`` in a frame; None if it isn't the tutorial's JSON."""
    try:
        return json.loads(frame)["message"]
    except (KeyError, TypeError, ValueError, IndexError):
        return None


def tutorial_frame(message: str) -> str:
    """Return what the tutorial's page sends to say ``message``."""
    return json.dumps({"message": message})


def _text_of(frame: str | bytes) -> str:
    """A frame's text. That of JSON has its characters as they are, not escaped."""
    try:
        return json.dumps(json.loads(frame), ensure_ascii=False)
    except (TypeError, ValueError):  # not JSON, or a consumer has sent neither text nor bytes
        return frame.decode("utf-8", "replace") if isinstance(frame, bytes) else str(frame)


class Page(HTMLParser):
    """A page: its status and text, and the exception of the view, if it raised one.

    ``ids`` are the ids of its elements.
    """

    def __init__(
        self, status: int, text: str, location: str = "", error: BaseException | None = None
    ) -> None:
        super().__init__()
        self.status = status
        self.text = text
        self.location = location
        self.error = error
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record the element's id."""
        self.ids |= {value for name, value in attrs if name == "id" and value}


async def get_page(application: Callable[..., Any], path: str, cookie: str = "") -> Page:
    """Return the page at ``path``."""
    from django.core.signals import got_request_exception

    sent: list[dict[str, Any]] = []
    raised: list[BaseException | None] = [None]
    events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    events.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    def on_exception(sender: Any, **_: Any) -> None:
        raised.append(sys.exc_info()[1])

    got_request_exception.connect(on_exception)
    try:
        scope = with_cookie({**_scope("http", path), "method": "GET", "scheme": "http"}, cookie)
        await application(scope, events.get, send)
    except Exception as error:
        return Page(500, "", error=error)
    finally:
        got_request_exception.disconnect(on_exception)
    headers = dict(sent[0].get("headers", []))
    text = b"".join(event.get("body", b"") for event in sent[1:]).decode("utf-8", "replace")
    return Page(sent[0]["status"], text, headers.get(b"Location", b"").decode(), raised[-1])


def _scope(type: str, path: str, *headers: tuple[bytes, bytes]) -> dict[str, Any]:
    path, _, query = path.partition("?")
    return {
        "type": type,
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "path": path,
        "raw_path": quote(path).encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(b"host", HOST.encode()), (b"user-agent", b"check"), *headers],
        "client": ["127.0.0.1", next(CLIENT_PORTS)],
        "server": ["127.0.0.1", 8000],
    }


def with_cookie(scope: dict[str, Any], cookie: str) -> dict[str, Any]:
    """Return the scope with one more cookie, ``name=value``; with "" as it is."""
    if not cookie:
        return scope
    present = [value for name, value in scope["headers"] if name == b"cookie"]
    headers = [header for header in scope["headers"] if header[0] != b"cookie"]
    value = b"; ".join([*present, cookie.encode()])
    return {**scope, "headers": [*headers, (b"cookie", value)]}


def with_static_files(application: Callable) -> Callable:
    """Return ``application`` with static files if `runserver` serves them too."""
    from django.apps import apps
    from django.conf import settings
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    if settings.DEBUG and apps.is_installed("django.contrib.staticfiles"):
        return ASGIStaticFilesHandler(application)
    return application
