"""Why a project can't be loaded, in two lines."""

import sys
from importlib import import_module
from itertools import count

import pytest
from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application
from django.db import OperationalError

from chatdemo.common.errors import ChatdemoError
from chatdemo.own_project import loading, startup_notes
from chatdemo.own_project.django_project import DjangoProject
from chatdemo.own_project.loading import explain_load_error

SAVE = "Correct it, and save the file."
NAMES = (f"guest{number}" for number in count())


@pytest.fixture
def project(tmp_path, monkeypatch) -> DjangoProject:
    """One whose package has a name that no other test's has, as Python knows a module once it was imported."""
    name = next(NAMES)
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    (tmp_path / name / "settings.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    return DjangoProject(tmp_path, f"{name}.settings", "manage.py")


def package(project: DjangoProject) -> str:
    return project.settings.partition(".")[0]


def failure(project: DjangoProject, code: str) -> tuple[str, str]:
    """The error for a module with this code, called broken.py."""
    name = package(project)
    (project.folder / name / "broken.py").write_text(code, "utf-8")
    with pytest.raises((Exception, SystemExit)) as caught:
        import_module(f"{name}.broken")
    error = explain_load_error(caught.value, project)
    assert (error.exit_code, "\n" in error.message + error.hint) == (1, False)
    return error.message.replace(name, "mysite"), error.hint.replace(name, "mysite")


def test_a_syntax_error_has_its_file_line_and_text(project):
    assert failure(project, "x = 1\nfor x in\n") == (
        "mysite/broken.py:2: invalid syntax: for x in",
        SAVE,
    )


def test_an_exception_has_the_last_line_of_the_learners(project):
    code = "import json\n\nvalue = json.loads('')\n"
    assert failure(project, code) == (
        "mysite/broken.py:3: JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        f"{SAVE} --debug shows the whole traceback.",
    )


def test_an_exception_of_several_lines_is_one(project):
    assert (
        failure(project, "raise ValueError('one\\n  two')")[0]
        == "mysite/broken.py:1: ValueError: one two"
    )


def test_an_end_of_the_process_is_one_of_the_learners_code(project):
    assert failure(project, "raise SystemExit(3)") == (
        "mysite/broken.py:1: the code ends the process (SystemExit: 3).",
        f"Remove the exit call. {SAVE}",
    )


def test_a_missing_package_is_reported_with_the_python_that_lacks_it(project):
    assert failure(project, "import nowhere.at.all") == (
        "mysite/broken.py:1: there is no module nowhere.",
        f"Correct the name, or install the package for chatdemo's Python, {sys.executable}.",
    )


def test_a_missing_module_of_an_installed_package_is_reported(project):
    assert failure(project, "import channels.http") == (
        "mysite/broken.py:1: there is no module channels.http.",
        "The installed channels has no such module. Is the code for another version of it?",
    )


def test_a_missing_module_of_the_project_is_reported_with_the_file_to_write(project):
    assert failure(project, f"import {package(project)}.views") == (
        "mysite/broken.py:1: there is no module mysite.views.",
        f"Write mysite/views.py in {project.folder}, or correct the name.",
    )


def test_missing_settings_are_reported_with_what_names_them(project):
    other = DjangoProject(
        project.folder, f"{package(project)}.local", "DJANGO_SETTINGS_MODULE in the environment"
    )
    with pytest.raises(ModuleNotFoundError) as caught:
        import_module(other.settings)
    error = explain_load_error(caught.value, other)
    assert error.message == f"There is no settings module {other.settings} in {project.folder}."
    assert error.hint == f"It is named in {other.named_in}. Correct the name, or write the file."


def load_error(project: DjangoProject) -> tuple[str, str]:
    with pytest.raises(ChatdemoError) as caught:
        loading.load_application(loading.application_name(project), project)
    name = package(project)
    return caught.value.message.replace(name, "mysite"), caught.value.hint.replace(name, "mysite")


@pytest.mark.parametrize("value", ["application", 7])
def test_an_asgi_application_that_is_no_name_is_reported(project, settings, value):
    settings.ASGI_APPLICATION = value
    assert load_error(project) == (
        f"mysite/settings.py: ASGI_APPLICATION is {value!r}, not the path of an application.",
        'Write a module and a name in it, such as ASGI_APPLICATION = "mysite.asgi.application".',
    )


def test_an_asgi_application_in_a_missing_module_is_reported(project, settings):
    settings.ASGI_APPLICATION = f"{package(project)}.agsi.application"
    assert load_error(project) == (
        "mysite/settings.py: ASGI_APPLICATION names mysite.agsi.application, but there is no module mysite.agsi.",
        "Write mysite/agsi.py, or correct the name.",
    )


def test_an_asgi_application_that_its_module_lacks_is_reported(project, settings):
    settings.ASGI_APPLICATION = f"{package(project)}.settings.app"
    assert load_error(project) == (
        "mysite/settings.py: ASGI_APPLICATION names mysite.settings.app, but mysite/settings.py has no 'app'.",
        SAVE,
    )


def test_no_asgi_application_and_no_asgi_py_is_reported(project, settings):
    settings.ASGI_APPLICATION = None
    assert load_error(project) == (
        "mysite/settings.py has no ASGI_APPLICATION, and there is no asgi.py beside it.",
        'Write an asgi.py, as Django\'s startproject does, and ASGI_APPLICATION = "mysite.asgi.application" '
        "in the settings.",
    )


def test_without_an_asgi_application_it_is_that_beside_the_settings_or_above_them(
    project, settings
):
    settings.ASGI_APPLICATION = None
    (project.folder / package(project) / "asgi.py").write_text("application = 'theirs'", "utf-8")
    for name in (project.settings, f"{package(project)}.settings.local"):
        named = loading.application_name(DjangoProject(project.folder, name, "manage.py"))
        assert loading.load_application(named, project) == "theirs"


@pytest.mark.parametrize(
    "application, rows",
    [
        (ProtocolTypeRouter({"http": None, "websocket": None}), []),
        (
            ProtocolTypeRouter({"http": None}),
            [("Consumers", "none: the ASGI application has no route for WebSockets")],
        ),
        (
            get_asgi_application(),
            [("Consumers", "none: the ASGI application has no route for WebSockets")],
        ),
        (
            ProtocolTypeRouter({"websocket": None}),
            [("Pages", "none: the ASGI application has no route for HTTP")],
        ),
        (print, []),
    ],
)
def test_a_missing_route_is_reported(application, rows):
    assert list(startup_notes.missing_routes(application)) == rows


def test_a_database_that_cant_be_read_is_reported(monkeypatch):
    def fail(connection):
        raise OperationalError("unable to open database file")

    monkeypatch.setattr("django.db.migrations.executor.MigrationExecutor", fail)
    row = ("Database", "can't be read (OperationalError: unable to open database file)")
    assert list(startup_notes.unapplied_migrations()) == [row]


def test_an_error_of_djangos_checks_is_reported(settings):
    settings.LANGUAGE_CODE = "no such"
    with pytest.raises(ChatdemoError) as caught:
        loading.require_checks_to_pass()
    assert caught.value.message == (
        "Django's check translation.E001: You have provided an invalid value for the LANGUAGE_CODE setting: 'no such'."
    )
    assert caught.value.hint == "Run python manage.py check to see more."
