"""Runs that are interrupted: by Ctrl-C, or by a server that stops."""

import os
import re
import signal
import sys
import time
from contextlib import contextmanager

import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.crowd.address import parse_address
from chatdemo.crowd.join_errors import find_ip
from tests.crowd.crowds import Crowd, Faulty, figure, one_line
from tests.support.served import TIMEOUT_SECONDS, Process, clean_environ, wait_for

TALK_ON = ("--people", "3", "--for", "600", "--rate", "50")
posix_only = pytest.mark.skipif(
    os.name != "posix", reason="Windows sends no signal to one process alone"
)


@pytest.fixture
def stoppable(tmp_path):
    """A server of its own for a test that stops it."""
    with Faulty(tmp_path) as server:
        yield server


@contextmanager
def talking(server, folder):
    """A crowd that sends messages to ``server`` for ten minutes."""
    room = server.room("fair")
    with Crowd(folder, room, *TALK_ON) as crowd:
        wait_for(lambda: f"{room.split('/')[-2]}: message" in server.output, "messages")
        yield crowd


def test_a_server_that_is_killed_ends_the_run_with_its_table(tmp_path, stoppable):
    with talking(stoppable, tmp_path) as crowd:
        stoppable.kill()
        crowd.finish(1)
    assert "Disconnected: 3 x code 1006 (connection lost)." in one_line(crowd.output)


@posix_only
def test_a_server_that_stops_is_reported_with_its_reason(tmp_path, stoppable):
    with talking(stoppable, tmp_path) as crowd:
        assert stoppable.stop() == 0
        crowd.finish(1)
    assert "Disconnected: 3 x code 1001 (The server is stopping.)." in one_line(crowd.output)


@posix_only
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_run_with_the_table_so_far(tmp_path, faulty, how):
    with talking(faulty, tmp_path) as crowd:
        assert crowd.stop(how) == 130
    crowd.check_output()
    assert "Interrupted: these are the figures so far." in crowd.output
    assert figure(crowd.output, "participants") == "3"
    assert figure(crowd.output, "lost").split()[0] == "0"


@posix_only
def test_ctrl_c_again_does_not_wait_for_a_server_that_hangs(tmp_path, stoppable):
    with talking(stoppable, tmp_path) as crowd:
        stoppable.process.send_signal(signal.SIGSTOP)
        crowd.process.send_signal(signal.SIGINT)
        time.sleep(0.5)  # of the two seconds for which it waits for close frames
        assert crowd.stop() == 130
    crowd.check_output()
    assert figure(crowd.output, "participants") == "3"


@posix_only
def test_ctrl_c_while_participants_join_ends_it_too(tmp_path, faulty):
    room = faulty.room("never")
    with Crowd(tmp_path, room, ready="at ws://") as crowd:
        wait_for(lambda: f"{room.split('/')[-2]}: handshake" in faulty.output, "a participant")
        assert crowd.stop() == 130
    crowd.check_output()
    assert figure(crowd.output, "participants") == "0"


@posix_only
def test_ctrl_c_stops_the_temporary_server_too(tmp_path):
    with Crowd(tmp_path, "--for", "600", ready="at ws://") as crowd:
        assert crowd.stop() == 130, crowd.output
    crowd.check_output()
    assert_nothing_listens(crowd.url)


def test_without_an_address_it_starts_a_temporary_server_and_stops_it(tmp_path):
    with Crowd(tmp_path, "--people", "3", "--for", "1", "--rate", "3") as crowd:
        crowd.finish(0)
    assert "Started a temporary server: http://127.0.0.1:" in crowd.output
    assert figure(crowd.output, "delivered") == "9"
    assert_nothing_listens(crowd.url)


def assert_nothing_listens(url):
    with pytest.raises(ChatdemoError, match="Nothing listens at"):
        find_ip(parse_address(url, "room"))


def test_a_temporary_server_that_does_not_start_says_why(tmp_path):
    (tmp_path / "chatdemo.toml").write_text("colour = 1", "utf-8")
    with Crowd(tmp_path) as crowd:
        crowd.finish(1)
    message = "'colour' in chatdemo.toml is not a setting."
    assert re.search(
        rf"^Error: The temporary server didn't start: {message}$", crowd.output, re.MULTILINE
    )
    assert "\nNext:  The settings are:\n       host, port, open, db," in crowd.output


#: Sends this process SIGINT while the loop is made, or before the first step of its first task.
PROGRAM = """
import asyncio, os, signal, sys
from chatdemo.crowd.run import run_until_interrupted

def loop_with_interrupt():
    loop = asyncio.SelectorEventLoop()
    if sys.argv[1] == "while the loop is made":
        os.kill(os.getpid(), signal.SIGINT)
    else:
        loop.call_soon(os.kill, os.getpid(), signal.SIGINT)
    return loop

asyncio.new_event_loop = loop_with_interrupt

async def work():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        return "cancelled"

print(run_until_interrupted(work))
"""


@posix_only
@pytest.mark.parametrize("when", ["while the loop is made", "before the first step"])
def test_ctrl_c_at_the_very_start_still_has_a_result(tmp_path, when):
    command = [sys.executable, "-W", "error", "-c", PROGRAM, when]
    with Process(tmp_path, command, clean_environ()) as process:
        assert (process.wait(TIMEOUT_SECONDS), process.output) == (0, "cancelled\n")


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such limit")
def test_too_few_files_are_reported_with_how_many_can_join(tmp_path):
    code = (
        "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (100, 100));"
        " from chatdemo.__main__ import main; main()"
    )
    command = [sys.executable, "-c", code, "crowd", "127.0.0.1:9", "--people", "90"]
    with Process(tmp_path, command, clean_environ()) as crowd:
        assert crowd.wait() == 1
    assert "Error: A program may open 100 files here, too few for 90 participants." in crowd.output
    assert "Give --people 60 or fewer" in crowd.output
