"""What a check says when it fails: a fault of the catalogue ``faults.toml``, with the facts of this project in it."""

from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from chatdemo.common.toml import load_toml

CATALOGUE = Path(__file__).with_name("faults.toml")


class Place(NamedTuple):
    """A line of the learner's project: the path from its folder, and the line's number, 0 for the whole file."""

    file: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Finding:
    """A fault as it is reported. ``cause`` is the one sentence that says what is wrong."""

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
        return str(Place(self.file, self.line)) if self.file else ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Fault(Exception):
    """Raised by a check that fails: the fault's id, where it is, and the facts that its texts have in braces."""

    def __init__(self, id: str, place: Place | None = None, **facts: Any):
        super().__init__(id, facts)
        self.id = id
        self.place = place
        self.facts = facts

    def finding(self) -> Finding:
        row = catalogue()[self.id]
        facts = {"place": self.place or "the project", **self.facts}
        texts = {name: row[name].format(**facts) for name in ("expected", "seen", "cause", "hint")}
        return Finding(
            self.id,
            row["step"],
            row["title"],
            **texts,
            **(self.place._asdict() if self.place else {}),
        )


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Every fault that a check can name, by id: its step, title, and texts."""
    return load_toml(CATALOGUE)
