"""Bad HTTP: each request gets a clear refusal or works; none gets a 5xx, a traceback, or silence."""

import re

import pytest
from django.conf import settings

from tests.hostile.raw import Raw, get, hang_up, is_our_page, on_each_loop, request, still_chats

STATIC = "/" + settings.STATIC_URL.strip("/")


UNKNOWN = {
    "no such page": "/nowhere/",
    "a file that sites have": "/wp-login.php",
    "a hidden file": "/.git/config",
    "the database": "/chat.sqlite3",
    "two slashes": "//",
    "two slashes before a name": "//evil.example/",
    "two slashes before a room": "//chat/lobby/",
    "a room without a name": "/chat//",
    "a letter too much": "/chats/",
    "below the inspector's": "/inspect/nothing.js",
    "a NUL": "/%00",
    "a newline": "/a%0d%0ab",
    "invalid UTF-8": "/%FF%FE",
    "a way out": "/../../etc/passwd",
    "an escaped way out": "/%2e%2e/%2e%2e/etc/passwd",
    "a markup": "/<script>alert(1)</script>",
}


@pytest.mark.parametrize("path", UNKNOWN.values(), ids=UNKNOWN)
def test_an_unknown_address_gets_our_404_page(server, path):
    answer = get(server, path)
    assert answer.status == 404
    assert is_our_page(answer)
    assert "<script>alert" not in answer.text


FOREIGN_HOSTS = {
    "another site": "evil.example",
    "another site and a port": "evil.example:80",
    "our address within another": "127.0.0.1.evil.example",
    "our address before an at sign": "127.0.0.1@evil.example",
    "our address as a user": "127.0.0.1:80@evil.example",
    "a word for a port": "127.0.0.1:http",
    "a list": "127.0.0.1, evil.example",
    "half an IPv6 address": "[::1",
    "empty": "",
    "a space": "127.0.0.1 evil.example",
    "markup": "<script>",
    "a slash": "127.0.0.1/evil",
    "not ASCII": "ëvil.example".encode(),
    "bytes that are no UTF-8": b"\xff\xfe",
    "5000 letters": "x" * 5000,
    "two headers": ["127.0.0.1", "evil.example"],
}


@pytest.mark.parametrize("path", ["/", "/chat/lobby/", "/nowhere/"])
@pytest.mark.parametrize("host", FOREIGN_HOSTS.values(), ids=FOREIGN_HOSTS)
def test_a_foreign_host_gets_our_400_page(server, host, path):
    answer = get(server, path, Host=host)
    assert answer.status == 400
    assert is_our_page(answer)


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:1", "localhost.", "a.localhost", "127.0.0.1", "[::1]:8000"]
)
def test_a_host_of_ours_in_an_odd_spelling_works(server, host):
    assert get(server, "/", Host=host).status == 200


def test_a_missing_host_is_a_bad_request(server):
    """RFC 9112, section 3.2: a server MUST answer an HTTP/1.1 request without a Host with 400."""
    assert get(server, "/", Host=None).status == 400


def test_a_missing_host_is_no_fault_in_http_1_0(server):
    with Raw(server) as client:
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.answer().status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/lobby/"])
def test_a_page_takes_no_data(server, path, method):
    answer = get(server, path, method)
    assert answer.status in (403, 405)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "BREW", "PROPFIND", "X-!#$%&'*+.^_`|~"])
def test_a_method_that_no_page_has_is_refused(server, method):
    assert get(server, "/chat/lobby/", method).status in (403, 405)


@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/lobby/", f"{STATIC}/common/base.css"])
def test_head_gives_the_headers_of_get_alone(server, path):
    with Raw(server) as client:
        client.request(f"HEAD {path} HTTP/1.1".encode())
        head = client.answer(has_body=False)
        client.request(f"GET {path} HTTP/1.1".encode(), Connection="close")
        full = client.answer()
    assert (head.status, full.status) == (200, 200)
    assert head.headers["Content-Length"] == full.headers["Content-Length"] == str(len(full.body))


OUTSIDE = {
    "no such file": "chat/nothing.js",
    "a folder": "chat/",
    "the root": "",
    "a way out": "../../../../../../../../etc/passwd",
    "a way out in the middle": "chat/../../../../../etc/passwd",
    "an escaped way out": "%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "escaped slashes": "..%2f..%2f..%2f..%2fetc%2fpasswd",
    "backslashes": "..%5c..%5c..%5csettings.py",
    "a path from the root": "/etc/passwd",
    "an escaped path from the root": "%2Fetc%2Fpasswd",
    "a template": "../templates/base.html",
    "a module": "../settings.py",
    "a NUL": "chat/room.js%00.txt",
    "invalid UTF-8": "%FF%FE",
    "a newline": "%0a",
    "a name too long for a file": "x" * 5000,
    "a tilde": "~root/.profile",
    "a file as a folder": "chat/room.js/x",
    "an address of Windows": "C:/Windows/win.ini",
}


@pytest.mark.parametrize("path", OUTSIDE.values(), ids=OUTSIDE)
def test_the_static_address_gives_nothing_from_outside(server, path):
    answer = get(server, f"{STATIC}/{path}")
    assert answer.status in (400, 404)
    assert is_our_page(answer)
    assert "root:" not in answer.text


@pytest.mark.parametrize(
    "value",
    ["garbage", "Fri, 99 Foo 9999 99:99:99 GMT", "Thu, 01 Jan 0001 00:00:00 GMT", "9" * 5000],
)
def test_a_bad_date_is_ignored_for_a_static_file(server, value):
    assert get(server, f"{STATIC}/common/base.css", **{"If-Modified-Since": value}).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/ws/chat/lobby/", "/ws/", "/ws/nowhere"])
def test_an_ordinary_request_to_a_websocket_is_told_to_upgrade(server, path, method):
    answer = get(server, path, method)
    assert answer.status == 426
    assert answer.headers["Upgrade"] == "websocket"
    assert method == "HEAD" or is_our_page(answer)


@pytest.mark.parametrize("upgrade", ["h2c", "websocket2", "", "TLS/1.0"])
def test_an_upgrade_to_something_else_is_an_ordinary_request(server, upgrade):
    headers = {"Upgrade": upgrade, "Connection": "Upgrade"}
    with Raw(server) as client:
        client.request(b"GET /chat/lobby/ HTTP/1.1", **headers)
        assert client.answer().status == 200
        client.request(b"GET /ws/chat/lobby/ HTTP/1.1", **headers)
        assert client.answer().status == 426


REDIRECTS = {
    "a room": ("/chat/lobby", "/chat/lobby/"),
    "the index": ("/chat", "/chat/"),
    "a room with an accent": ("/chat/caf%C3%A9", "/chat/caf%C3%A9/"),
    "a room with a query": ("/chat/lobby?after=3&x=%FF", "/chat/lobby/?after=3&x=%FF"),
}


@pytest.mark.parametrize("path, wanted", REDIRECTS.values(), ids=REDIRECTS)
def test_a_missing_slash_is_put_right(server, path, wanted):
    answer = get(server, path)
    assert (answer.status, answer.headers["Location"]) == (301, wanted)


@pytest.mark.parametrize(
    "path", ["//evil.example/chat/lobby", "/%2Fevil.example/chat", "//chat/lobby"]
)
def test_no_missing_slash_leads_to_another_site(server, path):
    answer = get(server, path)
    assert answer.status in (301, 404)
    assert not answer.headers.get("Location", "").startswith("//")


QUERIES = {
    "invalid UTF-8": "x=%FF%FE",
    "bad escapes": "x=%zz&%=%&%4",
    "a NUL": "x=%00",
    "nothing but signs": "&&==&=&?#",
    "1000 names": "&".join(f"a{number}=1" for number in range(1000)),
    "5000 letters": "x" * 5000,
    "markup": "x=<script>alert(1)</script>",
    "brackets": "a[b][c]=1",
    "a number of 5000 digits": "after=" + "9" * 5000,
}


@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/lobby/"])
@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
def test_a_bad_query_does_no_harm(server, path, query):
    answer = get(server, f"{path}?{query}")
    assert answer.status == 200
    assert "<script>alert" not in answer.text


def test_too_many_parameters_are_refused(server):
    answer = get(server, "/chat/?" + "&".join(["a=1"] * 2000))
    assert answer.status == 400 and is_our_page(answer)


COOKIES = {
    "nothing but signs": ";;;===;,",
    "no value": "chatdemo_sessionid",
    "empty": "chatdemo_sessionid=; chatdemo_csrftoken=",
    "a forged session": "chatdemo_sessionid=" + "a" * 32,
    "a long session": "chatdemo_sessionid=" + "a" * 8000,
    "a session with a quote": "chatdemo_sessionid=\"'; DROP TABLE django_session; --",
    "a forged token": "chatdemo_csrftoken=nonsense",
    "bytes": b"chatdemo_sessionid=\xff\xfe; \xe9=\xe8",
    "200 cookies": "; ".join(f"c{number}=1" for number in range(200)),
}


@pytest.mark.parametrize("path", ["/chat/", "/chat/lobby/"])
@pytest.mark.parametrize("cookie", COOKIES.values(), ids=COOKIES)
def test_a_bad_cookie_does_no_harm(server, path, cookie):
    assert get(server, path, Cookie=cookie).status == 200


HEADERS = {
    "an address forwarded": {
        "X-Forwarded-For": "not, an, address",
        "X-Forwarded-Host": "evil.example",
    },
    "a language": {"Accept-Language": "x" * 1000},
    "a type": {"Content-Type": '";;=/'},
    "an unknown charset": {"Content-Type": "text/html; charset=nonsense"},
    "a charset that is no text": {"Content-Type": "text/html; charset=rot13"},
    "a charset of bytes": {"Content-Type": "text/html; charset=zlib"},
    "a charset that always fails": {"Content-Type": "text/html; charset=undefined"},
    "a charset for host names": {"Content-Type": "text/html; charset=idna"},
    "a range": {"Range": "bytes=-5-1000"},
    "a login": {"Authorization": "Basic \xff".encode("latin-1")},
    "a header that is not ASCII": {"X-Odd": b"\xff\xfe\x80"},
    "a header with an underscore": {"Content_Length": "x"},
    "an empty header": {"X-Odd": ""},
    "a condition": {"If-None-Match": "garbage", "If-Unmodified-Since": "garbage"},
}


@pytest.mark.parametrize("path", ["/chat/", "/chat/lobby/?room=a%20b"])
@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_an_odd_header_does_no_harm(server, path, headers):
    answer = get(server, path, **headers)
    assert answer.status == 200 or (answer.status == 400 and is_our_page(answer))


@pytest.mark.parametrize("root", ["/evil", "/chat", "https://evil.example", b"/\xff"], ids=ascii)
@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/lobby/", "/chat/../"])
def test_a_visitor_cannot_move_the_links_by_a_header_for_proxies(server, path, root):
    answer, plain = get(server, path, **{"Daphne-Root-Path": root}), get(server, path)
    assert (answer.status, without_token(answer.body)) == (plain.status, without_token(plain.body))


def without_token(page: bytes) -> bytes:
    """A page without its CSRF token, which is another each time."""
    return re.sub(rb'(name="csrfmiddlewaretoken" value=")\w+', rb"\1", page)


MALFORMED = {
    "not HTTP": b"hello\r\n\r\n",
    "no version (HTTP/0.9)": b"GET /\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: localhost\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
    "another protocol": b"GET / FTP/1.1\r\nHost: localhost\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a space in the path": b"GET /chat/a b/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tab": b"GET\t/\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no path": b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no method": b" / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a bad method": b"G<T / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes in the path": b"GET /chat/caf\xc3\xa9/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "Latin-1 in the path": b"GET /chat/caf\x85/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a control character in the path": b"GET /chat/\x01/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a NUL in the path": b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "bytes in the query": b"GET /chat/?room=\x90 HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd : x\r\n\r\n",
    "a NUL in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd: a\0b\r\n\r\n",
    "a control character in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd: a\x0bb\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a length that is no number": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n",
    "a negative length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
    "a length with a sign": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: +1\r\n\r\nx",
    "an empty length": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: \r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
    "a list of lengths": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 1\r\n\r\nx",
    "a length of 5000 digits": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
    + b"9" * 5000
    + b"\r\n\r\n",
    "a length and chunks": b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown encoding": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
    "a chunk that is no number": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "a chunk of a negative size": b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a header of 1 MB": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd: "
    + b"x" * 1_000_000
    + b"\r\n\r\n",
    "a header of 100 kB without an end": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd: "
    + b"x" * 100_000,
    "many headers": b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 600 + b"\r\n",
    "a request line of 100 kB": b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_request_is_a_bad_request(server, data):
    with Raw(server) as client:
        client.send(data)
        answer = client.answer()
        assert 400 <= answer.status < 500
        assert b"Traceback" not in answer.body


ODD = {
    "a whole address": b"GET http://localhost/chat/lobby/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a line before it": b"\r\nGET /chat/lobby/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a header of 20 kB": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Odd: "
    + b"x" * 20_000
    + b"\r\n\r\n",
    "a method in small letters": b"get /chat/lobby/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a folded header": b"GET /chat/lobby/ HTTP/1.1\r\nHost: localhost\r\nX-Odd: a\r\n b\r\n\r\n",
    "a body that GET has not": b"GET /chat/lobby/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc",
    "a body in chunks": b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "headers in odd cases": b"GET /chat/lobby/ HTTP/1.1\r\nhOsT: localhost\r\n\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a tunnel": b"CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_an_odd_request_works_or_is_refused(server, data):
    with Raw(server) as client:
        client.send(data)
        assert client.answer().status in (200, 400, 403, 404, 405)


@on_each_loop
@pytest.mark.parametrize("count", [2, 50])
def test_pipelined_requests_are_answered_in_order(server, count):
    with Raw(server) as client:
        paths = [f"/chat/room-{number}/" for number in range(count)]
        host = {"Host": f"127.0.0.1:{server.port}"}
        client.send(b"".join(request(f"GET {path} HTTP/1.1".encode(), host) for path in paths))
        for number in range(count):
            answer = client.answer()
            assert answer.status == 200 and f"<title>room-{number} " in answer.text


@on_each_loop
def test_a_request_that_comes_byte_by_byte_is_answered(server):
    with Raw(server) as client:
        for byte in request(b"GET /chat/lobby/ HTTP/1.1", {"Host": "localhost"}):
            client.send(bytes([byte]))
        assert client.answer().status == 200


PARTIAL = {
    "nothing": b"",
    "a byte": b"G",
    "a method": b"GET ",
    "a line without its end": b"GET /chat/lobby/ HTTP/1.1",
    "lines with LF alone": b"GET /chat/lobby/ HTTP/1.1\nHost: localhost\n\n",
    "headers without their end": b"GET /chat/lobby/ HTTP/1.1\r\nHost: localhost\r\n",
    "a body that is too short": b"POST /chat/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc",
    "half a chunk": b"POST /chat/ HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc",
    "a whole request": b"GET /chat/lobby/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@on_each_loop
@pytest.mark.parametrize("data", PARTIAL.values(), ids=PARTIAL)
@pytest.mark.parametrize("aborted", [False, True], ids=["closed", "reset"])
def test_hanging_up_early_disturbs_nobody(server, data, aborted):
    hang_up(server, data, aborted)
    assert still_chats(server)


@on_each_loop
def test_a_body_of_five_megabytes_is_refused_without_harm(server):
    with Raw(server) as client:
        client.request(b"POST /chat/lobby/ HTTP/1.1", **{"Content-Length": "5000000"})
        client.send(b"x" * 5_000_000)
        assert client.answer().status in (403, 405, 413)


def test_a_form_that_no_parser_takes_is_refused(server):
    token = "a" * 32
    headers = {
        "Cookie": f"chatdemo_csrftoken={token}",
        "Content-Type": "multipart/form-data; boundary=\xff",
    }
    with Raw(server) as client:
        client.request(b"POST /chat/ HTTP/1.1", **headers, **{"Content-Length": "4"})
        client.send(b"junk")
        answer = client.answer()
    assert 400 <= answer.status < 500 and "Traceback" not in answer.text


def test_a_client_that_waits_to_be_told_to_continue_is_told(server):
    with Raw(server) as client:
        client.request(b"POST /chat/ HTTP/1.1", **{"Content-Length": "1", "Expect": "100-continue"})
        assert client.answer().status == 100
        client.send(b"x")
        assert client.answer().status in (403, 405)
