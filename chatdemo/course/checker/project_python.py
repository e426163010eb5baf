"""The Python that runs a learner's project: that of its virtual environment, if it has one."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import chatdemo

#: Prints the version, and which of the packages named as arguments can't be imported.
PROBE = (
    "import json, sys; from importlib.util import find_spec as find;"
    "print(json.dumps([sys.version_info[:2], [name for name in sys.argv[1:] if not find(name)]]))"
)
#: Runs a module of chatdemo's in another environment, whose own packages come first.
RUN_MODULE = (
    "import runpy, sys; sys.path += sys.argv.pop(1).split({separator!r}); module = sys.argv.pop(1);"
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)
OLDEST = (3, 10)


@dataclass(frozen=True)
class ProjectPython:
    """``path`` is Python's. ``note`` is a sentence for the report, or ""."""

    path: str
    note: str = ""

    def has(self, *packages: str) -> bool:
        """Whether all these packages can be imported."""
        return not missing_packages(self.path, *packages)

    def module_command(self, module: str) -> list[str]:
        """Return the command that runs a module of chatdemo's with this Python."""
        if self.path == sys.executable:
            return [self.path, "-u", "-m", module]
        folders = [str(Path(chatdemo.__file__).parents[1]), sysconfig.get_path("purelib")]
        code = RUN_MODULE.format(separator=os.pathsep)
        return [self.path, "-u", "-c", code, os.pathsep.join(folders), module]


def find_python(folder: Path) -> ProjectPython:
    """Return the Python of the active environment, of the project's, or chatdemo's own.

    One without Django, Channels and Daphne can't run the project. A note says so.
    """
    for environment in _environments(folder):
        if Path(environment).resolve() == Path(sys.prefix).resolve():
            break
        path = next(filter(Path.is_file, map(environment.joinpath, PYTHONS)), None)
        if not path:
            continue
        missing = missing_packages(str(path), "django", "channels", "daphne")
        if not missing:
            return ProjectPython(str(path))
        note = (
            f"The virtual environment {environment} can't run the project ({missing}), so it was"
            f" checked with {sys.executable}."
        )
        return ProjectPython(sys.executable, note)
    return ProjectPython(sys.executable)


PYTHONS = ("bin/python", "Scripts/python.exe")


def _environments(folder: Path) -> Iterator[Path]:
    if active := os.environ.get("VIRTUAL_ENV"):
        yield Path(active)
    for parent in (folder, folder.parent):
        for name in (".venv", "venv", "env"):
            if (parent / name / "pyvenv.cfg").is_file():
                yield parent / name


@cache
def missing_packages(python: str, *packages: str) -> str:
    """Return what keeps ``python`` from importing the packages, in a few words; "" if nothing."""
    with suppress(OSError, ValueError, subprocess.SubprocessError):
        command = [python, "-c", PROBE, *packages]
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        version, missing = json.loads(result.stdout)
        if tuple(version) < OLDEST:
            return f"it has Python {version[0]}.{version[1]}"
        return f"it has no {', no '.join(missing)}" if missing else ""
    return "its Python doesn't start"
