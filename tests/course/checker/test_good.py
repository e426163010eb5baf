"""A project that is right passes its step, and fails the next: the course checks itself."""

import pytest

from chatdemo.course import outline
from chatdemo.course.checker import check_command
from chatdemo.course.checker.consumer_checks import OTHER_SITES_ALLOWED
from tests.course.checker.projects import check_folder, good, unusual, write

pytestmark = pytest.mark.usefixtures("warm")

NEXT = {
    "index": "C201",
    "room": "C301",
    "echo": "C401",
    "layer": "C502",
    "groups": "C600",
    "async": "C701",
}


@pytest.mark.parametrize("step", [step.name for step in outline.steps()])
def test_a_step_passes_its_own_check_and_fails_the_next(step, tmp_path, browser_flags):
    result = check_folder(good(tmp_path / "project", step))
    done = [earlier.name for earlier in outline.find_step(step).so_far]
    assert (result.done, result.begun, unusual(result.notes)) == (done, step, [])
    assert result.passes(None) and result.passes(outline.find_step(step))
    following = outline.find_step(step).next
    if following:
        assert result.fault.id == NEXT[step] and not result.passes(following)
    else:
        assert result.fault is None


@pytest.mark.parametrize("step", ["layer", "groups", "async"])
def test_redis_that_is_not_there_is_said_and_replaced(step, tmp_path, no_browser):
    result = check_folder(good(tmp_path / "project", step, layer="redis"))
    assert result.done[-1] == step
    [note] = unusual(result.notes)
    assert note.startswith("Your channel layer is Redis, but ")
    assert "with a layer in memory instead." in note and "redis:7" in note


def test_a_project_that_lets_any_site_in_is_told_so(tmp_path, no_browser):
    files = outline.find_step("async").project()
    files["mysite/asgi.py"] = files["mysite/asgi.py"].replace("AllowedHostsOriginValidator(", "(")
    result = check_folder(write(tmp_path / "project", files))
    assert result.done[-1] == "async" and unusual(result.notes) == [OTHER_SITES_ALLOWED]


def test_tests_that_delete_the_projects_own_database_are_told_so(tmp_path, no_browser, monkeypatch):
    monkeypatch.setattr(check_command.OwnTests, "result", lambda tests: "")
    files = outline.find_step("tests").project()
    files["mysite/settings.py"] = files["mysite/settings.py"].replace("test.sqlite3", "db.sqlite3")
    result = check_folder(write(tmp_path / "project", files))
    assert result.done[-1] == "tests"
    assert unusual(result.notes) == [
        "The tests use db.sqlite3, the project's own database: `manage.py test` deletes it."
    ]
