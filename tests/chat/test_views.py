"""The chat's pages."""

import pytest
from django.apps import apps
from django.contrib.sessions.backends import db
from django.db import DatabaseError
from django.test import Client

from chatdemo.chat import views
from chatdemo.chat.models import Message
from chatdemo.chat.room import OpenRoom

CLIENT = Client(headers={"host": "localhost"})


def page(path: str, status: int = 200) -> str:
    response = CLIENT.get(path)
    assert response.status_code == status
    return response.content.decode()


def test_the_index_asks_for_a_room():
    text = page("/chat/")
    assert 'id="room-name-input"' in text and 'id="room-name-submit"' in text


@pytest.mark.parametrize(
    ("typed", "path"),
    [
        ("lobby", "/chat/lobby/"),
        ("  lobby ", "/chat/lobby/"),
        ("my room", "/chat/my%20room/"),
        ("100%?#", "/chat/100%25%3F%23/"),
        ("cafe\u0301", "/chat/caf%C3%A9/"),
        ("日本語", "/chat/%E6%97%A5%E6%9C%AC%E8%AA%9E/"),
        ("", "/chat/lobby/"),
        (" ", "/chat/lobby/"),
    ],
)
def test_a_typed_name_leads_to_its_room(typed, path):
    response = CLIENT.get("/chat/", {"room": typed})
    assert (response.status_code, response.headers["Location"]) == (302, path)


@pytest.fixture
def rooms(monkeypatch):
    """Sets the rooms where somebody is: names and numbers of people."""
    return lambda *rooms: monkeypatch.setattr(
        apps.get_app_config("chat").rooms,
        "with_people",
        lambda: [OpenRoom(*room) for room in rooms],
    )


def test_the_first_page_lists_the_rooms_where_somebody_is(rooms):
    rooms(("lobby", 12), ("<b>", 1))
    text = page("/chat/")
    assert 'href="/chat/lobby/"' in text and "12 people" in text
    assert "&lt;b&gt;" in text and "1 person" in text and "<b>" not in text


def test_the_first_page_lists_a_limited_number_of_rooms(rooms):
    rooms(*((f"room-{number}", 1) for number in range(views.MAX_LISTED_ROOMS + 7)))
    text = page("/chat/")
    assert text.count('href="/chat/room-') == views.MAX_LISTED_ROOMS
    assert "And 7 more rooms." in text


def test_a_name_that_differs_in_capitals_from_an_open_rooms_is_asked_about(rooms):
    rooms(("lobby", 3))
    text = page("/chat/?room=Lobby")
    assert "Did you mean" in text and "3 people are in" in text
    assert 'href="/chat/lobby/"' in text and 'href="/chat/Lobby/"' in text


def test_a_name_with_people_is_not_asked_about(rooms):
    rooms(("lobby", 3), ("Lobby", 1))
    assert CLIENT.get("/chat/", {"room": "Lobby"}).headers["Location"] == "/chat/Lobby/"


@pytest.mark.parametrize("typed", ["a/b", "..", "a" * 101, "<script>/"])
def test_a_typed_name_that_cannot_be_a_rooms_stays_with_the_reason(typed):
    response = CLIENT.get("/chat/", {"room": typed})
    text = response.content.decode()
    assert response.status_code == 400
    assert 'role="alert"' in text and 'aria-invalid="true"' in text
    assert f'value="{typed.replace("<", "&lt;").replace(">", "&gt;")}"' in text


@pytest.mark.parametrize(
    "name", ["lobby", "caf%C3%A9", "my%20room", "100%25", "%3F%23", "a.b", "...", "%5C", "a" * 100]
)
def test_a_room_has_its_page(name):
    text = page(f"/chat/{name}/")
    for id in ("chat-log", "chat-message-input", "chat-message-submit"):
        assert f'id="{id}"' in text
    assert 'data-socket="/ws/chat/' in text


def test_a_name_is_text_on_its_page_and_never_markup():
    text = page("/chat/%3Cscript%3Ealert(1)%3C%2Fscript%3E".replace("%2F", "%E2%81%84") + "/")
    assert "<script>alert" not in text
    assert "\\u003Cscript\\u003Ealert(1)" in text  # json_script's


@pytest.mark.parametrize(
    "path",
    [
        "/chat/a/b/",
        "/chat/a%2Fb/",
        "/chat/%00/",
        "/chat/a%0Ab/",
        "/chat/%2E/",
        "/chat/" + "a" * 101 + "/",
    ],
)
def test_what_cannot_be_a_room_has_a_page_that_says_why(path):
    text = page(path, 400)
    assert "This room name can&#x27;t be used" in text
    assert 'href="/chat/"' in text


def test_a_missing_slash_is_put_right():
    response = CLIENT.get("/chat/caf%C3%A9")
    assert (response.status_code, response.headers["Location"]) == (301, "/chat/caf%C3%A9/")


@pytest.fixture
def locked_out(monkeypatch):
    """The database is such that nothing can be read or written."""

    def fail(*_, **__):
        raise DatabaseError("database is locked")

    monkeypatch.setattr(Message.objects, "filter", fail)
    monkeypatch.setattr(db.SessionStore, "save", fail)


def test_a_history_that_cannot_be_read_is_told_as_that(locked_out):
    assert "Earlier messages can't be loaded now" in page("/chat/lobby/")
    assert '"unread": true' in page("/chat/lobby/messages/?before=9", status=503)


def test_a_name_that_cannot_be_kept_is_not_said_to_be(locked_out):
    response = CLIENT.post("/chat/lobby/name/", {"name": "Late"})
    assert response.status_code == 503
    assert (
        response.content.decode() == "The server can't store that name now. Try again in a moment."
    )
