"""Handshakes that are wrong, odd, forged or broken off (RFC 6455, sections 4.1 and 4.2)."""

import pytest

from tests.hostile.raw import (
    ACCEPT,
    HANDSHAKE,
    Answer,
    Raw,
    frame,
    handshake,
    hang_up,
    join,
    new_room,
    on_each_loop,
    request,
    said,
    still_chats,
)
from tests.support.frames import TEXT

VERSION, PROTOCOL, EXTENSIONS = (
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Protocol",
    "Sec-WebSocket-Extensions",
)
KEY, GOOD_KEY = "Sec-WebSocket-Key", HANDSHAKE["Sec-WebSocket-Key"]


def attempt(server, path: str = "/ws/chat/lobby/", line: bytes | None = None, **headers) -> Answer:
    """The answer to a handshake on a connection of its own."""
    with Raw(server) as client:
        return handshake(client, path, line, **headers)


def chats_over(server, **headers) -> Answer:
    """The answer to a handshake that is accepted; a message then comes back over the same connection."""
    with Raw(server) as client:
        answer = handshake(client, f"/ws/chat/{new_room()}/", **headers)
        assert (answer.status, answer.headers["Sec-WebSocket-Accept"]) == (101, ACCEPT)
        client.send(said("hello"))
        heard = client.heard()
        while "event" in heard:
            heard = client.heard()
        assert heard["message"] == "hello"
        return answer


BAD = {
    "no key": {KEY: None},
    "an empty key": {KEY: ""},
    "a short key": {KEY: "c2hvcnQ="},
    "a long key": {KEY: GOOD_KEY * 4},
    "a key of 24 other characters": {KEY: "!" * 22 + "=="},
    "a key without its padding": {KEY: GOOD_KEY[:-2]},
    "a key of bytes": {KEY: b"\xff" * 24},
    "two keys": {KEY: [GOOD_KEY, GOOD_KEY]},
    "no version": {VERSION: None},
    "an empty version": {VERSION: ""},
    "a word for a version": {VERSION: "thirteen"},
    "a version of 5000 digits": {VERSION: "1" * 5000},
    "two versions": {VERSION: ["13", "14"]},
    "no connection header": {"Connection": None},
    "a connection to close": {"Connection": "close"},
    "a connection to keep": {"Connection": "keep-alive"},
    "no host": {"Host": None},
    "two hosts": {"Host": ["127.0.0.1", "evil.example:80"]},
    "a host with a word for a port": {"Host": "127.0.0.1:http"},
    "two equal subprotocols": {PROTOCOL: "chatdemo, chatdemo"},
    "a subprotocol that is not ASCII": {PROTOCOL: b"\xff\xfe"},
    "an emoji for a subprotocol": {PROTOCOL: "\U0001f600".encode()},
}


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
def test_a_bad_header_is_a_bad_request(server, headers):
    assert 400 <= attempt(server, **headers).status < 500


@pytest.mark.parametrize("version", ["0", "7", "12", "14", "255", "99999", "-13"])
def test_another_version_is_told_which_one_works(server, version):
    """RFC 6455, section 4.4."""
    answer = attempt(server, **{VERSION: version})
    assert answer.status in (400, 426)
    assert "13" in answer.headers[VERSION].replace(" ", "").split(",")


@pytest.mark.parametrize("method", ["POST", "PUT", "HEAD", "OPTIONS", "CONNECT", "BREW"])
def test_a_handshake_must_be_a_get(server, method):
    assert attempt(server, line=f"{method} /ws/chat/lobby/ HTTP/1.1".encode()).status in (400, 405)


def test_a_handshake_must_be_http_1_1(server):
    """RFC 6455, section 4.2.1: "An HTTP/1.1 or higher GET request"; anything else gets an error such as 400."""
    assert 400 <= attempt(server, line=b"GET /ws/chat/lobby/ HTTP/1.0").status < 500


FOREIGN = {
    "another site": "http://evil.example",
    "another site over TLS": "https://evil.example",
    "our address within another": "http://127.0.0.1.evil.example",
    "our address at the end of another": "http://evil127.0.0.1",
    "our name within another": "http://localhost.evil.example",
    "our address as a user": "http://127.0.0.1@evil.example",
    "our address as a path": "http://evil.example/127.0.0.1",
    "another address of the loopback": "http://127.0.0.2",
    "null": "null",
    "a file": "file://",
    "an extension": "chrome-extension://abcdefghijklmnop",
    "a look-alike": "http://lоcalhost".encode(),
    "any": "http://*",
    "another site and a tab's blank page": "about://blank",
}


@pytest.mark.parametrize("origin", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_origin_is_refused(server, origin):
    assert attempt(server, Origin=origin).status == 403


MALFORMED_ORIGINS = {
    "empty": "",
    "a word": "nonsense",
    "a star": "*",
    "no host": "http://",
    "a scheme alone": "http:",
    "a host without a scheme": "127.0.0.1",
    "half an IPv6 address": "http://[::1",
    "an IPv6 address that is none": "http://[zz]",
    "a port out of range": "http://127.0.0.1:99999",
    "a word for a port": "http://127.0.0.1:http",
    "bytes": b"\xff\xfe\xfd",
    "5000 letters": "x" * 5000,
    "two headers": ["http://127.0.0.1", "http://evil.example"],
    "a list": "http://127.0.0.1, http://evil.example",
    "two nulls": "null null",
}


@pytest.mark.parametrize("origin", MALFORMED_ORIGINS.values(), ids=MALFORMED_ORIGINS)
def test_a_malformed_origin_is_refused(server, origin):
    assert attempt(server, Origin=origin).status in (400, 403)


def test_a_foreign_site_that_took_our_address_by_its_dns_is_refused(server):
    assert attempt(server, Origin="http://evil.example", Host="evil.example").status == 403


@pytest.mark.parametrize(
    "origin",
    ["http://127.0.0.1:{}", "http://localhost:{}", "HTTP://LOCALHOST:{}", "http://[::1]:{}"],
)
def test_our_own_origin_is_accepted(server, origin):
    chats_over(server, Origin=origin.format(server.port))


@on_each_loop
def test_a_plain_client_without_an_origin_is_accepted(server):
    chats_over(server)


WRONG_PATHS = {
    "the start page": "/",
    "the chat's index": "/chat/",
    "a room's page": "/chat/lobby/",
    "the folder of sockets": "/ws/",
    "no room": "/ws/chat/",
    "a room without the slash": "/ws/chat/lobby",
    "something below a room": "/ws/chat/lobby/extra/",
    "parameters below a room": "/ws/chat/lobby/;x",
    "two slashes within": "/ws//chat/lobby/",
    "two slashes before": "//ws/chat/lobby/",
    "capitals": "/WS/CHAT/lobby/",
    "another site's": "/socket.io/?EIO=4&transport=websocket",
    "a NUL": "/%00",
    "a newline": "/ws/chat/%0a",
    "invalid UTF-8": "/%FF%FE",
    "a way out": "/ws/chat/../../",
    "a star": "*",
    "a static file": "/static/chat/room.js",
    "10 kB": "/" + "x" * 10_000,
}


@pytest.mark.parametrize("path", WRONG_PATHS.values(), ids=WRONG_PATHS)
def test_an_address_without_a_room_is_refused(server, path):
    assert attempt(server, path).status == 403


@pytest.mark.parametrize(
    "path", ["/ws/chat/lobby/#top", "/ws/chat/lobby/?x#y", "http://[/ws/chat/lobby/"]
)
def test_an_address_that_is_malformed_is_refused(server, path):
    assert attempt(server, path).status in (400, 403)


ODD_PATHS = {
    "a query": "/ws/chat/lobby/?x=1&x=2&&==",
    "invalid UTF-8 in the query": "/ws/chat/lobby/?x=%FF",
    "5000 letters in the query": "/ws/chat/lobby/?x=" + "y" * 5000,
    "a whole address": "http://127.0.0.1/ws/chat/lobby/",
    "escaped letters": "/ws/%63hat/lobby/",
}


@pytest.mark.parametrize("path", ODD_PATHS.values(), ids=ODD_PATHS)
def test_an_odd_address_of_a_room_is_accepted(server, path):
    assert attempt(server, path).status == 101


PROTOCOLS = {
    "ours": ("chatdemo", "chatdemo"),
    "another": ("soap", None),
    "another and ours": ("soap, chatdemo", "chatdemo"),
    "in two headers": (["soap", "chatdemo"], "chatdemo"),
    "without spaces": ("soap,chatdemo,wamp", "chatdemo"),
    "capitals": ("CHATDEMO", None),
    "ours within another": ("chatdemo2", None),
    "ours, escaped": ("chat%64emo", None),
    "ours behind an escaped comma": ("soap%2Cchatdemo", None),
    "5000 letters": ("x" * 5000, None),
    "200 of them": (", ".join(f"p{number}" for number in range(200)), None),
}


@pytest.mark.parametrize("offered, chosen", PROTOCOLS.values(), ids=PROTOCOLS)
def test_a_subprotocol_is_chosen_if_it_is_ours(server, offered, chosen):
    answer = chats_over(server, **{PROTOCOL: offered})
    assert answer.headers[PROTOCOL] == chosen


@pytest.mark.parametrize("offered", ["", ",", ", chatdemo ,", "a b", '"chatdemo"', "chatdemo;q=1"])
def test_a_malformed_subprotocol_is_accepted_or_refused(server, offered):
    assert attempt(server, **{PROTOCOL: offered}).status in (101, 400)


ODD_HEADERS = {
    "a connection to keep and upgrade": {"Connection": "keep-alive, Upgrade"},
    "capitals": {"Connection": "UPGRADE", "Upgrade": "WebSocket"},
    "nothing but signs in a cookie": {"Cookie": ";;;===;,"},
    "a cookie of bytes": {"Cookie": b"chatdemo_sessionid=\xff\xfe; \xe9=\xe8"},
    "a forged session": {"Cookie": "chatdemo_sessionid=" + "a" * 32},
    "a session with a quote": {"Cookie": "chatdemo_sessionid=\"'; DROP TABLE django_session; --"},
    "a long session": {"Cookie": "chatdemo_sessionid=" + "a" * 8000},
    "an empty session": {"Cookie": "chatdemo_sessionid="},
    "two cookie headers": {"Cookie": ["chatdemo_sessionid=a", "chatdemo_sessionid=b"]},
    "an unknown extension": {EXTENSIONS: "x-odd; a=1; b, y-odd"},
    "an empty extension": {EXTENSIONS: ""},
    "compression": {EXTENSIONS: "permessage-deflate; client_max_window_bits"},
    "a proxy's root": {"Daphne-Root-Path": "/evil"},
    "a proxy's root that is the address": {"Daphne-Root-Path": "/ws"},
    "a proxy's root that is not ASCII": {"Daphne-Root-Path": b"/\xff"},
    "an address forwarded": {"X-Forwarded-For": "not, an, address"},
    "a header that is not ASCII": {"X-Odd": b"\xff\xfe"},
    "a header with an underscore": {"X_Odd": "x"},
    "a language": {"Accept-Language": "x" * 1000},
}


@pytest.mark.parametrize("headers", ODD_HEADERS.values(), ids=ODD_HEADERS)
def test_an_odd_header_does_no_harm(server, headers):
    chats_over(server, **headers)


@pytest.mark.parametrize(
    "parameter", ["nonsense=1", "client_max_window_bits=99", "server_no_context_takeover=1"]
)
def test_compression_on_bad_terms_is_declined(server, parameter):
    """RFC 7692, section 7.1: such an offer MUST be declined, which is to go on without compression."""
    answer = chats_over(server, **{EXTENSIONS: f"permessage-deflate; {parameter}"})
    assert answer.headers[EXTENSIONS] is None


@on_each_loop
def test_a_handshake_that_comes_byte_by_byte_is_accepted(server):
    with Raw(server) as client:
        for byte in request(b"GET /ws/chat/lobby/ HTTP/1.1", {"Host": "localhost", **HANDSHAKE}):
            client.send(bytes([byte]))
        assert client.answer().status == 101


@on_each_loop
def test_a_connection_that_has_got_pages_can_upgrade(server):
    with Raw(server) as client:
        for path in (b"/chat/lobby/", b"/nowhere/", b"/ws/chat/lobby/"):
            client.request(b"GET " + path + b" HTTP/1.1")
            assert client.answer().status in (200, 404, 426)
        assert handshake(client, f"/ws/chat/{new_room()}/").status == 101
        client.send(said("hello"))
        assert client.heard()["message"] == "hello"


@on_each_loop
def test_a_handshake_in_a_pipeline_behind_a_page_is_accepted(server):
    with Raw(server) as client:
        host = {"Host": "localhost"}
        page = request(b"GET /chat/lobby/ HTTP/1.1", host)
        client.send(
            page + request(f"GET /ws/chat/{new_room()}/ HTTP/1.1".encode(), host | HANDSHAKE)
        )
        assert [client.answer().status, client.answer().status] == [200, 101]
        client.send(said("hello"))
        assert client.heard()["message"] == "hello"


@on_each_loop
def test_a_second_handshake_on_an_open_websocket_is_a_breach(server):
    with Raw(server) as client:
        assert handshake(client).status == 101
        client.request(b"GET /ws/chat/lobby/ HTTP/1.1", **HANDSHAKE)
        assert client.frame().code == 1002


EARLY = {
    "a frame": frame(TEXT, b'{"message": "early"}'),
    "half a frame": frame(TEXT, b"x" * 100)[:20],
    "an empty line": b"\r\n\r\n",
    "a line": b"nonsense\r\n\r\n",
    "another handshake": request(
        b"GET /ws/chat/lobby/ HTTP/1.1", {"Host": "localhost", **HANDSHAKE}
    ),
    "a page": request(b"GET /chat/lobby/ HTTP/1.1", {"Host": "localhost"}),
    "megabytes": b"\x81" * 2_000_000,
}


@on_each_loop
@pytest.mark.parametrize("data", EARLY.values(), ids=EARLY)
@pytest.mark.parametrize("is_separate", [False, True], ids=["at once", "in two parts"])
def test_what_comes_before_the_handshake_is_answered_does_no_harm(server, data, is_separate):
    head = request(b"GET /ws/chat/lobby/ HTTP/1.1", {"Host": "localhost", **HANDSHAKE})
    is_long = len(data) > 1_000_000
    for _ in range(1 if is_long else 5):
        with Raw(server) as client:
            for part in (head, data) if is_separate else (head + data,):
                client.send(part)
            try:
                status = client.answer().status
            except ConnectionResetError:  # it hung up while we sent, and TCP dropped its answer
                assert is_long
            else:
                assert status == 101 or 400 <= status < 500
    assert still_chats(server)


WHOLE = request(b"GET /ws/chat/lobby/ HTTP/1.1", {"Host": "localhost", **HANDSHAKE})
BROKEN_OFF = {
    "a request line": WHOLE[:20],
    "half the headers": WHOLE[: len(WHOLE) // 2],
    "all but the last byte": WHOLE[:-1],
    "a whole handshake": WHOLE,
    "a refused handshake": WHOLE.replace(b"lobby", b".."),
    "a handshake without a key": WHOLE.replace(KEY.encode(), b"X-Odd"),
}


@on_each_loop
@pytest.mark.parametrize("data", BROKEN_OFF.values(), ids=BROKEN_OFF)
@pytest.mark.parametrize("aborted", [False, True], ids=["closed", "reset"])
def test_hanging_up_in_a_handshake_disturbs_nobody(server, data, aborted):
    with join(server, "lobby"):
        for _ in range(10):
            hang_up(server, data, aborted)
        assert still_chats(server)


@on_each_loop
def test_fifty_refused_handshakes_in_a_row_disturb_nobody(server):
    for _ in range(50):
        assert attempt(server, "/ws/nowhere/").status == 403
    assert still_chats(server)
