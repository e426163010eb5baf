"""Serves the learner's project to the browser, together with our page, in a thread."""

import asyncio
import json
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatdemo.course.checker.asgi_client import message_in, with_cookie

#: The paths of our page, of its report, of the sign that it runs, and of its scripts.
PREFIX = "/chatdemo-check/"
REPORT, ALIVE = PREFIX + "report", PREFIX + "alive"
SCRIPTS = {PREFIX + name: Path(__file__).with_name(name) for name in ("driver.js", "observer.js")}
PAGE = f"""<!doctype html><meta charset="utf-8"><title>chatdemo check</title>
<script type="application/json" id="job">{{job}}</script>
<script type="module" src="{PREFIX}driver.js"></script>"""
OBSERVER = f'<script src="{PREFIX}observer.js"></script>'
#: Headers that keep a page out of a frame, or are wrong for a page with our script.
REMOVED_HEADERS = (b"x-frame-options", b"content-length")
POLICY = b"content-security-policy"
START_SECONDS = 5.0
POLL_SECONDS = 0.01


class PageServer:
    """Stock Daphne on a free ``port`` of 127.0.0.1, as the project's own runserver starts it.

    ``pages`` are the texts of the project's pages by path, as the browser got them. WebSockets go
    to the project's consumers if ``uses_own_consumers``, else to the tutorial's chat, which accepts
    those whose path ``is_room(path)``. ``cookie`` is sent to the project with each request, and
    ``last_path`` is that of the last page. ``last_sign`` is the time of our page's last request.
    ``report`` is what our page has found; it does the next ``job`` once ``report`` is None again.
    """

    def __init__(self, application: Callable[..., Any], is_room: Callable[[str], bool]):
        from daphne.server import Server

        self.application = application
        self.chat = TutorialChat(is_room)
        self.uses_own_consumers = False
        self.cookie = ""
        self.pages: dict[str, str] = {}
        self.job: dict[str, Any] = {}
        self.report: dict[str, Any] | None = None
        self.last_path: str | None = None
        self.last_sign = time.monotonic()
        endpoints = ["tcp:port=0:interface=127.0.0.1"]
        self.server = Server(self.answer, endpoints, signal_handlers=False)
        show_warning = warnings.showwarning
        threading.Thread(target=self.server.run, daemon=True).start()
        self.port = self._wait_for_port()
        warnings.showwarning = show_warning  # Daphne's logging has replaced it

    def _wait_for_port(self) -> int:
        """Return the port, once Daphne listens. Raises RuntimeError if it doesn't start."""
        end = time.monotonic() + START_SECONDS
        while not self.server.listening_addresses:
            if time.monotonic() > end:
                raise RuntimeError("Daphne doesn't start")
            time.sleep(0.005)
        return self.server.listening_addresses[0][1]

    async def answer(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """The ASGI application."""
        if scope["path"].startswith(PREFIX):
            await self._answer_own(scope, receive, send)
            return
        scope = with_cookie(scope, self.cookie)
        if scope["type"] == "websocket":
            chat = self.application if self.uses_own_consumers else self.chat
            await chat(scope, receive, send)
        else:
            await self._answer_page(scope, receive, send)

    async def _answer_own(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer a request of our page's."""
        path, type, body = scope["path"], b"text/html", b""
        self.last_sign = time.monotonic()
        if path == PREFIX:
            # In JSON, "<" is only in texts, where it may be escaped.
            job = json.dumps(self.job).replace("<", "\\u003c")
            body = PAGE.format(job=job).encode()
        elif path in SCRIPTS:
            type, body = b"text/javascript", SCRIPTS[path].read_bytes()
        elif path == REPORT:
            self.report = json.loads(await _read_body(receive))
            while self.report is not None:  # the answer makes our page load the next job
                await asyncio.sleep(POLL_SECONDS)
        headers = [(b"content-type", type + b"; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer_page(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer a request with what the project answers. In a page, our script comes first."""
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def send_page(event: dict[str, Any]) -> None:
            if event["type"] == "http.response.start":
                start.update(event)
                if not _is_html(event):
                    await send(event)
            elif not _is_html(start):
                await send(event)
            else:
                parts.append(event.get("body", b""))
                if not event.get("more_body"):
                    text = b"".join(parts).decode("utf-8", "replace")
                    self.pages[scope["path"]] = text
                    self.last_path = scope["path"]
                    start["headers"] = [
                        (name, self._policy(value) if name.lower() == POLICY else value)
                        for name, value in start["headers"]
                        if name.lower() not in REMOVED_HEADERS
                    ]
                    await send(start)
                    await send({**event, "body": observed(text).encode()})

        headers = [one for one in scope["headers"] if one[0] != b"accept-encoding"]
        await self.application({**scope, "headers": headers}, receive, send_page)

    def _policy(self, policy: bytes) -> bytes:
        """Return the Content-Security-Policy for our frame, with our script allowed.

        One that allows scripts only by other scripts is left out.
        """
        if b"'strict-dynamic'" in policy:
            return b""
        kept = []
        for directive in policy.split(b";"):
            name = directive.strip().partition(b" ")[0].lower()
            if name in (b"script-src", b"script-src-elem", b"default-src"):
                directive += f" http://127.0.0.1:{self.port}{PREFIX}observer.js".encode()
            if name not in (b"frame-ancestors", b"sandbox"):
                kept.append(directive)
        return b";".join(kept)


def observed(page: str) -> str:
    """Return the page with our script as its first. All lines keep their numbers."""
    lower = page.lower()
    for tag in ("<head", "<html", "<!doctype"):
        if (start := lower.find(tag)) >= 0:
            end = page.find(">", start) + 1
            return page[:end] + OBSERVER + page[end:]
    return OBSERVER + page


def _is_html(start: dict[str, Any]) -> bool:
    headers = {name.lower(): value for name, value in start.get("headers", [])}
    return headers.get(b"content-type", b"").startswith(b"text/html")


async def _read_body(receive: Any) -> bytes:
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            return body


class TutorialChat:
    """The chat of the tutorial: a message goes to all whose WebSocket has the same path.

    A handshake is refused unless ``is_room(path)``.
    """

    def __init__(self, is_room: Callable[[str], bool]):
        self.is_room = is_room
        self.members: dict[str, list[Any]] = {}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await receive()  # websocket.connect
        if not self.is_room(scope["path"]):
            await send({"type": "websocket.close"})
            return
        await send({"type": "websocket.accept"})
        members = self.members.setdefault(scope["path"], [])
        members.append(send)
        try:
            while (event := await receive())["type"] == "websocket.receive":
                message = message_in(event.get("text"))
                if message is not None:
                    text = json.dumps({"message": message})
                    sends = [one({"type": "websocket.send", "text": text}) for one in members]
                    await asyncio.gather(*sends)
        finally:
            members.remove(send)
