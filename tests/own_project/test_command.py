"""`chatdemo serve DIR` as a user types it, short of serving."""

import pytest
from click.testing import CliRunner

from chatdemo.commands import cli
from chatdemo.common import config
from chatdemo.own_project import serving_process, supervisor
from chatdemo.project.listening_address import listen


@pytest.fixture(autouse=True)
def settings_of_its_own(folder, monkeypatch):
    """A command chooses the settings of its process; the tests' own come back after each."""
    monkeypatch.setattr(config, "_active", config._active)
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE")


def refused(*arguments: str) -> tuple[str, str]:
    """The two lines that refuse ``arguments`` as wrong usage, and nothing else."""
    result = CliRunner().invoke(cli, ["serve", "--port", "0", *arguments])
    assert result.exit_code == 2 and result.stdout == ""
    message, hint = result.stderr.splitlines()
    return message.removeprefix("Error: "), hint.removeprefix("Next:  ")


def test_a_folder_that_isnt_there_is_two_lines():
    assert refused("nowhere") == (
        "nowhere is not a folder.",
        "Give the folder that contains manage.py.",
    )


def test_a_folder_without_a_project_is_two_lines(folder):
    (folder / "empty").mkdir()
    assert refused("empty") == (
        "empty isn't a Django project: it has no manage.py.",
        "Give the folder that contains manage.py, or create one: chatdemo new mysite",
    )


@pytest.mark.parametrize("given", [".", "mysite/mysite"])
def test_for_a_folder_beside_the_project_the_projects_folder_is_shown(mysite, given):
    assert refused(given) == (
        f"{given} isn't a Django project: it has no manage.py.",
        "There is a project in mysite: chatdemo serve mysite",
    )


def test_a_manage_py_that_names_no_settings_is_two_lines(mysite):
    (mysite / "manage.py").write_text("print('hello')\n", "utf-8")
    assert refused("mysite") == (
        "mysite/manage.py doesn't name the settings module.",
        'Add Django\'s line: os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings"). '
        "Or set DJANGO_SETTINGS_MODULE in the environment.",
    )


@pytest.mark.parametrize(
    "option", [("--step", "echo"), ("--db", "x.sqlite3"), ("--redis", "redis://x")]
)
def test_an_option_for_our_own_chat_is_refused_beside_a_project(mysite, option):
    assert refused("mysite", *option) == (
        f"{option[0]} can't be used with your own project, mysite.",
        "Leave out the option. Your project has its own code and database.",
    )


def test_after_each_failure_it_waits_and_an_end_without_an_error_is_reported(mysite, monkeypatch):
    monkeypatch.setattr(supervisor, "supervise", lambda folder, held: iter([1, -9]))
    result = CliRunner().invoke(cli, ["serve", "mysite", "--port", "0"])
    assert [line.partition("  ")[2] for line in result.stdout.splitlines()[:2]] == [
        "Waiting for a file to be saved. Press Ctrl-C to stop."
    ] * 2
    assert result.stderr.splitlines() == [
        "Error: The project's process ended with exit code -9.",
        "Next:  See its output.",
    ]
    assert result.stdout.splitlines()[-1] == "Stopped." and result.exit_code == 0


def test_open_opens_the_browser_at_the_first_start_alone(mysite, monkeypatch):
    opened = []
    monkeypatch.setattr("click.launch", opened.append)
    monkeypatch.setattr(
        serving_process,
        "serve",
        lambda settings, found, port, connection, problems, on_ready: [
            on_ready([]),
            port.close(),
            connection.close(),
        ][2],
    )
    for again in ([], ["--again"]):
        sockets = [str(listen("127.0.0.1", 0).detach()) for _ in range(2)]
        result = CliRunner().invoke(cli, ["serve", "mysite", "--open", "--adopt", *sockets, *again])
        assert result.exit_code == 0 and "Stopped." not in result.stdout
    [address] = opened
    assert address.startswith("http://127.0.0.1:")
    assert result.stdout.endswith("  mysite runs again.\n")
