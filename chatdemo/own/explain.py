"""What keeps a project from running, as an error for its author: the file, the line, and what to do."""

import sys
from pathlib import Path

from chatdemo.common.errors import ChatdemoError
from chatdemo.own.project import Project
from chatdemo.course.checker.faults import Place
from chatdemo.course.checker.sources import Sources

SAVE = "Correct it, and save the file."


def explained(error: BaseException, project: Project) -> ChatdemoError:
    """``error``, which the project's own code raised while it was loaded."""
    if isinstance(error, ChatdemoError):
        return error
    if isinstance(error, SyntaxError) and error.filename:
        return _syntax(error, project)
    place = Sources(project.folder).last_place(error.__traceback__)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _missing(error, place, project)
    if isinstance(error, SystemExit):
        return ChatdemoError(
            f"{_at(place)}it ends the process ({shown(error)}).", f"A server must go on. {SAVE}"
        )
    return ChatdemoError(
        f"{_at(place)}{shown(error)}", f"{SAVE} --debug shows the whole traceback."
    )


def shown(error: BaseException) -> str:
    """The exception as Python's last line of a traceback has it, in one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _at(place: Place | None) -> str:
    return f"{place}: " if place else ""


def _syntax(error: SyntaxError, project: Project) -> ChatdemoError:
    place = Sources(project.folder).place(error.filename, error.lineno or 0) or Place(
        error.filename, error.lineno or 0
    )
    line = (error.text or "").strip()
    return ChatdemoError(f"{place}: {error.msg}" + (f": {line}" if line else "."), SAVE)


def _missing(error: ModuleNotFoundError, place: Place | None, project: Project) -> ChatdemoError:
    """A module that isn't there: the settings, one of the project's own, or a package."""
    if f"{project.settings}.".startswith(f"{error.name}."):
        message = f"There are no settings {project.settings} in {project.folder}."
        return ChatdemoError(
            message, f"{project.named_in} names them: correct the name, or write the file."
        )
    return ChatdemoError(
        f"{_at(place)}there is no module {error.name}.", _how_to_get(error.name, project.folder)
    )


def _how_to_get(module: str, folder: Path) -> str:
    """What to do where a module isn't there."""
    top, _, inside = module.partition(".")
    if (folder / top).is_dir() or (folder / f"{top}.py").is_file():
        return f"Write {module.replace('.', '/')}.py in {folder}, or correct the name."
    if inside and top in sys.modules:
        return f"The {top} that is installed here has none of that name: the code may be for another version of it."
    return f"If it is a package, install it for the Python that runs chatdemo, {sys.executable}; or correct the name."
