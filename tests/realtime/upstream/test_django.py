"""What is used of Django's is there, and means what realtime/upstream/django.py says."""

from pathlib import Path

import pytest

from chatdemo.chat import views
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.realtime.upstream.django import ManagementCommands, WatchedFiles

CHAT = Path(views.__file__).parent


def test_modules_and_templates_are_watched():
    watched = set(WatchedFiles())
    assert {CHAT / "views.py", CHAT / "templates" / "chat" / "room.html"} <= watched


def test_a_template_can_be_read_again_and_a_module_cannot():
    watched = WatchedFiles()
    assert watched.reread(CHAT / "templates" / "chat" / "room.html")
    assert not watched.reread(CHAT / "views.py")


def refusal(*arguments: str) -> tuple[type, str, str]:
    with pytest.raises(ChatdemoError) as caught:
        ManagementCommands(["chatdemo manage", *arguments]).execute()
    return type(caught.value), caught.value.message, caught.value.hint


@pytest.mark.parametrize("arguments", [("migrat",), ("help", "migrat")])
def test_an_unknown_management_command_is_raised_with_a_similar_one(arguments):
    assert refusal(*arguments) == (
        UsageError,
        "No such command 'migrat'.",
        "Did you mean migrate? chatdemo manage help lists the commands.",
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--nope",), "unrecognized arguments: --nope."),
        (("-v", "7"), "argument -v/--verbosity: invalid choice: "),
    ],
)
def test_a_wrong_argument_of_a_management_command_is_raised_and_not_printed(
    capfd, arguments, problem
):
    kind, message, hint = refusal("check", *arguments)
    assert kind is UsageError and message.startswith(f"check: {problem}")
    assert hint == "chatdemo manage check --help shows how it is used."
    assert capfd.readouterr() == ("", "")


def test_what_a_management_command_refuses_is_raised_and_not_printed(capfd):
    kind, message, hint = refusal("startapp", "1x")
    assert kind is ChatdemoError and message.startswith("'1x' is not a valid app name. ")
    assert hint == "chatdemo manage startapp --help shows how it is used."
    assert capfd.readouterr() == ("", "")


def test_the_option_traceback_shows_where_a_refusal_was_raised(capfd):
    kind, _, _ = refusal("startapp", "1x", "--traceback")
    assert kind is ChatdemoError
    assert "in validate_name" in capfd.readouterr().err


def test_system_checks_that_fail_are_printed_as_django_does(capfd):
    with pytest.raises(SystemExit) as caught:
        ManagementCommands(["", "check", "--deploy", "--fail-level", "INFO"]).execute()
    assert caught.value.code == 1
    assert "security.W004" in capfd.readouterr().err


def test_a_management_command_runs_as_from_a_command_line(capfd):
    ManagementCommands(["chatdemo manage", "check"]).execute()
    assert capfd.readouterr().out == "System check identified no issues (0 silenced).\n"
