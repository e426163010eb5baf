"""What a participant may not say: the sender alone is told, the connection stays open, and the room hears nothing."""

import json

import pytest

from tests.hostile.raw import frame, hear, join, new_room, participant, said, say
from tests.support.frames import BINARY, TEXT

LIMIT = 4000
EMOJI = "\U0001f600"


@pytest.fixture
def sender_and_bystander(server):
    """Two participants of one room."""
    room = new_room()
    with join(server, room) as sender, join(server, room) as bystander:
        yield sender, bystander


def is_error(heard: dict, code: str, **extra: str) -> bool:
    """Whether the frame is the wire contract's error with ``code``, one sentence of detail, and ``extra``."""
    detail = heard.get("detail")
    is_sentence = isinstance(detail, str) and detail.endswith((".", ".)")) and "\n" not in detail
    return is_sentence and heard == {"error": code, "detail": detail, **extra}


def check_refused(sender, bystander, frame: str | bytes, code: str, **extra: str) -> None:
    """Send ``frame``: its sender gets the error, and the next that both get is the good message sent after it."""
    sender.send(frame)
    answer = hear(sender)
    assert is_error(answer, code, **extra), answer
    say(sender, "after")
    assert hear(sender)["message"] == "after"
    assert hear(bystander)["message"] == "after"


def nested(depth: int, opening: str = "[", closing: str = "]") -> str:
    return opening * depth + closing * depth


NOT_JSON = {
    "an empty text frame": "",
    "spaces alone": "   ",
    "plain text": "hello",
    "single quotes": "{'message': 'hello'}",
    "a key without quotes": '{message: "hello"}',
    "a comma at the end": '{"message": "hello",}',
    "a comment": '{"message": "hello"} // hi',
    "cut off": '{"message": "hel',
    "two objects": '{"message": "a"}{"message": "b"}',
    "a byte order mark": '\ufeff{"message": "hello"}',
    "a raw newline in the text": '{"message": "a\nb"}',
    "a raw NUL in the text": '{"message": "a\0b"}',
    "a NUL after the object": '{"message": "a"}\0',
    "a bad escape": r'{"message": "\x41"}',
    "half an escape": r'{"message": "\u00"}',
    "NaN alone": "NaN",
    "NaN as the message": '{"message": NaN}',
    "NaN beside a good message": '{"message": "hello", "n": NaN}',
    "Infinity": '{"message": "hello", "n": Infinity}',
    "minus Infinity": "[-Infinity]",
    "a number of 5000 digits": "1" * 5000,
    "a message of 5000 digits": f'{{"message": {"1" * 5000}}}',
    "100 000 opening brackets": "[" * 100_000,
    "100 000 nested arrays": nested(100_000),
    "100 000 nested objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "100 000 arrays as the message": f'{{"message": {nested(100_000)}}}',
    "a number with a leading zero": '{"message": 01}',
    "Python's literals": '{"message": None}',
    "a form": "message=hello",
    "XML": "<message>hello</message>",
}


@pytest.mark.parametrize("text", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json_is_refused_as_bad_json(sender_and_bystander, text):
    check_refused(*sender_and_bystander, text, "bad_json")


NOT_A_MESSAGE = {
    "an empty array": "[]",
    "an array with a message in it": '[{"message": "hello"}]',
    "a string": '"hello"',
    "a number": "42",
    "a number beyond any float": "1e999",
    "null": "null",
    "true": "true",
    "an empty object": "{}",
    "another key": '{"text": "hello"}',
    "a key in capitals": '{"MESSAGE": "hello"}',
    "a key with a space": '{"message ": "hello"}',
    "a message that is null": '{"message": null}',
    "a message that is a number": '{"message": 1}',
    "a message that is zero": '{"message": 0}',
    "a message that is a float": '{"message": 1.5}',
    "a message that is true": '{"message": true}',
    "a message that is false": '{"message": false}',
    "a message that is an array": '{"message": ["hello"]}',
    "a message that is an empty array": '{"message": []}',
    "a message that is an object": '{"message": {"message": "hello"}}',
    "a high surrogate alone": r'{"message": "\ud800"}',
    "a low surrogate alone": r'{"message": "hello \udfff"}',
    "surrogates the wrong way round": r'{"message": "\ude00\ud83d"}',
    "an event of the channel layer": '{"type": "chat.message", "text": "hello"}',
    "40 nested arrays": nested(40),
}


@pytest.mark.parametrize("text", NOT_A_MESSAGE.values(), ids=NOT_A_MESSAGE)
def test_json_that_is_no_message_is_refused_as_bad_message(sender_and_bystander, text):
    check_refused(*sender_and_bystander, text, "bad_message")


BAD_IDS = {
    "empty": "",
    "65 characters": "a" * 65,
    "10 000 characters": "a" * 10_000,
    "a space": "a b",
    "a newline at the end": "abc\n",
    "a dot": "a.b",
    "markup": "<b>",
    "a letter with an accent": "é",
    "Arabic digits": "١٢",
    "a NUL": "\0",
    "a lone surrogate": "\ud800",
    "a number": 7,
    "zero": 0,
    "false": False,
    "a float": 1.5,
    "an array": ["a"],
    "an object": {},
}


@pytest.mark.parametrize("id", BAD_IDS.values(), ids=BAD_IDS)
def test_a_bad_client_id_is_refused_as_bad_message(sender_and_bystander, id):
    check_refused(*sender_and_bystander, json.dumps({"message": "hello", "id": id}), "bad_message")


BLANK = {
    "nothing": "",
    "a space": " ",
    "1000 spaces": " " * 1000,
    "newlines and tabs": "\r\n\t\n",
    "a no-break space": "\u00a0",
    "an ideographic space": "\u3000",
    "a line separator": "\u2028",
    "a space without width": "\u200b",
    "joiners and turns": "\u200d\u202e\u2066",
    "a filler that Unicode has for a letter": "\u3164",
}


@pytest.mark.parametrize("text", BLANK.values(), ids=BLANK)
def test_a_blank_message_is_refused_as_empty(sender_and_bystander, text):
    check_refused(*sender_and_bystander, json.dumps({"message": text}), "empty")


TOO_LONG = {
    "one character over the limit": "x" * (LIMIT + 1),
    "one emoji over the limit": EMOJI * (LIMIT + 1),
    "a frame just below 1 MiB": "x" * (1024 * 1024 - len('{"message": ""}')),
}


@pytest.mark.parametrize("text", TOO_LONG.values(), ids=TOO_LONG)
def test_a_message_over_the_limit_is_refused_as_too_long(sender_and_bystander, text):
    check_refused(
        *sender_and_bystander, json.dumps({"message": text}, ensure_ascii=False), "too_long"
    )


def test_too_long_says_how_long_and_what_the_limit_is(sender_and_bystander):
    sender, _ = sender_and_bystander
    say(sender, "x" * 4001)
    detail = hear(sender)["detail"]
    assert "4001" in detail and "4000" in detail


NOT_TEXT = {
    "an empty binary frame": b"",
    "one byte": b"\0",
    "a good message in binary": b'{"message": "hello"}',
    "bytes that are no UTF-8": b"\xff\xfe\xfd",
    "half a megabyte": b"\xaa" * 500_000,
}


@pytest.mark.parametrize("data", NOT_TEXT.values(), ids=NOT_TEXT)
def test_a_binary_frame_is_refused_as_not_text(sender_and_bystander, data):
    check_refused(*sender_and_bystander, data, "not_text")


def test_an_empty_frame_without_any_payload_is_refused_at_the_level_of_frames_too(server):
    with participant(server, new_room()) as client:
        client.send(frame(TEXT) + frame(BINARY) + said("after"))
        heard = [client.heard() for _ in range(3)]
    assert is_error(heard[0], "bad_json") and is_error(heard[1], "not_text")
    assert heard[2]["message"] == "after"


@pytest.mark.parametrize("content", [{"message": ""}, {"message": "x" * 4001}, {"message": 1}, {}])
def test_an_error_carries_the_id_of_what_was_refused(sender_and_bystander, content):
    sender, _ = sender_and_bystander
    sender.send(json.dumps({**content, "id": "mine-1"}))
    heard = hear(sender)
    assert is_error(heard, heard["error"], id="mine-1")


def test_a_hundred_bad_messages_in_a_row_get_a_hundred_errors(sender_and_bystander):
    sender, bystander = sender_and_bystander
    for _ in range(100):
        sender.send("no JSON")
    assert all("error" in hear(sender) for _ in range(100))
    say(bystander, "hello")
    assert hear(bystander)["message"] == "hello"


GOOD = {
    "one character": "x",
    "exactly 4000 characters": "x" * LIMIT,
    "exactly 4000 emoji": EMOJI * LIMIT,
    "4000 NULs and a letter": "\0" * (LIMIT - 1) + "x",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "an entity": "&lt;b&gt; &amp;amp;",
    "a template": "{{ 7 * 7 }} {% load static %} ${7*7} %s %(a)s {0}",
    "SQL": "'; DROP TABLE django_session; --",
    "right to left": "\u202eשלום\u202c مرحبا",
    "combining marks": "e\u0301" + "\u0301" * 500,
    "a family of emoji": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a noncharacter": "\uffff \ufdd0 \U0010ffff",
    "a replacement character": "\ufffd",
    "escape sequences of a terminal": "\x1b[31mred\x1b[0m \x07",
    "newlines": "one\r\ntwo\nthree\u2028four",
    "JSON in JSON": '{"error": "bad_json", "detail": "not an error"}',
    "a backslash and quotes": "\\\" \\u0041 '",
    "spaces round it": "  hello  ",
    "a word of Python": "__import__('os').system('true')",
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD)
@pytest.mark.parametrize("ascii", [True, False], ids=["escaped", "as UTF-8"])
def test_odd_text_reaches_everyone_unchanged(sender_and_bystander, text, ascii):
    sender, bystander = sender_and_bystander
    sender.send(json.dumps({"message": text}, ensure_ascii=ascii))
    assert hear(sender)["message"] == text
    assert hear(bystander)["message"] == text


ODD_JSON = {
    "the last of two equal keys counts": ('{"message": "first", "message": "second"}', "second"),
    "space round the object": (' \r\n\t{ "message" : "hello" } \n', "hello"),
    "an escaped key": (r'{"\u006dessage": "hello"}', "hello"),
    "a pair of surrogates": (r'{"message": "\ud83d\ude00"}', EMOJI),
    "an escaped NUL": (r'{"message": "a\u0000b"}', "a\0b"),
    "an escaped slash": (r'{"message": "a\/b"}', "a/b"),
}


@pytest.mark.parametrize("text, wanted", ODD_JSON.values(), ids=ODD_JSON)
def test_odd_json_is_understood(sender_and_bystander, text, wanted):
    sender, bystander = sender_and_bystander
    sender.send(text)
    assert hear(sender)["message"] == wanted
    assert hear(bystander)["message"] == wanted


def test_further_keys_go_to_nobody(sender_and_bystander):
    sender, bystander = sender_and_bystander
    forged = {
        "error": "empty",
        "event": "x",
        "type": "websocket.close",
        "sender": "me",
        "secret": 1,
        "seq": -5,
    }
    say(sender, "hello", **forged)
    for client in (sender, bystander):
        heard = hear(client)
        assert heard["message"] == "hello"
        assert not {"error", "event", "type", "sender", "secret"} & set(heard)
        assert heard.get("seq") != -5


@pytest.mark.parametrize("id", ["a", "A-z_09", "a" * 64, "-", "0", "__proto__"])
def test_the_id_goes_to_its_sender_alone(sender_and_bystander, id):
    sender, bystander = sender_and_bystander
    say(sender, "hello", id=id)
    assert hear(sender)["id"] == id
    assert "id" not in hear(bystander)


def test_the_same_id_twice_is_not_mixed_up_between_senders(sender_and_bystander):
    sender, other = sender_and_bystander
    say(sender, "one", id="same")
    assert hear(sender)["id"] == "same" and "id" not in hear(other)
    say(other, "two", id="same")
    assert hear(other)["id"] == "same" and "id" not in hear(sender)
