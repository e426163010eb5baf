"""The faults that a check can report: the catalogue ``faults.toml``, filled in for one project."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chatdemo.common.toml import load_toml

CATALOGUE = Path(__file__).with_name("faults.toml")


class Place(NamedTuple):
    """A line of the learner's project: a path in its folder, and a number, 0 for the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Finding:
    """A fault as it is reported. ``cause`` says in one sentence what is wrong."""

    id: str
    step: str
    title: str
    expected: str
    seen: str
    cause: str
    hint: str
    file: str = ""
    line: int = 0

    @property
    def place(self) -> str:
        """Where the fault is, empty if that isn't known."""
        return str(Place(self.file, self.line)) if self.file else ""


class Fault(Exception):
    """Raised by a check that fails: the fault's id, its place, and the facts for its texts."""

    def __init__(self, id: str, place: Place | None = None, **facts: Any):
        super().__init__(id, facts)
        self.id = id
        self.place = place
        self.facts = facts

    def finding(self) -> Finding:
        """Return the fault with its texts."""
        row = catalogue()[self.id]
        facts = {"place": self.place or "the project", **self.facts}
        texts = {name: row[name].format(**facts) for name in ("expected", "seen", "cause", "hint")}
        file, line = self.place or ("", 0)
        return Finding(self.id, row["step"], row["title"], **texts, file=file, line=line)


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return every fault by its id: its step, title and texts."""
    return load_toml(CATALOGUE)


def describe(error: BaseException) -> str:
    """Return the exception as the last line of Python's traceback shows it, in one line."""
    lines = str(error).strip().splitlines()
    # Without the module's path in parentheses, which the place says.
    text = re.sub(r" \(/[^()]*\)$", "", lines[0]) if lines else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def mentions(error: BaseException, *texts: str) -> bool:
    """Whether the exception, as a traceback shows it, contains all these texts."""
    return all(text in f"{type(error).__name__}: {error}" for text in texts)
