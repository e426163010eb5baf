"""A transcript as CSV."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat.message_log import StoredMessage
from chatdemo.chat.transcripts.control_characters import replace_controls
from chatdemo.chat.transcripts.formats import CSV_FORMULA, FORMATS, csv_cell, write

AT = "2026-11-22T10:00:00.000Z"


def rows(*messages):
    written = (
        "".join(write(FORMATS["csv"](), "lobby", [list(messages)])).encode("utf-8").decode("utf-8")
    )
    return list(csv.reader(io.StringIO(written, newline="")))


def unquoted(text):
    """The text without the apostrophe that is documented."""
    return text[1:] if text[:1] == "'" and CSV_FORMULA.match(text[1:]) else text


@given(st.lists(st.tuples(st.text(), st.text())))
def test_any_text_comes_back_but_for_the_apostrophe(messages):
    stored = [
        StoredMessage(number, name, text, AT) for number, (name, text) in enumerate(messages, 1)
    ]
    head, *read = rows(*stored)
    assert head == ["seq", "at", "name", "text"]
    assert [(unquoted(name), unquoted(text)) for _, _, name, text in read] == [
        (replace_controls(name), replace_controls(text)) for name, text in messages
    ]
    assert [(seq, at) for seq, at, _, _ in read] == [
        (str(number), AT) for number in range(1, len(messages) + 1)
    ]
    for row in read:
        assert all(field[:1] not in set("=+-@＝＋－＠\t\r\n") for field in row)


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1",
        "＝1",
        "'=1",
        '=cmd|"/C calc"!A0',
    ],
)
def test_a_formula_is_text(text):
    assert csv_cell(text) == "'" + replace_controls(text)


@pytest.mark.parametrize(
    "text", ["hello", "", "'tis", "1+1=2", " a", "ein Wort; =1", "a\nb", 'say "hi", Ana', "日本語"]
)
def test_what_is_no_formula_stays_as_it_is(text):
    assert rows(StoredMessage(1, "", text, AT))[1] == ["1", AT, "", text]


def test_control_characters_are_seen_instead_of_obeyed():
    assert (
        rows(StoredMessage(1, "", "\x1b[2J\0\x7f\x9b\ud800 a\r\nb\rc", AT))[1][3]
        == "␛[2J␀␡�� a\nb\nc"
    )
