"""The process that holds the port, and starts the one that serves: a new one for each save."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from chatdemo.common.signals import handler_set
from chatdemo.common.watch import FileWatcher
from chatdemo.course.checker.sources import source_files

#: The exit code of a process that ended because a file was saved (as Django's reloader has it).
RELOAD = 3
#: Seconds that a process has to end once it is told to; a server takes two at most.
FAREWELL = 4.0


def keep(folder: Path, listener: socket.socket) -> Iterator[int]:
    """Run this process's own command again, in one that serves on ``listener``, until that is told to stop.

    One that can't load the project ends. Its exit code is yielded then, and the next starts after a save in ``folder``.
    No client is refused meanwhile: the port listens, and it waits.
    """
    listener.set_inheritable(True)
    ready = False
    while True:
        watcher = FileWatcher(lambda: source_files(folder))
        code = _run(listener.fileno(), ready)
        if code == 0:
            return
        ready = ready or code == RELOAD
        if code != RELOAD:
            yield code
            watcher.wait()


def _run(listener: int, ready: bool) -> int:
    """The exit code of the process that serves. ``ready`` says whether one before it did."""
    told = ["--adopt", str(listener), *(["--again"] if ready else [])]
    command = [sys.executable, "-m", "chatdemo", "serve", *told, *sys.argv[2:]]
    # A socket's handle is inherited on Windows if it may be (PEP 446), but not by a list.
    inherited = {"pass_fds": [listener]} if os.name == "posix" else {"close_fds": False}
    child = subprocess.Popen(command, **inherited)
    try:
        return child.wait()
    except KeyboardInterrupt:
        with handler_set(signal.SIG_IGN):  # a second Ctrl-C changes nothing
            _end(child)
        raise


def _end(child: subprocess.Popen) -> None:
    """Tell it to stop, as a terminal has already told it that has sent its Ctrl-C to both; wait for its end."""
    if os.name == "posix":
        child.terminate()
    try:
        child.wait(FAREWELL)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
