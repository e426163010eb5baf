"""A server of the crowd's own, in a process of its own: for who has none running yet."""

import os
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from chatdemo.common.errors import ChatdemoError

COMMAND = [sys.executable, "-m", "chatdemo", "serve", "--port", "0", "--db", ":memory:"]
#: On this machine alone, whatever the settings say.
ALONE = ["--host", "127.0.0.1", "--no-open"]
#: Seconds to be ready, and to end after it was told to.
START, END = 60, 5
#: Lines of the server's that are kept.
KEPT = 20


class OwnServer:
    """``url`` is its address; ``lines`` are the last that it printed."""

    def __init__(self) -> None:
        options = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
        }
        text = {"text": True, "encoding": "utf-8", "errors": "replace"}
        # In a group of its own: Ctrl-C is for the crowd, which still has to take its leave.
        group = {
            "start_new_session": True,
            "creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        }
        environ = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "PYTHONIOENCODING": "utf-8",
            "CHATDEMO_MAX_RATE": "0",
        }
        self.process = subprocess.Popen([*COMMAND, *ALONE], env=environ, **options, **text, **group)
        self.lines: deque[str] = deque(maxlen=KEPT)
        self.url = ""
        self._told = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_until_ready(self) -> None:
        """Raises ChatdemoError if it ends instead, or isn't ready in time."""
        in_time = self._told.wait(START)
        if not self.url:
            last = (
                self.lines[-1] if in_time and self.lines else f"it wasn't ready in {START} seconds"
            )
            why = self._told_after("Error: ") or last
            hint = self._told_after("Next:  ") or "Does chatdemo serve --port 0 work by itself?"
            raise ChatdemoError(f"The crowd's own server didn't start: {why}", hint)

    def end(self) -> None:
        """Stop it, by force if it doesn't."""
        self.process.terminate()
        try:
            self.process.wait(END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(END)
        self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            match = None if self.url else re.search(r"^\s*Open\s+(http://\S+)", line)
            if match:
                self.url = match[1]
                self._told.set()
        self._told.set()

    def _told_after(self, prefix: str) -> str:
        """What one of the two lines of an error says."""
        return next(
            (line.removeprefix(prefix) for line in self.lines if line.startswith(prefix)), ""
        )


@contextmanager
def own_server() -> Iterator[str]:
    """The address of a running chat on a free port, with its data in memory; it ends with the context.

    Raises ChatdemoError if it doesn't start.
    """
    server = OwnServer()
    try:
        server.wait_until_ready()
        yield server.url
    finally:
        server.end()
