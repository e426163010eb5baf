"""The commands as a user types them, short of serving."""

import os
import re
import socket
import subprocess
import sys
from importlib.metadata import version

import pytest
from click.testing import CliRunner

from chatdemo import __version__
from chatdemo.commands import cli
from chatdemo.common import config
from chatdemo.project import server
from tests.support.served import Process, clean_environ


@pytest.fixture(autouse=True)
def settings_of_its_own(folder, monkeypatch):
    """A command chooses the settings of its process; the tests' own come back after each."""
    monkeypatch.setattr(config, "_active", config._active)


def run(*arguments: str):
    return CliRunner().invoke(cli, arguments)


def refused(code: int, *arguments: str) -> tuple[str, str]:
    """The two lines that refuse ``arguments``, and nothing else."""
    result = run(*arguments)
    assert result.exit_code == code and result.stdout == ""
    message, hint = result.stderr.splitlines()
    return message.removeprefix("Error: "), hint.removeprefix("Next:  ")


@pytest.mark.parametrize("arguments", [(), ("--help",), ("-h",)])
def test_help_teaches_where_to_start(arguments):
    result = run(*arguments)
    assert result.exit_code == 0
    assert "Start with `chatdemo serve`" in result.stdout
    assert "manage" in result.stdout
    assert not re.search(r"[^\]]\.\.\.$", result.stdout, re.MULTILINE), (
        "what a command does is cut short"
    )


@pytest.mark.parametrize(
    "arguments", [("--version",), ("serve", "--version"), ("manage", "--version")]
)
def test_version_names_what_it_runs_on(arguments):
    result = run(*arguments)
    assert result.exit_code == 0
    assert result.stdout.startswith(f"chatdemo {__version__} (django ")


@pytest.mark.parametrize(
    "name", ["host", "port", "open", "db", "config", "debug", "version", "help"]
)
def test_the_help_of_serve_has_every_option(name):
    assert f"--{name}" in run("serve", "--help").stdout


def test_an_unknown_option_is_two_lines():
    message, hint = refused(2, "serve", "--prot", "1")
    assert message.startswith("No such option '--prot'")
    assert hint == "chatdemo serve --help shows how it is used."


@pytest.mark.parametrize("arguments", [("serve", "--port"), ("crowd", "--people")])
def test_an_option_without_its_value_is_two_lines_that_name_the_command(arguments):
    name, option = arguments
    message, hint = refused(2, *arguments)
    assert f"'{option}' requires an argument" in message
    assert hint == f"chatdemo {name} --help shows how it is used."


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux has a full disk for tests")
def test_a_full_disk_is_no_bug_of_ours():
    command = [sys.executable, "-m", "chatdemo", "steps"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, env=clean_environ()
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[:2] == [
        "Error: The disk is full: No space left on device.",
        "Next:  Free space on it, or use another disk.",
    ]


def test_an_option_that_no_help_shows_is_not_guessed_at():
    message, _ = refused(2, "serve", "--adop", "1")
    assert message.startswith("No such option '--adop'") and "--adopt" not in message


def test_an_unknown_command_is_two_lines():
    assert refused(2, "server")[1] == "chatdemo --help shows how it is used."


def test_a_port_out_of_range_is_two_lines():
    assert refused(2, "serve", "--port", "65536") == (
        "--port: 65536 is out of range.",
        "Give a whole number from 0 to 65535.",
    )


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_an_unknown_setting_is_two_lines_and_a_list_that_fits_into_the_terminal(
    folder, monkeypatch, columns
):
    monkeypatch.setenv("COLUMNS", str(columns))
    (folder / "chatdemo.toml").write_text("prot = 1", "utf-8")
    result = run("serve")
    message, hint, *lines = result.stderr.splitlines()
    assert result.exit_code == 2 and result.stdout == ""
    assert message == "Error: 'prot' in chatdemo.toml is not a setting."
    assert hint == "Next:  Did you mean port? The settings are:"
    assert all(line.startswith("       ") for line in lines)
    assert " ".join(map(str.strip, lines)) == ", ".join(config.SETTINGS)
    assert max(map(len, lines)) < min(columns, 80)


def test_an_address_of_another_machine_is_two_lines():
    assert refused(1, "serve", "--host", "192.0.2.1", "--port", "0") == (
        "192.0.2.1 isn't an address of this computer.",
        "Use 127.0.0.1 for this computer only, or 0.0.0.0 to let others connect. Set the port with --port.",
    )


def test_a_busy_port_is_two_lines():
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        message, hint = refused(1, "serve", "--port", str(port))
    assert message == f"Port {port} on 127.0.0.1 is already in use."
    assert (
        hint
        == f"Stop the program that uses it, or choose another: --port {port + 1}, or --port 0 for a free one."
    )


def test_a_database_that_is_not_one_is_two_lines(folder):
    (folder / "notes.txt").write_text("my notes\n" * 100, "utf-8")
    message, hint = refused(1, "serve", "--port", "0", "--db", "notes.txt")
    assert (
        message
        == f"The database {folder / 'notes.txt'} is damaged, or isn't an SQLite database: file is not a database."
    )
    assert hint == "Restore a backup, or use another file with --db."


def broken(*_):
    raise ZeroDivisionError("division by zero")


def test_a_fault_in_chatdemo_is_two_lines_too(monkeypatch):
    monkeypatch.setattr(server, "manage", broken)
    message, hint = refused(1, "manage", "check")
    assert message == "ZeroDivisionError: division by zero"
    assert "CHATDEMO_DEBUG=1" in hint


def test_with_debug_a_fault_in_chatdemo_has_its_traceback(monkeypatch):
    monkeypatch.setattr(server, "manage", broken)
    assert isinstance(run("manage", "--debug", "check").exception, ZeroDivisionError)


def test_a_python_without_the_requirements_is_named(monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("No module named 'django'", name="django")

    monkeypatch.setattr(server, "manage", missing)
    message, hint = refused(1, "manage", "check")
    assert message == f"django isn't installed for this Python, {sys.executable}."
    assert hint.startswith("Install chatdemo for this Python")


CHANGED = """
import sys
import daphne.server, twisted.internet
{change}
sys.argv = ["chatdemo", "serve", "--port", "0", "--db", ":memory:"]
from chatdemo.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("package", "change", "problem"),
    [
        ("daphne", "del daphne.server.Server", "has no attribute 'Server'"),
        ("daphne", "sys.modules['daphne.ws_protocol'] = None", "daphne.ws_protocol"),
        ("twisted", "del twisted.internet.defer.Deferred", "Deferred"),
    ],
)
def test_a_package_that_has_changed_is_two_lines_with_the_version_to_install(
    tmp_path, package, change, problem
):
    command = [sys.executable, "-c", CHANGED.format(change=change)]
    with Process(tmp_path, command, clean_environ()) as process:
        assert process.wait() == 1
    message, hint = map(str.rstrip, process.lines)
    assert message.startswith(f"Error: {package} {version(package)} ") and problem in message
    assert hint.startswith(
        f"Next:  Install a version that chatdemo works with: pip install '{package}"
    )


@pytest.mark.parametrize("arguments", [("manage",), ("manage", "--help")])
def test_manage_explains_itself(arguments):
    result = run(*arguments)
    assert result.exit_code == 0
    assert "chatdemo manage shell" in result.stdout and "--db" in result.stdout


def test_a_fault_of_a_django_command_is_two_lines_that_say_whose_it_is(folder):
    message, hint = refused(1, "manage", "--db", "x.sqlite3", "collectstatic", "--noinput")
    assert message.startswith("ImproperlyConfigured: ") and "STATIC_ROOT" in message
    assert hint == "Django's own command raised this. CHATDEMO_DEBUG=1 shows the traceback."


@pytest.mark.parametrize(
    ("code", "arguments", "message", "hint"),
    [
        (2, ["nocmd"], "No such command 'nocmd'.", "chatdemo manage help lists the commands."),
        (
            2,
            ["migrate", "--nope"],
            "migrate: unrecognized arguments: --nope.",
            "chatdemo manage migrate --help shows how it is used.",
        ),
        (
            1,
            ["startapp", "math"],
            "'math' conflicts with the name of an existing Python module and cannot be used as an app name."
            " Please try another name.",
            "chatdemo manage startapp --help shows how it is used.",
        ),
    ],
)
def test_what_a_django_command_refuses_is_two_lines(folder, code, arguments, message, hint):
    assert refused(code, "manage", *arguments) == (message, hint)


def test_an_unknown_option_before_djangos_command_is_our_own():
    message, hint = refused(2, "manage", "--dv", "x", "check")
    assert message.startswith("No such option '--dv'")
    assert hint == "chatdemo manage --help shows how it is used."


def test_manage_hands_the_rest_over_as_it_is(monkeypatch):
    seen = []
    monkeypatch.setattr(
        server, "manage", lambda settings, arguments: seen.append((settings.db, arguments))
    )
    assert run("manage", "--db", "x.sqlite3", "shell", "--db", "y", "-c", "pass").exit_code == 0
    assert seen == [("x.sqlite3", ("shell", "--db", "y", "-c", "pass"))]


def test_ctrl_c_before_the_server_runs_ends_quietly(monkeypatch):
    monkeypatch.setattr(server, "serve", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    result = run("serve", "--port", "0")
    assert (result.exit_code, result.output) == (0, "Stopped.\n")


def test_the_banner_says_where_to_go_where_the_data_is_and_how_to_stop(monkeypatch, folder):
    monkeypatch.setattr(
        server, "serve", lambda settings, listener, on_ready: (on_ready(0), listener.close())
    )
    banner = run("serve", "--port", "0", "--db", "data.sqlite3").stdout
    assert "http://127.0.0.1:" in banner
    assert str(folder / "data.sqlite3") in banner
    assert "Ctrl-C" in banner
    assert "--host 0.0.0.0" in banner


def test_the_banner_has_the_address_for_the_class(monkeypatch):
    monkeypatch.setattr(
        server, "serve", lambda settings, listener, on_ready: (on_ready(0), listener.close())
    )
    monkeypatch.setattr("chatdemo.project.listening_address.lan_address", lambda: "192.0.2.7")
    banner = run("serve", "--port", "0", "--host", "0.0.0.0", "--db", ":memory:").stdout
    assert "http://192.0.2.7:" in banner
    assert "in memory, deleted when chatdemo stops" in banner


def test_the_banner_of_an_open_server_without_a_network_does_not_ask_for_what_was_done(monkeypatch):
    monkeypatch.setattr(
        server, "serve", lambda settings, listener, on_ready: (on_ready(0), listener.close())
    )
    monkeypatch.setattr("chatdemo.project.listening_address.lan_address", lambda: None)
    banner = run("serve", "--port", "0", "--host", "0.0.0.0").stdout
    assert "not reachable: this computer isn't connected to a network" in banner
    assert "--host 0.0.0.0" not in banner


def test_open_opens_the_browser_once_it_is_ready(monkeypatch):
    opened = []
    monkeypatch.setattr(
        server, "serve", lambda settings, listener, on_ready: (on_ready(0), listener.close())
    )
    monkeypatch.setattr("click.launch", opened.append)
    run("serve", "--port", "0", "--open")
    run("serve", "--port", "0", "--no-open")
    [address] = opened
    assert address.startswith("http://127.0.0.1:")
