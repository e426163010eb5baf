"""A newcomer types a lesson's files in the order of the page, and checks the project after each."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatdemo.course import outline
from chatdemo.course.checker import check_command
from tests.course.checker.projects import check_folder, write

FIRST, *LATER = outline.steps()


def names_of(path: str) -> set[str]:
    """How an error names the file: by its path, its module or its template."""
    module = path.removesuffix(".py").replace("/", ".")
    package, _, name = module.rpartition(".")
    return {path, f"{module!r}", f"{name!r} from {package!r}", path.partition("templates/")[2]} - {
        ""
    }


def test_in_the_first_step_the_check_names_the_file_that_comes_next(tmp_path, warm):
    """Files that are empty are named by nobody: they only make a folder a package."""
    files = FIRST.project()
    paths = [path for path in FIRST.files if files[path]]
    for path in FIRST.files[:-1]:
        write(tmp_path, {path: files[path]})
        following = next(other for other in paths if not (tmp_path / other).exists())
        fault = check_folder(tmp_path).fault
        assert any(name in fault.cause for name in names_of(following)), (path, fault)
    write(tmp_path, {FIRST.files[-1]: files[FIRST.files[-1]]})
    assert check_folder(tmp_path).done == [FIRST.name]


@pytest.mark.parametrize("step", LATER, ids=lambda step: step.name)
def test_in_a_later_step_nothing_is_broken_after_any_of_the_files(step, tmp_path, warm):
    project = write(tmp_path, step.previous.project())
    for path in step.touches:
        write(project, {path: step.project()[path]})
        assert check_folder(project, step.previous.name).passes(step.previous), path


@pytest.fixture(scope="module")
def started(tmp_path_factory) -> Path:
    """What the two commands of the Channels tutorial write, with the three changes to the settings."""
    folder = tmp_path_factory.mktemp("started")
    for command in (
        [sys.executable, "-m", "django", "startproject", "mysite", "."],
        [sys.executable, "manage.py", "startapp", "chat"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    settings = folder / "mysite/settings.py"
    text = settings.read_text("utf-8").replace(
        "INSTALLED_APPS = [\n", 'INSTALLED_APPS = [\n    "daphne",\n    "chat",\n'
    )
    settings.write_text(f'{text}\nASGI_APPLICATION = "mysite.asgi.application"\n', "utf-8")
    return folder


def test_a_project_of_startproject_is_as_good(started, warm, no_browser, monkeypatch):
    """Its pages are the course's own, which test_good has a browser run."""
    monkeypatch.setattr(check_command.OwnTests, "result", lambda tests: "")
    settings = started / "mysite/settings.py"
    for step in outline.steps():
        files = step.project()
        typed = {
            path: files[path]
            for path in step.files
            if files[path] and path not in ("manage.py", "mysite/settings.py")
        }
        write(started, typed)
        for path in step.adds:
            added = files[path].removeprefix(step.previous.project()[path])
            settings.write_text(settings.read_text("utf-8") + added, "utf-8")
        assert check_folder(started, step.name).passes(step), step.name


def test_the_lesson_marks_the_changes_that_startprojects_settings_need():
    template = outline.FOLDER / "templates/learn/steps/index.html"
    marked = re.findall(r"<dt><code>(.*?),?</code>.*\(yours\)</dt>", template.read_text("utf-8"))
    assert marked == ['"daphne"', '"chat"', 'ASGI_APPLICATION = "mysite.asgi.application"']
