"""A Python that has imported what chatdemo imports, and forks for each process of chatdemo that a test starts.

The start of such a process takes a quarter of the processor time. Run as a script, this module is that Python.
"""

import gc
import json
import os
import runpy
import select
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from types import ModuleType

#: What takes long to import, and neither needs settings nor makes an event loop, which forks would share.
IMPORTED = (
    "autobahn.twisted.websocket",
    "channels.auth",
    "channels.generic.websocket",
    "channels.routing",
    "channels.security.websocket",
    "chatdemo.commands",
    "daphne.access",
    "django.contrib.sessions.backends.db",
    "django.contrib.staticfiles.handlers",
    "django.core.management.commands.migrate",
    "django.db.backends.sqlite3.base",
    "django.middleware.csrf",
    "django.template.backends.django",
    "django.views.debug",
    "twisted.web.http",
    "twisted.web.static",
)
#: What a Python reads from its environment when it starts.
READ_AT_START = ("PYTHON", "LANG", "LC_")
MAX_JOB_BYTES = 1 << 17
#: More than this Python ever has.
MAX_DESCRIPTORS = 1024


class ForkedProcess:
    """What the tests use of ``subprocess.Popen``. ``status`` is a pipe with the pid, and at the end the exit code."""

    def __init__(self, stdout: int, status: int):
        self.stdout = os.fdopen(stdout, encoding="utf-8", errors="replace")
        self._status = os.fdopen(status, "rb", buffering=0)
        self.pid = int(self._status.readline())
        self.returncode: int | None = None

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._status, select.POLLIN)
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class WarmPython:
    """The Python, in ``folder`` and with ``environ``. It runs from the first ``start`` until the end of the block."""

    def __init__(self, folder: Path, environ: dict[str, str]):
        self.folder, self.environ = folder, environ
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None

    def __enter__(self) -> "WarmPython":
        return self

    def __exit__(self, *_) -> None:
        if self._connection:
            self._connection.close()
            self._python.wait()

    def can_start(self, command: list[str], environ: dict[str, str]) -> bool:
        """Whether a fork does what a new process would."""
        is_chatdemo = command[1:3] == ["-m", "chatdemo"] or command[1] == "-c"
        return (
            sys.platform == "linux"
            and is_chatdemo
            and command[0] == sys.executable
            and _read_at_start(environ) == _read_at_start(self.environ)
            and not any(name.startswith("COVERAGE") for name in environ)  # which forks don't save
        )

    def start(
        self, command: list[str], folder: Path, environ: dict[str, str], new_session: bool
    ) -> ForkedProcess:
        """Run ``command``, whose stdout and stderr are one pipe."""
        with self._lock:
            if not self._connection:
                self._launch()
        (output, their_output), (status, their_status) = os.pipe(), os.pipe()
        job = json.dumps([command[1:], str(folder), environ, new_session]).encode()
        socket.send_fds(self._connection, [job], [their_output, their_status])
        os.close(their_output)
        os.close(their_status)
        return ForkedProcess(output, status)

    def _launch(self) -> None:
        self._connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._python = subprocess.Popen(
                [sys.executable, "-m", "tests.support.warm"],
                cwd=self.folder,
                env=self.environ,
                stdin=theirs,
            )


def _read_at_start(environ: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name.startswith(READ_AT_START)}


def fork_for_each_job(connection: socket.socket) -> list:
    """Fork whenever a job comes, until ``connection`` ends. Returns in the forks alone: the job of each."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is not connection:
                    _report_end(selector, key)
                elif job := _receive_job(selector, connection):
                    return job


def _receive_job(selector: selectors.BaseSelector, connection: socket.socket) -> list | None:
    data, descriptors, _, _ = socket.recv_fds(connection, MAX_JOB_BYTES, 2)
    if not data:
        sys.exit()
    output, status = descriptors
    if not (pid := os.fork()):
        os.dup2(output, 1)
        return json.loads(data)
    os.write(status, b"%d\n" % pid)
    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, status))
    os.close(output)
    return None


def _report_end(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    pid, status = key.data
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(OSError):  # nobody waits for it
        os.write(status, b"%d\n" % code)
    selector.unregister(key.fileobj)
    os.close(key.fileobj)
    os.close(status)


def become(command: list[str], folder: str, environ: dict[str, str], new_session: bool) -> None:
    """Be what a new process of ``python`` with the arguments ``command`` is, and do what it does."""
    if new_session:
        os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.set_inheritable(0, True)  # it was free, so dup2 had nothing to do
    os.dup2(1, 2)
    os.closerange(3, MAX_DESCRIPTORS)
    sys.stdout.reconfigure(line_buffering=False)  # as into any pipe
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(folder)
    option, what, *arguments = command
    sys.argv, sys.path[0] = [option, *arguments], folder if option == "-m" else ""
    if option == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(what, main.__dict__)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests
    for name in IMPORTED:
        import_module(name)
    assert "twisted.internet.reactor" not in sys.modules
    gc.freeze()
    with socket.socket(fileno=0) as connection:
        job = fork_for_each_job(connection)
    become(*job)
