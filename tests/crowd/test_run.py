"""Runs of the crowd against servers: good ones, and ones with faults."""

import asyncio
import re
import socketserver
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from chatdemo.crowd import connection
from chatdemo.crowd.address import parse_address
from chatdemo.crowd.connection import Connector
from chatdemo.crowd.join_errors import JoinError, find_ip
from chatdemo.crowd.messages import RunMessages, new_run_id
from chatdemo.crowd.report import table
from chatdemo.crowd.run import CrowdRun, EventLoopDelay, Plan
from tests.crowd.crowds import Burst, Finished, figure, one_line, refused, room_numbers
from tests.support.served import TIMEOUT_SECONDS, Served, free_port, wait_for
from tests.support.written import Written


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Served(tmp_path_factory.mktemp("served"), CHATDEMO_MAX_RATE="0") as server:
        yield server


#: Seconds for the last messages, where some never come: a busy machine may stop a process for one.
PATIENCE = 2.5


def room_of(server: Served, step: str) -> str:
    """The address of a room of its own that runs ``step``."""
    page = f"{server.url}chat/room{next(room_numbers)}/?step={step}"
    with urlopen(page, timeout=TIMEOUT_SECONDS) as response:
        return response.url


@pytest.mark.parametrize("step", [None, "groups", "async"])
def test_a_chat_without_faults_passes(server, step):
    run = Finished(room_of(server, step) if step else server.url, Burst(20))
    assert run.exit_code == 0, run.output
    assert run.figures("participants", "sent", "delivered") == ["20", "10", "200"]
    assert run.figures("lost", "out of order", "duplicated") == ["0", "0", "0"]


def test_a_learners_own_runserver_passes(tmp_path):
    with Written(tmp_path / "mysite").runserver() as server:
        run = Finished(server.url, Burst(5))
    assert (run.exit_code, run.figures("delivered")) == (0, ["50"]), run.output


def test_the_echo_step_is_reported_with_its_hint(server):
    run = Finished(room_of(server, "echo"), Burst(3, timeout=PATIENCE))
    assert (run.exit_code, run.figures("delivered", "lost")) == (1, ["10 of 30", "20"])
    assert "does the consumer send to a group?" in run.notes


def test_a_step_without_a_consumer_is_refused_with_its_status(server):
    error = refused(room_of(server, "room"))
    assert "/: status 500 Internal server error." in error.message
    assert "does the room have a consumer yet?" in error.hint


def test_participants_reconnect_and_miss_nothing(server):
    class Plan40(Plan):
        messages = 40

    run = Finished(server.url, Plan40(20, rate=40, seconds=1.3, drop=1))
    assert run.exit_code == 0, run.output
    assert run.figures("participants", "sent", "delivered") == ["20", "40", "800"]
    assert run.figures("lost", "out of order", "duplicated") == ["0", "0", "0"]
    cut, remark = run.figures("cut")[0].split(maxsplit=1)
    assert int(cut) > 5 and remark == "all came back"
    caught_up = r"[\d.]+ m?s half took longer, the worst [\d.]+ m?s"
    assert re.match(caught_up, run.figures("caught up")[0])
    assert "All is well: everyone came back and received every message" in run.output


async def test_a_server_that_is_killed_and_restarts_loses_nothing(tmp_path):
    class Plan50(Plan):
        messages = 50

    port = str(free_port())
    # With a small share nobody is cut: all five are there when the server is killed.
    plan = Plan50(5, rate=40, seconds=1.6, drop=0.000001, timeout=TIMEOUT_SECONDS)
    with Served(tmp_path, "--port", port, CHATDEMO_MAX_RATE="0") as server:
        address = parse_address(server.url, "crowd")
        connector = Connector(address, find_ip(address))
        crowd_run = CrowdRun(connector, RunMessages(new_run_id()), plan, lambda *_: None)
        running = asyncio.ensure_future(crowd_run.go())
        stored = tmp_path / "chat.sqlite3"
        await asyncio.to_thread(wait_for, lambda: rows(stored) > 10, "messages")
        server.kill()
    restarted = Served(tmp_path, "--port", port, CHATDEMO_MAX_RATE="0")
    with await asyncio.to_thread(restarted.__enter__):
        result = await running
    output = "\n".join(table(result))
    assert result.exit_code == 0, output
    assert (figure(output, "delivered"), figure(output, "lost")) == ("250", "0")
    assert "Disconnected by the server: 5 x code 1006 (connection lost)." in one_line(output)


def rows(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT count(*) FROM chat_message").fetchone()[0]


def test_drop_needs_a_server_with_a_history(server, tmp_path):
    with Served(tmp_path, CHATDEMO_HISTORY="false") as without:
        for url in (without.url, room_of(server, "async")):
            error = refused(url, Burst(3, drop=0.02))
            place = url.split("/")[2]
            assert error.message == (
                f"{place} has no history: its messages have no seq, so participants can't ask for"
                " those that they missed."
            )
            assert error.hint.startswith("Leave out --drop, or use a server with a history")


def test_a_server_that_answers_nothing_has_no_history(faulty):
    error = refused(faulty.room("silent"), Burst(3, drop=0.02, timeout=0.3))
    assert " has no history: its messages have no seq" in error.message


def test_what_a_disconnected_participant_misses_is_lost(faulty):
    run = Finished(faulty.room("number"), Plan(10, rate=60, seconds=1, drop=1, timeout=0.4))
    assert run.exit_code == 1 and run.result.counts.lost > 0
    assert "All is well" not in run.output


def test_duplicates_are_counted_for_reconnecting_participants(faulty):
    run = Finished(faulty.room("number_twice"), Burst(3, drop=0.000001))
    assert run.exit_code == 1
    assert run.figures("delivered", "lost", "duplicated") == ["30", "0", "30"]


def test_lost_messages_are_counted(faulty):
    run = Finished(faulty.room("lose"), Burst(3, timeout=PATIENCE))
    assert (run.exit_code, run.figures("delivered", "lost")) == (1, ["20 of 30", "10"])


def test_duplicates_are_counted(faulty):
    run = Finished(faulty.room("double"), Burst(3))
    assert run.exit_code == 1
    assert run.figures("delivered", "lost", "duplicated") == ["30", "0", "10"]


def test_messages_out_of_order_are_counted(faulty):
    run = Finished(faulty.room("swap"), Burst(3))
    assert run.exit_code == 1
    assert run.figures("delivered", "lost", "out of order") == ["30", "0", "5"]


def test_a_server_that_sends_nothing_is_named(faulty):
    run = Finished(faulty.room("silent"), Burst(3, timeout=PATIENCE))
    assert run.exit_code == 1 and "Nobody received any message" in run.notes


def test_refused_messages_are_reported_with_the_reason(faulty):
    run = Finished(faulty.room("refuse"), Burst(3, timeout=PATIENCE))
    assert run.exit_code == 1
    assert "Refused by the server: 10 x too_long: That message is too long." in run.notes


def test_messages_of_others_are_not_counted(faulty):
    run = Finished(faulty.room("chatter"), Burst(3))
    assert (run.exit_code, run.figures("delivered")) == (0, ["30"]), run.output


def test_however_short_the_time_one_message_is_sent(faulty):
    run = Finished(faulty.room("fair"), Plan(3, rate=1, seconds=0.00001))
    assert (run.exit_code, run.figures("sent", "delivered")) == (0, ["1", "3"]), run.output


def test_participants_that_could_not_join_are_counted(faulty):
    run = Finished(faulty.room("full"), Burst(3))
    assert (run.exit_code, run.figures("participants", "delivered")) == (1, ["2 of 3", "20"])
    assert "Could not join: 1 x status 403 Access denied." in run.notes


def test_disconnections_are_reported_with_the_code(faulty):
    run = Finished(faulty.room("close"), Burst(3))
    assert (run.exit_code, run.figures("sent")) == (1, ["10"])
    assert "Disconnected: 1 x code 4001 (Enough of you.)." in run.notes


def test_a_server_that_does_not_answer_the_handshake_is_named(faulty, monkeypatch):
    monkeypatch.setattr(connection, "HANDSHAKE_TIMEOUT_SECONDS", 0.2)
    error = refused(faulty.room("never"))
    assert error.message.endswith("/: no answer to the handshake in 0.2 s.")


async def test_a_port_that_is_closed_again_is_a_join_error():
    address = parse_address(f"127.0.0.1:{free_port()}", "room")
    with pytest.raises(JoinError, match="Connect call failed|refused"):
        await Connector(address, "127.0.0.1").connect("", print, print)


async def test_a_blocked_event_loop_is_measured_as_the_bottleneck():
    delay = EventLoopDelay()
    measuring = asyncio.ensure_future(delay.measure())
    for _ in range(3):
        await asyncio.sleep(0.01)
        time.sleep(0.1)
    await asyncio.sleep(0.01)
    measuring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await measuring
    assert max(delay.delays) > 0.05 and delay.is_bottleneck


def test_a_busy_process_is_the_bottleneck():
    delay = EventLoopDelay()
    assert not delay.is_bottleneck
    delay.cpu_share = 0.95
    assert delay.is_bottleneck


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404 Not Found."),
        (b"HTTP/1.1 302 Found\r\nLocation: /login/\r\n\r\n", "status 302 Found."),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\n\r\n",
            "the handshake is invalid, with upgrade: tea.",
        ),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\n\r\n",
            "the handshake is invalid, with sec-websocket-accept: -.",
        ),
        (b"220 mail.example.org ready\r\n\r\n", "the answer isn't HTTP."),
        (b"\xff\xfe\r\n\r\n", "the answer isn't HTTP."),
        (b"220 mail.example.org ready\r\n", "the answer isn't HTTP."),
        (b"", "the connection was closed without an answer."),
    ],
)
def test_a_server_of_another_kind_is_named(answer, message):
    with Answering(answer) as server:
        error = refused(f"127.0.0.1:{server.server_address[1]}")
    assert message in error.message and error.hint


class Answering(socketserver.ThreadingTCPServer):
    """Answers each request with the same bytes, and closes the connection."""

    daemon_threads = True

    def __init__(self, answer: bytes):
        self.answer = answer
        super().__init__(("127.0.0.1", 0), Handler)

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.request.recv(65536)
        self.request.sendall(self.server.answer)
