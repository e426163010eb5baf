"""The process that runs the learner's code: makes the checks, and writes what they find to a file.

Run as ``python -m chatdemo.course.checker.child_process FOLDER RESULTS BROWSER``, with an empty
last argument without a browser. Each line of the file is
a CheckResult as JSON, of which the last counts.
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

from chatdemo.course import outline
from chatdemo.course.checker import (
    browser_test_checks,
    consumer_checks,
    page_checks,
    script_checks,
    setup_checks,
)
from chatdemo.course.checker.blocking_calls import BLOCKING
from chatdemo.course.checker.exception_causes import exception_fault, explain_exception
from chatdemo.course.checker.project import LearnerProject, Timeouts
from chatdemo.course.checker.report import CheckResult, Fault, Place

#: A check raises Fault if it fails. An asynchronous one runs in an event loop, as in a server.
Check = Callable[[LearnerProject], Awaitable[None] | None]
#: The checks of each step, in the order in which they are made.
CHECKS: dict[str, list[Check]] = {
    "index": [*setup_checks.CHECKS, page_checks.check_index_page, script_checks.check_index_script],
    "room": [page_checks.check_room_page, script_checks.check_room_script],
    "echo": [*consumer_checks.ECHO_CHECKS],
    "layer": [consumer_checks.check_channel_layer],
    "groups": [*consumer_checks.GROUPS_CHECKS],
    "async": [*consumer_checks.ASYNC_CHECKS],
    "tests": [*browser_test_checks.CHECKS],
}


class CheckRunner:
    """Makes the checks of each step in turn, until one fails."""

    def __init__(self, folder: Path, results: Path, browser: str | None, timeouts: Timeouts):
        self.results = results.open("w", encoding="utf-8")
        self.result = CheckResult()
        self.project = LearnerProject(folder, results.parent, browser, self.on_stuck, timeouts)
        self.loop = asyncio.new_event_loop()

    def write(self) -> None:
        """Write the result so far."""
        self.results.write(json.dumps(asdict(self.result)) + "\n")
        self.results.flush()

    def run(self) -> None:
        """Make the checks, and write what they find."""
        try:
            for step in outline.steps():
                for check in CHECKS[step.name]:
                    self.make(check)
                self.result.done.append(step.name)
                self.write()
        except Fault as fault:
            fault = setup_checks.deeper_cause(self.project, fault)
            self.result.fault = self.project.without_present(fault.finding())
        except Exception as error:  # raised by us while looking for the cause
            found = exception_fault(self.project, error, None, "looking for the cause")
            self.result.fault = found.finding()
        self.loop.run_until_complete(self.project.remove_layer_keys())
        self.project.pages.close()
        self.result.notes = self.project.notes
        self.result.why_no_pages = self.project.pages.why_not_run
        self.finish()

    def make(self, check: Check) -> None:
        """Raises Fault if the check fails, or if the project makes it raise something else."""
        try:
            made = check(self.project)
            if inspect.isawaitable(made):
                self.loop.run_until_complete(self.project.watchdog.watch_loop(made))
        except Fault as fault:
            if fault.id != "C013" or not self.project.create_database():
                raise
            self.make(check)
        except BaseException as error:
            name = check.__name__.removeprefix("check_").replace("_", " ")
            raise explain_exception(self.project, error, f'the check "{name}" runs') from error

    def finish(self) -> None:
        """Write the whole result, with the last step that the learner's code has signs of."""
        try:
            code = self.project.sources.code
        except (Fault, SyntaxError, ValueError):
            code = ""
        for step in outline.steps():
            if re.search(step.begun, code):
                self.result.begun = step.name
        self.result.is_whole = True
        self.write()

    def on_stuck(self, place: Place | None) -> None:
        """Report that the main thread is in code that doesn't end, and end the process.

        The watchdog's thread calls it.
        """
        line = self.project.sources.line(place)
        is_blocking = re.search(BLOCKING, line) and "await" not in line
        facts = {"doing": "the code there", "seen": "it doesn't end within seconds"}
        fault = self.project.fault("C602" if is_blocking else "C004", place, **facts)
        self.result.fault = fault.finding()
        self.finish()
        os._exit(0)


def main(folder: Path, results: Path, browser: str | None, timeouts: Timeouts) -> None:
    """Check the project in ``folder``, write what is found to ``results``, and end this process.

    ``browser`` is the path of the one that runs the pages, if there is one.
    """
    faulthandler.enable()
    CheckRunner(folder.resolve(), results, browser, timeouts).run()
    os._exit(0)  # whatever threads the learner's code still runs


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] or None, Timeouts())
