"""The process that has the port open, and starts a new serving process after each save."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from chatdemo.common.file_watcher import FileWatcher
from chatdemo.common.stop_signals import temporary_handler
from chatdemo.course.checker.source_files import source_files

#: The exit code of a process that ended because a file was saved. Django's reloader has the same.
RELOAD_EXIT_CODE = 3
#: A process that was asked to stop is killed after this time. It closes all connections within 1.1
#: seconds (realtime/upstream/daphne.py), but the project's code may not end.
STOP_TIMEOUT_SECONDS = 4.0


def supervise(folder: Path, listener: socket.socket) -> Iterator[int]:
    """Run this process's command again in a process that serves on ``listener``, until it stops.

    If a process ends with an error, its exit code is yielded, and the next one starts after a save
    in ``folder``. After RELOAD_EXIT_CODE it starts at once. Clients wait
    meanwhile, as the port stays open.
    """
    own_end, inherited_end = socket.socketpair()
    was_ready = False
    with own_end, inherited_end, TemporaryDirectory(prefix="chatdemo-") as temporary:
        problems = Path(temporary) / "problems.json"  # which a process leaves to the next one
        while True:
            watcher = FileWatcher(lambda: source_files(folder))
            code = _run(listener, inherited_end, problems, was_ready)
            if code == 0:
                return
            was_ready = was_ready or code == RELOAD_EXIT_CODE
            if code != RELOAD_EXIT_CODE:
                yield code
                watcher.wait()


def _run(
    listener: socket.socket, supervisor_socket: socket.socket, problems: Path, was_ready: bool
) -> int:
    """Returns the exit code of a serving process.

    The other end of ``supervisor_socket`` is closed when this process ends. ``was_ready``: an
    earlier serving process has shown the banner.
    """
    for inherited in (listener, supervisor_socket):
        inherited.set_inheritable(True)
    options = ["--adopt", str(listener.fileno()), str(supervisor_socket.fileno())]
    options += ["--problems", str(problems)]
    again = ["--again"] if was_ready else []
    command = [sys.executable, "-m", "chatdemo", "serve", *options, *again, *sys.argv[2:]]
    # All other files that Python opens aren't inheritable (PEP 446). Windows has no pass_fds.
    process = subprocess.Popen(command, close_fds=False)
    try:
        return process.wait()
    except KeyboardInterrupt:
        with temporary_handler(signal.SIG_IGN):  # a second Ctrl-C changes nothing
            _stop(process)
        raise


def _stop(process: subprocess.Popen) -> None:
    if os.name == "posix":  # on Windows the terminal has sent its Ctrl-C to both
        process.terminate()
    try:
        process.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
