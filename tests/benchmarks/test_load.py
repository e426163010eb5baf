"""The load generator counts what a server does, whatever that is: against a small server, in real runs."""

import json
import subprocess
import sys

import pytest

from benchmarks import joining, load, treating
from benchmarks.dialects import Plain, SocketIO
from benchmarks.joining import Crowd
from tests.support.served import DEFAULT_SIGNALS, TIMEOUT_SECONDS, Process, clean_environ, free_port

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the load generator needs epoll"
)
PEOPLE = 10


@pytest.fixture
def room(request, tmp_path):
    """The address of a room that treats its second participant in the way that the test asks for."""
    port = free_port()
    command = [sys.executable, treating.__file__, str(port), getattr(request, "param", treating.OK)]
    server = Process(tmp_path, command, clean_environ())
    server.ready = "ready"
    with server:
        yield f"ws://127.0.0.1:{port}/ws/chat/lobby/"


@pytest.fixture
def in_a_hurry(monkeypatch):
    """What is missing is lost soon; nothing is prepared that isn't needed."""
    monkeypatch.setattr(load, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(load, "PREPARED", 100)


def way(*ways):
    return pytest.mark.parametrize("room", ways, indirect=True)


def script(room, *options):
    command = [
        sys.executable,
        "-W",
        "error",
        load.__file__,
        "--url",
        room,
        "--people",
        str(PEOPLE),
        *options,
    ]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, text=True, env=clean_environ(), **pipes, **DEFAULT_SIGNALS)


def run(room, dialect=Plain, **options):
    with Crowd([room], PEOPLE, dialect()) as crowd:
        return load.Load(crowd).run(**{"seconds": 0.2, "inflight": 4} | options)


def faults(figures):
    return [figures[name] for name in ("lost", "out_of_order", "closed")]


@pytest.mark.parametrize("options", [(), ("--rate", "40")])
def test_the_script_prints_a_line_when_all_have_joined_and_another_at_the_end(room, options):
    with script(room, "--seconds", "0.3", *options) as process:
        out, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    joined, figures = map(json.loads, out.splitlines())
    assert (errors, joined["people"], figures["people"]) == ("", PEOPLE, PEOPLE)
    assert figures["deliveries"] == figures["broadcasts"] * PEOPLE > 0
    assert faults(figures) == [0, 0, 0]
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["worst_ms"]


def test_those_who_hold_stay_until_the_input_ends(room):
    with script(room, "--hold") as process:
        assert json.loads(process.stdout.readline())["people"] == PEOPLE
        assert process.poll() is None
        assert process.communicate("", TIMEOUT_SECONDS) == ("", "")
    assert process.returncode == 0


def test_an_open_loop_sends_what_is_due_and_has_a_latency_for_each_delivery(room, in_a_hurry):
    with Crowd([room], PEOPLE, Plain()) as crowd:
        opened = load.Load(crowd)
        figures = opened.run(seconds=0.3, inflight=0, rate=50)
    assert (figures["broadcasts"], len(opened.latencies)) == (15, 15 * PEOPLE)


@way(treating.OK, treating.PINGED)
def test_a_room_without_a_fault_has_none_even_with_pings_in_between(room, in_a_hurry):
    figures = run(room)
    assert faults(figures) == [0, 0, 0]
    assert figures["broadcasts"] > 4


@way(treating.DOUBLED)
def test_a_message_that_comes_twice_is_counted(room, in_a_hurry):
    assert faults(run(room)) == [0, 1, 0]


@way(treating.LOST, treating.SWAPPED)
@pytest.mark.parametrize("options", [{}, {"rate": 40}])
def test_a_message_that_never_comes_or_too_late_is_counted(room, in_a_hurry, options):
    lost, out_of_order, closed = faults(run(room, **options))
    assert lost > 0 < out_of_order
    assert closed == 0


@way(treating.CLOSED)
def test_a_connection_that_the_server_closes_is_counted(room, in_a_hurry):
    lost, out_of_order, closed = faults(run(room))
    assert (lost > 0, out_of_order, closed > 0) == (True, 0, True)


@way(treating.SOCKETIO)
def test_a_socketio_participant_says_nothing_before_it_is_welcomed(room):
    for size in (1, PEOPLE):
        with Crowd([room], size, SocketIO()) as crowd:
            assert [person.greeted for person in crowd.people.values()] == [1] * size


@way(treating.REFUSED)
def test_a_server_that_refuses_a_websocket_is_quoted(room):
    with (
        pytest.raises(SystemExit, match="refused a WebSocket: b'HTTP/1.1 403"),
        Crowd([room], 1, Plain()),
    ):
        pass


def test_a_room_that_not_everybody_gets_into_is_told(room, monkeypatch):
    monkeypatch.setattr(joining, "GREETINGS", (0.01, 0.01))
    monkeypatch.setattr(Plain, "say", lambda self, text: b"nothing that counts")
    with pytest.raises(SystemExit, match="never had everybody in it"), Crowd([room], 2, Plain()):
        pass
