"""A project of a learner's own, and a real ``chatdemo serve`` of it."""

import os
import sys
from pathlib import Path

from tests.support.served import Process, clean_environ, wait_for


class Guest(Process):
    """``chatdemo serve FOLDER`` with ``arguments``, on a free port; ``environ`` is added to the environment.

    With ``group`` it is started, signalled and ended as by a terminal, and without as by a script. ``ready=False``: it
    isn't waited for.
    """

    def __init__(
        self, folder: Path, *arguments: str, group: bool = True, ready: bool = True, **environ: str
    ):
        self.ready = "Stop" if ready else ""
        command = [
            sys.executable,
            "-m",
            "chatdemo",
            "serve",
            str(folder),
            "--port",
            "0",
            *arguments,
        ]
        super().__init__(folder.parent, command, {**clean_environ(), **environ}, group)

    def wait_for_line(self, text: str, times: int = 1) -> str:
        """The last line with ``text`` in it, once there are as many as that."""

        def found() -> list[str]:
            lines = [line for line in self.lines if text in line]
            return lines if len(lines) >= times else []

        return wait_for(found, f"{times} x {text!r}, not {self.output}")[-1].rstrip("\n")

    def row(self, name: str) -> str:
        """What the banner, or what followed a save, says last by this name."""
        return self.wait_for_line(f"  {name:<12}").strip().removeprefix(name).strip()


def save(file: Path, old: str = "", new: str = "") -> None:
    """As an editor does: with ``old``, which must be in it, replaced by ``new``. Nobody sees half of it."""
    text = file.read_text("utf-8")
    assert old in text
    draft = file.with_name(f"{file.name}.draft")
    draft.write_text(text.replace(old, new) if old else new, "utf-8")
    os.replace(draft, file)
