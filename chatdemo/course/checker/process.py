"""A process that runs a learner's code: within a limit of time, with nothing to read, and gone afterwards."""

import os
import signal
import subprocess
from pathlib import Path


def run(command: list[str], folder: Path, output: Path, limit: float, **environ: str) -> int | None:
    """The exit code of ``command`` in ``folder``, or None if it was ended after ``limit`` seconds.

    What it prints goes to the file ``output``; ``environ`` is added to the environment. It leaves no bytecode behind.
    """
    settings = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environ}
    settings.pop("DJANGO_SETTINGS_MODULE", None)
    with output.open("wb") as file:
        streams = {"stdin": subprocess.DEVNULL, "stdout": file, "stderr": file}
        child = subprocess.Popen(
            command, cwd=folder, env=settings, **streams, start_new_session=True
        )
        try:
            return child.wait(limit)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(child)


def _end(child: subprocess.Popen) -> None:
    """Kill the process, and what it started."""
    if hasattr(os, "killpg"):
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    else:
        child.kill()
    child.wait()
