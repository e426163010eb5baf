"""A transcript as JSON."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.transcripts.formats import FORMATS, write

AT = "2026-11-22T10:00:00.000Z"
ANY = st.text(st.characters())  # lone surrogates too


def written(*pages):
    return "".join(write(FORMATS["json"](), "lobby", pages)).encode("utf-8")


@given(st.lists(st.lists(st.tuples(ANY, ANY))))
def test_every_text_comes_back_as_it_was(pages):
    stored = [
        [StoredMessage(number, name, text, AT) for number, (name, text) in enumerate(page)]
        for page in pages
    ]
    expected = [
        {"seq": one.seq, "at": AT, "name": one.name, "text": one.text}
        for page in stored
        for one in page
    ]
    assert json.loads(written(*stored)) == expected


@given(ANY)
def test_no_character_acts(text):
    shown = written([StoredMessage(1, text, text, AT)]).decode("utf-8")
    assert not any(
        unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in shown.replace("\n", "")
    )
    assert not any(
        unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI")
        for char in shown
    )


def test_a_message_is_a_line():
    lines = (
        written([StoredMessage(1, "Ana", "é\nb", AT)], [StoredMessage(2, "", "<", AT)])
        .decode()
        .splitlines()
    )
    assert lines == [
        "[",
        '{"seq": 1, "at": "2026-11-22T10:00:00.000Z", "name": "Ana", "text": "é\\nb"},',
        '{"seq": 2, "at": "2026-11-22T10:00:00.000Z", "name": "", "text": "<"}',
        "]",
    ]


def test_nothing_said_is_an_empty_array():
    assert json.loads(written()) == []
