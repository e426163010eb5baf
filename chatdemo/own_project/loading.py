"""Loads the project's ASGI application as `manage.py runserver` does, and explains why it can't."""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from chatdemo.common.errors import ChatdemoError
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources
from chatdemo.own_project.django_project import SETTINGS_VARIABLE, DjangoProject

SAVE = "Correct it, and save the file."
EXAMPLE = 'ASGI_APPLICATION = "mysite.asgi.application"'


def imitate_runserver(project: DjangoProject) -> None:
    """Give this process the folder, arguments, environment and modules of `manage.py runserver`."""
    if sys.path and sys.path[0] in ("", os.getcwd()):  # added by python -m
        del sys.path[0]
    sys.path.insert(0, str(project.folder))
    sys.argv = [str(project.folder / "manage.py"), "runserver"]
    os.chdir(project.folder)
    os.environ[SETTINGS_VARIABLE] = project.settings
    os.environ["RUN_MAIN"] = "true"  # set by Django's reloader in the process that serves


def application_name(project: DjangoProject) -> str:
    """Return the path of the application that the settings name, or else of the usual one.

    Raises ChatdemoError, and whatever the settings raise.
    """
    from django.conf import settings

    named = getattr(settings, "ASGI_APPLICATION", None) or _default_application(project)
    if not isinstance(named, str) or "." not in named:
        problem = f"ASGI_APPLICATION is {named!r}, not the path of an application."
        message = f"{project.settings_file}: {problem}"
        raise ChatdemoError(message, f"Write a module and a name in it, such as {EXAMPLE}.")
    return named


def load_application(named: str, project: DjangoProject) -> Callable:
    """Set up Django, and return the application with the path ``named``.

    Raises ChatdemoError, and whatever the project's code raises.
    """
    import django

    django.setup()
    return _import(named, project)


def require_checks_to_pass() -> None:
    """Run Django's system checks, which import the URLs and views too, as `runserver` does.

    Raises ChatdemoError for the first error, and whatever the project's code raises.
    """
    from django.core import checks

    errors = [e for e in checks.run_checks() if e.is_serious() and not e.is_silenced()]
    if errors:
        more = f" ({len(errors)} errors in total.)" if len(errors) > 1 else ""
        message = f"Django's check {errors[0].id}: {errors[0].msg}{more}"
        hint = errors[0].hint or "Run python manage.py check to see more."
        raise ChatdemoError(" ".join(message.split()), " ".join(hint.split()))


def server_options() -> dict[str, Any]:
    """Return the options of Daphne's server that `runserver` takes from the settings."""
    from django.conf import settings

    sizes = ("WEBSOCKET_MAX_MESSAGE_SIZE", "WEBSOCKET_MAX_FRAME_SIZE")
    given = {name.lower(): getattr(settings, f"DAPHNE_{name}", None) for name in sizes}
    options = {name: size for name, size in given.items() if size is not None}
    return {"root_path": getattr(settings, "FORCE_SCRIPT_NAME", "") or "", **options}


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
    last_place = sources.last_place(error)
    at = f"{last_place}: " if last_place else ""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return _explain_missing_module(error.name, at, project)
    if isinstance(error, SystemExit):
        message = f"{at}the code ends the process ({describe(error)})."
        return ChatdemoError(message, f"Remove the exit call. {SAVE}")
    return ChatdemoError(f"{at}{describe(error)}", f"{SAVE} --debug shows the whole traceback.")


def describe(error: BaseException) -> str:
    """Return the exception in one line, as the last line of a traceback has it."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _default_application(project: DjangoProject) -> str:
    """The application that startproject writes beside the settings, or above a settings package."""
    package = project.settings
    while package := package.rpartition(".")[0]:
        with suppress(ModuleNotFoundError):  # no such package
            if find_spec(f"{package}.asgi"):
                return f"{package}.asgi.application"
    message = f"{project.settings_file} has no ASGI_APPLICATION, and there is no asgi.py beside it."
    hint = f"Write an asgi.py, as Django's startproject does, and {EXAMPLE} in the settings."
    raise ChatdemoError(message, hint)


def _import(named: str, project: DjangoProject) -> Any:
    module, _, name = named.rpartition(".")
    file = f"{module.replace('.', '/')}.py"
    message = f"{project.settings_file}: ASGI_APPLICATION names {named}, but "
    try:
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        if not f"{module}.".startswith(f"{error.name}."):  # a module that it imports is missing
            raise
        hint = f"Write {file}, or correct the name."
        raise ChatdemoError(f"{message}there is no module {module}.", hint) from None
    if not hasattr(loaded, name):
        raise ChatdemoError(f"{message}{file} has no {name!r}.", SAVE)
    return getattr(loaded, name)


def _explain_missing_module(module: str, at: str, project: DjangoProject) -> ChatdemoError:
    """The error for missing settings, a missing module of the project, or a missing package."""
    if f"{project.settings}.".startswith(f"{module}."):
        message = f"There is no settings module {project.settings} in {project.folder}."
        hint = f"It is named in {project.named_in}. Correct the name, or write the file."
        return ChatdemoError(message, hint)
    top, _, inside = module.partition(".")
    if (project.folder / top).is_dir() or (project.folder / f"{top}.py").is_file():
        file = f"{module.replace('.', '/')}.py"
        hint = f"Write {file} in {project.folder}, or correct the name."
    elif inside and top in sys.modules:
        hint = f"The installed {top} has no such module. Is the code for another version of it?"
    else:
        hint = f"Correct the name, or install the package for chatdemo's Python, {sys.executable}."
    return ChatdemoError(f"{at}there is no module {module}.", hint)
