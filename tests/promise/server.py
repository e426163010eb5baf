"""A server that goes away and comes back: on the same port, with the same database."""

import asyncio
import re
import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.support.served import Served, free_port

ROOM = "promise"
ROWS = "SELECT seq, text FROM chat_message JOIN chat_room ON chat_room.id = room_id WHERE chat_room.name = ? ORDER BY seq"
#: Nothing that is thrown at it makes it say one of these.
COMPLAINTS = re.compile(r"Traceback|never retrieved|critical", re.IGNORECASE)


class Server:
    """``chatdemo serve``, in a process of its own; ``output`` is all that any of its processes has printed.

    ``before`` is code that it runs first, ``options`` are for the command.
    """

    def __init__(
        self, folder: Path, before: str = "", options: tuple[str, ...] = (), **settings: object
    ):
        self.folder, self.before, self.port = folder, before, free_port()
        self.options = options
        self.environ = {f"CHATDEMO_{name.upper()}": str(value) for name, value in settings.items()}
        self.database = folder / "chat.sqlite3"
        self.served: Served | None = None
        self.output = ""

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws/chat/{ROOM}/"

    @property
    def pid(self) -> int:
        return self.served.process.pid

    def _make(self) -> Served:
        # The pages of these tests say more in a second than people may.
        return Served(
            self.folder,
            "--port",
            str(self.port),
            *self.options,
            before=self.before,
            CHATDEMO_MAX_RATE="0",
            **self.environ,
        )

    async def __aenter__(self) -> "Server":
        await self.start()
        return self

    async def __aexit__(self, *_) -> None:
        await self.end()

    async def start(self) -> None:
        """Returns when it listens."""
        self.served = await asyncio.to_thread(lambda: self._make().__enter__())

    async def end(self, how: int = signal.SIGKILL) -> None:
        """Send the signal, and wait until it has gone."""
        served = self.served
        if served.process.poll() is None:
            await asyncio.to_thread(served.stop, how)
        await asyncio.to_thread(served.__exit__)
        self.output += served.output
        served.lines.clear()

    def kept(self) -> list[tuple[int, str]]:
        """The (seq, text) of all that is in the database, in its order."""
        with closing(
            sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=10)
        ) as connection:
            return connection.execute(ROWS, (ROOM,)).fetchall()
