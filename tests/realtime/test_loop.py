"""The server's event loop is uvloop's where that is installed, and asyncio's where not."""

import os
import subprocess
import sys

from tests.support.served import TIMEOUT_SECONDS, clean_environ

PRINT = """
from chatdemo.realtime.event_loop import choose_event_loop
choose_event_loop()
from chatdemo.realtime.upstream.daphne import reactor
print(type(reactor._asyncioEventloop).__module__, type(reactor._asyncioEventloop).__name__)
"""
STAND_IN = """
import asyncio

class Loop(asyncio.SelectorEventLoop):
    pass

class EventLoopPolicy(asyncio.DefaultEventLoopPolicy):
    _loop_factory = Loop
"""


def loop_of_the_server(before: str = "", path: str = "") -> str:
    """The type of the event loop of a new process, which runs ``before`` first."""
    environ = clean_environ()
    environ["PYTHONPATH"] = os.pathsep.join(filter(None, [path, environ["PYTHONPATH"]]))
    done = subprocess.run(
        [sys.executable, "-c", before + PRINT],
        env=environ,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_uvloop_is_chosen_before_daphne_makes_its_loop(tmp_path):
    (tmp_path / "uvloop.py").write_text(STAND_IN)
    assert loop_of_the_server(path=str(tmp_path)) == "uvloop Loop"


def test_without_uvloop_it_is_asyncios():
    assert loop_of_the_server(before="import sys; sys.modules['uvloop'] = None").startswith(
        "asyncio."
    )
