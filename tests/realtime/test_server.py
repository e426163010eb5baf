"""The server on its own, with an application that is not Django's."""

import signal
import socket
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.support.served import TIMEOUT_SECONDS, piped

SCRIPT = Path(__file__).with_name("serve_application.py")
#: Seconds: two for the server to end, and some for a slow machine.
END = 2 + 1


@contextmanager
def serving():
    with piped(str(SCRIPT)) as process:
        process.port = int(process.stdout.readline())
        yield process


@pytest.fixture(scope="module")
def server():
    with serving() as process:
        yield process


@pytest.fixture
def stoppable():
    """A server of its own for a test that stops it."""
    with serving() as process:
        yield process


def stopped(server) -> list[str]:
    """Stop it as Ctrl-C does; the lines it printed after its port."""
    started = time.monotonic()
    server.send_signal(signal.SIGINT)
    output, errors = server.communicate(timeout=TIMEOUT_SECONDS)
    assert (server.returncode, errors) == (0, "")
    assert time.monotonic() - started < END
    return output.split()


def test_an_application_hears_of_the_stop_and_finishes(stoppable):
    with connect(f"ws://127.0.0.1:{stoppable.port}/echo") as client:
        client.send("hello")
        assert client.recv(TIMEOUT_SECONDS) == "hello"
        assert stopped(stoppable) == ["1001", "finished"]
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_SECONDS)
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (1001, "The server is stopping.")


def test_an_application_that_does_not_finish_is_cancelled(stoppable):
    with connect(f"ws://127.0.0.1:{stoppable.port}/hang"):
        assert stopped(stoppable) == ["cancelled"]


def test_a_request_that_waits_for_its_answer_does_not_hold_up_the_stop(stoppable):
    with socket.create_connection(("127.0.0.1", stoppable.port), timeout=TIMEOUT_SECONDS) as client:
        client.sendall(b"GET /http HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with connect(
            f"ws://127.0.0.1:{stoppable.port}/echo"
        ):  # answered, so the request before it has arrived
            assert sorted(stopped(stoppable)) == ["1001", "cancelled", "finished"]


def test_an_application_that_fails_closes_its_websocket_with_1011_and_hurts_no_other(server):
    url = f"ws://127.0.0.1:{server.port}"
    with connect(f"{url}/echo") as other, connect(f"{url}/fail") as client:
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_SECONDS)
        assert caught.value.rcvd.code == 1011
        other.send("still here")
        assert other.recv(TIMEOUT_SECONDS) == "still here"


@pytest.mark.parametrize("code", [1000, 1001, 1008, 1011, 1013, 3000, 4999])
def test_an_application_may_close_with_every_code_that_is_a_servers_to_give(server, code):
    with connect(f"ws://127.0.0.1:{server.port}/close") as client:
        client.send(str(code))
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_SECONDS)
    assert caught.value.rcvd.code == code


@pytest.mark.parametrize("code", [1000, 1001, 4410])
@pytest.mark.parametrize(
    ("reason", "sent"),
    [("The history is new.", None), ("é" * 62, "é" * 61), ("", None)],
    ids=["short", "too long for a close frame", "empty"],
)
def test_the_client_gets_the_reason_beside_the_code(server, code, reason, sent):
    with connect(f"ws://127.0.0.1:{server.port}/close") as client:
        client.send(f"{code} {reason}")
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_SECONDS)
    assert (caught.value.rcvd.code, caught.value.rcvd.reason) == (code, sent or reason)


def test_a_response_that_fails_halfway_is_cut_off_and_failures_after_it_are_seen(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=TIMEOUT_SECONDS) as client:
        client.sendall(b"GET /half HTTP/1.1\r\nHost: localhost\r\n\r\n")
        heard = b"".join(iter(lambda: client.recv(4096), b""))
    # RFC 9112, section 8: without the last chunk of length 0, the client knows that something is missing.
    assert heard.endswith(b"\r\n\r\n4\r\nhalf\r\n")
    with connect(f"ws://127.0.0.1:{server.port}/fail") as client:
        with pytest.raises(ConnectionClosed) as caught:
            client.recv(TIMEOUT_SECONDS)
    assert caught.value.rcvd.code == 1011


def test_a_message_of_two_frames_arrives_as_one(server):
    with connect(f"ws://127.0.0.1:{server.port}/echo") as client:
        client.send(["hel", "lo"])
        assert client.recv(TIMEOUT_SECONDS) == "hello"
