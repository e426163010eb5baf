"""Payloads as text to show."""

import enum
import json
from collections import Counter, OrderedDict, defaultdict, namedtuple

import pytest
from django.http import QueryDict
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.inspector.formatting import MAX_DEPTH, MAX_PAYLOAD_CHARACTERS, format_value, size_of


class Level(enum.IntEnum):
    HIGH = 3


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
        ({"frame": '{"message": "it"}'}, """{"frame": '{"message": "it"}'}"""),
        ({"frame": '{"message": "it\'s"}'}, """{"frame": "{"message": "it's"}"}"""),
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
    def fail(self, *arguments):
        raise AssertionError

    methods = ("repr", "str", "len", "iter", "getitem", "hash", "bool", "getattribute")
    own = {f"__{name}__": fail for name in methods} | {"items": fail}
    kinds = {"{}": dict, "[]": list, "": str, "0": int, "0.0": float, "<Bad>": object}
    for text, kind in kinds.items():
        shown = format_value(type("Bad", (kind,), own)())
        assert shown == text


def test_sizes_are_of_texts_and_bytes():
    assert (size_of("äö"), size_of(b"123"), size_of({})) == (2, 3, None)


SECRETS = [
    ('{"token": "abc", "n": 1}', '{"token": <hidden>, "n": 1}'),
    ('{"a": [{"Password" :"x\\"y"}], "b": 2}', '{"a": [{"Password" :<hidden>}], "b": 2}'),
    ('{"credentials": {"user": "mia", "pin": [1]}, "n": 1}', '{"credentials": <hidden>, "n": 1}'),
    ('{"session": 17, "csrf": null, "n": 1}', '{"session": <hidden>, "csrf": <hidden>, "n": 1}'),
    ('[{"api_key": "k"}, 2]', '[{"api_key": <hidden>}, 2]'),
    ('{"password": "cut off', '{"password": <hidden>'),
    ('{"secrets": [1, {"a": "b"', '{"secrets": <hidden>'),
    ('{"text": "{\\"token\\": \\"abc\\"}"}', '{"text": "{\\"token\\": <hidden>}"}'),
    ('{"message": "my password is: x"}', '{"message": "my password is: x"}'),
    ("the token is: x", "the token is: x"),
    ('"{\\"password\\": \\"S2\\"}"', '"{\\"password\\": <hidden>}"'),
    ('42["login",{"password":"S9"}]', '42["login",{"password":<hidden>}]'),
    ("{'password': 'S1', 'n': 1}", "{'password': <hidden>, 'n': 1}"),
    ("name=mia&password=S3", "name=mia&password=<hidden>"),
    ('{"pin": 1234, "pinned": 1}', '{"pin": <hidden>, "pinned": 1}'),
]


@pytest.mark.parametrize(("text", "shown"), SECRETS)
def test_secrets_in_a_text_are_hidden(text, shown):
    assert format_value(text) == shown


@pytest.mark.parametrize("size", [10, 199, 200, 980, 999, 1000, 5000])
def test_a_secret_is_hidden_wherever_a_long_text_is_cut(size):
    text = json.dumps({"filler": "x" * size, "password": "geheim" * 300})
    assert "geheim" not in format_value(text)
    assert "geheim" not in format_value({"type": "x", "frame": text})


@given(st.dictionaries(st.sampled_from(["token", "n"]), values), st.integers(0, 300))
def test_no_part_of_a_secret_is_shown(content, cut):
    content["password"] = ["geheim", {"a": "geheim}]"}]
    content = {key: repr(value) if key == "n" else key for key, value in content.items()} | {
        "password": content["password"]
    }
    assert "geheim" not in format_value(json.dumps(content)[:cut])


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (OrderedDict(a=1, password=2), '{"a": 1, "password": <hidden>}'),
        (defaultdict(list, {"a": [1]}), '{"a": [1]}'),
        (Counter("aab"), '{"a": 2, "b": 1}'),
        (QueryDict("a=1&a=2"), '{"a": ["1", "2"]}'),
        (mark_safe("<b>"), "<b>"),
        ([mark_safe("<b>")], '["<b>"]'),
        (namedtuple("Point", "x y")(1, 2), "[1, 2]"),
        ([Level.HIGH], "[3]"),
    ],
)
def test_a_value_of_a_subclass_is_shown_as_one_of_its_base_class(value, shown):
    assert format_value(value) == shown
