"""A real ``chatdemo serve``, or another program, in a process of its own, for tests and benchmarks."""

import asyncio
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tests.support.warm import WarmPython

ROOT = Path(__file__).parents[2]
#: Seconds that anything may take which takes a fraction of one on an idle machine: a busy one has taken 20 for a start.
TIMEOUT_SECONDS = 60
T = TypeVar("T")


def wait_for(condition: Callable[[], T], what: str, timeout: float = TIMEOUT_SECONDS) -> T:
    """The first true value that ``condition()`` gives; AssertionError naming ``what`` if there is none in time."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {timeout} s in vain for {what}"
        threading.Event().wait(0.01)
    return value


async def until(
    condition: Callable[[], object],
    what: str | Callable[[], str] = "the condition",
    timeout: float = TIMEOUT_SECONDS,
) -> None:
    """``wait_for`` for an event loop, which goes on meanwhile."""
    deadline = time.monotonic() + timeout
    while not condition():
        named = what if isinstance(what, str) else what()
        assert time.monotonic() < deadline, f"waited {timeout} s in vain for {named}"
        await asyncio.sleep(0.005)


def default_signals() -> None:
    """Handle signals as a program that a terminal starts.

    A script's ``&`` and nohup ignore SIGINT and SIGHUP, and what they start inherits that.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


#: Options of subprocess with which a process has them.
DEFAULT_SIGNALS = {"preexec_fn": default_signals} if os.name == "posix" else {}


@contextmanager
def piped(*command: str) -> Iterator[subprocess.Popen]:
    """``python`` with the arguments ``command``, whose stdout and stderr are pipes of texts. It is killed at the end."""
    options = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
        **DEFAULT_SIGNALS,
    }
    with subprocess.Popen([sys.executable, *command], env=clean_environ(), **options) as process:
        try:
            yield process
        finally:
            process.kill()


#: Code that is ``python -m`` of the arguments, in a form that WarmPython can start.
RUN_MODULE = "import runpy, sys; del sys.argv[0]; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
#: Code that has a Python do as if uvloop, which the tests' extra brings, weren't there.
WITHOUT_UVLOOP = "import sys; sys.modules['uvloop'] = None"


class Process:
    """``command`` in ``folder``, with the environment ``environ``; with ``group``, its children end with it.

    As a context manager it waits until a line of the output has ``ready`` in it, if that is anything, and ends the
    process whatever happens. ``lines`` is what it printed so far, stdout and stderr together.
    """

    ready = ""
    #: What starts processes of chatdemo, where that needn't be a new Python: in tests, but not in benchmarks.
    warm_python: WarmPython | None = None

    def __init__(
        self, folder: Path, command: list[str], environ: dict[str, str], group: bool = False
    ):
        self.group = group and os.name == "posix"
        self.lines: list[str] = []
        if self.warm_python and self.warm_python.can_start(command, environ):
            self.process = self.warm_python.start(command, folder, environ, self.group)
        else:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=self.group,
                **DEFAULT_SIGNALS,
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        try:
            if self.ready:
                self._await_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        if self.group or self.process.poll() is None:
            self.kill()
        self._reader.join(TIMEOUT_SECONDS)
        self.process.stdout.close()

    @property
    def output(self) -> str:
        return "".join(self.lines)

    @property
    def url(self) -> str:
        """The address that it printed, with a slash at its end."""
        return re.search(r"http://\S+/", self.output)[0]

    @property
    def port(self) -> int:
        return int(re.search(r":(\d+)/", self.url)[1])

    def socket_url(self, path: str) -> str:
        return f"ws{self.url.removeprefix('http').removesuffix('/')}{path}"

    def stop(self, how: int = signal.SIGINT, timeout: float = TIMEOUT_SECONDS) -> int:
        """Send the signal ``how`` and wait for the end; returns the exit code."""
        self._signal(how)
        return self.wait(timeout)

    def wait(self, timeout: float = TIMEOUT_SECONDS) -> int:
        """Wait for the end, and for the last of the output; returns the exit code."""
        code = self.process.wait(timeout)
        self._reader.join(TIMEOUT_SECONDS)
        return code

    def kill(self) -> None:
        """Without a goodbye, as when a laptop's lid is shut."""
        self._signal(signal.SIGKILL if self.group else None)
        self.process.wait()

    def _signal(self, how: int | None) -> None:
        """Send ``how``, as a terminal sends Ctrl-C to a whole group; None kills on every system."""
        if not self.group:
            return self.process.kill() if how is None else self.process.send_signal(how)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)

    def _await_ready(self) -> None:
        wait_for(
            lambda: (
                any(self.ready in line for line in self.lines) or self.process.poll() is not None
            ),
            self.ready,
        )
        assert self.process.poll() is None, self.output

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line)


class Served(Process):
    """``chatdemo serve`` with ``arguments``, on a free port and a database in ``folder`` unless they say otherwise.

    ``python`` is another one, which has chatdemo installed; ``before`` is code to run first; ``environ`` is added to
    the environment. It is waited for, but for ``ready=False``.
    """

    def __init__(
        self,
        folder: Path,
        *arguments: str,
        python: str = "",
        before: str = "",
        ready: bool = True,
        **environ: str,
    ):
        self.ready = "Stop" if ready else ""
        defaults = ("--port", "0", "--db", str(folder / "chat.sqlite3"))
        command = [*_command(python, before), "serve", *defaults, *arguments]
        super().__init__(folder, command, {**clean_environ(installed=bool(python)), **environ})


def free_port() -> int:
    """A free port that no client is given by its kernel: one that polls such a port can end up connected to itself."""
    while True:
        with socket.socket() as probe:
            with suppress(OSError):
                probe.bind(("127.0.0.1", random.randrange(15_000, 30_000)))
                return probe.getsockname()[1]


def _command(python: str, before: str) -> list[str]:
    if not before:
        return [python or sys.executable, "-m", "chatdemo"]
    return [python or sys.executable, "-c", f"{before}; from chatdemo.__main__ import main; main()"]


def clean_environ(installed: bool = False) -> dict[str, str]:
    """The environment without any setting of chatdemo or Django, as a new user has it.

    Python finds the chatdemo of this tree in it, or with ``installed`` the one that it has.
    """
    mine = ("CHATDEMO_", "DJANGO_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return environ if installed else {**environ, "PYTHONPATH": str(ROOT)}
