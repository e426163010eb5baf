"""What the checker's tests share."""

import pytest

from tests.browser import find
from tests.support.chrome import selenium_environ


@pytest.fixture
def browser_flags(monkeypatch, tmp_path):
    """The learner's browser tests, which the checker runs, find a browser that starts here."""
    if not (find.browser() and find.chromedriver()):
        pytest.skip("there's no Chromium, Chrome or Edge with its driver on this machine")
    for name, value in selenium_environ(tmp_path / "site").items():
        monkeypatch.setenv(name, value)
