"""Escape codes in a terminal: colors, but not with NO_COLOR or TERM=dumb."""

import os
import sys
import urllib.request

import pytest

from tests.support.served import clean_environ
from tests.support.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")

ESCAPE = "\x1b"
#: By name: what decides about colors in the environment.
PLAIN = {"NO_COLOR": {"NO_COLOR": "1", "TERM": "xterm-256color"}, "dumb": {"TERM": "dumb"}}
COLORFUL = {
    "xterm": {"TERM": "xterm-256color"},
    "an empty NO_COLOR": {"NO_COLOR": "", "TERM": "xterm-256color"},
}
#: Commands that print something in color, with a part of it.
COMMANDS = {
    "steps": "a consumer accepts the WebSocket",
    "serve --prot 1": "No such option",
    "nothing": "No such command",
    "new mysite --step nothing": "is not a step",
    "export lobby --db none.sqlite3": "There's no database",
    "check .": "manage.py",
    "manage --db :memory: migrate": "sessions.0001_initial",
}


def terminal(folder, colors: dict[str, str], *arguments: str) -> Terminal:
    environ = {name: value for name, value in clean_environ().items() if name != "NO_COLOR"}
    return Terminal(folder, [sys.executable, "-m", "chatdemo", *arguments], environ | colors)


def written(folder, colors: dict[str, str], command: str) -> str:
    with terminal(folder, colors, *command.split()) as process:
        process.wait()
        return process.written


@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_has_colors(folder, command):
    text = written(folder, COLORFUL["xterm"], command)
    assert COMMANDS[command] in text and ESCAPE in text


def test_an_empty_variable_does_not_count(folder):
    assert ESCAPE in written(folder, COLORFUL["an empty NO_COLOR"], "steps")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("colors", PLAIN)
def test_without_colors_there_is_no_escape_code(folder, colors, command):
    text = written(folder, PLAIN[colors], command)
    assert COMMANDS[command] in text and ESCAPE not in text


@pytest.mark.parametrize("colors", [*PLAIN, *COLORFUL])
def test_a_server_with_its_log_has_colors_as_other_commands(folder, colors):
    options = ("--port", "0", "--db", ":memory:", "--debug")
    with terminal(folder, {**PLAIN, **COLORFUL}[colors], "serve", *options) as process:
        process.await_text("Ctrl-C")
        address = process.written.partition("Open        ")[2].split()[0]
        urllib.request.urlopen(address).close()
        process.await_text('"GET /" 200')
        process.interrupt()
        process.wait()
        text = process.written
    assert "Stopped." in text
    assert (ESCAPE in text) == (colors in COLORFUL)


@pytest.mark.parametrize("colors", PLAIN)
def test_a_learners_project_that_is_served_has_no_escape_code(folder, colors):
    written(folder, PLAIN[colors], "new mysite --step echo")
    with terminal(folder, PLAIN[colors], "serve", "mysite", "--port", "0") as process:
        process.await_text("Ctrl-C")
        with open("mysite/chat/views.py", "a") as views:
            views.write("\n")
        process.await_text("mysite runs again.")
        with open("mysite/chat/views.py", "a") as views:
            views.write("import nothing_at_all\n")
        process.await_text("Waiting for a file to be saved.")
        process.interrupt()
        process.wait()
        text = process.written
    assert "Error: " in text and ESCAPE not in text
