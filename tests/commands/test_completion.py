"""What the Tab key completes, by the protocol of click for each shell, and in a real bash."""

import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from chatdemo.commands import cli
from chatdemo.course import outline
from tests.support.served import ROOT, clean_environ
from tests.support.terminal import Terminal

NAMES = [step.name for step in outline.steps()]
WITH_STEP = [
    name
    for name, command in cli.commands.items()
    if any("--step" in parameter.opts for parameter in command.params)
]


def output(shell: str, *words: str) -> str:
    """What the shell is told when Tab is pressed after the last word, with which it may be incomplete."""
    position = words[-1] if shell == "fish" else str(len(words) - 1)
    environ = {
        "_CHATDEMO_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(words),
        "COMP_CWORD": position,
    }
    result = CliRunner().invoke(cli, [], prog_name="chatdemo", env=environ)
    assert result.exit_code == 0, result.output
    return result.stdout


def completed(*words: str) -> list[str]:
    """The values for bash, with their kind if it isn't a plain text."""
    lines = output("bash", *words).split()  # for nothing, click prints an empty line
    return [line.removeprefix("plain,") for line in lines]


def test_three_commands_have_a_step():
    assert WITH_STEP == ["serve", "new", "check"]


@pytest.mark.parametrize("command", WITH_STEP)
def test_the_steps_are_completed_in_their_order(command):
    assert completed("chatdemo", command, "--step", "") == NAMES
    assert completed("chatdemo", command, "--step", "e") == ["echo"]
    assert completed("chatdemo", command, "--step", "x") == []


@pytest.mark.parametrize("command", WITH_STEP)
def test_a_digit_is_completed_to_a_steps_number(command):
    assert completed("chatdemo", command, "--step", "3") == ["3"]
    assert completed("chatdemo", command, "--step", "9") == []


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_shell_that_can_shows_what_a_step_is_about(shell):
    text = output(shell, "chatdemo", "serve", "--step", "")
    assert all(
        re.search(rf"\b{step.name}\s{re.escape(step.summary)}", text) for step in outline.steps()
    )


@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["s"], ["serve", "steps"]),
        (["new", "mysite", "--layer", ""], ["memory", "redis"]),
        (["export", "lobby", "--format", ""], ["md", "csv", "json", "html"]),
        (["serve", "--po"], ["--port"]),
        (["serve", "my"], ["dir,my"]),
        (["check", "my"], ["dir,my"]),
        (["new", "my"], ["dir,my"]),
        (["serve", "--db", "ch"], ["file,ch"]),
        (["rooms", "--db", "ch"], ["file,ch"]),
        (["serve", "--config", "ch"], ["file,ch"]),
    ],
)
def test_commands_options_and_values_are_completed(words, values):
    assert completed("chatdemo", *words) == values


def documented(shell: str) -> str:
    """The line of the docs that switches completion on."""
    text = (ROOT / "docs" / "commands.md").read_text("utf-8")
    return re.search(rf"`([^`\n]*{shell}_source[^`\n]*)` \|$", text, re.MULTILINE)[1].replace(
        "\\|", "|"
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_documented_variable_prints_the_shells_script(shell):
    variable, value = re.search(r"(\w+)=(\w+) chatdemo", documented(shell)).groups()
    result = CliRunner().invoke(cli, [], prog_name="chatdemo", env={variable: value})
    assert result.exit_code == 0
    assert f"{shell}_complete" in result.stdout


@pytest.mark.skipif(os.name != "posix" or not shutil.which("bash"), reason="there's no bash")
def test_bash_completes_a_step_after_the_documented_line(folder):
    environ = clean_environ()
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    environ |= {"TERM": "dumb", "PS1": "> "}
    with Terminal(folder, ["bash", "--norc", "--noprofile", "-i"], environ) as bash:
        bash.type(f"{documented('bash')} && echo is\\ ready\n")
        bash.await_text("is ready\n")
        bash.type("chatdemo serve --step ec\t")
        bash.await_text("chatdemo serve --step echo ")
