"""The process that runs the learner's code: makes the checks, and writes what they find to a file, a JSON line each.

Run as ``python -m chatdemo.course.checker.child FOLDER RESULTS``. The lines are ``{"done": step}``,
``{"note": sentence}``, ``{"fault": finding}`` and, last, ``{"end": true}``: whatever is missing was cut short.
"""

import asyncio
import faulthandler
import inspect
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, TextIO

from chatdemo.course import outline
from chatdemo.course.checker import explain
from chatdemo.course.checker.causes.blocking import BLOCKING
from chatdemo.course.checker.causes.exceptions import shown
from chatdemo.course.checker.checks import CHECKS, Check
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project, Timeouts


class Judge:
    """Makes the checks of each step in turn, until one fails."""

    def __init__(self, folder: Path, results: TextIO, timeouts: Timeouts):
        self.results = results
        self.project = Project(folder, self.stuck, timeouts)
        self.loop = asyncio.new_event_loop()

    def report(self, **line: Any) -> None:
        self.results.write(json.dumps(line) + "\n")
        self.results.flush()

    def run(self) -> None:
        try:
            for step in outline.steps():
                for check in CHECKS[step.name]:
                    self.make(check)
                self.report(done=step.name)
        except Fault as fault:
            self.report(fault=fault.finding().as_dict())
        except (
            Exception
        ) as error:  # of ours, while it looked for the cause: better a poor report than none
            facts = {"doing": "looking for the cause", "error": shown(error), "line": ""}
            self.report(fault=Fault("C005", **facts).finding().as_dict())
        for note in self.project.notes:
            self.report(note=note)
        self.report(end=True, begun=self.begun())

    def make(self, check: Check) -> None:
        """Raises Fault if the check fails; a check that itself breaks on this project says so as one."""
        try:
            if inspect.iscoroutinefunction(check):
                self.loop.run_until_complete(self.project.watchdog.watching(check(self.project)))
            else:
                check(self.project)
        except (Exception, SystemExit) as error:
            if isinstance(error, Fault):
                raise
            raise explain.exception(
                self.project, error, check.__name__.replace("_", " ")
            ) from error

    def begun(self) -> str:
        """The last step that the learner's code has signs of."""
        try:
            code = self.project.sources.code
        except (Fault, SyntaxError, ValueError):
            code = ""
        return [
            step.name for step in outline.steps() if re.search(step.begun, code) or step.number == 1
        ][-1]

    def stuck(self, place: Place | None) -> None:
        """The main thread is in code that doesn't end; called from another one."""
        line = self.project.sources.line(place)
        blocks = re.search(BLOCKING, line) and "await" not in line
        facts = {"doing": "the code there", "seen": "it doesn't end within seconds"}
        self.report(
            fault=Fault("C602" if blocks else "C004", place, line=line, **facts).finding().as_dict()
        )
        self.report(end=True, begun=self.begun())
        os._exit(0)


def main(folder: Path, results: Path, timeouts: Timeouts = Timeouts()) -> None:
    """Check the project in ``folder``, write what is found to ``results``, and end this process."""
    faulthandler.enable()
    with results.open("w", encoding="utf-8", buffering=1) as file:
        Judge(folder.resolve(), file, timeouts).run()
        os._exit(0)  # whatever threads the learner's code still has


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
