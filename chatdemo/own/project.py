"""Which project a folder holds: where it is and what its settings are called. Nothing of it is run."""

import os
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chatdemo.common.errors import UsageError
from chatdemo.course.checker import manage

VARIABLE = "DJANGO_SETTINGS_MODULE"
#: What a manage.py must have, as Django writes it.
WANTED = f'os.environ.setdefault("{VARIABLE}", "mysite.settings")'


@dataclass(frozen=True)
class Project:
    """``folder`` is absolute, ``settings`` the module's name, and ``named_in`` says what names it."""

    folder: Path
    settings: str
    named_in: str

    @property
    def settings_file(self) -> str:
        """Its path from the folder, for people; where it is a package, that one's."""
        path = self.settings.replace(".", "/")
        return (
            f"{path}/__init__.py"
            if (self.folder / path / "__init__.py").is_file()
            else f"{path}.py"
        )


def find(folder: Path, environ: Mapping[str, str] = os.environ) -> Project:
    """The project in ``folder``. Raises UsageError if there is none, or its manage.py names no settings."""
    if not folder.is_dir():
        raise UsageError(
            f"{folder} is not a folder.",
            "Give the folder of a project, the one that manage.py is in.",
        )
    file = folder / "manage.py"
    if not file.is_file():
        raise UsageError(f"{folder} isn't a Django project: it has no manage.py.", _where(folder))
    named = environ.get(VARIABLE)
    if named:
        return Project(folder.resolve(), named, f"{VARIABLE} in the environment")
    return Project(folder.resolve(), _settings_of(file), "manage.py")


def _where(folder: Path) -> str:
    inside = manage.nearby(folder)
    if inside:
        return f"There is one in {inside}: chatdemo serve {inside}"
    return "Give the folder that manage.py is in; `chatdemo new mysite` writes a project."


def _settings_of(file: Path) -> str:
    settings = manage.settings_module(_text(file))
    if not settings:
        hint = f"Write there, as Django does: {WANTED}. Or set {VARIABLE} in the environment."
        raise UsageError(f"{file} doesn't say which settings it uses.", hint)
    return settings


def _text(file: Path) -> str:
    try:
        with tokenize.open(file) as opened:
            return opened.read()
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{file} can't be read: {error}.", "Save it as UTF-8, in a place that you may read."
        ) from None
