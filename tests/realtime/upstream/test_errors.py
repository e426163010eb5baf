"""The two lines for a package that has changed."""

import asyncio

import daphne.server
import pytest

from chatdemo.realtime import upstream
from chatdemo.realtime.upstream import UpstreamError, require_names, upstream_error


@pytest.fixture(autouse=True)
def versions(monkeypatch):
    monkeypatch.setattr("importlib.metadata.version", lambda package: "99.1")
    requirements = ["daphne<5,>=4.2", "twisted>=24.11", 'tomli<3,>=2; python_version < "3.11"']
    monkeypatch.setattr("importlib.metadata.requires", lambda _: requirements)


def test_the_error_names_the_package_and_the_version_to_install():
    error = UpstreamError("daphne", "has changed")
    assert error.message == "daphne 99.1 has changed."
    assert error.hint == (
        "Install a version that chatdemo works with: pip install 'daphne<5,>=4.2'"
    )


def test_a_package_that_numbers_by_the_calendar_ends_at_the_newest_tested_version():
    hint = UpstreamError("twisted", "has changed").hint
    assert hint.endswith(f"'twisted>=24.11,<={upstream.NEWEST_TESTED['twisted']}'")


def test_a_required_name_that_is_missing_is_named():
    require_names("daphne", daphne.server.Server, "run")
    with pytest.raises(UpstreamError) as caught:
        require_names("daphne", daphne.server.Server, "run", "no_such_name")
    assert caught.value.message == "daphne 99.1 has no Server.no_such_name, which chatdemo uses."


def failure(action) -> Exception:
    with pytest.raises((ImportError, AttributeError)) as caught:
        action()
    return caught.value


def import_name():
    from daphne.server import no_such_name  # noqa: F401


def import_module():
    import daphne.no_such_module  # noqa: F401


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (import_name, "cannot import name 'no_such_name' from 'daphne.server'."),
        (import_module, "No module named 'daphne.no_such_module'."),
        (lambda: daphne.server.no_such_name, "module 'daphne.server' has no attribute"),
        (lambda: daphne.server.Server.no_such_name, "type object 'Server' has no attribute"),
    ],
)
def test_a_name_that_is_gone_is_the_packages_error(action, text):
    error = upstream_error(failure(action))
    assert error.message.startswith(f"daphne 99.1 doesn't work with chatdemo: {text}")


def test_other_errors_and_packages_are_not():
    for error in (
        failure(lambda: asyncio.no_such_name),
        ModuleNotFoundError("No module named 'daphne'", name="daphne"),
        ValueError("daphne"),
    ):
        assert upstream_error(error) is None
