"""`chatdemo check`, as it is typed."""

import os
import signal
import sys

from click.testing import CliRunner

from chatdemo.commands import cli
from tests.course.checker.projects import good
from tests.support.served import TIMEOUT_SECONDS, Process, clean_environ, wait_for


def check(*arguments: str):
    return CliRunner().invoke(cli, ["check", *arguments])


def test_a_good_project_gives_0_and_one_that_lacks_the_step_1(tmp_path, warm):
    project = str(good(tmp_path / "project", "echo"))
    done = check(project)
    assert done.exit_code == 0 and "No fault so far. Next is step 4, layer" in done.output
    assert check(project, "--step", "echo").exit_code == 0
    done = check(project, "--step", "layer")
    assert done.exit_code == 1 and "C401  no CHANNEL_LAYERS  (mysite/settings.py)" in done.output


def test_this_folder_is_checked_without_a_name(tmp_path, monkeypatch, warm):
    monkeypatch.chdir(good(tmp_path / "project", "index"))
    assert check().exit_code == 0
    monkeypatch.chdir(tmp_path)
    done = check()
    said = " ".join(done.output.split())
    assert (
        done.exit_code == 1
        and "C001" in said
        and f"There is one in {tmp_path.resolve() / 'project'}." in said
    )


def test_wrong_usage_is_two_lines_and_2(tmp_path):
    done = check(str(tmp_path / "nothing"))
    assert (
        done.exit_code == 2
        and done.output.startswith("Error: ")
        and "is not a folder." in done.output
    )
    done = check(str(tmp_path), "--step", "nope")
    assert done.exit_code == 2 and "Error: 'nope' is not a step." in done.output


def test_watching_looks_again_on_a_save_and_ends_on_ctrl_c(tmp_path):
    project = good(tmp_path / "project", "echo")
    consumers = project / "chat" / "consumers.py"
    command = [sys.executable, "-m", "chatdemo", "check", str(project), "--watch"]
    environ = {**clean_environ(), "PYTHONUNBUFFERED": "1"}
    with Process(tmp_path, command, environ) as process:
        wait_for(
            lambda: "Waiting for a file to be saved" in process.output,
            "the first look",
            2 * TIMEOUT_SECONDS,
        )
        consumers.write_text(consumers.read_text("utf-8").replace("self.accept()", "pass"), "utf-8")
        wait_for(lambda: "C306" in process.output, "the second look", 2 * TIMEOUT_SECONDS)
        assert "No fault so far." in process.output.partition("C306")[0]
        assert process.stop(signal.SIGINT) == (
            1 if os.name == "posix" else process.process.returncode
        )
        assert "Traceback" not in process.output


def test_the_whole_tutorial_can_be_written_and_checked(tmp_path, warm):
    written = CliRunner().invoke(
        cli, ["new", str(tmp_path / "mysite"), "--step", "async", "--layer", "redis"]
    )
    assert written.exit_code == 0
    done = check(str(tmp_path / "mysite"), "--step", "async")
    assert done.exit_code == 0 and "Your channel layer is Redis" in done.output
