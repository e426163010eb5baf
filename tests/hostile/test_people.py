"""What people send as their name: refused with a reason, or shown exactly as it is tidied."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatdemo.chat import identity
from tests.hostile.browser import Browser, event
from tests.hostile.raw import get, is_our_page, new_room
from tests.hostile.test_room_names import REFUSED


@pytest.fixture(scope="module")
def eve(server):
    return Browser(server, new_room())


def shown(browser: Browser) -> str:
    """The name in the form on the room's page."""
    page = browser.get(f"/chat/{browser.room}/").text
    return unescape(re.search(r'<input id="own-name"[^>]* value="([^"]*)"', page)[1])


UNSEEN = "That name would be invisible. Use letters."
NUL, LONG = ("Null characters are not allowed.", "That name has %d characters; the limit is 40.")
NO_NAMES = {
    "nothing": ("", UNSEEN),
    "spaces": ("   ", UNSEEN),
    "a newline": ("\r\n", UNSEEN),
    "an ideographic space": ("\u3000", UNSEEN),
    "a NUL": ("\0", NUL),
    "a NUL within": ("A\0da", NUL),
    "41 letters": ("x" * 41, LONG % 41),
    "10 000 letters": ("x" * 10_000, LONG % 10_000),
    "2 MB": ("x" * 2_000_000, LONG % 2_000_000),
    "41 emoji": ("\U0001f600" * 41, LONG % 41),
    "a zero-width space": ("\u200b", UNSEEN),
    "a byte order mark": ("\ufeff", UNSEEN),
    "an override of direction": ("\u202e", UNSEEN),
    "isolates": ("\u2066\u2069", UNSEEN),
    "a joiner": ("\u200d", UNSEEN),
    "40 joiners": ("\u200d" * 40, UNSEEN),
    "an escape": ("\x1b", UNSEEN),
    "a delete": ("\x7f", UNSEEN),
    "a private character": ("\ue000", UNSEEN),
    "a noncharacter": ("\uffff", UNSEEN),
    "a line separator alone": ("\u2028", UNSEEN),
    "a soft hyphen": ("\u00ad", UNSEEN),
    "a variation selector": ("\ufe0f", UNSEEN),
    "a filler": ("\u3164", UNSEEN),
    "a blank of Braille": ("\u2800", UNSEEN),
    "a grapheme joiner": ("\u034f", UNSEEN),
    "a letter that normalization makes three": ("\U0001d160" * 40, LONG % 120),
}


@pytest.mark.parametrize("name, reason", NO_NAMES.values(), ids=NO_NAMES)
def test_what_is_no_name_is_refused_with_the_reason(eve, name, reason):
    before = shown(eve)
    answer = eve.call_oneself(name)
    assert (answer.status, answer.text) == (400, reason)
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert shown(eve) == before


NAMES = {
    "one letter": ("x", "x"),
    "40 letters": ("x" * 40, "x" * 40),
    "40 emoji": ("\U0001f600" * 40, "\U0001f600" * 40),
    "spaces": ("  Ada \t\r\n Lovelace  ", "Ada Lovelace"),
    "a newline and a lie": ("Ada\nadmin: hello", "Adaadmin: hello"),
    "a line separator": ("Ada\u2028admin", "Adaadmin"),
    "an override of direction": ("\u202eevil\u202c", "evil"),
    "isolates": ("\u2067Ada\u2069", "Ada"),
    "escapes of a terminal": ("\x1b[31mAda\x1b[0m", "[31mAda[0m"),
    "markup": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "an attribute's end": ('" autofocus onfocus="alert(1)', '" autofocus onfocus="alert(1)'),
    "an entity": ("&lt;b&gt;", "&lt;b&gt;"),
    "a template": ("{{ settings.SECRET_KEY }}{% debug %}", "{{ settings.SECRET_KEY }}{% debug %}"),
    "SQL": ("'; DROP TABLE django_session; --", "'; DROP TABLE django_session; --"),
    "another's number": ("Ada (2)", "Ada"),
    "a number alone": ("\u200b (2)", "(2)"),
    "numbers within numbers": ("Ada (3) (2) (1)", "Ada"),
    "you": ("Guest (you)", "Guest (you)"),
    "a replacement character": ("\ufffd", "\ufffd"),
    "a formula": ("=1+1", "=1+1"),
    "an emoji of several": (
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    ),
    "a heart": ("\u2764\ufe0f", "\u2764\ufe0f"),
    "a decomposed letter": ("Zoe\u0308", "Zo\u00eb"),
}


@pytest.mark.parametrize("name, wanted", NAMES.values(), ids=NAMES)
def test_a_name_is_shown_as_it_is_tidied(eve, name, wanted):
    assert eve.call_oneself(name).status == 204
    assert shown(eve) == wanted
    with eve.join() as page:
        assert event(page, "welcome")["you"] == wanted


@given(st.text(max_size=50))
@settings(max_examples=30, deadline=None)
def test_any_text_is_refused_with_a_reason_or_shown_as_it_is_tidied(eve, name):
    answer = eve.call_oneself(name)
    if answer.status == 204:
        assert shown(eve) == identity.clean_name(name)
        assert 0 < len(shown(eve)) <= identity.MAX_NAME_LENGTH
    else:
        assert answer.status == 400
        assert answer.text.endswith((".", ".).")) and "\n" not in answer.text


@given(st.binary(max_size=60))
@settings(max_examples=30, deadline=None)
def test_any_bytes_are_refused_or_a_name(eve, body):
    answer = eve.post(f"/chat/{eve.room}/name/", b"name=" + body)
    assert answer.status in (204, 400)


BODIES = {
    "nothing": b"",
    "no name": b"nome=Ada",
    "a key alone": b"name",
    "nothing but signs": b"&&==&=;",
    "JSON": b'{"name": "Ada"}',
    "the name in capitals": b"NAME=Ada",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_form_without_a_name_is_refused_with_the_reason(eve, body):
    answer = eve.post(f"/chat/{eve.room}/name/", body)
    assert (answer.status, answer.text) == (400, UNSEEN)


ODD_BODIES = {
    "bytes that are no UTF-8": (b"name=A%FF", "A\ufffd"),
    "half a character": (b"name=caf%C3", "caf\ufffd"),
    "a surrogate": (b"name=A%ED%A0%80", "A\ufffd\ufffd\ufffd"),
    "a bad escape": (b"name=A%zz", "A%zz"),
    "raw bytes": ("name=Zoë".encode(), "Zoë"),
    "two names": (b"name=Ada&name=Eve", "Eve"),
    "further fields": (b"name=Ada&person=x&chatdemo_sessionid=y&is_staff=1", "Ada"),
    "900 fields": (b"name=Ada" + b"&x=1" * 900, "Ada"),
}


@pytest.mark.parametrize("body, wanted", ODD_BODIES.values(), ids=ODD_BODIES)
def test_an_odd_form_is_understood(eve, body, wanted):
    assert eve.post(f"/chat/{eve.room}/name/", body).status == 204
    assert shown(eve) == wanted


REFUSED_BODIES = {
    "2000 fields": (b"name=Ada" + b"&x=1" * 2000, {}),
    "3 MB": (b"name=" + b"x" * 3_000_000, {}),
    "a charset that is no text": (
        b"name=Ada",
        {"content_type": "application/x-www-form-urlencoded; charset=rot13"},
    ),
    "another charset": (
        b"name=Ada",
        {"content_type": "application/x-www-form-urlencoded; charset=utf-16"},
    ),
    "a form in parts without a boundary": (b"name=Ada", {"content_type": "multipart/form-data"}),
    "a form in parts with a bad boundary": (
        b"name=Ada",
        {"content_type": "multipart/form-data; boundary=\x7f"},
    ),
    "JSON, and says so": (b'{"name": "Ada"}', {"content_type": "application/json"}),
    "a file": (
        b'--x\r\nContent-Disposition: form-data; name="name"; filename="a"\r\n\r\nAda\r\n--x--\r\n',
        {"content_type": "multipart/form-data; boundary=x"},
    ),
}


@pytest.mark.parametrize("body, options", REFUSED_BODIES.values(), ids=REFUSED_BODIES)
def test_a_form_that_cannot_be_read_is_a_bad_request(eve, body, options):
    before = shown(eve)
    answer = eve.post(f"/chat/{eve.room}/name/", body, **options)
    assert answer.status in (400, 413)
    assert is_our_page(answer) or answer.text in (
        "",
        UNSEEN,
    )  # Twisted's own, of a form in parts, is empty
    assert shown(eve) == before


@pytest.mark.parametrize(
    "path", [path for path, _, _ in REFUSED.values() if path and "/" not in path], ids=ascii
)
def test_in_what_cannot_be_a_room_nobody_has_a_name(eve, path):
    answer = eve.post(f"/chat/{path}/name/", b"name=Nobody")
    assert answer.status == 405 or (answer.status == 400 and is_our_page(answer))
    assert shown(eve) != "Nobody"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_the_form_takes_nothing_but_a_post(server, method):
    assert get(server, "/chat/lobby/name/", method).status in (403, 405)
