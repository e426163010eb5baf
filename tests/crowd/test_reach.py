"""What is said about an address at which there is no chat."""

import socket

import pytest

from chatdemo.crowd import reach
from chatdemo.crowd.address import parse
from chatdemo.crowd.connection import JoinError
from chatdemo.common.errors import ChatdemoError
from tests.support.served import free_port

ADDRESS = parse("ws://127.0.0.1:8000/ws/chat/lobby/", "")


def refused(address: str) -> ChatdemoError:
    with pytest.raises(ChatdemoError) as caught:
        reach.reach(parse(address, "room"))
    return caught.value


def test_where_somebody_listens_the_ip_address_is_known():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert reach.reach(parse(f"localhost:{server.getsockname()[1]}", "room")) == "127.0.0.1"


def test_where_nothing_listens_the_command_that_would_is_named():
    port = free_port()
    error = refused(f"127.0.0.1:{port}")
    assert (
        error.message == f"Nothing listens at 127.0.0.1:{port}." and "chatdemo serve" in error.hint
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (socket.gaierror(8, "unknown"), "The address host isn't known here."),
        (TimeoutError(), "host:80 hasn't answered in 10 seconds."),
        (OSError(113, "No route to host"), "Can't reach host:80: No route to host."),
    ],
)
def test_what_the_network_says_is_said_in_words(monkeypatch, fault, message):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr(reach.socket, "create_connection", fail)
    error = refused("host")
    assert error.message == message and error.hint == reach.NETWORK


@pytest.mark.parametrize(
    ("status", "hint"),
    [
        (400, "allowed_hosts"),
        (403, "consumer"),
        (404, "INSTALLED_APPS"),
        (426, "Upgrade"),
        (500, "terminal"),
        (503, "terminal"),
        (200, "address of a chat server"),
        (None, "https://"),
    ],
)
def test_a_handshake_that_fails_is_told_with_what_to_do(status, hint):
    error = reach.explain(JoinError(f"status {status} Something", status), ADDRESS)
    assert (
        error.message
        == f"No WebSocket at ws://127.0.0.1:8000/ws/chat/lobby/: status {status} Something."
    )
    assert hint in error.hint


def test_a_redirection_is_told_with_where_it_leads():
    error = reach.explain(JoinError("status 302 Found", 302, "/login/"), ADDRESS)
    assert error.hint == "It leads to /login/: give that address, or the one behind it."


def test_where_tls_fails_it_says_how_a_certificate_is_trusted():
    error = reach.explain(JoinError("TLS failed"), parse("https://host", "room"))
    assert "Is it http:// perhaps?" in error.hint and "set SSL_CERT_FILE to its file" in error.hint
