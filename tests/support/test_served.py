"""The processes that tests start."""

import signal
import subprocess
import sys

import pytest

from tests.support.served import ROOT

SCRIPT = """
import signal, sys
from pathlib import Path
from tests.support.served import Served

with Served(Path(sys.argv[1])) as server:
    assert server.stop(signal.{name}) == 0, server.output
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no such signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_a_server_stops_though_the_tests_ignore_the_signal(tmp_path, name):
    number = getattr(signal, name)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(name=name), str(tmp_path)],
        cwd=ROOT,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
