"""The listening socket, and the URLs at which the server can be reached."""

import errno
import socket

import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.project import listening_address
from chatdemo.project.listening_address import Addresses


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", Addresses("http://127.0.0.1:80/", None, False)),
        ("::1", Addresses("http://[::1]:80/", None, False)),
        ("192.0.2.9", Addresses("http://192.0.2.9:80/", "http://192.0.2.9:80/", True)),
        ("0.0.0.0", Addresses("http://127.0.0.1:80/", "http://192.0.2.7:80/", True)),
        ("::", Addresses("http://127.0.0.1:80/", "http://192.0.2.7:80/", True)),
    ],
)
def test_only_a_server_that_listens_for_others_has_an_address_for_them(monkeypatch, host, expected):
    monkeypatch.setattr(listening_address, "lan_address", lambda: "192.0.2.7")
    assert listening_address.addresses(host, 80) == expected


def test_without_a_network_there_is_none_for_others(monkeypatch):
    monkeypatch.setattr(listening_address, "lan_address", lambda: None)
    assert listening_address.addresses("0.0.0.0", 80) == Addresses(
        "http://127.0.0.1:80/", None, True
    )


@pytest.fixture
def without_a_route(monkeypatch):
    """A network that leads nowhere else, such as a switch or a phone's hotspot without a gateway."""

    class Unconnected(socket.socket):
        def connect(self, address):
            raise OSError(errno.ENETUNREACH, "Network is unreachable")

    monkeypatch.setattr(socket, "socket", Unconnected)


def resolved(*found: str):
    return lambda *_: [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found
    ]


def test_in_a_network_that_leads_nowhere_it_is_what_the_machines_name_stands_for(
    monkeypatch, without_a_route
):
    monkeypatch.setattr(socket, "getaddrinfo", resolved("127.0.1.1", "192.0.2.7"))
    assert listening_address.lan_address() == "192.0.2.7"


def test_a_machine_without_any_network_has_no_address_for_others(monkeypatch, without_a_route):
    monkeypatch.setattr(socket, "getaddrinfo", resolved("127.0.1.1"))
    assert listening_address.lan_address() is None


def test_a_machine_that_knows_not_even_its_own_name_has_none_either(monkeypatch, without_a_route):
    def unknown(*_):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert listening_address.lan_address() is None


def test_a_client_can_connect_as_soon_as_it_listens():
    with listening_address.listen("127.0.0.1", 0) as server:
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
        with listening_address.listen(host, 0) as server:
            assert server.getsockname()[0] == "::1"


def test_the_ipv6_address_for_all_takes_ipv4_as_well(ipv6):
    with listening_address.listen("::", 0) as server:
        socket.create_connection(("127.0.0.1", server.getsockname()[1]), timeout=5).close()


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.EADDRINUSE, "Port 80 on here is already in use."),
        (errno.EADDRNOTAVAIL, "here isn't an address of this computer."),
        (errno.EACCES, "Port 80 needs administrator rights."),
        (errno.ENOBUFS, "Can't listen on here, port 80: no space."),
    ],
)
def test_a_failure_says_what_is_wrong(number, message):
    error = listening_address._explain(OSError(number, "no space"), "here", 80)
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
        "0.0.0",  # 0.0.0.0 to the system, as the next ones
        "0",
        "0x0",
        "1 2",
        "é" * 70 + ".x",
    ],
)
def test_an_unknown_address_is_named(host):
    with pytest.raises(ChatdemoError) as caught:
        listening_address.listen(host, 0)
    assert caught.value.message == f"The address {host!r} can't be resolved."
