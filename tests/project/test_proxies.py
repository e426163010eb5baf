"""Whose word is taken for who a client is."""

import pytest

from chatdemo.common.errors import UsageError
from chatdemo.common.local_machine import is_local
from chatdemo.project.proxies import TrustProxies

PROXIES = ["127.0.0.1", "10.0.0.0/8", "::1"]


async def seen(client, type="http", added=(), **headers):
    """The scope that the application gets from ``client`` with these headers."""
    scopes = []

    async def application(scope, receive, send):
        scopes.append(scope)

    named = [
        (f"x-forwarded-{name}".encode(), value.encode("latin-1")) for name, value in headers.items()
    ]
    scope = {
        "type": type,
        "scheme": "http" if type == "http" else "ws",
        "client": client and (client, 1234),
        "server": ("127.0.0.1", 8000),
        "headers": [*named, *added],
    }
    await TrustProxies(application, PROXIES)(scope, None, None)
    return scopes[0]


@pytest.mark.parametrize(
    "forwarded, client",
    [
        ("203.0.113.7", "203.0.113.7"),
        ("127.0.0.1, 203.0.113.7", "203.0.113.7"),  # the first is what the client has written
        ("203.0.113.7, 10.1.2.3", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("10.1.2.3", None),
        ("nonsense", None),
        ("203.0.113.7, nonsense", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("proxy", ["127.0.0.1", "10.9.9.9", "::1", "::ffff:10.1.1.1"])
async def test_a_known_proxy_says_who_the_client_is(proxy, forwarded, client):
    scope = await seen(proxy, **{"for": forwarded})
    assert scope["client"] == (client and (client, 0))
    assert not is_local(scope)


async def test_a_proxy_may_add_a_header_of_its_own_behind_the_clients():
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"203.0.113.7")]
    assert (await seen("127.0.0.1", added=headers))["client"] == ("203.0.113.7", 0)


async def test_a_proxy_that_names_no_client_is_not_this_machine():
    assert not is_local(await seen("127.0.0.1"))


@pytest.mark.parametrize("client", ["192.168.1.5", "203.0.113.9", None, "not an address"])
async def test_the_headers_of_others_change_nothing(client):
    scope = await seen(client, **{"for": "127.0.0.1", "proto": "https"})
    assert scope["client"] == (client and (client, 1234)) and scope["scheme"] == "http"


@pytest.mark.parametrize(
    "type, proto, scheme",
    [
        ("http", "https", "https"),
        ("websocket", "https", "wss"),
        ("websocket", "HTTP", "ws"),
        ("http", "gopher", "http"),
        ("websocket", "", "ws"),
    ],
)
async def test_a_known_proxy_says_which_scheme_the_client_uses(type, proto, scheme):
    assert (await seen("127.0.0.1", type, proto=proto))["scheme"] == scheme


@pytest.mark.parametrize("text", ["localhost", "10.0.0.0/99", "10.0.0.1/8", ""])
def test_what_is_no_address_and_no_network_is_refused(text):
    with pytest.raises(UsageError) as caught:
        TrustProxies(None, [text])
    assert caught.value.message == (
        f"The setting proxies: {text!r} is neither an IP address nor a network."
    )
