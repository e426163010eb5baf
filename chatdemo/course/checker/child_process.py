"""The process that runs the learner's code: makes the checks, and writes what they find to a file.

Run as ``python -m chatdemo.course.checker.child_process FOLDER RESULTS``. The file has one JSON
object on each line: ``{"done": step}``, ``{"note": sentence}``, ``{"fault": finding}`` and, last,
``{"begun": step}``. Without the last line the process was ended before it finished.
"""

import asyncio
import faulthandler
import inspect
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from chatdemo.course import outline
from chatdemo.course.checker.browser_test_checks import BROWSER_TEST_CHECKS
from chatdemo.course.checker.consumer_checks import (
    ASYNC_CHECKS,
    BLOCKING,
    ECHO_CHECKS,
    GROUP_CHECKS,
    LAYER_CHECKS,
)
from chatdemo.course.checker.exception_causes import explain_exception
from chatdemo.course.checker.faults import Fault, Place, describe
from chatdemo.course.checker.page_checks import INDEX_PAGE_CHECKS, ROOM_PAGE_CHECKS
from chatdemo.course.checker.project import LearnerProject, Timeouts
from chatdemo.course.checker.setup_checks import SETUP_CHECKS

#: A check raises Fault if it fails. An asynchronous one runs in an event loop, as in a server.
Check = Callable[[LearnerProject], Awaitable[None] | None]
#: The checks of each step, in the order in which they are made.
CHECKS: dict[str, list[Check]] = {
    "index": [*SETUP_CHECKS, *INDEX_PAGE_CHECKS],
    "room": [*ROOM_PAGE_CHECKS],
    "echo": [*ECHO_CHECKS],
    "layer": [*LAYER_CHECKS],
    "groups": [*GROUP_CHECKS],
    "async": [*ASYNC_CHECKS],
    "tests": [*BROWSER_TEST_CHECKS],
}


class CheckRunner:
    """Makes the checks of each step in turn, until one fails."""

    def __init__(self, folder: Path, results: TextIO, timeouts: Timeouts):
        self.results = results
        self.project = LearnerProject(folder, self.on_stuck, timeouts)
        self.loop = asyncio.new_event_loop()

    def report(self, **line: Any) -> None:
        """Write a line."""
        self.results.write(json.dumps(line) + "\n")
        self.results.flush()

    def run(self) -> None:
        """Make the checks, and report what they find."""
        try:
            for step in outline.steps():
                for check in CHECKS[step.name]:
                    self.make(check)
                self.report(done=step.name)
        except Fault as fault:
            self.report(fault=asdict(fault.finding()))
        except Exception as error:  # raised by us while looking for the cause
            found = Fault("C005", doing="looking for the cause", error=describe(error), line="")
            self.report(fault=asdict(found.finding()))
        for note in self.project.notes:
            self.report(note=note)
        self.report(begun=self.begun())

    def make(self, check: Check) -> None:
        """Raises Fault if the check fails, or if the project makes it raise something else."""
        try:
            made = check(self.project)
            if inspect.isawaitable(made):
                self.loop.run_until_complete(self.project.watchdog.watch_loop(made))
        except Fault:
            raise
        except (Exception, SystemExit) as error:
            name = check.__name__.replace("_", " ")
            raise explain_exception(self.project, error, f'the check "{name}"') from error

    def begun(self) -> str:
        """Return the last step that the learner's code has signs of."""
        try:
            code = self.project.sources.code
        except (Fault, SyntaxError, ValueError):
            code = ""
        steps = outline.steps()
        return [step.name for step in steps if step.number == 1 or re.search(step.begun, code)][-1]

    def on_stuck(self, place: Place | None) -> None:
        """Report that the main thread is in code that doesn't end, and end the process.

        The watchdog's thread calls it.
        """
        line = self.project.sources.line(place)
        is_blocking = re.search(BLOCKING, line) and "await" not in line
        facts = {"doing": "the code there", "seen": "it doesn't end within seconds"}
        fault = self.project.fault("C602" if is_blocking else "C004", place, **facts)
        self.report(fault=asdict(fault.finding()))
        self.report(begun=self.begun())
        os._exit(0)


def main(folder: Path, results: Path, timeouts: Timeouts) -> None:
    """Check the project in ``folder``, write what is found to ``results``, and end this process."""
    faulthandler.enable()
    with results.open("w", encoding="utf-8", buffering=1) as file:
        CheckRunner(folder.resolve(), file, timeouts).run()
        os._exit(0)  # whatever threads the learner's code still runs


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), Timeouts())
