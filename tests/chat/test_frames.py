"""What a participant may send, and the answer to what can't be taken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.chat.frames import Message, encode, parse, with_id
from chatdemo.chat.message_errors import ERRORS, MessageError

LIMIT = 10


def refusal(text: str | None) -> dict:
    """The frame that answers ``text``."""
    with pytest.raises(MessageError) as caught:
        parse(text, LIMIT)
    return json.loads(caught.value.as_json())


@pytest.mark.parametrize("text", ["hello", " a ", "日本語🎉", "<b>", "\0", "a\nb", "x" * LIMIT])
def test_a_text_is_taken_as_it_is(text):
    assert parse(json.dumps({"message": text}), LIMIT) == Message(text)


def test_what_else_a_client_adds_is_left_alone():
    assert parse(
        '{"type": "chat.message", "message": "a", "message": "b", "n": [1]}', LIMIT
    ) == Message("b")


def test_the_clients_own_id_stays_with_the_message_and_with_its_refusal():
    assert parse('{"message": "a", "id": "x-1_"}', LIMIT) == Message("a", "x-1_")
    assert refusal('{"message": "", "id": "x-1_"}') == {
        "error": "empty",
        "detail": ERRORS["empty"],
        "id": "x-1_",
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (None, "not_text"),
        ("", "bad_json"),
        ("hello", "bad_json"),
        ('{"message": "a"', "bad_json"),
        ('{"message": "a"} x', "bad_json"),
        ("[" * 100_000, "bad_json"),
        ('{"message": ' + "9" * 5000 + "}", "bad_json"),
        ("NaN", "bad_json"),
        ('{"message": "a", "n": -Infinity}', "bad_json"),
        ("null", "bad_message"),
        ('"hello"', "bad_message"),
        ('["message"]', "bad_message"),
        ("{}", "bad_message"),
        ('{"text": "a"}', "bad_message"),
        ('{"message": null}', "bad_message"),
        ('{"message": 1}', "bad_message"),
        ('{"message": ["a"]}', "bad_message"),
        ('{"message": {"a": 1}}', "bad_message"),
        (r'{"message": "\ud83c"}', "bad_message"),
        ('{"message": "a", "id": ""}', "bad_message"),
        ('{"message": "a", "id": 1}', "bad_message"),
        ('{"message": "a", "id": "a b"}', "bad_message"),
        ('{"message": "a", "id": "é"}', "bad_message"),
        ('{"message": "a", "id": "a\\n"}', "bad_message"),
        ('{"message": "a", "id": "' + "a" * 65 + '"}', "bad_message"),
        ('{"message": ""}', "empty"),
        ('{"message": " \\t\\n\\u3000"}', "empty"),
        (r'{"message": "\u200b\u202e \u2060\ufeff\u3164"}', "empty"),
        ('{"message": "' + "a" * (LIMIT + 1) + '"}', "too_long"),
    ],
)
def test_what_is_no_message_gets_its_code_and_a_sentence(text, code):
    answer = refusal(text)
    assert set(answer) == {"error", "detail"}
    assert answer["error"] == code
    assert answer["detail"].endswith(".")


def test_too_long_names_both_lengths_and_counts_characters():
    assert refusal(json.dumps({"message": "🎉" * 11}))["detail"] == (
        "That message has 11 characters; the limit is 10. Shorten it."
    )
    assert parse(json.dumps({"message": "🎉" * 10}), LIMIT).text == "🎉" * 10


@given(st.text())
def test_any_frame_is_a_message_or_has_an_error(text):
    try:
        parse(text, LIMIT)
    except MessageError as error:
        assert error.code in ERRORS


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(), st.lists, max_leaves=5
    ),
    st.text(),
)
def test_any_json_is_a_message_or_has_an_error(value, id):
    try:
        message = parse(json.dumps({"message": value, "id": id}), LIMIT)
    except MessageError as error:
        assert error.code in ERRORS
    else:
        assert json.loads(with_id(encode(message.text), message.id)) == {"message": value, "id": id}
