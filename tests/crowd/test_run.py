"""Runs of the crowd against servers: good ones, and ones with faults."""

import os
import re
import signal
import socketserver
import sqlite3
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.crowd.crowds import RUN, Crowd, finished, told
from tests.support.served import Process, Served, clean_environ, free_port, wait_for
from tests.support.written import Written

FAULTS = Path(__file__).with_name("serve_faults.py")
#: Ten messages. What isn't sent when the time is over isn't sent at all, so the last is due well before.
SHORT = ("--for", "4", "--rate", "2.5")


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
    assert [crowd.figure(name) for name in ("participants", "sent", "delivered")] == [
        "20",
        "10",
        "200",
    ]
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
    assert "/: status 500 Internal server error." in told(
        crowd
    ) and "has it a consumer yet?" in told(crowd)


def test_without_an_address_it_starts_a_server_of_its_own_and_ends_it(tmp_path):
    crowd = finished(tmp_path, "--people", "3", *SHORT)
    assert "Started a temporary server: http://127.0.0.1:" in crowd.output
    assert crowd.figure("delivered") == "30"
    assert "Nothing listens at" in told(finished(tmp_path, crowd.url, code=1))


def test_an_own_server_that_does_not_start_says_why(tmp_path):
    (tmp_path / "chatdemo.toml").write_text("colour = 1", "utf-8")
    crowd = finished(tmp_path, code=1)
    assert (
        "Error: The crowd's own server didn't start: 'colour' in chatdemo.toml is not a setting."
        in crowd.output
    )
    assert "Next:  The settings are: " in crowd.output


def test_whoever_is_cut_off_comes_back_and_has_everything(tmp_path):
    crowd = finished(tmp_path, "--people", "20", "--for", "8", "--rate", "5", "--drop", "0.5")
    assert [crowd.figure(name) for name in ("participants", "sent", "delivered")] == [
        "20",
        "40",
        "800",
    ]
    assert [crowd.figure(name) for name in ("lost", "out of order", "doubled")] == ["0", "0", "0"]
    cut, remark = crowd.figure("cut").split(maxsplit=1)
    assert int(cut) > 5 and remark == "all came back"
    assert re.match(r"[\d.]+ m?s half took longer, the worst [\d.]+ m?s", crowd.figure("caught up"))
    assert "50% of their connections cut each second" in crowd.output
    assert (
        "All is well: everyone came back, and got every message, once and in order." in crowd.output
    )


def test_a_server_that_is_killed_and_comes_back_in_the_middle_loses_nothing(tmp_path):
    port = str(free_port())
    with Served(tmp_path, "--port", port) as server:
        drop = "0.000001"  # so that all five are there when it is killed
        with Crowd(
            tmp_path, server.url, "--people", "5", "--for", "10", "--rate", "5", "--drop", drop
        ) as crowd:
            wait_for(lambda: rows(tmp_path / "chat.sqlite3") > 10, "the crowd to talk")
            server.kill()
            with Served(tmp_path, "--port", port):
                assert crowd.wait(RUN) == 0, crowd.output
    assert (crowd.figure("delivered"), crowd.figure("lost")) == ("250", "0")
    assert "Cut off by the server: 5 x code 1006 (connection lost)." in told(crowd)


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM chat_message").fetchone()[0]


@pytest.mark.parametrize(
    ("arguments", "environ"), [(("--step", "async"), {}), ((), {"CHATDEMO_HISTORY": "false"})]
)
def test_nobody_is_cut_off_from_a_server_without_a_history(tmp_path, arguments, environ):
    with Served(tmp_path, *arguments, **environ) as server:
        crowd = finished(tmp_path, server.url, "--drop", "0.02", code=1)
        assert (
            f"Error: 127.0.0.1:{server.port} keeps no history: its messages have no seq, "
            "so who is cut off can't ask for what it missed.\nNext:  Leave --drop out"
        ) in crowd.output


def test_what_is_lost_by_who_was_away_is_counted(tmp_path, faulty):
    address = f"{faulty.url}ws/chat/number/"
    crowd = finished(
        tmp_path, address, "--people", "5", "--for", "2", "--rate", "30", "--drop", "1", code=1
    )
    assert int(crowd.figure("lost")) > 0 and "All is well" not in crowd.output


def test_what_is_doubled_is_counted_even_for_who_comes_back(tmp_path, faulty):
    address = f"{faulty.url}ws/chat/number_twice/"
    crowd = finished(tmp_path, address, "--people", "3", *SHORT, "--drop", "0.000001", code=1)
    assert [crowd.figure(name) for name in ("delivered", "lost", "doubled")] == ["30", "0", "30"]


def test_what_is_lost_is_counted(faulty):
    crowd = run(faulty, "lose", 1)
    assert (crowd.figure("delivered"), crowd.figure("lost")) == ("20 of 30", "10")


def test_what_is_doubled_is_counted(faulty):
    crowd = run(faulty, "double", 1)
    assert [crowd.figure(name) for name in ("delivered", "lost", "doubled")] == ["30", "0", "10"]


def test_what_is_swapped_is_counted(faulty):
    crowd = run(faulty, "swap", 1)
    assert [crowd.figure(name) for name in ("delivered", "lost", "out of order")] == [
        "30",
        "0",
        "5",
    ]


def test_a_server_that_says_nothing_is_named(faulty):
    assert "Nobody got any message" in told(run(faulty, "silent", 1))


def test_what_the_server_refuses_is_told_with_its_reason(faulty):
    assert "Refused by the server: 10 x too_long: That message is too long." in told(
        run(faulty, "refuse", 1)
    )


def test_what_others_say_is_not_counted(faulty):
    assert run(faulty, "chatter", 0).figure("delivered") == "30"


def test_however_short_the_time_one_message_is_sent(tmp_path, faulty):
    crowd = finished(tmp_path, f"{faulty.url}ws/chat/fair/", "--people", "3", "--for", "0.00001")
    assert (crowd.figure("sent"), crowd.figure("delivered")) == ("1", "3")


def test_who_could_not_join_is_told(faulty):
    crowd = run(faulty, "full", 1)
    assert crowd.figure("participants") == "2 of 3" and crowd.figure("delivered") == "20"
    assert "Could not join: 1 x status 403 Access denied." in told(crowd)


def test_who_is_cut_off_is_told_with_the_code(faulty):
    crowd = run(faulty, "close", 1)
    assert "Cut off: 1 x code 4001." in told(crowd)
    assert crowd.figure("sent") == "10"


def test_a_server_that_is_gone_in_the_middle_ends_the_run_with_its_table(tmp_path, faulty):
    with Crowd(
        tmp_path, f"{faulty.url}ws/chat/fair/", "--people", "3", "--for", "600", "--rate", "50"
    ) as crowd:
        wait_for(lambda: "fair heard a message" in faulty.output, "the crowd to talk")
        faulty.kill()
        assert crowd.wait() == 1
    assert "Cut off: 3 x code 1006 (connection lost)." in told(crowd)
    assert "Traceback" not in crowd.output


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process alone")
def test_a_server_that_stops_in_the_middle_is_told_with_its_reason(tmp_path, faulty):
    with Crowd(
        tmp_path, f"{faulty.url}ws/chat/fair/", "--people", "3", "--for", "600", "--rate", "50"
    ) as crowd:
        wait_for(lambda: "fair heard a message" in faulty.output, "the crowd to talk")
        assert faulty.stop() == 0
        assert crowd.wait() == 1
    assert "Cut off: 3 x code 1001 (The server is stopping.)." in told(crowd)


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process alone")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_the_run_with_the_table_so_far(tmp_path, faulty, how):
    with Crowd(
        tmp_path, f"{faulty.url}ws/chat/fair/", "--people", "3", "--for", "600", "--rate", "50"
    ) as crowd:
        wait_for(lambda: "fair heard a message" in faulty.output, "the crowd to talk")
        assert crowd.stop(how) == 130
    assert (
        "Interrupted: the figures are those so far." in crowd.output
        and "Traceback" not in crowd.output
    )
    assert (crowd.figure("participants"), crowd.figure("lost").split()[0]) == ("3", "0")


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process alone")
def test_ctrl_c_again_ends_it_without_waiting_for_a_server_that_hangs(tmp_path, faulty):
    with Crowd(
        tmp_path, f"{faulty.url}ws/chat/fair/", "--people", "3", "--for", "600", "--rate", "50"
    ) as crowd:
        wait_for(lambda: "fair heard a message" in faulty.output, "the crowd to talk")
        faulty.process.send_signal(signal.SIGSTOP)
        crowd.process.send_signal(signal.SIGINT)
        time.sleep(0.5)  # within the two seconds that its goodbye may take
        assert crowd.stop() == 130
    assert crowd.figure("participants") == "3" and "Traceback" not in crowd.output


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process alone")
def test_ctrl_c_while_participants_join_ends_it_too(tmp_path, faulty):
    with Crowd(tmp_path, f"{faulty.url}ws/chat/never/", ready="at ws://") as crowd:
        wait_for(lambda: "never is asked" in faulty.output, "the first to join")
        assert crowd.stop() == 130
    assert crowd.figure("participants") == "0" and "Traceback" not in crowd.output


@pytest.mark.skipif(os.name != "posix", reason="Windows sends no signal to one process alone")
def test_ctrl_c_takes_its_own_server_with_it(tmp_path):
    with Crowd(tmp_path, "--for", "600", ready="at ws://") as crowd:
        assert crowd.stop() == 130, crowd.output
    assert "Nothing listens at" in told(finished(tmp_path, crowd.url, code=1))


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such limit")
def test_too_few_files_are_told_with_how_many_can_join(tmp_path):
    code = "import resource as r; r.setrlimit(r.RLIMIT_NOFILE, (100, 100)); from chatdemo.__main__ import main; main()"
    with Process(
        tmp_path,
        [sys.executable, "-c", code, "crowd", "127.0.0.1:9", "--people", "90"],
        clean_environ(),
    ) as crowd:
        assert crowd.wait() == 1
    assert "Error: A program may open 100 files here, too few for 90 participants." in crowd.output
    assert "Give --people 60 or fewer" in crowd.output


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404 Not Found."),
        (
            b"HTTP/1.1 302 Found\r\nLocation: /login/\r\n\r\n",
            "It leads to /login/: give that address",
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\n\r\n",
            "a handshake that is none: HTTP Upgrade header",
        ),
        (b"220 mail.example.org ready\r\n\r\n", "an answer that is no HTTP."),
        (b"\xff\xfe\r\n\r\n", "an answer that is no HTTP."),
        (b"", "the connection was closed without an answer."),
    ],
)
def test_a_server_of_another_kind_is_named(tmp_path, answer, message):
    with Answering(answer) as server:
        crowd = finished(tmp_path, f"127.0.0.1:{server.server_address[1]}", code=1)
    assert message in told(crowd) and "\nNext:  " in crowd.output


class Answering(socketserver.ThreadingTCPServer):
    """Answers each request with the same bytes, and hangs up."""

    daemon_threads = True

    def __init__(self, answer: bytes):
        self.answer = answer
        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(self.server.answer)
