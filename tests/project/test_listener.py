"""The listening socket."""

import errno
import socket

import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.project import listener


def test_a_client_can_connect_as_soon_as_it_listens():
    with listener.listen("127.0.0.1", 0) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.fixture
def ipv6():
    """A machine that has IPv6, which may be switched off."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")


def test_it_takes_ipv6_with_and_without_brackets(ipv6):
    for host in ("::1", "[::1]"):
        with listener.listen(host, 0) as server:
            assert server.getsockname()[0] == "::1"


def test_the_ipv6_address_for_all_takes_ipv4_as_well(ipv6):
    with listener.listen("::", 0) as server:
        socket.create_connection(("127.0.0.1", server.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EADDRINUSE, "Port 80 on here is already in use."),
        (errno.EADDRNOTAVAIL, "The address here isn't one of this machine's."),
        (errno.EACCES, "Port 80 needs administrator rights."),
        (errno.ENOBUFS, "Can't listen on here, port 80: no space."),
    ],
)
def test_a_failure_says_what_is_wrong(number, message):
    error = listener._explain(OSError(number, "no space"), "here", 80)
    assert error.message == message
    assert error.hint


@pytest.mark.parametrize(
    "host",
    [
        "",
        " ",
        "nowhere.invalid",
        "127.0.0.1:80",
        "http://127.0.0.1",
        "a" * 300,
        "256.1.1.1",
        "1 2",
        "é" * 70 + ".x",
    ],
)
def test_an_unknown_address_is_named(host):
    with pytest.raises(ChatdemoError) as caught:
        listener.listen(host, 0)
    assert caught.value.message == f"The address {host!r} isn't known here."
