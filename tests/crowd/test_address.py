"""The forms of an address."""

import pytest

from chatdemo.common.errors import UsageError
from chatdemo.crowd.address import parse_address

OWN = "/ws/chat/crowd_abc/"
LOBBY = "/ws/chat/lobby/"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://host:8000", f"ws://host:8000{OWN}"),
        ("http://host:8000/", f"ws://host:8000{OWN}"),
        ("http://host:8000/chat/", f"ws://host:8000{OWN}"),
        ("http://host:8000/chat/lobby/", f"ws://host:8000{LOBBY}"),
        ("http://host:8000/chat/lobby", f"ws://host:8000{LOBBY}"),
        ("http://host:8000/chat/lobby/#end", f"ws://host:8000{LOBBY}"),
        ("ws://host:8000/ws/chat/lobby/", f"ws://host:8000{LOBBY}"),
        ("http://host:8000/ws/chat/lobby/", f"ws://host:8000{LOBBY}"),
        ("ws://host:8000", f"ws://host:8000{OWN}"),
        ("ws://host:8000/my/own/path", "ws://host:8000/my/own/path"),
        ("host:8000", f"ws://host:8000{OWN}"),
        ("host:8000/chat/lobby/", f"ws://host:8000{LOBBY}"),
        (" HTTP://Host:8000 ", f"ws://host:8000{OWN}"),
        ("host", f"ws://host:80{OWN}"),
        ("https://host", f"wss://host:443{OWN}"),
        ("wss://host/ws/chat/lobby/", f"wss://host:443{LOBBY}"),
        ("http://[::1]:8000", f"ws://[::1]:8000{OWN}"),
        ("http://host/chat/café/", "ws://host:80/ws/chat/caf%C3%A9/"),
        ("http://host/chat/caf%C3%A9/", "ws://host:80/ws/chat/caf%C3%A9/"),
        ("http://bücher.example:1", f"ws://xn--bcher-kva.example:1{OWN}"),
    ],
)
def test_an_address_is_accepted_in_every_form(text, url):
    assert parse_address(text, "crowd_abc").url == url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ftp://host", "'ftp://host' is not the address of a chat."),
        ("http://", "'http://' is not the address of a chat."),
        (":8000", "':8000' is not the address of a chat."),
        ("http://[::1", "'http://[::1' is not the address of a chat."),
        ("http://ann@host", "'http://ann@host' is not the address of a chat."),
        ("8000", "8000 is only a port."),
        ("host:99999", "'host:99999' has an invalid port."),
        ("host:0", "'host:0' has an invalid port."),
        ("host:eight", "'host:eight' has an invalid port."),
        ("http://host/learn/echo/", "/learn/echo/ is not the address of a room."),
        ("http://host/chat/lobby/?step=echo", "The address can't have a query: ?step=echo."),
        (f"http://{'ü' * 70}", f"{'ü' * 70!r} is not a valid host name."),
    ],
)
def test_other_addresses_are_refused(text, message):
    with pytest.raises(UsageError) as caught:
        parse_address(text, "crowd_abc")
    assert caught.value.message == message and caught.value.hint


def test_the_origin_is_that_of_the_servers_own_pages():
    assert parse_address("ws://[::1]:8000", "x").origin == "http://[::1]:8000"
    assert parse_address("wss://host", "x").origin == "https://host:443"
