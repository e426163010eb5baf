"""What the course consists of: the steps of ``steps.toml``, and each step's project, file by file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from chatdemo.common.errors import UsageError
from chatdemo.common.once import computed_once
from chatdemo.common.toml import load_toml

FOLDER = Path(__file__).parent
STEPS = FOLDER / "steps"
LAYERS = ("memory", "redis")
NUMBERS = ("1", "2", "3", "4", "5", "6", "7")


@dataclass(frozen=True, eq=False)
class Step:
    """A step as ``steps.toml`` describes it; ``number`` counts from 1."""

    number: int
    name: str
    title: str
    summary: str
    part: int
    begun: str
    files: Sequence[str] = ()
    adds: Sequence[str] = ()
    tabs: Sequence[str] = ()
    needs: Sequence[str] = ()
    needs_with: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return STEPS / self.name

    @property
    def previous(self) -> "Step | None":
        return steps()[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> "Step | None":
        return steps()[self.number] if self.number < len(steps()) else None

    @property
    def so_far(self) -> tuple["Step", ...]:
        """This step and those before it, in order."""
        return steps()[: self.number]

    @property
    def touches(self) -> list[str]:
        """The paths that are new or changed in this step."""
        return [*self.files, *self.adds]

    def project(self, layer: str = "memory") -> dict[str, str]:
        """The whole project at the end of this step: each file's path and text, this step's own first.

        ``layer`` is one of LAYERS, and decides what CHANNEL_LAYERS is set to.
        """
        before = self.previous.project(layer) if self.previous else {}
        own = {path: self._read(path) for path in self.files}
        own |= {path: before[path] + self._read(path, layer) for path in self.adds}
        return own | {path: text for path, text in before.items() if path not in own}

    def requirements(self, layer: str = "memory") -> list[str]:
        """What pip must install for the project, as lines of a requirements.txt."""
        return [
            line for step in self.so_far for line in (*step.needs, *step.needs_with.get(layer, ()))
        ]

    @property
    def has_layer(self) -> bool:
        """Whether the project has a channel layer, so that there is a choice of one."""
        return any(step.needs_with for step in self.so_far)

    def _read(self, path: str, layer: str = "memory") -> str:
        file = self.folder / path
        other = file.with_name(
            f"{file.stem}.{layer}{file.suffix}"
        )  # settings.redis.py stands in for settings.py
        return (other if other.is_file() else file).read_text("utf-8")


def steps() -> tuple[Step, ...]:
    """Every step, in order."""
    return tuple(_steps().values())


def find(name: str) -> Step:
    """The step called ``name``, or of that number. Raises UsageError, which names the steps there are, if none is."""
    try:
        return _steps()[name] if name not in NUMBERS else steps()[int(name) - 1]
    except KeyError:
        raise UsageError(
            f"{name!r} is not a step.", f"The steps are: {', '.join(_steps())}."
        ) from None


@computed_once
def _steps() -> dict[str, Step]:
    rows = load_toml(FOLDER / "steps.toml")["steps"]
    return {row["name"]: Step(number, **row) for number, row in enumerate(rows, 1)}
