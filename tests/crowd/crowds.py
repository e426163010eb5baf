"""`chatdemo crowd` as a process, for the tests."""

import re
import sys
from pathlib import Path

from tests.support.served import Process, clean_environ

#: Seconds for a run of a second that waits for what is lost.
RUN = 60


class Crowd(Process):
    """``chatdemo crowd`` with ``arguments``."""

    def __init__(self, folder: Path, *arguments: str, ready: str = "", **environ: str):
        self.ready = ready
        command = [sys.executable, "-W", "error", "-m", "chatdemo", "crowd", *arguments]
        super().__init__(folder, command, {**clean_environ(), **environ, "PYTHONUNBUFFERED": "1"})

    def figure(self, name: str) -> str:
        """The figure ``name`` of the closing table, with the remark behind it."""
        [found] = re.findall(rf"^  {name} +(\S.*)$", self.output, re.MULTILINE)
        return " ".join(found.split())


def finished(folder: Path, *arguments: str, code: int = 0, **environ: str) -> Crowd:
    """A run that has ended with ``code`` and without a traceback."""
    with Crowd(folder, *arguments, **environ) as crowd:
        assert crowd.wait(RUN) == code, crowd.output
    assert "Traceback" not in crowd.output and "Unhandled" not in crowd.output, crowd.output
    return crowd


def told(crowd: Crowd) -> str:
    """What it printed, on one line."""
    return " ".join(crowd.output.split())
