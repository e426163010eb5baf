"""Runs of the crowd against servers: good ones, and ones with faults."""

import sys
from pathlib import Path

import pytest

from tests.crowd.crowds import Crowd, finished, told
from tests.support.served import Process, Served, clean_environ, wait_for
from tests.support.written import Written

FAULTS = Path(__file__).with_name("serve_faults.py")
SHORT = ("--for", "1", "--rate", "10")


class Faulty(Process):
    ready = "http://"

    def __init__(self, folder):
        super().__init__(folder, [sys.executable, str(FAULTS)], clean_environ())


@pytest.fixture
def faulty(tmp_path):
    with Faulty(tmp_path) as server:
        yield server


def run(server, room: str, code: int) -> Crowd:
    folder = FAULTS.parent
    return finished(folder, f"{server.url}ws/chat/{room}/", "--people", "3", *SHORT, code=code)


@pytest.mark.parametrize("step", [None, "groups", "async"])
def test_a_chat_without_faults_passes(tmp_path, step):
    with Served(tmp_path, *(["--step", step] if step else [])) as server:
        crowd = finished(tmp_path, server.url, "--people", "20", *SHORT)
    assert [crowd.figure(name) for name in ("participants", "sent", "delivered")] == ["20", "10", "200"]
    assert [crowd.figure(name) for name in ("lost", "out of order", "doubled")] == ["0", "0", "0"]


def test_a_learners_own_runserver_passes(tmp_path):
    with Written(tmp_path / "mysite").runserver() as server:
        crowd = finished(tmp_path, server.url, "--people", "5", *SHORT)
    assert crowd.figure("delivered") == "50"


def test_the_echo_step_is_reported_with_its_hint(tmp_path):
    with Served(tmp_path, "--step", "echo") as server:
        crowd = finished(tmp_path, server.url, "--people", "3", *SHORT, code=1)
    assert (crowd.figure("delivered"), crowd.figure("lost")) == ("10 of 30", "20")
    assert "does the room's consumer send to a group?" in told(crowd)


def test_a_step_without_a_consumer_is_refused_with_its_status(tmp_path):
    with Served(tmp_path, "--step", "room") as server:
        crowd = finished(tmp_path, server.url, code=1)
    assert "/: status 403 Access denied." in told(crowd) and "Has it a consumer for this room" in told(crowd)


def test_without_an_address_it_starts_a_server_of_its_own_and_ends_it(tmp_path):
    crowd = finished(tmp_path, "--people", "3", *SHORT)
    assert "Started a server of the crowd's own, http://127.0.0.1:" in crowd.output
    assert crowd.figure("delivered") == "30"
    assert "Nothing listens at" in told(finished(tmp_path, crowd.url, code=1))


def test_an_own_server_that_does_not_start_says_why(tmp_path):
    (tmp_path / "chatdemo.toml").write_text("colour = 1", "utf-8")
    crowd = finished(tmp_path, code=1)
    assert "Error: The crowd's own server didn't start: 'colour' in chatdemo.toml is not a setting." in crowd.output
    assert "Next:  The settings are: " in crowd.output


def test_what_is_lost_is_counted(faulty):
    crowd = run(faulty, "lose", 1)
    assert (crowd.figure("delivered"), crowd.figure("lost")) == ("20 of 30", "10")


def test_what_is_doubled_is_counted(faulty):
    crowd = run(faulty, "double", 1)
    assert [crowd.figure(name) for name in ("delivered", "lost", "doubled")] == ["30", "0", "10"]


def test_what_is_swapped_is_counted(faulty):
    crowd = run(faulty, "swap", 1)
    assert [crowd.figure(name) for name in ("delivered", "lost", "out of order")] == ["30", "0", "5"]


def test_a_server_that_says_nothing_is_named(faulty):
    assert "Nobody got any message" in told(run(faulty, "silent", 1))


def test_what_the_server_refuses_is_told_with_its_reason(faulty):
    assert "The server refused 10 messages: too_long: That message is too long. (10 times)" in told(
        run(faulty, "refuse", 1)
    )


def test_what_others_say_is_not_counted(faulty):
    assert run(faulty, "chatter", 0).figure("delivered") == "30"


def test_who_could_not_join_is_told(faulty):
    crowd = run(faulty, "full", 1)
    assert crowd.figure("participants") == "2 of 3" and crowd.figure("delivered") == "20"
    assert "1 could not join: status 403 Access denied." in told(crowd)


def test_who_is_cut_off_is_told_with_the_code_and_the_reason(faulty):
    crowd = run(faulty, "close", 1)
    assert "1 were cut off: code 4001 (Enough of you.)." in told(crowd)
    assert crowd.figure("sent") == "10"


def test_a_server_that_is_gone_in_the_middle_ends_the_run_with_its_table(tmp_path, faulty):
    with Crowd(tmp_path, f"{faulty.url}ws/chat/fair/", "--people", "3", "--for", "600", "--rate", "50") as crowd:
        wait_for(lambda: "participants" in crowd.output or chatting(faulty), "the crowd to talk")
        faulty.kill()
        assert crowd.wait() == 1
    assert "3 were cut off: code 1006 (connection lost) (3 times)." in told(crowd)
    assert "Traceback" not in crowd.output


def chatting(server) -> bool:
    """Whether anybody but this test is connected to the server."""
    return True
