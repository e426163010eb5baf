"""A participant as the room's page is one: it keeps what it says until that comes back, and asks for what it missed."""

import asyncio
import json
import random
import secrets
import time
from collections import Counter
from contextlib import suppress

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

#: Seconds: between two tries to connect, before a refused message is sent again, between two looks for silence.
PAUSE, AGAIN, LOOK = (0.02, 0.2), 0.3, 0.2
#: What a line that goes away can end in. A frame after a gap ends one too.
ENDS = (OSError, EOFError, WebSocketException, asyncio.TimeoutError)


class Gap(WebSocketException):
    """A frame came whose ``seq`` isn't the next one."""


class Page:
    """``log`` has the (seq, text) of what it shows, ``outbox`` the id and text of what hasn't come back yet.

    ``url`` is the room's WebSocket, ``after`` the last ``seq`` that it has already (None: it asks for nothing). A line
    that hasn't answered for ``answer_timeout`` seconds is given up. With a session's ``cookie`` it takes the server's events,
    and answers them; without one it is known by a secret of its own.
    """

    def __init__(
        self,
        url: str,
        name: str,
        after: int | None = 0,
        answer_timeout: float = 4.0,
        seed: object = None,
        cookie: str = "",
    ):
        self.url, self.name, self.last, self.answer_timeout, self.cookie = (
            url,
            name,
            after,
            answer_timeout,
            cookie,
        )
        self.random = random.Random(f"{seed} {name}")
        self.starts_late = after is None
        self.secret = secrets.token_hex(16)
        self.log: list[tuple[int, str]] = []
        self.said: dict[str, str] = {}
        self.outbox: dict[str, str] = {}
        self.refused: list[dict] = []
        self.lines = self.gaps = self.silences = 0
        self.due: asyncio.Queue[dict] | None = None  # the frames that this line is to send
        self.line: ClientConnection | None = None
        self.events: Counter[str] = Counter()
        self.acknowledged: int | None = None
        self.heard = 0.0

    def say(self, text: str) -> None:
        """Put it in the outbox, and send it if there is a line."""
        id = secrets.token_hex(8)
        self.said[id] = self.outbox[id] = text
        self._send(id)

    def cut(self) -> None:
        """Lose the line, if there is one, without a goodbye."""
        if self.line:
            self.line.transport.abort()

    async def live(self) -> None:
        """Connect, and connect again whenever the line goes, until cancelled."""
        while True:
            with suppress(*ENDS):
                await self._connect()
            self.due = self.line = None
            await asyncio.sleep(self.random.uniform(*PAUSE))

    async def _connect(self) -> None:
        after = "" if self.last is None else f"&after={self.last}"
        session = (
            {"additional_headers": {"Cookie": self.cookie}, "subprotocols": ["chatdemo"]}
            if self.cookie
            else {}
        )
        line = await connect(
            f"{self.url}?client={self.secret}{after}",
            **session,
            proxy=None,
            compression=None,
            open_timeout=self.answer_timeout,
            ping_interval=None,
            close_timeout=0.1,
        )
        self.line = line
        self.lines += 1
        self.heard = time.monotonic()
        asides = [asyncio.create_task(self._send_all(line)), asyncio.create_task(self._watch(line))]
        try:
            async for frame in line:
                self._hear(json.loads(frame))
        finally:
            line.transport.abort()
            for task in asides:
                task.cancel()
            await asyncio.gather(*asides, return_exceptions=True)

    async def _send_all(self, line: ClientConnection) -> None:
        """What is in the outbox, in its order, and then what is said."""
        due = self.due = asyncio.Queue()
        for id in self.outbox:
            self._send(id)
        while True:
            frame = await due.get()
            if "id" not in frame or frame["id"] in self.outbox:
                await line.send(json.dumps(frame))

    async def _watch(self, line: ClientConnection) -> None:
        """Every frame sent is answered: without an answer the line is dead, whatever TCP says."""
        while True:
            await asyncio.sleep(LOOK)
            self._acknowledge()
            if not self.outbox:
                self.heard = time.monotonic()
            elif time.monotonic() - self.heard > self.answer_timeout:
                self.silences += 1
                self.cut()

    def _hear(self, frame: dict) -> None:
        self.heard = time.monotonic()
        if "error" in frame:
            return self._hear_refusal(frame)
        if "event" in frame:
            return self._hear_event(frame)
        if "id" in frame:
            assert frame["id"] in self.said, f"{self.name} got the id of somebody else's: {frame}"
            self.outbox.pop(frame["id"], None)
        seq = frame["seq"]
        if self.last is not None and seq > self.last + 1:
            self.gaps += 1
            raise Gap
        if self.last is None or seq > self.last:
            self.last = seq
            self.log.append((seq, frame["message"]))

    def _hear_event(self, frame: dict) -> None:
        assert self.cookie, f"{self.name} didn't ask for {frame}"
        self.events[frame["event"]] += 1
        if frame["event"] == "beat" and self.due:
            self.due.put_nowait({"beat": True})

    def _acknowledge(self) -> None:
        if self.cookie and self.due and self.last != self.acknowledged:
            self.acknowledged = self.last
            self.due.put_nowait({"got": self.last})

    def _hear_refusal(self, frame: dict) -> None:
        self.refused.append(frame)
        asyncio.get_running_loop().call_later(AGAIN, self._send, frame["id"])

    def _send(self, id: str) -> None:
        if self.due and id in self.outbox:
            self.due.put_nowait({"message": self.outbox[id], "id": id})
