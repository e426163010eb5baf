"""The project's own ASGI application, loaded as its `manage.py runserver` loads it."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError
from chatdemo.own.explain import SAVE
from chatdemo.own.project import VARIABLE, Project

EXAMPLE = 'ASGI_APPLICATION = "mysite.asgi.application"'


def stand_in(project: Project) -> None:
    """Have this process be where, and see the modules that, ``python manage.py runserver`` is and sees."""
    if sys.path and sys.path[0] in ("", os.getcwd()):  # what python -m has put there
        del sys.path[0]
    sys.path.insert(0, str(project.folder))
    sys.argv = [str(project.folder / "manage.py"), "runserver"]
    os.chdir(project.folder)
    os.environ[VARIABLE] = project.settings
    os.environ["RUN_MAIN"] = "true"  # as Django's reloader tells the process that serves


def load(project: Project) -> Callable:
    """What their settings name, with Django set up. Raises ChatdemoError, and whatever their code raises."""
    import django
    from django.conf import settings

    named = getattr(settings, "ASGI_APPLICATION", None)
    if not named:
        named = _beside(project)
    if not isinstance(named, str) or "." not in named:
        message = f"{project.settings_file}: ASGI_APPLICATION is {named!r}, not the name of an application."
        raise ChatdemoError(message, f"Write a module and a name in it, such as {EXAMPLE}.")
    django.setup()
    return _import(named, project)


def _beside(project: Project) -> str:
    """The application that Django's startproject puts beside the settings, or above them where they are a package."""
    package = project.settings
    while package := package.rpartition(".")[0]:
        with suppress(ModuleNotFoundError):  # no such package
            if find_spec(f"{package}.asgi"):
                return f"{package}.asgi.application"
    message = f"{project.settings_file} has no ASGI_APPLICATION, and there is no asgi.py beside it."
    raise ChatdemoError(
        message, f"Write an asgi.py, as Django's startproject does, and {EXAMPLE} in the settings."
    )


def _import(named: str, project: Project) -> Any:
    module, _, name = named.rpartition(".")
    try:
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):  # one that it imports, in its turn
            raise
        message = f"{project.settings_file}: ASGI_APPLICATION names {named}, and there is no module {module}."
        raise ChatdemoError(
            message, f"Write {module.replace('.', '/')}.py, or correct the name."
        ) from None
    if not hasattr(loaded, name):
        there = f"{module.replace('.', '/')}.py has no {name!r}"
        raise ChatdemoError(
            f"{project.settings_file}: ASGI_APPLICATION names {named}, and {there}.", SAVE
        )
    return getattr(loaded, name)


def with_static_files(application: Callable) -> Callable:
    """Their static files beside it, where `runserver` serves them: if the app is installed, and with DEBUG."""
    from django.apps import apps
    from django.conf import settings

    if not (settings.DEBUG and apps.is_installed("django.contrib.staticfiles")):
        return application
    from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

    return ASGIStaticFilesHandler(application)


def wrap(application: Callable, config: Config) -> Callable:
    """``application`` with /inspect/ added, unless the setting ``inspect`` says that nobody may look."""
    if config.inspect == "off":
        return application
    from chatdemo.inspector import Inspector

    return Inspector(application, config.inspect, config.inspect_events)
