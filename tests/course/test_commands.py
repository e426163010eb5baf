"""`chatdemo steps` and `chatdemo new` as a user types them."""

import os
import re
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatdemo.commands import cli
from chatdemo.course import new_project, outline
from tests.support.served import clean_environ
from tests.support.written import finish

STEPS = outline.steps()
pytestmark = pytest.mark.usefixtures("folder")

#: How a project runs while the course does.
BESIDE = ("", "While chatdemo serve has port 8000, give it another: runserver 8001")


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 0 and result.stderr == ""
    return result.stdout


def refused(code: int, *arguments: str) -> tuple[str, str]:
    """The two lines that refuse ``arguments``, and nothing else."""
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == code and result.stdout == ""
    message, hint = result.stderr.splitlines()
    return message.removeprefix("Error: "), hint.removeprefix("Next:  ")


@pytest.fixture
def plain_python(monkeypatch):
    """As in an activated venv: ``python`` is the Python that runs this."""
    monkeypatch.setattr(
        new_project.shutil, "which", lambda name: str(Path(sys.executable).with_name(name))
    )


def told(*arguments: str) -> str:
    """The command that runs the project, as `chatdemo new` tells it."""
    return re.search(r"^Run it:\n  (.*)$", run("new", *arguments), re.MULTILINE)[1]


def test_steps_has_a_line_for_each_that_fits_into_80_columns():
    lines = run("steps").splitlines()
    assert [line.split()[:2] for line in lines[:7]] == [
        [str(step.number), step.name] for step in STEPS
    ]
    assert all(line.endswith(step.summary) for line, step in zip(lines, STEPS, strict=False))
    assert max(map(len, lines)) < 80
    assert len({line.index(step.summary) for line, step in zip(lines, STEPS, strict=False)}) == 1


def test_steps_ends_with_commands_that_work():
    commands = re.findall(r"chatdemo ([^,\n]*)", run("steps"))
    assert commands == ["serve", "serve --step echo", "new mysite --step echo"]
    run(*shlex.split(commands[-1]))


@pytest.mark.usefixtures("plain_python")
def test_new_says_where_the_project_is_and_the_next_commands():
    assert run("new", "mysite").splitlines() == [
        "The project at the end of step 7, tests, is in mysite.",
        "",
        "Run it:",
        "  cd mysite && python manage.py migrate && python manage.py runserver",
        *BESIDE,
        "",
        "Test it, in that folder:",
        "  python -m pip install -r requirements.txt && python manage.py test",
    ]


@pytest.mark.usefixtures("plain_python")
@pytest.mark.parametrize("step", STEPS[:-1], ids=[step.name for step in STEPS[:-1]])
def test_new_with_a_step_writes_that_step(step):
    assert run("new", "mysite", "--step", step.name).splitlines() == [
        f"The project at the end of step {step.number}, {step.name}, is in mysite.",
        "",
        "Run it:",
        "  cd mysite && python manage.py migrate && python manage.py runserver",
        *BESIDE,
    ]
    assert Path("mysite/chat/consumers.py").is_file() == (step.number >= 3)


@pytest.mark.usefixtures("plain_python")
def test_new_with_redis_says_what_must_run_and_be_installed():
    assert run("new", "mysite", "--layer", "redis", "--step", "async").splitlines()[1:] == [
        "It needs a Redis server on 127.0.0.1:6379, and channels-redis, which pip installs.",
        "",
        "Run it:",
        "  cd mysite && python -m pip install -r requirements.txt"
        " && python manage.py migrate && python manage.py runserver",
        *BESIDE,
    ]
    assert "RedisChannelLayer" in Path("mysite/mysite/settings.py").read_text("utf-8")


@pytest.mark.usefixtures("plain_python")
def test_new_in_this_folder_changes_to_none():
    assert told(".") == "python manage.py migrate && python manage.py runserver"


@pytest.mark.usefixtures("plain_python")
@pytest.mark.parametrize(
    ("name", "cd"), [("my chat", "'my chat'"), ("it's", """'it'"'"'s'"""), ("-x", "./-x")]
)
def test_a_name_is_quoted_for_the_shell(name, cd):
    assert told("--", name).startswith(f"cd {cd} && python ")


@pytest.mark.parametrize("found", [None, "/bin/sh"])
def test_where_the_shell_finds_no_python_of_ours_its_whole_path_is_told(monkeypatch, found):
    monkeypatch.setattr(new_project.shutil, "which", lambda name: found)
    python = shlex.quote(sys.executable)
    assert (
        told("mysite") == f"cd mysite && {python} manage.py migrate && {python} manage.py runserver"
    )


def test_the_python_that_our_venv_was_made_with_is_not_ours(monkeypatch):
    monkeypatch.setattr(new_project.shutil, "which", lambda name: os.path.realpath(sys.executable))
    assert sys.executable in told("mysite") or sys.executable == os.path.realpath(sys.executable)


@pytest.mark.skipif(os.name != "posix", reason="the line is for a POSIX shell")
def test_what_is_told_works_as_typed_in_a_shell_without_our_venv(folder):
    environ = {**clean_environ(), "PATH": os.defpath}
    command = [sys.executable, "-m", "chatdemo", "new", "my chat"]
    printed = finish(folder, command, environ)
    line = re.search(r"^  (cd .*) runserver$", printed, re.MULTILINE)[1]
    assert "no issues" in finish(folder, ["/bin/sh", "-c", f"{line} check"], environ)


def test_an_unknown_step_is_two_lines():
    assert refused(2, "new", "mysite", "--step", "nope") == (
        "'nope' is not a step.",
        "The steps are: index, room, echo, layer, groups, async, tests.",
    )


def test_an_unknown_layer_is_two_lines():
    assert refused(2, "new", "mysite", "--layer", "nope") == (
        "'nope' is not a channel layer.",
        "The layers are: memory, redis.",
    )


@pytest.mark.parametrize("name", ["", "\udcff", "a\nb", "con"])
def test_a_name_that_is_none_is_two_lines_and_exit_code_2(name):
    assert repr(name) in refused(2, "new", name)[0]


def test_a_folder_that_is_not_empty_is_two_lines_and_exit_code_1(folder):
    (folder / "mysite" / "full").mkdir(parents=True)
    assert refused(1, "new", "mysite")[0] == "The folder 'mysite' isn't empty: 'full' in it."


def test_no_folder_at_all_is_two_lines():
    assert refused(2, "new") == (
        "Missing argument 'DIR'.",
        "chatdemo new --help shows how it is used.",
    )


@pytest.mark.parametrize("name", ["steps", "new"])
def test_help_and_version_are_as_everywhere(name):
    assert f"chatdemo {name}" in run(name, "--help") and "--step echo" in run(name, "--help")
    assert run(name, "--version").startswith("chatdemo ")


def test_neither_reads_a_setting_or_makes_a_database(folder, monkeypatch):
    (folder / "chatdemo.toml").write_text("broken", "utf-8")
    monkeypatch.setenv("CHATDEMO_PORT", "broken")
    run("steps")
    run("new", "mysite")
    assert {path.name for path in folder.iterdir()} == {"chatdemo.toml", "mysite"}


def test_ctrl_c_ends_it_quietly(folder, monkeypatch):
    monkeypatch.setattr(
        new_project, "_write_files", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    result = CliRunner().invoke(cli, ["new", "mysite"])
    assert (result.exit_code, result.stdout.strip(), result.stderr.strip()) == (130, "", "")
    assert list(folder.iterdir()) == []


#: Runs commands of manage.py in the projects that are its arguments, as `python manage.py` does: each project in a fork
#: of this process, which has imported Django, or in this one where a process can't fork.
MANAGE = """\
import os, runpy, sys
import channels.auth, daphne.server, django.contrib.admin, django.contrib.auth.apps, django.test.testcases
import django.core.management.commands.makemigrations, django.db.backends.sqlite3.base

for folder in sys.argv[1:]:
    print(f"in {folder}", flush=True)
    if not hasattr(os, "fork") or os.fork() == 0:
        os.chdir(folder)
        sys.path[0] = folder
        for command in ("check", "makemigrations --check --dry-run"):
            sys.argv = ["manage.py", *command.split()]
            runpy.run_path("manage.py", run_name="__main__")
        sys.exit()
    os.wait()
"""


def test_each_written_project_passes_djangos_checks_with_every_warning_shown(folder):
    """With Redis, too, without a Redis server. One test, as the projects share the import of Django."""
    for step in STEPS:
        for layer in outline.LAYERS if step.has_layer else ["memory"]:
            run("new", f"{step.name}-{layer}", "--step", step.name, "--layer", layer)
    projects = sorted(map(str, folder.iterdir()))
    environ = clean_environ(installed=True)
    environ["PYTHONWARNINGS"] = "error::DeprecationWarning:__main__"
    printed = ""
    for arguments in [projects] if hasattr(os, "fork") else [[project] for project in projects]:
        printed += finish(folder, [sys.executable, "-c", MANAGE, *arguments], environ)
    for project in projects:
        checked = printed.partition(f"in {project}\n")[2].partition("\nin ")[0]
        assert "no issues" in checked and "No changes detected" in checked, f"{project}\n{checked}"
