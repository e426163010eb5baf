"""What the checker's tests share."""

import os

import pytest

from chatdemo.course.checker import check_command
from tests.browser import find
from tests.course.checker.warm import WarmChecker
from tests.support.chrome import selenium_environ


@pytest.fixture
def browser_flags(monkeypatch, tmp_path):
    """The learner's browser tests, which the checker runs, find a browser that starts here."""
    if not (find.browser() and find.chromedriver()):
        pytest.skip("there's no Chromium, Chrome or Edge with its driver on this machine")
    for name, value in selenium_environ(tmp_path / "site").items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def warm_process():
    """A process for all tests of this session, where a process can fork."""
    if not hasattr(os, "fork"):
        yield None
        return
    with WarmChecker() as checker:
        yield checker


@pytest.fixture
def page_browser():
    """A browser runs the pages."""
    if not check_command.find_browser():
        pytest.skip("there's no Chromium, Chrome or Edge on this machine")


@pytest.fixture
def no_browser(monkeypatch):
    """The pages aren't run, as on a computer without a browser."""
    monkeypatch.setattr(check_command, "find_browser", lambda: None)


@pytest.fixture
def warm(warm_process, monkeypatch):
    """Projects are checked by a fork of the warm process, which is spared the imports and waits for less long."""
    if warm_process:
        monkeypatch.setattr(check_command, "run_checks", warm_process.run)
