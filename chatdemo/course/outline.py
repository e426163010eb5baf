"""The course's outline: the steps of ``steps.toml``, and each step's project, file by file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatdemo.common.computed_once import computed_once
from chatdemo.common.errors import UsageError
from chatdemo.common.toml import load_toml

FOLDER = Path(__file__).parent
STEPS = FOLDER / "steps"
#: The channel layers that a project can be written for.
LAYERS = ("memory", "redis")


@dataclass(frozen=True)
class Exercise:
    """A fault to find: in ``file`` the text ``right`` is replaced by ``wrong``.

    ``seen`` is what the learner sees of it, ``answer`` the explanation; `backticks` are code.
    ``fault`` is its id in the checker's ``faults.toml``.
    """

    file: str
    right: str
    wrong: str
    fault: str
    seen: str
    answer: str


@dataclass(frozen=True, eq=False)
class Step:
    """A step as ``steps.toml`` describes it. ``number`` counts from 1."""

    number: int
    name: str
    title: str
    summary: str
    part: int
    begun: str
    files: Sequence[str] = ()
    adds: Sequence[str] = ()
    tabs: Sequence[str] = ()
    rooms: Sequence[str] = ()
    journey: bool = True
    needs: Sequence[str] = ()
    needs_with: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exercises: Sequence[Exercise] = ()

    @property
    def folder(self) -> Path:
        """The folder of the step's own files."""
        return STEPS / self.name

    @property
    def previous(self) -> "Step | None":
        """The step before this one."""
        return steps()[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> "Step | None":
        """The step after this one."""
        return steps()[self.number] if self.number < len(steps()) else None

    @property
    def so_far(self) -> tuple["Step", ...]:
        """This step and those before it, in order."""
        return steps()[: self.number]

    @property
    def touches(self) -> list[str]:
        """The paths that are new or changed in this step."""
        return [*self.files, *self.adds]

    @property
    def has_layer(self) -> bool:
        """Whether the project has a channel layer at the end of this step."""
        return any(step.needs_with for step in self.so_far)

    def project(self, layer: str = "memory") -> dict[str, str]:
        """Return the whole project at the end of this step: each file's text by its path.

        The step's own files come first. ``layer``, one of LAYERS, decides CHANNEL_LAYERS.
        """
        before = self.previous.project(layer) if self.previous else {}
        own = {path: self._read(path) for path in self.files}
        own |= {path: before[path] + self._read(path, layer) for path in self.adds}
        return own | {path: text for path, text in before.items() if path not in own}

    def project_with(self, exercise: Exercise) -> dict[str, str]:
        """Return the project at the end of this step, with the fault of its exercise."""
        project = self.project()
        faulty = project[exercise.file].replace(exercise.right, exercise.wrong, 1)
        return project | {exercise.file: faulty}

    def requirements(self, layer: str = "memory") -> list[str]:
        """Return what pip must install for the project, as lines of a requirements.txt."""
        return [
            line for step in self.so_far for line in (*step.needs, *step.needs_with.get(layer, ()))
        ]

    def _read(self, path: str, layer: str = "memory") -> str:
        # With Redis, settings.redis.py is used in place of settings.py.
        file = self.folder / path
        for_layer = file.with_name(f"{file.stem}.{layer}{file.suffix}")
        return (for_layer if for_layer.is_file() else file).read_text("utf-8")


def steps() -> tuple[Step, ...]:
    """Return every step, in order."""
    return tuple(_steps_by_name().values())


def find_step(name: str) -> Step:
    """Return the step with this name or number.

    Raises UsageError, which lists the steps, if there is none.
    """
    for step in steps():
        if name in (step.name, str(step.number)):
            return step
    raise UsageError(f"{name!r} is not a step.", f"The steps are: {', '.join(_steps_by_name())}.")


@computed_once
def _steps_by_name() -> dict[str, Step]:
    rows = load_toml(FOLDER / "steps.toml")["steps"]
    return {row["name"]: _step(number, **row) for number, row in enumerate(rows, 1)}


def _step(number: int, exercises: Sequence[Mapping[str, str]] = (), **row: Any) -> Step:
    return Step(number, exercises=[Exercise(**exercise) for exercise in exercises], **row)
