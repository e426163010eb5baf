"""Each step written out by `chatdemo new`, and used as its learner does: migrate, runserver (which checks), a browser."""

import pytest

from tests.browser import find
from tests.browser.step_room import STEPS, StepRoom, go_through
from tests.support.chrome import selenium_environ
from tests.support.served import wait_for
from tests.support.written import Written

#: Seconds for the project's own browser tests.
OWN_TESTS = 120


@pytest.mark.parametrize("step", STEPS, ids=[step.name for step in STEPS])
def test_a_written_project_runs_and_does_what_the_course_says(step, context, tmp_path):
    project = Written(tmp_path / "mysite", "--step", step.name)
    assert "OK" in project.manage("migrate")
    with project.runserver() as server:
        assert "no issues" in server.output  # it runs `manage.py check` first
        go_through(step, context, server.url)
        expect_the_steps_own_failures(step, context, server)
        server.stop()


def expect_the_steps_own_failures(step, context, server) -> None:
    """What the terminal says where the course has the learner fail, and nothing of the kind before."""
    assert step.name == "room" or "Traceback" not in server.output
    if step.name == "room":
        wait_for(
            lambda: "No application configured for scope type 'websocket'" in server.output,
            "the error",
        )
    if step.number >= 5:
        StepRoom(context, server.url, "café").await_socket(3)
        wait_for(
            lambda: "TypeError: Group name must be a valid unicode string" in server.output,
            "the error",
        )


def test_the_projects_own_tests_pass(tmp_path):
    if not (find.browser() and find.chromedriver()):
        pytest.skip("there's no Chromium, Chrome or Edge with its driver on this machine")
    project = Written(tmp_path / "mysite")
    for _ in range(2):  # a second time beside what the first has left
        output = project.manage("test", timeout=OWN_TESTS, **selenium_environ(tmp_path / "site"))
        assert "Ran 4 tests" in output and output.rstrip().endswith(
            "Destroying test database for alias 'default'..."
        )
        assert "\nOK\n" in output
