"""Lists in a terminal, and in a pipe."""

import os
import sys

import pytest

from chatdemo.commands.wrapping import hanging, listed
from chatdemo.course import outline
from tests.support.served import clean_environ
from tests.support.terminal import Terminal

COMMAND = [sys.executable, "-m", "chatdemo", "steps"]


def test_what_is_no_terminal_has_one_line(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    assert hanging("one two three four five six", 4) == "one two three four five six"


@pytest.mark.parametrize(
    ("columns", "text"), [("14", "    a, bb,\n    ccc, dd"), ("200", "    a, bb, ccc, dd")]
)
def test_names_are_listed_in_lines_that_fit(monkeypatch, columns, text):
    monkeypatch.setenv("COLUMNS", columns)
    assert listed(["a", "bb", "ccc", "dd"], 4) == text


def test_a_word_that_is_too_long_is_not_broken(monkeypatch):
    monkeypatch.setenv("COLUMNS", "3")
    assert listed(["alpha-beta", "c"], 4) == "    alpha-beta,\n    c"


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals are POSIX's")
def test_the_steps_fit_into_a_narrow_terminal_and_hang_below_each_other(folder):
    with Terminal(folder, COMMAND, {**clean_environ(), "NO_COLOR": "1"}, columns=50) as terminal:
        assert terminal.wait() == 0
        lines = terminal.written.partition("\n\n")[0].splitlines()
    assert max(map(len, lines)) < 50
    assert len(lines) > len(outline.steps())
    joined = " ".join(line[11:] for line in lines)
    assert joined == " ".join(step.summary for step in outline.steps())
