"""Payloads as text to show."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.inspector.formatting import MAX_DEPTH, MAX_PAYLOAD_CHARACTERS, format_value, size_of

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(values)
def test_every_value_becomes_a_short_text_that_a_websocket_can_carry(value):
    shown = format_value(value)
    assert len(shown) <= MAX_PAYLOAD_CHARACTERS + 30
    json.dumps(shown).encode()
    shown.encode()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"type": "chat.message", "n": 1}, '{"type": "chat.message", "n": 1}'),
        (b"\0\1", "<2 bytes>"),
        ([None, True, 1.5], "[None, True, 1.5]"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("\ud800", "\\ud800"),
        ({"text": "x" * 300}, '{"text": "' + "x" * 200 + '…" (300 characters)}'),
        ("y" * 1_000_000, "y" * MAX_PAYLOAD_CHARACTERS + "… (1,000,000 characters)"),
        (list(range(25)), "[" + ", ".join(map(str, range(20))) + ", … (5 more)]"),
        ({"session_key": "s3cr3t", "Cookie": "a=b", "password": 1}, None),
        (object(), "<object>"),
        pytest.param(10**5000, "<a number of 16,610 bits>", id="a long number"),
    ],
)
def test_what_is_shown(value, shown):
    if shown is None:
        shown = '{"session_key": <hidden>, "Cookie": <hidden>, "password": <hidden>}'
    assert format_value(value) == shown


def test_a_cycle_ends():
    cycle = []
    cycle.append(cycle)
    assert format_value(cycle) == "[" * MAX_DEPTH + "…" + "]" * MAX_DEPTH


def test_no_method_of_the_value_is_called():
    class Bad(dict):
        def __repr__(self):
            raise AssertionError

        __str__ = __len__ = __iter__ = items = __repr__

    assert format_value(Bad()) == "<Bad>"


def test_sizes_are_of_texts_and_bytes():
    assert (size_of("äö"), size_of(b"123"), size_of({})) == (2, 3, None)
