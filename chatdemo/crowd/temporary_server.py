"""A temporary chat server for a run without an address, in a process of its own."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from chatdemo.common.errors import ChatdemoError

#: Only for this computer, whatever the settings are.
COMMAND = [sys.executable, "-m", "chatdemo", "serve", "--port", "0", "--db", ":memory:"]
COMMAND += ["--host", "127.0.0.1", "--no-open"]
START_TIMEOUT_SECONDS, STOP_TIMEOUT_SECONDS = 60, 5


@contextmanager
def temporary_server() -> Iterator[str]:
    """Start a chat server with a database in memory on a free port. Yields its address.

    It stops with the context. Raises ChatdemoError if it doesn't start.
    """
    environ = {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8", "CHATDEMO_MAX_RATE": "0"}
    with subprocess.Popen(
        COMMAND,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        # In a process group of its own Ctrl-C doesn't stop it: participants leave first.
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    ) as process:
        try:
            yield _wait_until_ready(process)
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(process: subprocess.Popen[str]) -> str:
    """Return the address that the server prints. Raises ChatdemoError if it ends instead."""
    assert process.stdout is not None
    lines = ["it stopped without any output"]

    def give_up() -> None:
        process.kill()
        lines.append(f"it wasn't ready in {START_TIMEOUT_SECONDS} seconds")

    timer = threading.Timer(START_TIMEOUT_SECONDS, give_up)
    timer.start()
    try:
        for line in process.stdout:
            lines.append(line.rstrip())
            if match := re.search(r"^\s*Open\s+(http://\S+)", line):
                # What it prints later is discarded, so that the pipe never fills up.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                return match[1]
    finally:
        timer.cancel()
    # The lines of an error as commands print it (commands/error_output.py).
    errors = {line[:7].rstrip(): line[7:] for line in lines}  # by "Error:" and "Next:"
    listed = ", ".join(line.strip(" ,") for line in lines if line.startswith(" " * 7))
    raise ChatdemoError(
        f"The temporary server didn't start: {errors.get('Error:', lines[-1])}",
        errors.get("Next:", "Does chatdemo serve --port 0 work?"),
        listed.split(", ") if listed else (),
    )
