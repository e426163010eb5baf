"""Ctrl-C while the crowd's event loop begins to run."""

import os
import sys

import pytest

from tests.support.served import Process, clean_environ

PROGRAM = """
import asyncio, os, signal
from chatdemo.crowd.loop import reactor, run_on_reactor

async def work():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return "ended early"

def interrupt():
    os.kill(os.getpid(), signal.SIGINT)

reactor.{before}(interrupt)
print(run_on_reactor(work))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process alone")
@pytest.mark.parametrize("before", ["callWhenRunning", "callFromThread"])
def test_ctrl_c_before_the_first_step_has_the_work_end_early(tmp_path, before):
    with Process(
        tmp_path, [sys.executable, "-c", PROGRAM.format(before=before)], clean_environ()
    ) as process:
        assert (process.wait(), process.output) == (0, "ended early\n")
