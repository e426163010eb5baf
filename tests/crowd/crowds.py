"""Runs of the crowd, in this process or as `chatdemo crowd`, for the tests."""

import itertools
import re
import sys
from pathlib import Path

import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.crowd.address import parse_address
from chatdemo.crowd.messages import RunMessages, new_run_id
from chatdemo.crowd.report import table
from chatdemo.crowd.run import Plan, run
from tests.support.served import Process, clean_environ

RUN_TIMEOUT_SECONDS = 60
#: As ``python -W error -m chatdemo``, in a form that WarmPython can start. A process that Ctrl-C ends may leave it to
#: the system to close a socket.
STRICT_CHATDEMO = """
import warnings
from chatdemo.__main__ import main

warnings.simplefilter("error")
warnings.simplefilter("ignore", ResourceWarning)
main()
"""
room_numbers = itertools.count(1)


class Burst(Plan):
    """``people`` send ten messages at once, with time for the last one on a busy machine."""

    messages = 10

    def __init__(self, people: int, drop: float = 0.0, timeout: float = 5.0):
        super().__init__(people, rate=200, seconds=0.3, drop=drop, timeout=timeout)


class Finished:
    """A run in this process that has ended. ``output`` is its closing table."""

    def __init__(self, url: str, plan: Plan):
        messages = RunMessages(new_run_id())
        address = parse_address(url, f"crowd_{messages.run_id}")
        self.result = run(address, messages, plan, lambda *_: None)
        self.exit_code = self.result.exit_code
        self.output = "\n".join(table(self.result))

    def figures(self, *names: str) -> list[str]:
        return [figure(self.output, name) for name in names]

    @property
    def notes(self) -> str:
        """The table's notes in one line."""
        return one_line(self.output)


def refused(url: str, plan: Plan | None = None) -> ChatdemoError:
    """The error of a run in which the first participant can't join."""
    with pytest.raises(ChatdemoError) as caught:
        Finished(url, plan or Burst(3))
    return caught.value


class Faulty(Process):
    """serve_faults.py."""

    ready = "http://"

    def __init__(self, folder: Path):
        code = "import runpy; runpy.run_module('tests.crowd.serve_faults', run_name='__main__')"
        super().__init__(folder, [sys.executable, "-c", code], clean_environ())

    def room(self, behaviour: str) -> str:
        """The address of a new room with a fault."""
        return f"{self.url}ws/chat/{behaviour}-{next(room_numbers)}/"


class Crowd(Process):
    """``chatdemo crowd`` with ``arguments``, in a process of its own."""

    def __init__(self, folder: Path, *arguments: str, ready: str = ""):
        self.ready = ready
        command = [sys.executable, "-c", STRICT_CHATDEMO, "crowd", *arguments]
        super().__init__(folder, command, clean_environ())

    def finish(self, exit_code: int) -> None:
        assert self.wait(RUN_TIMEOUT_SECONDS) == exit_code, self.output
        self.check_output()

    def check_output(self) -> None:
        for word in ("Traceback", "Unhandled", "ignored", "never retrieved"):
            assert word not in self.output, self.output


def figure(output: str, name: str) -> str:
    """The figure ``name`` of a closing table, with the remark behind it."""
    [found] = re.findall(rf"^  {name} +(\S.*)$", output, re.MULTILINE)
    return one_line(found)


def one_line(text: str) -> str:
    return " ".join(text.split())
