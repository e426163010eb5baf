"""The process that runs the checks: limits, leftovers, and what a project can't do to it."""

import os
import re
import sqlite3
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from chatdemo.common.errors import UsageError
from chatdemo.course import outline
from chatdemo.course.checker import check_command
from tests.course.checker.projects import check_folder, good, unusual, write


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path):
    with pytest.raises(UsageError, match="nothing is not a folder."):
        check_folder(tmp_path / "nothing")


def test_code_that_python_itself_cannot_leave_is_ended_after_the_limit(tmp_path, monkeypatch):
    """A regular expression that never ends holds the interpreter's lock, so that no thread of ours can see it."""
    monkeypatch.setattr(check_command, "CHECKS_SECONDS", 4.0)
    project = good(tmp_path / "project", "index")
    settings = project / "mysite" / "settings.py"
    settings.write_text(
        settings.read_text("utf-8") + "import re\n\nre.match('(a+)+b', 'a' * 50)\n", "utf-8"
    )
    result = check_folder(project)
    assert result.fault.id == "C004" and not result.passes(None)
    assert str(project.resolve()) not in processes()


def processes() -> str:
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout


def test_a_check_leaves_the_project_as_it_was(tmp_path):
    project = good(tmp_path / "project", "async")
    before = sorted((path, path.stat().st_mtime_ns) for path in project.rglob("*"))
    check_folder(project)
    assert sorted((path, path.stat().st_mtime_ns) for path in project.rglob("*")) == before


def test_what_a_consumer_stores_goes_to_a_copy_of_the_database(tmp_path, warm, no_browser):
    project = good(tmp_path / "project", "groups")
    with sqlite3.connect(project / "db.sqlite3") as database:
        database.execute("CREATE TABLE said (message TEXT)")
    database.close()
    file = project / "chat" / "consumers.py"
    stores = '"INSERT INTO said VALUES (1)"'
    text = file.read_text("utf-8").replace(
        "    def chat_message(self, event):\n",
        "    def chat_message(self, event):\n        from django.db import connection\n\n"
        f"        connection.cursor().execute({stores})\n",
    )
    file.write_text(text, "utf-8")
    assert "groups" in check_folder(project).done
    with sqlite3.connect(project / "db.sqlite3") as database:
        assert database.execute("SELECT * FROM said").fetchall() == []
    database.close()


def test_a_database_that_lacks_a_table_is_named(tmp_path, warm, no_browser):
    project = good(tmp_path / "project", "async")
    (project / "db.sqlite3").touch()  # by a start of the server, before anybody ran migrate
    file = project / "chat" / "consumers.py"
    text = file.read_text("utf-8")
    counts = "        from django.contrib.auth.models import User\n\n        await User.objects.acount()\n"
    before = "    async def receive(self, text_data):\n"
    assert before in text
    file.write_text(text.replace(before, before + counts), "utf-8")
    result = check_folder(project)
    assert result.fault.id == "C013" and "auth_user" in result.fault.cause
    assert "migrate" in result.fault.hint


def test_modules_of_the_checker_are_not_modules_of_the_project(tmp_path, no_browser):
    project = good(tmp_path / "project", "async")
    write(project, {"checks.py": "raise SystemExit\n", "explain.py": "1 / 0\n"})
    assert check_folder(project).done[-1] == "async"


def test_what_the_project_prints_or_reads_disturbs_nothing(tmp_path, no_browser):
    project = good(tmp_path / "project", "async")
    settings = project / "mysite" / "settings.py"
    settings.write_text('print("x" * 1_000_000)\n' + settings.read_text("utf-8"), "utf-8")
    assert check_folder(project).done[-1] == "async"
    settings.write_text("input()\n" + settings.read_text("utf-8"), "utf-8")
    assert "EOFError" in check_folder(project).fault.cause


def test_environments_beside_the_project_are_not_read(tmp_path, warm, no_browser):
    project = good(tmp_path / "project", "async")
    write(
        project,
        {
            "env/pyvenv.cfg": "",
            "env/lib/bad.py": "def",
            ".venv/bad.py": "def",
            "node_modules/bad.py": "def",
        },
    )
    assert check_folder(project).done[-1] == "async"


def test_the_settings_of_the_caller_are_not_the_projects(tmp_path, no_browser, monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "chatdemo.project.settings")
    assert check_folder(good(tmp_path / "project", "index")).done == ["index"]


def test_a_folder_in_the_place_of_a_file_is_named(tmp_path, warm):
    project = good(tmp_path / "project", "index")
    (project / "chat" / "views.py").unlink()
    (project / "chat" / "views.py").mkdir()
    assert (
        "cannot import name 'views'" in check_folder(project).fault.cause
        or "views" in check_folder(project).fault.seen
    )


def test_the_begun_step_decides_what_is_checked(tmp_path, warm):
    assert re.search(outline.find_step("groups").begun, "self.channel_layer")
    project = good(tmp_path / "project", "room")
    write(project, {"chat/consumers.py": "# WebsocketConsumer: tomorrow\n"})
    result = check_folder(project)
    assert (result.begun, result.passes(None)) == ("room", True)


def test_a_browser_that_does_not_start_is_said_and_the_rest_is_checked(tmp_path, warm, monkeypatch):
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'no display here' >&2\nexit 1\n", "utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(check_command, "find_browser", lambda: str(broken))
    result = check_folder(good(tmp_path / "project", "async"))
    assert result.done[-1] == "async"
    assert result.why_no_pages == f"{broken} doesn't work (no display here)."


def environment(folder: Path, packages: bool) -> Path:
    """A virtual environment; with ``packages`` it has those of this Python."""
    venv.create(folder, with_pip=False, symlinks=os.name == "posix")
    if packages:
        site = next(folder.glob("[lL]ib*/**/site-packages"))
        (site / "own.pth").write_text("\n".join(path for path in sys.path if path), "utf-8")
    return folder


def test_a_project_is_run_by_the_python_of_its_own_environment(tmp_path, no_browser):
    project = good(tmp_path / "project", "async")
    environment(project / ".venv", packages=True)
    write(project, {"mysite/__init__.py": "import sys\n\nif '.venv' in sys.prefix: 1 / 0\n"})
    result = check_folder(project)
    assert result.fault.id == "C005" and "ZeroDivisionError" in result.fault.cause


def test_an_environment_without_the_packages_is_said(tmp_path, warm, no_browser):
    project = good(tmp_path / "project", "async")
    environment(project / "env", packages=False)
    result = check_folder(project)
    assert result.done[-1] == "async"
    [note] = unusual(result.notes)
    assert "env can't run the project (it has no django, no channels, no daphne)" in note


COMMAND = "python manage.py test"
FAILED = "{line}\nERROR: setUpClass (chat.tests.ChatTests)\n---\n{error}\n"
NOT_STARTED = "selenium.common.exceptions.SessionNotCreatedException: Message: session not created: Chrome failed. More"


@pytest.mark.parametrize(
    "said, why",
    [
        (NOT_STARTED, "(session not created: Chrome failed)"),
        ("x.NoSuchDriverException: Message: Unable to obtain driver", "(Unable to obtain driver)"),
    ],
)
def test_a_browser_that_the_tests_cannot_start_is_no_fault(said, why, tmp_path):
    found = check_command._read_test_output(
        tmp_path, 1, FAILED.format(line="=" * 70, error=said), COMMAND
    )
    assert found.startswith(f"the browser doesn't start {why}.")
    assert ("--no-sandbox" in found) == (os.name == "posix" and os.geteuid() == 0)


def test_tests_without_a_browser_are_judged_if_none_starts(tmp_path):
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "test_consumers.py").write_text("\n" * 9, "utf-8")
    place = (
        f'File "{tmp_path}/chat/test_consumers.py", line 9, in test_talk\nAssertionError: no answer'
    )
    output = "".join(FAILED.format(line="=" * 70, error=one) for one in (place, NOT_STARTED))
    fault = check_command._read_test_output(tmp_path, 1, output, COMMAND)
    assert (fault.id, fault.place) == ("C703", ("chat/test_consumers.py", 9))
    assert fault.facts["error"] == "AssertionError: no answer"


PYTEST = """\
import pytest
from channels.testing import WebsocketCommunicator

from mysite.asgi import application


@pytest.mark.asyncio
async def test_talk():
    origin = [(b"origin", b"http://localhost")]
    communicator = WebsocketCommunicator(application, "/ws/chat/lobby/", headers=origin)
    assert (await communicator.connect())[0]
    await communicator.send_json_to({"message": "hello"})
    assert await communicator.receive_json_from() == {"message": ANSWER}
"""


def pytest_project(folder, answer):
    files = outline.find_step("async").project()
    files["pytest.ini"] = "[pytest]\nDJANGO_SETTINGS_MODULE = mysite.settings\n"
    files["chat/tests/test_talk.py"] = PYTEST.replace("ANSWER", answer)
    return write(folder, files)


def test_a_project_with_pytest_is_tested_by_it(tmp_path, warm, no_browser):
    pytest.importorskip("pytest_asyncio")
    result = check_folder(pytest_project(tmp_path / "project", '"hello"'))
    assert (result.fault, result.done[-1], result.why_no_tests) == (None, "tests", "")


def test_what_fails_under_pytest_is_named(tmp_path, warm, no_browser):
    pytest.importorskip("pytest_asyncio")
    fault = check_folder(pytest_project(tmp_path / "project", '"goodbye"')).fault
    assert (fault.id, fault.file, fault.line) == ("C703", "chat/tests/test_talk.py", 13)
    assert fault.hint == "Run `python -m pytest` and read its output"


def test_tests_that_need_redis_are_not_run_without_a_server(tmp_path, warm, no_browser):
    pytest.importorskip("channels_redis")
    result = check_folder(good(tmp_path / "project", "tests", layer="redis"))
    assert (result.fault, result.done[-1]) == (None, "tests")
    assert result.why_no_tests == "they need the Redis server of CHANNEL_LAYERS."
