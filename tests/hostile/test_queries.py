"""What stands behind the ? of an address: a number that is none, a secret of odd bytes, a format that there isn't."""

from urllib.parse import quote

import pytest

from tests.hostile.raw import (
    Raw,
    frame,
    get,
    handshake,
    hear,
    is_our_page,
    join,
    new_room,
    participant,
    said,
    say,
)
from tests.hostile.test_room_names import REFUSED
from tests.support.frames import TEXT

#: Texts that are no seq, percent-encoded.
NO_SEQ = {
    "nothing": "",
    "a space": "%20",
    "a number and a space": "1%20",
    "a plus": "+1",
    "a plus, escaped": "%2B1",
    "minus one": "-1",
    "a float": "1.5",
    "an exponent": "1e3",
    "hexadecimal": "0x1",
    "an underscore": "1_000",
    "a comma": "1,000",
    "16 digits": "9" * 16,
    "5000 digits": "9" * 5000,
    "16 zeros": "0" * 16,
    "Arabic digits": quote("١٢"),
    "a superscript": quote("²"),
    "full-width digits": quote("１２"),
    "digits in a circle": quote("①"),
    "a NUL behind": "1%00",
    "a newline behind": "1%0a",
    "NaN": "nan",
    "infinity": "inf",
    "SQL": quote("1; DROP TABLE chat_message"),
    "a bracket": "[1]",
    "bytes that are no UTF-8": "%FF",
    "markup": quote("<script>alert(1)</script>"),
}


def status(server, query: str) -> int:
    with Raw(server) as client:
        return handshake(client, f"/ws/chat/{new_room()}/?{query}").status


@pytest.mark.parametrize("text", NO_SEQ.values(), ids=NO_SEQ)
def test_after_what_is_no_seq_nobody_is_let_in(server, text):
    assert status(server, f"after={text}") == 403


@pytest.mark.parametrize("text", NO_SEQ.values(), ids=NO_SEQ)
def test_before_what_is_no_seq_there_is_a_page_that_says_why(server, text):
    answer = get(server, f"/chat/{new_room()}/messages/?before={text}")
    assert answer.status == 400 and is_our_page(answer)
    assert "Give ?before= the seq of a message." in answer.text


@pytest.mark.parametrize(
    "query",
    [
        "after=0",
        "after=00",
        "after=" + "9" * 15,
        "after=0&after=x",
        "after=0&" + "x=1&" * 5000,
        "x=%FF&after=0",
        "AFTER=x",
        "after[]=x",
        "%61fter=0",
    ],
    ids=lambda query: query[:20],
)
def test_after_an_odd_address_one_chats(server, query):
    with participant(server, f"{new_room()}/?{query}&x=".replace("/&", "&")) as client:
        client.send(said("hello"))
        assert client.heard()["message"] == "hello"


def test_of_two_afters_the_first_counts(server):
    room = new_room()
    with join(server, room) as ana:
        for text in "abc":
            say(ana, text)
            hear(ana)
    with participant(server, f"{room}/?after=1&after=2&x=") as ben:
        assert [ben.heard()["seq"] for _ in range(2)] == [2, 3]


SECRETS = {
    "one letter": "x",
    "50 kB": "x" * 50_000,
    "a NUL": "%00",
    "newlines": "a%0d%0ab",
    "escapes of a terminal": "%1b[2J",
    "bytes that are no UTF-8": "%FF%FE%80",
    "a surrogate": "%ED%A0%80",
    "an emoji": quote("\U0001f600"),
    "a bad escape": "%zz",
    "markup": quote("<script>alert(1)</script>"),
    "SQL": quote("'; DROP TABLE chat_message; --"),
    "what a person's key looks like": "0123456789abcdef01234567",
    "what a sender looks like": "client-0123456789abcdef0123456789abcdef",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_clients_secret_may_be_any_text_and_whoever_gives_it_is_known_again(server, secret):
    path = f"{new_room()}/?client={secret}&x="
    heard = []
    for _ in range(2):
        with participant(server, path) as ana:
            ana.send(frame(TEXT, b'{"message": "hello", "id": "same"}'))
            heard.append(ana.heard())
    assert heard[0] == heard[1]
    assert (heard[0]["seq"], heard[0]["id"]) == (1, "same") and "name" not in heard[0]


def test_no_secret_and_an_empty_one_are_somebody_else_each_time(server):
    room = new_room()
    for number, query in enumerate(["client=", "client", "client=&client=", "x=1"], start=1):
        with join(server, f"{room}/?{query}&x=") as ana:
            say(ana, "hello", id="same")
            assert hear(ana)["seq"] == number


@pytest.mark.parametrize(
    "given",
    [
        "",
        "pdf",
        "MD",
        "md%00",
        "../md",
        "md&format=pdf",
        "%FF",
        "[md]",
        "x" * 5000,
        "__class__",
        quote("<b>"),
    ],
)
def test_a_transcript_has_no_format_but_its_own(server, given):
    answer = get(server, f"/chat/{new_room()}/transcript/?format={given}")
    assert answer.status == 400 and is_our_page(answer)
    assert "A transcript&#x27;s format is one of md, csv, json, html." in answer.text


BELOW = ["messages/?before=1", "transcript/?format=json"]


@pytest.mark.parametrize("below", BELOW, ids=["messages", "transcript"])
@pytest.mark.parametrize(
    "path", [path for path, _, _ in REFUSED.values() if path and "/" not in path], ids=ascii
)
def test_what_cannot_be_a_room_has_nothing_to_read(server, path, below):
    answer = get(server, f"/chat/{path}/{below}")
    assert answer.status == 400 and is_our_page(answer)
    assert b'"messages"' not in answer.body
