"""Projects of learners, as `chatdemo new` writes them."""

from pathlib import Path

import pytest

from chatdemo.course import new_project, outline
from tests.support.own import Guest


@pytest.fixture
def mysite(tmp_path) -> Path:
    """The tutorial's last step."""
    return new_project.write_project(str(tmp_path / "mysite"), outline.steps()[-1])


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A server of the tutorial's last step, for tests that change nothing in the project."""
    folder = str(tmp_path_factory.mktemp("running") / "mysite")
    with Guest(new_project.write_project(folder, outline.steps()[-1])) as server:
        yield server


@pytest.fixture
def with_redis(tmp_path) -> Path:
    """The same with the tutorial's Redis layer, at a port where no server listens."""
    folder = new_project.write_project(str(tmp_path / "mysite"), outline.steps()[-1], "redis")
    settings = folder / "mysite" / "settings.py"
    settings.write_text(settings.read_text("utf-8").replace("6379", "9"), "utf-8")
    return folder
