"""Runs the learner's own browser tests, on a copy of the project: they make and destroy a database."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chatdemo.course.checker import process
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.sources import Sources

if TYPE_CHECKING:
    from chatdemo.course.checker.run import Verdict

NO_SELENIUM = f"selenium isn't installed for this Python. Install it: {sys.executable} -m pip install selenium"
NO_DRIVER = "chromedriver isn't on the PATH."
#: Seconds for the project's own tests.
LIMIT = 180.0


def judge(folder: Path, verdict: "Verdict") -> None:
    """Take the last step back from ``verdict`` if its tests fail; say so in a note where they can't be run here."""
    python = _python(folder)
    if not python or not shutil.which("chromedriver"):
        verdict.notes.append(
            f"The browser tests were read, but not run: {NO_DRIVER if python else NO_SELENIUM}"
        )
        return
    with tempfile.TemporaryDirectory(prefix="chatdemo-check-") as scratch:
        copy = Path(scratch, folder.name or "project")
        shutil.copytree(folder, copy, ignore=_not_theirs)
        output = Path(scratch, "output")
        fault = _fault(python, copy, output)
        # A browser on a busy machine may be late once.
        if fault and "TimeoutException" in output.read_text("utf-8", "replace"):
            fault = _fault(python, copy, output)
    if isinstance(fault, str):
        verdict.notes.append(fault)
    elif fault:
        verdict.fault = fault.finding()
        verdict.done.remove("tests")


def _python(folder: Path) -> str | None:
    """The Python to run the tests with: ours, the active environment's or the project's, if it has what they need."""
    environments = [
        os.environ.get("VIRTUAL_ENV", ""),
        *(str(folder / name) for name in (".venv", "venv", "env")),
    ]
    names = [
        os.path.join(path, sub)
        for path in filter(None, environments)
        for sub in ("bin/python", "Scripts/python.exe")
    ]
    return next((python for python in (sys.executable, *names) if _has_selenium(python)), None)


def _has_selenium(python: str) -> bool:
    try:
        return (
            subprocess.run(
                [python, "-c", "import channels, daphne, selenium"], capture_output=True
            ).returncode
            == 0
        )
    except OSError:
        return False


def _not_theirs(folder: str, names: list[str]) -> list[str]:
    return [
        name
        for name in names
        if Path(folder, name).is_dir() and not Sources.is_theirs(Path(folder, name))
    ]


def _fault(python: str, copy: Path, output: Path) -> Fault | str | None:
    """The fault that running the tests shows; a sentence if they can't be run on this machine."""
    code = process.run([python, "manage.py", "test", "--noinput"], copy, output, LIMIT)
    if code is None:
        return Fault("C703", error=f"they don't end within {LIMIT:.0f} s")
    return _read(copy, code, output.read_text("utf-8", "replace"))


def _read(copy: Path, code: int, said: str) -> Fault | str | None:
    """The fault that the output of ``manage.py test`` tells of."""
    if re.search(r"SessionNotCreatedException|NoSuchDriverException", said):
        return "The browser tests were read, but not run: the browser doesn't start."
    if re.search(r"^Ran 0 tests|NO TESTS RAN", said, re.MULTILINE):
        return Fault("C701", seen="`python manage.py test` finds no test")
    if code == 0:
        return None
    found = re.findall(r'File "(.+)", line (\d+), in', said)
    places = [Sources(copy.resolve()).place(file, int(line)) for file, line in found]
    errors = re.findall(
        r"^(\w[\w.]*(?:Error|Exception|ImproperlyConfigured)\b.*)$", said, re.MULTILINE
    )
    last = said.strip().splitlines()[-1:] or ["nothing was said"]
    place: Place | None = next((place for place in reversed(places) if place), None)
    return Fault("C703", place, error=(errors or last)[-1][:300])
