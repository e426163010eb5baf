"""Has a learner's project judged in a process of its own, within a limit of time, and gathers what it says."""

import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatdemo.common.errors import UsageError
from chatdemo.course import outline
from chatdemo.course.checker import process, testing
from chatdemo.course.checker.faults import Fault, Finding

#: Seconds for all checks but the project's own tests.
LIMIT = 60.0


@dataclass
class Verdict:
    """What came out: the steps that are done, the fault that ends them (None once all are), the last step begun."""

    done: list[str] = field(default_factory=list)
    fault: Finding | None = None
    begun: str = "index"
    notes: list[str] = field(default_factory=list)

    @property
    def failing(self) -> outline.Step | None:
        """The first step that isn't done."""
        return next((step for step in outline.steps() if step.name not in self.done), None)

    def passes(self, target: outline.Step | None) -> bool:
        """Whether everything up to ``target`` is done; without one, whatever has been begun."""
        wanted = target or outline.find_step(self.begun)
        return self.failing is None or self.failing.number > wanted.number


def judge(folder: Path, target: outline.Step | None = None) -> Verdict:
    """The verdict on the project in ``folder``, up to ``target``. Raises UsageError if there is no such folder."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder.",
            "Give the folder of a project, the one that manage.py is in.",
        )
    with tempfile.TemporaryDirectory(prefix="chatdemo-check-") as scratch:
        results, output = Path(scratch, "results"), Path(scratch, "output")
        results.touch()
        code = _run(folder.resolve(), results, output)
        verdict = _read(results.read_text("utf-8"), code, output.read_text("utf-8", "replace"))
    last = outline.steps()[-1]
    if last.name in verdict.done and (target in (None, last)):
        testing.judge(folder.resolve(), verdict)
    return verdict


def _run(folder: Path, results: Path, output: Path) -> int | None:
    """The exit code of the process that makes the checks, or None if it was ended for taking too long."""
    command = [sys.executable, "-m", "chatdemo.course.checker.child", str(folder), str(results)]
    environ = {"PYTHONUNBUFFERED": "1", "CHECK_FOLDER": str(results.parent)}
    return process.run(command, results.parent, output, LIMIT, **environ)


def _read(results: str, code: int | None, output: str) -> Verdict:
    verdict, lines = (
        Verdict(),
        [json.loads(line) for line in results.splitlines() if line.endswith("}")],
    )
    for line in lines:
        _note(verdict, line)
    if not any("end" in line for line in lines):
        verdict.fault, verdict.begun = (
            _cut_short(code, output),
            outline.steps()[-1].name,
        )  # whatever was begun
    return verdict


def _note(verdict: Verdict, line: dict[str, Any]) -> None:
    verdict.done += [line["done"]] if "done" in line else []
    verdict.notes += [line["note"]] if "note" in line else []
    verdict.begun = line.get("begun", verdict.begun)
    if "fault" in line:
        verdict.fault = Finding(**line["fault"])


def _cut_short(code: int | None, output: str) -> Finding:
    """The fault of a project whose code ended the process, or kept it for longer than the limit."""
    if code is None:
        return Fault("C004", line="it was ended", doing="the project's code").finding()
    said = output.strip().splitlines()[-1:] or ["it said nothing"]
    return Fault(
        "C010", seen=f"exit code {code}, and its last words were: {said[0][:200]}"
    ).finding()
