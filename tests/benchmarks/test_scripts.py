"""The smaller benchmarks run to their end, however little is measured, and say what they have found."""

import re
import subprocess
import sys

import pytest

from tests.support.served import ROOT, clean_environ

SCRIPTS = {
    "keeping.py": (
        ["--people", "3", "--seconds", "0.1", "--rounds", "1"],
        ["3 people: ", "30 people, calm: "],
        2,
    ),
    "against.py": (
        [str(ROOT), "--people", "3", "--seconds", "0.1", "--rounds", "1", "--modes", "plain"],
        ["plain +3 people"],
        0,
    ),
    "a_million.py": (
        ["--messages", "2000", "--more", "200", "--times", "3"],
        ["the page", "older messages", "coming in", "memory"],
        1,
    ),
}


ON_REDIS = (
    ["--people", "3", "--seconds", "0.1", "--rounds", "1"],
    [
        "3 people: .* with SQLite",
        "3 people: .* with two servers",
        "3 people, calm: ",
        "3 people: .* of the stock",
    ],
    4,
)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the load generator needs epoll, and memory /proc"
)
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_short_run_says_what_it_found(name):
    check(name, *SCRIPTS[name])


def test_a_short_run_on_redis_says_what_it_found(has_redis):
    check("on_redis.py", *ON_REDIS)


def check(name: str, options: list[str], lines: list[str], verdicts: int) -> None:
    command = [sys.executable, "-W", "error", str(ROOT / "benchmarks" / name), *options]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environ(), timeout=180)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(re.search(rf"^ *{line}.*\d", done.stdout, re.MULTILINE) for line in lines), (
        done.stdout
    )
    assert len(re.findall(r"\b(kept|MISSED)$", done.stdout, re.MULTILINE)) == verdicts, done.stdout
