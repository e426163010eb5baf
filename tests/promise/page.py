"""A participant as the room's page is one: it keeps what it says until that comes back, and asks for what it missed."""

import asyncio
import json
import random
import secrets
import time
from collections.abc import Iterable
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
    that hasn't answered for ``patience`` seconds is given up.
    """

    def __init__(self, url: str, name: str, after: int | None = 0, patience: float = 4.0, seed: object = None):
        self.url, self.name, self.last, self.patience = url, name, after, patience
        self.random = random.Random(f"{seed} {name}")
        self.starts_late = after is None
        self.secret = secrets.token_hex(16)
        self.log: list[tuple[int, str]] = []
        self.said: dict[str, str] = {}
        self.outbox: dict[str, str] = {}
        self.refused: list[dict] = []
        self.lines = self.gaps = self.silences = 0
        self.due: asyncio.Queue[str] | None = None  # the ids that this line is to send
        self.heard = 0.0

    def say(self, text: str) -> None:
        """Put it in the outbox, and send it if there is a line."""
        id = secrets.token_hex(8)
        self.said[id] = self.outbox[id] = text
        self._send(id)

    async def live(self) -> None:
        """Connect, and connect again whenever the line goes, until cancelled."""
        while True:
            with suppress(*ENDS):
                await self._connect()
            self.due = None
            await asyncio.sleep(self.random.uniform(*PAUSE))

    async def _connect(self) -> None:
        after = "" if self.last is None else f"&after={self.last}"
        line = await connect(
            f"{self.url}?client={self.secret}{after}",
            proxy=None,
            compression=None,
            open_timeout=self.patience,
            ping_interval=None,
            close_timeout=0.1,
        )
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
        due = self.due = _queue(self.outbox)
        while True:
            id = await due.get()
            if id in self.outbox:
                await line.send(json.dumps({"message": self.outbox[id], "id": id}))

    async def _watch(self, line: ClientConnection) -> None:
        """Every frame sent is answered: without an answer the line is dead, whatever TCP says."""
        while True:
            await asyncio.sleep(LOOK)
            if not self.outbox:
                self.heard = time.monotonic()
            elif time.monotonic() - self.heard > self.patience:
                self.silences += 1
                line.transport.abort()

    def _hear(self, frame: dict) -> None:
        self.heard = time.monotonic()
        if "error" in frame:
            return self._hear_refusal(frame)
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

    def _hear_refusal(self, frame: dict) -> None:
        self.refused.append(frame)
        asyncio.get_running_loop().call_later(AGAIN, self._send, frame["id"])

    def _send(self, id: str) -> None:
        if self.due and id in self.outbox:
            self.due.put_nowait(id)


def _queue(ids: Iterable[str]) -> asyncio.Queue[str]:
    queue: asyncio.Queue[str] = asyncio.Queue()
    for id in ids:
        queue.put_nowait(id)
    return queue
