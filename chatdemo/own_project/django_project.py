"""The project in a folder: where it is, and the name of its settings. None of its code is run."""

import os
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chatdemo.common.errors import UsageError
from chatdemo.course.checker.source_files import nearby_project, settings_module_in

SETTINGS_VARIABLE = "DJANGO_SETTINGS_MODULE"


@dataclass(frozen=True)
class DjangoProject:
    """``folder`` is absolute, ``settings`` a module's name, ``named_in`` where that is written."""

    folder: Path
    settings: str
    named_in: str

    @property
    def settings_file(self) -> str:
        """The path of the settings from the folder, to be shown."""
        path = self.settings.replace(".", "/")
        package = f"{path}/__init__.py"
        return package if (self.folder / package).is_file() else f"{path}.py"


def find_project(folder: Path, environ: Mapping[str, str] = os.environ) -> DjangoProject:
    """Return the project in ``folder``.

    Raises UsageError if there is none, or if its manage.py names no settings.
    """
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder.", "Give the folder that contains manage.py.")
    file = folder / "manage.py"
    if not file.is_file():
        hint = "Give the folder that contains manage.py, or create one: chatdemo new mysite"
        if nearby := nearby_project(folder):
            hint = f"There is a project in {nearby}: chatdemo serve {nearby}"
        raise UsageError(f"{folder} isn't a Django project: it has no manage.py.", hint)
    if named := environ.get(SETTINGS_VARIABLE):
        return DjangoProject(folder.resolve(), named, f"{SETTINGS_VARIABLE} in the environment")
    return DjangoProject(folder.resolve(), _read_settings_name(file), "manage.py")


def _read_settings_name(file: Path) -> str:
    try:
        with tokenize.open(file) as opened:
            settings = settings_module_in(opened.read())
    except (OSError, SyntaxError, UnicodeDecodeError) as error:
        hint = "Save it as UTF-8, and make sure that you may read it."
        raise UsageError(f"{file} can't be read: {error}.", hint) from None
    if not settings:
        line = f'os.environ.setdefault("{SETTINGS_VARIABLE}", "mysite.settings")'
        hint = f"Add Django's line: {line}. Or set {SETTINGS_VARIABLE} in the environment."
        raise UsageError(f"{file} doesn't name the settings module.", hint)
    return settings
