"""A fork of the warm Python is as a new process is."""

import signal
import sys

import pytest

from tests.support.served import ROOT, Process, clean_environ
from tests.support.warm import WarmPython

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux")
#: What a program sees of its process.
FACTS = """
import os, signal, sys, time
from chatdemo.commands import cli
print(__name__, sys.argv, sys.path, os.getcwd(), sorted(os.environ.items()), time.tzname, sep="\\n")
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)])
print(os.getsid(0) == os.getpid(), sys.stdin.read(), sorted(os.listdir("/proc/self/fd")), *map(os.get_inheritable, range(3)))
print(sys.stdin, sys.stdout, sys.stderr, sep="\\n", flush=True)
print("its end", file=sys.stderr)
sys.exit(3)
"""


@pytest.fixture
def ends(tmp_path, monkeypatch):
    """The exit codes and outputs of a command, as a new process and as a fork."""

    def run(*arguments, group=False, stop=None, **environ):
        command, environ = [sys.executable, *arguments], {**clean_environ(), **environ}
        with WarmPython(ROOT, clean_environ()) as warm_python:
            for python in (None, warm_python):
                monkeypatch.setattr(Process, "warm_python", python)
                with Process(tmp_path, command, environ, group) as process:
                    yield process.stop(stop) if stop else process.wait(), process.output

    return run


@pytest.mark.parametrize("group", [False, True])
def test_a_program_sees_no_difference(ends, group):
    new, fork = ends("-c", FACTS, group=group, TZ="Asia/Tokyo", CHATDEMO_PORT="1")
    assert new == fork
    assert new[0] == 3 and "JST" in new[1] and new[1].endswith("its end\n")


def test_a_command_ends_in_the_same_way(ends):
    new, fork = ends("-m", "chatdemo", "serve", "--port", "none")
    assert new == fork and new[0] == 2


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM"])
def test_a_signal_ends_it_in_the_same_way(ends, name):
    number = getattr(signal, name)
    assert [code for code, _ in ends("-c", "import time; time.sleep(60)", stop=number)] == [
        -number
    ] * 2
