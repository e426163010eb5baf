"""Whatever somebody sends is said as theirs: nobody speaks as another, nor is a message taken for another's."""

import json
import sqlite3
from contextlib import ExitStack, closing

import pytest

from tests.hostile.browser import Browser, data, event, message
from tests.hostile.raw import hear, join, new_room, say


@pytest.fixture
def room():
    return new_room()


@pytest.fixture
def ada(server, room):
    browser = Browser(server, room)
    assert browser.call_oneself("Ada").status == 204
    return browser


@pytest.fixture
def eve(server, room):
    browser = Browser(server, room)
    assert browser.call_oneself("Eve").status == 204
    return browser


def persons(server, room: str) -> list[str]:
    """The keys of those who have spoken in the room, in its order. Say that Eve has come by them."""
    sql = "SELECT sender FROM chat_message WHERE room_id = (SELECT id FROM chat_room WHERE name = ?) ORDER BY seq"
    with closing(sqlite3.connect(server.database)) as connection:
        return [person for [person] in connection.execute(sql, [room])]


def test_what_a_message_claims_beside_its_text_counts_for_nothing(server, room, ada, eve):
    with ada.join() as one, eve.join() as other, join(server, room) as plain:
        say(one, "it is me")
        true = message(other)
        [person] = persons(server, room)
        keys = dict.fromkeys(
            ("sender", "sender_token", "person", "client", "session", "channel_name"), person
        )
        claims = {
            **true,
            "message": "it is me",
            "you": "Ada",
            "user": "Ada",
            "type": "chat.message",
            **keys,
        }
        for client, name in ((other, "Eve"), (plain, None)):
            client.send(json.dumps(claims))
            for hearer in (one, other, plain):
                while (heard := message(hearer))["seq"] < (2 if name else 3):
                    pass
                assert heard.get("name") == name and heard["at"] != true["at"]
    assert len(set(persons(server, room))) == 3


def test_anothers_id_neither_suppresses_nor_takes_over_their_message(server, room, ada, eve):
    with ada.join() as one, eve.join() as other:
        say(other, "Eve's, first", id="guessed")
        assert message(other)["id"] == "guessed"
        say(one, "Ada's", id="guessed")
        heard = [message(one), message(one)]
        assert [frame["message"] for frame in heard] == ["Eve's, first", "Ada's"]
        assert "id" not in heard[0] and heard[1]["id"] == "guessed"
        assert "id" not in message(other)
        say(other, "Eve's, again", id="guessed")
        assert message(other) == {**heard[0], "id": "guessed"}


def test_nobody_learns_anothers_id_from_what_was_said(server, room, ada, eve):
    with ada.join() as one:
        say(one, "hello", id="adas-own")
        message(one)
    with (
        eve.join("?after=0") as other,
        join(server, f"{room}/?after=0&x=") as plain,
        ada.join("?after=0") as again,
    ):
        assert "id" not in message(other) and "id" not in hear(plain)
        assert message(again)["id"] == "adas-own"
    for browser, own in ((ada, True), (eve, False)):
        [one] = data(browser.get(f"/chat/{room}/").text, "past")["messages"]
        assert one["own"] is own and "adas-own" not in str(one)


def claims(person: str) -> list[str]:
    return [person, f"client-{person}", person + "%00", "%6" + person]


def test_no_secret_makes_a_client_somebody_with_a_session(server, room, ada):
    with ada.join() as one:
        say(one, "hello", id="adas-own")
        message(one)
        [person] = persons(server, room)
        session = ada.cookies["chatdemo_sessionid"].value
        for secret in [*claims(person), *claims(session)]:
            with join(server, f"{room}/?client={secret}&x=") as eve:
                say(eve, "from Eve", id="adas-own")
                heard = message(one)
                assert heard["message"] == "from Eve" and "name" not in heard and "id" not in heard


def test_no_secret_makes_a_client_another_client(server, room, eve):
    with join(server, f"{room}/?client=a-long-secret&x=") as plain:
        say(plain, "hello", id="own")
        hear(plain)
        [person] = persons(server, room)
        with ExitStack() as stack:
            others = [
                join(server, f"{room}/?client={secret}&x=")
                for secret in [person, person.partition("-")[2], ""]
            ]
            others += [eve.join("?client=a-long-secret")]  # who has a session is its person
            for other in others:
                stack.enter_context(other)
                say(other, "from Eve", id="own")
                heard = hear(plain)
                assert heard["message"] == "from Eve" and "id" not in heard


@pytest.mark.parametrize(
    "change",
    [str.upper, lambda key: key[:-1], lambda key: key + "x", lambda key: "a" * 32, lambda key: "%"],
    ids=range(5),
)
def test_a_session_that_is_almost_anothers_is_nobodys(server, room, ada, change):
    eve = Browser(server, room)
    eve.cookies["chatdemo_sessionid"] = change(ada.cookies["chatdemo_sessionid"].value)
    with eve.join() as page:
        assert event(page, "welcome")["you"] is None
        say(page, "hello")
        assert "name" not in message(page)


def test_whoever_calls_themselves_as_another_is_told_apart_from_them(server, room, ada, eve):
    with ada.join() as one, eve.join() as other:
        for name in [
            "Ada",
            "ADA ",
            "Ada (2)",
            "A\u200dda",
            "Ada\ufe0f",
            "\u202eAda",
            "Ａｄａ",
            "Ada\u3164",
        ]:
            assert eve.call_oneself(name).status == 204
            say(other, "hello")
            assert message(one)["name"].endswith(" (2)"), name
        say(one, "hello")
        while (heard := message(other))["name"].endswith(" (2)"):
            pass
        assert heard["name"] == "Ada"


def test_nobody_gives_another_a_name(server, room, ada, eve):
    with ada.join() as one, eve.join() as other:
        say(one, "hello")
        message(one)
        [person] = persons(server, room)
        body = f"name=Mallory&person={person}&client={person}&old=Ada".encode()
        assert eve.post(f"/chat/{room}/name/?person={person}", body).status == 204
        say(one, "again")
        assert message(one)["name"] == "Ada"
        say(other, "hello")
        assert message(one)["name"] == "Mallory"
