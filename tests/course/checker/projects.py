"""Learners' projects to check: written by the course, changed by a fault."""

from pathlib import Path

from chatdemo.course import outline
from chatdemo.course.checker.check_command import check_project
from chatdemo.course.checker.dangers import NO_SESSIONS, ODD_FRAMES
from chatdemo.course.checker.report import CheckResult
from tests.course.checker.planted import Plant


def write(folder: Path, files: dict[str, str]) -> Path:
    """``files``, by path, below ``folder``; returns the folder."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return folder


def good(folder: Path, step: str, layer: str = "memory") -> Path:
    """The project at the end of ``step``. Where its Redis should be, no server listens."""
    return write(folder, without_redis(outline.find_step(step).project(layer)))


def without_redis(files: dict[str, str]) -> dict[str, str]:
    return {path: text and text.replace("6379", "9") for path, text in files.items()}


def planted(folder: Path, plant: Plant) -> Path:
    """The project at the end of the plant's step, with its fault."""
    files = without_redis(outline.find_step(plant.step).project(plant.layer))
    if plant.old is None:
        files[plant.file] = plant.new
    else:
        assert plant.old in files[plant.file], "the plant's text isn't in the file"
        files[plant.file] = files[plant.file].replace(plant.old, plant.new)
    if plant.also:
        file, old, new = plant.also
        assert old in files[file], "what is replaced too isn't in the file"
        files[file] = files[file].replace(old, new)
    files.pop(plant.without, None)
    return write(folder, {path: text for path, text in files.items() if text is not None})


def check_folder(folder: Path, step: str | None = None) -> CheckResult:
    return check_project(folder, outline.find_step(step) if step else None)


def unusual(notes: list[str]) -> list[str]:
    """The notes without those that each project of the course has until `migrate` has run, and at its end."""
    return [note for note in notes if note != NO_SESSIONS and not note.startswith(ODD_FRAMES)]
