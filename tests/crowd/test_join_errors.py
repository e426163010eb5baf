"""The errors for an address without a chat."""

import socket

import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.crowd import join_errors
from chatdemo.crowd.address import parse_address
from chatdemo.crowd.join_errors import JoinError
from tests.support.served import free_port

ADDRESS = parse_address("ws://127.0.0.1:8000/ws/chat/lobby/", "")


def refused(address: str) -> ChatdemoError:
    with pytest.raises(ChatdemoError) as caught:
        join_errors.find_ip(parse_address(address, "room"))
    return caught.value


def test_the_ip_address_at_which_a_server_listens_is_found():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert (
            join_errors.find_ip(parse_address(f"localhost:{server.getsockname()[1]}", "room"))
            == "127.0.0.1"
        )


def test_where_nothing_listens_the_command_is_named():
    port = free_port()
    error = refused(f"127.0.0.1:{port}")
    assert (
        error.message == f"Nothing listens at 127.0.0.1:{port}." and "chatdemo serve" in error.hint
    )


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (socket.gaierror(8, "unknown"), "The host name host is unknown."),
        (TimeoutError(), "host:80 hasn't answered in 10 seconds."),
        (OSError(113, "No route to host"), "Can't connect to host:80: No route to host."),
    ],
)
def test_network_errors_are_explained(monkeypatch, fault, message):
    def fail(*_, **__):
        raise fault

    monkeypatch.setattr(join_errors.socket, "create_connection", fail)
    error = refused("host")
    assert error.message == message and error.hint == join_errors.NETWORK


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
def test_a_failed_handshake_has_a_hint(status, hint):
    error = join_errors.explain(JoinError(f"status {status} Something", status), ADDRESS)
    assert (
        error.message
        == f"No WebSocket at ws://127.0.0.1:8000/ws/chat/lobby/: status {status} Something."
    )
    assert hint in error.hint


def test_a_redirect_is_reported_with_its_target():
    error = join_errors.explain(JoinError("status 302 Found", 302, "/login/"), ADDRESS)
    assert error.hint == "It redirects to /login/: give that address, or the one it leads to."


def test_a_tls_failure_says_how_a_certificate_is_trusted():
    error = join_errors.explain(JoinError("TLS failed"), parse_address("https://host", "room"))
    assert "Is it http:// perhaps?" in error.hint and "set SSL_CERT_FILE" in error.hint
