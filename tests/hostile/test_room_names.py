"""Room names: odd ones that work, similar ones that stay apart, and ones that are refused with a reason."""

import json
import re
import unicodedata
from html import unescape
from urllib.parse import quote, unquote

import pytest

from tests.hostile.raw import Raw, get, handshake, hear, is_our_page, join, participant, said, say

LONGEST = 100


def encoded(name: str) -> str:
    return quote(name, safe="")


def room_of_page(page: str) -> tuple[str, str]:
    """The room's name as the page has it, and the room in the address of the WebSocket that its script opens."""
    name = json.loads(
        re.search(r'<script id="room-name" type="application/json">(.*?)</script>', page)[1]
    )
    return name, unescape(re.search(r'data-socket="/ws/chat/([^"/]+)/"', page)[1])


ODD = {
    "one letter": "x",
    "a digit": "7",
    "an accent, composed": unicodedata.normalize("NFC", "café"),
    "an accent, decomposed": unicodedata.normalize("NFD", "café"),
    "what a group name looks like": "caf.c3.a9",
    "what a hashed group name looks like": "sha256_" + "0" * 64,
    "a space": "a b",
    "spaces round it": " a ",
    "a space alone": " ",
    "a plus": "a+b",
    "an encoded dot as text": "%2e",
    "an encoded slash as text": "%2F",
    "three dots": "...",
    "a dot and a letter": ".x",
    "a percent sign": "%",
    "a question mark": "?",
    "a query": "?after=1&x=y",
    "a fragment": "#",
    "an ampersand": "&amp;",
    "a semicolon": ";",
    "a parameter": "a;b=c",
    "a backslash": "\\",
    "dots and a backslash": "..\\..",
    "a colon": "http:",
    "an at sign": "user@host",
    "a double quote": '"',
    "a single quote": "'",
    "brackets": "[::1]",
    "a format": "{0} %s {{ x }}",
    "markup": "<script>alert(1)<!--",
    "a comment's end": "-->]]>",
    "an emoji": "\U0001f600",
    "a flag": "\U0001f1e9\U0001f1ea",
    "a family with joiners": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a zero-width joiner alone": "\u200d",
    "right to left": "חדר غرفة",
    "an override of direction": "\u202eabc",
    "Chinese": "聊天室",
    "a replacement character": "\ufffd",
    "a noncharacter": "\uffff",
    "a private character": "\ue000",
    "a line separator": "\u2028",
    "a no-break space": "\u00a0",
    "a byte order mark": "\ufeff",
    "the last code point": "\U0010ffff",
    "a word of the addresses": "ws",
    "static": "static",
    "index": "index",
    "100 letters": "x" * LONGEST,
    "100 emoji": "\U0001f600" * LONGEST,
    "100 combining marks": "\u0301" * LONGEST,
}


@pytest.mark.parametrize("name", ODD.values(), ids=ODD)
def test_an_odd_name_has_a_page_and_a_chat(server, name):
    page = get(server, f"/chat/{encoded(name)}/")
    assert page.status == 200
    shown, path = room_of_page(page.text)
    assert shown == name and unquote(path) == name
    with join(server, path) as one, join(server, encoded(name)) as other:
        say(one, f"in {name}!")
        assert hear(other)["message"] == hear(one)["message"] == f"in {name}!"


@pytest.mark.parametrize("name", [name for name in ODD.values() if name.strip() == name], ids=ascii)
def test_the_form_leads_to_the_room_that_was_typed(server, name):
    answer = get(server, f"/chat/?room={encoded(name)}")
    assert answer.status == 302
    page = get(server, answer.headers["Location"])
    assert page.status == 200
    assert room_of_page(page.text)[0] == unicodedata.normalize("NFC", name)


CJK = "聊" * (LONGEST - 1)
SIMILAR = {
    "composed and decomposed": (
        unicodedata.normalize("NFC", "café"),
        unicodedata.normalize("NFD", "café"),
    ),
    "a name and what its group is called": ("café", "caf.c3.a9"),
    "a name and its group in capitals": ("café", "caf.C3.A9"),
    "a name and its escapes": ("café", "caf%C3%A9"),
    "a space and an underscore": ("a b", "a_b"),
    "a space and a plus": ("a b", "a+b"),
    "a space and a no-break space": ("a b", "a\u00a0b"),
    "with and without a space before": (" a", "a"),
    "with and without a space after": ("a ", "a"),
    "a hyphen and an underscore": ("a-b", "a_b"),
    "capital and small": ("A", "a"),
    "two cases of sigma": ("σ", "ς"),
    "Latin and Cyrillic": ("a", "а"),
    "wide and narrow": ("Ａ", "A"),
    "with and without a joiner": ("ab", "a\u200db"),
    "with and without a variation selector": ("\u2764", "\u2764\ufe0f"),
    "an encoded dot and two": ("%2e", "%2e%2e"),
    "an escape and its escape": ("%2e", "%252e"),
    "a replacement character and a question mark": ("\ufffd", "?"),
    "100 Chinese characters that differ in the last": (CJK + "天", CJK + "室"),
    "100 letters that differ in the last": ("x" * 99 + "a", "x" * 99 + "b"),
    "100 letters and 99": ("x" * 100, "x" * 99),
    "94 and 95 letters, the edge of a group name": ("x" * 94, "x" * 95),
    "a leading dot": (".a", "a"),
    "NUL's escape as text and nothing": ("a.00", "a"),
}


@pytest.mark.parametrize("one, other", SIMILAR.values(), ids=SIMILAR)
def test_similar_names_never_share_a_room(server, one, other):
    with join(server, encoded(one)) as here, join(server, encoded(other)) as there:
        say(here, "for one")
        say(there, "for the other")
        assert hear(here)["message"] == "for one"
        assert hear(there)["message"] == "for the other"


SPELLINGS = {
    "escaped and plain": ("lobby", "%6cobby"),
    "small and capital digits": ("caf%c3%a9", "caf%C3%A9"),
    "a percent sign that escapes nothing": ("%", "%25"),
    "an escape that is none": ("%zz", "%25zz"),
    "a plain quote and an escaped one": ("'", "%27"),
    "a plain semicolon and an escaped one": ("a;b", "a%3Bb"),
}


@pytest.mark.parametrize("one, other", SPELLINGS.values(), ids=SPELLINGS)
def test_two_spellings_of_an_address_are_one_room(server, one, other):
    with participant(server, one) as here, participant(server, other) as there:
        here.send(said("hello"))
        assert there.heard()["message"] == "hello"
    assert room_of_page(get(server, f"/chat/{one}/").text) == room_of_page(
        get(server, f"/chat/{other}/").text
    )


#: What stands in the address, the status, and a word of the reason on the page.
REFUSED = {
    "empty": ("", 404, "address"),
    "101 letters": ("x" * 101, 400, "101 characters"),
    "101 emoji": (encoded("\U0001f600" * 101), 400, "101 characters"),
    "10 000 letters": ("x" * 10_000, 400, "10000 characters"),
    "a dot": (".", 400, "only dots"),
    "two dots": ("..", 400, "only dots"),
    "an escaped dot": ("%2e", 400, "only dots"),
    "two escaped dots": ("%2E%2e", 400, "only dots"),
    "a slash": ("a/b", 400, "/"),
    "an escaped slash": ("a%2Fb", 400, "/"),
    "two slashes": ("a%2f%2Fb", 400, "/"),
    "a way out": ("..%2f..%2fetc%2fpasswd", 400, "/"),
    "a NUL": ("%00", 400, "control character"),
    "a NUL within": ("a%00b", 400, "control character"),
    "a newline": ("%0A", 400, "control character"),
    "a newline at the end": ("lobby%0a", 400, "control character"),
    "a carriage return and a header": ("a%0d%0aSet-Cookie:%20x=y", 400, "control character"),
    "a tab": ("a%09b", 400, "control character"),
    "an escape": ("%1b[31m", 400, "control character"),
    "a delete": ("%7f", 400, "control character"),
    "a C1 control": (encoded("\u0085"), 400, "control character"),
    "a byte that is no UTF-8": ("%FF", 400, "UTF-8"),
    "UTF-16": ("%FF%FEa%00", 400, "UTF-8"),
    "half a character": ("caf%C3", 400, "UTF-8"),
    "Latin-1": ("caf%E9", 400, "UTF-8"),
    "an overlong slash": ("%C0%AF", 400, "UTF-8"),
    "an overlong NUL": ("%C0%80", 400, "UTF-8"),
    "a surrogate": ("%ED%A0%80", 400, "UTF-8"),
    "beyond Unicode": ("%F4%90%80%80", 400, "UTF-8"),
}


@pytest.mark.parametrize("path, status, reason", REFUSED.values(), ids=REFUSED)
def test_a_name_that_cannot_be_a_rooms_gets_a_page_that_says_why(server, path, status, reason):
    answer = get(server, f"/chat/{path}/")
    assert answer.status == status
    assert is_our_page(answer)
    assert reason in re.search(r'<p class="lead"[^>]*>(.*?)</p>', answer.text, re.DOTALL)[1]


@pytest.mark.parametrize("path", [path for path, _, _ in REFUSED.values()], ids=REFUSED)
def test_a_name_that_cannot_be_a_rooms_is_refused_in_the_handshake(server, path):
    with Raw(server) as client:
        assert handshake(client, f"/ws/chat/{path}/").status == 403


TYPED = {
    "101 letters": "x" * 101,
    "a dot": ".",
    "two dots among spaces": "+..+",
    "a slash": "a%2Fb",
    "another host": "%2F%2Fevil.example",
    "a newline within": "a%0Ab",
    "a NUL": "%00",
}


@pytest.mark.parametrize("typed", TYPED.values(), ids=TYPED)
def test_the_form_says_what_is_wrong_with_a_name(server, typed):
    answer = get(server, f"/chat/?room={typed}")
    assert answer.status == 400
    assert 'role="alert"' in answer.text and 'id="room-name-input"' in answer.text


@pytest.mark.parametrize("kilobytes", [15, 17, 20])
def test_an_address_of_many_kilobytes_is_refused_with_a_page_that_says_why(server, kilobytes):
    answer = get(server, f"/chat/{'x' * kilobytes * 1024}/")
    assert answer.status in (400, 404, 414)
    assert is_our_page(answer)


def test_a_handshake_with_an_address_of_20_kilobytes_is_refused(server):
    with Raw(server) as client:
        assert handshake(client, f"/ws/chat/{'x' * 20_000}/").status in (400, 403, 414)


@pytest.mark.parametrize("path", ["", "/a", "lobby/x", "/"], ids=ascii)
def test_other_addresses_below_a_room_are_refused_too(server, path):
    with Raw(server) as client:
        assert handshake(client, f"/ws/chat/{path}").status == 403
