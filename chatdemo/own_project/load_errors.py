"""Why a project can't be loaded, as an error for its author: the file, the line, and what to do."""

import sys
from pathlib import Path

from chatdemo.common.errors import ChatdemoError
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources
from chatdemo.own_project.django_project import DjangoProject

SAVE = "Correct it, and save the file."


def explain_load_error(error: BaseException, project: DjangoProject) -> ChatdemoError:
    """Return the error for ``error``, which the project's code raised while it was loaded."""
    if isinstance(error, ChatdemoError):
        return error
    sources = Sources(project.folder)
    if isinstance(error, SyntaxError) and error.filename:
        line = error.lineno or 0
        place = sources.place(error.filename, line) or Place(error.filename, line)
        text = (error.text or "").strip()
        return ChatdemoError(f"{place}: {error.msg}{f': {text}' if text else '.'}", SAVE)
    last_place = sources.last_place(error.__traceback__)
    at = f"{last_place}: " if last_place else ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _explain_missing_module(error.name, at, project)
    if isinstance(error, SystemExit):
        message = f"{at}it ends the process ({describe(error)})."
        return ChatdemoError(message, f"Remove the exit call. {SAVE}")
    return ChatdemoError(f"{at}{describe(error)}", f"{SAVE} --debug shows the whole traceback.")


def describe(error: BaseException) -> str:
    """Return the exception in one line, as the last line of a traceback has it."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _explain_missing_module(module: str, at: str, project: DjangoProject) -> ChatdemoError:
    """The error for missing settings, a missing module of the project, or a missing package."""
    if f"{project.settings}.".startswith(f"{module}."):
        message = f"There are no settings {project.settings} in {project.folder}."
        hint = f"{project.named_in} names them: correct the name, or write the file."
        return ChatdemoError(message, hint)
    return ChatdemoError(f"{at}there is no module {module}.", _hint(module, project.folder))


def _hint(module: str, folder: Path) -> str:
    top, _, inside = module.partition(".")
    if (folder / top).is_dir() or (folder / f"{top}.py").is_file():
        return f"Write {module.replace('.', '/')}.py in {folder}, or correct the name."
    if inside and top in sys.modules:
        return f"The installed {top} has no such module: the code may be for another version of it."
    return (
        "If it is a package, install it for the Python that runs chatdemo,"
        f" {sys.executable}; or correct the name."
    )
