"""Servers of the tests' projects: Daphne, and chatdemo's own.

Each is forked from a process that has imported Django, Channels and Twisted once: that is most of the processor time
that a server takes in a test.
"""

import json
import os
import re
import runpy
import signal
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from tests.support.served import ROOT, clean_environ, default_signals, wait_for

#: By name: the module that is run, and its arguments.
SERVERS = {"daphne": ["daphne", "-p", "0"], "ours": ["tests.inspector.strangers.serve"]}
#: What servers and projects import, as far as that needs neither settings nor Twisted's reactor.
IMPORTED = (
    "autobahn.twisted.websocket",
    "channels.generic.http",
    "channels.generic.websocket",
    "channels.routing",
    "channels.security.websocket",
    "django.contrib.sessions.backends.signed_cookies",
    "django.contrib.sessions.middleware",
    "django.core.handlers.asgi",
    "django.db.backends.sqlite3.base",
    "django.db.models",
    "twisted.internet.asyncioreactor",
    "twisted.internet.endpoints",
    "twisted.web.http",
)


class Launcher:
    """The process that forks."""

    def __enter__(self) -> "Launcher":
        environ = clean_environ()
        environ.pop("DJANGO_SETTINGS_MODULE", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.inspector.servers"],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=default_signals,
        )
        return self

    def __exit__(self, *_) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def start(self, command: list[str], environ: dict[str, str], output: Path) -> int:
        """Start a server in a fork, which writes to ``output``. Returns its process id."""
        self.process.stdin.write(json.dumps([command, environ, str(output)]) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


class Server:
    """``application`` (MODULE:NAME) on one of SERVERS, with ``environ`` added to the environment."""

    def __init__(
        self, launcher: Launcher, server: str, application: str, output: Path, **environ: str
    ):
        self.launcher, self.file = launcher, output
        self.command = [*SERVERS[server], application]
        self.environ = {**clean_environ(), **environ}

    def __enter__(self) -> "Server":
        self.file.touch()
        self.pid = self.launcher.start(self.command, self.environ, self.file)
        try:
            wait_for(lambda: "Listening" in self.output, f"{self.command}: {self.output}")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    @property
    def output(self) -> str:
        return self.file.read_text("utf-8", "replace")

    @property
    def port(self) -> int:
        """Daphne says it after the address, and other numbers before that."""
        return int(re.search(r"Listening .*127\.0\.0\.1:(\d+)", self.output)[1])


def fork() -> None:
    """Read jobs from the standard input, a line of JSON each, and answer with the fork's process id."""
    for module in IMPORTED:
        import_module(module)
    # Its event loop is made on import, and forks would share it.
    assert "twisted.internet.reactor" not in sys.modules
    for line in sys.stdin:
        if (pid := os.fork()) == 0:
            return become_server(*json.loads(line))
        print(pid, flush=True)
    with suppress(ChildProcessError):
        while True:
            os.wait()


def become_server(command: list[str], environ: dict[str, str], output: str) -> None:
    """Do what starting a process does, without the imports."""
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for stream in (1, 2):
        os.dup2(os.open(output, os.O_WRONLY | os.O_APPEND), stream)
    sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w", 1), os.fdopen(2, "w", 1)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    fork()
