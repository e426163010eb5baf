"""A project that `chatdemo new` wrote, used as its learner uses it: nothing of ours is in its environment."""

import socket
import sys
from contextlib import suppress
from pathlib import Path

from tests.support.served import TIMEOUT_SECONDS, Process, clean_environ, free_port, wait_for

#: Seconds for a command that starts Django, on a machine that does other things too.
COMMAND = 60


class Written:
    """The project in ``folder``, written by ``chatdemo new`` with ``arguments``.

    ``python`` is another one, which has chatdemo installed. ``told`` is what the command printed.
    """

    def __init__(self, folder: Path, *arguments: str, python: str = ""):
        self.folder, self.python = folder, python or sys.executable
        command = [self.python, "-m", "chatdemo", "new", str(folder), *arguments]
        self.told = finish(folder.parent, command, clean_environ(installed=bool(python)))

    def manage(self, *arguments: str, timeout: float = COMMAND, **environ: str) -> str:
        """What ``python manage.py`` with ``arguments`` prints. AssertionError if it fails."""
        command = [self.python, "manage.py", *arguments]
        return finish(self.folder, command, {**clean_environ(installed=True), **environ}, timeout)

    def runserver(self, *arguments: str) -> "Runserver":
        return Runserver(self, *arguments)


class Runserver(Process):
    """``python manage.py runserver`` of a project with ``arguments``, on a free port.

    Django's reloader is round it, but for ``--noreload``: that spares a second Python.
    """

    ready = "Quit the server"

    def __init__(self, project: Written, *arguments: str):
        command = [project.python, "manage.py", "runserver", str(free_port()), *arguments]
        environ = {**clean_environ(installed=True), "PYTHONUNBUFFERED": "1"}
        super().__init__(project.folder, command, environ, group=True)

    def _await_ready(self) -> None:
        super()._await_ready()
        wait_for(
            self._listens, "the port to listen"
        )  # it says where it listens just before it does

    def _listens(self) -> bool:
        with (
            suppress(ConnectionRefusedError),
            socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_SECONDS),
        ):
            return True
        return False


def finish(
    folder: Path, command: list[str], environ: dict[str, str], timeout: float = COMMAND
) -> str:
    """Run ``command`` to its end, and no child of it longer; returns its output. AssertionError if it fails."""
    with Process(folder, command, environ, group=True) as process:
        assert process.wait(timeout) == 0, process.output
    return process.output
