"""The start page, the pages for what went wrong, and the headers of all."""

import socket
from dataclasses import replace
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client

CLIENT = Client(headers={"host": "localhost"}, raise_request_exception=False)


def test_the_start_page_leads_to_the_chat():
    assert 'href="/chat/"' in CLIENT.get("/").content.decode()


@pytest.mark.parametrize(
    ("host", "lan", "text"),
    [
        ("127.0.0.1", "192.0.2.7", "chatdemo serve --host 0.0.0.0"),
        ("0.0.0.0", "192.0.2.7", "http://192.0.2.7:80/"),
        ("0.0.0.0", None, "once this computer has a network"),
    ],
)
def test_the_start_page_says_how_others_join(monkeypatch, host, lan, text):
    monkeypatch.setattr("chatdemo.project.listening_address.lan_address", lambda: lan)
    monkeypatch.setattr(settings, "CHATDEMO", replace(settings.CHATDEMO, host=host))
    page = CLIENT.get("/", SERVER_NAME="127.0.0.1").content.decode()
    assert text in page
    assert ("--host 0.0.0.0" in page) == (host == "127.0.0.1")


def test_a_student_is_asked_for_a_name_and_a_room_and_sees_no_address():
    page = CLIENT.get("/", REMOTE_ADDR="192.0.2.9").content.decode()
    assert 'name="name"' in page and 'name="room"' in page and 'href="/learn/"' in page
    assert "--host" not in page and "/inspect/" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("room", "leads_to"), [("", "/chat/lobby/"), ("Class 7b", "/chat/Class%207b/")]
)
def test_a_student_joins_a_room_with_a_name(room, leads_to):
    student = Client(headers={"host": "localhost"}, REMOTE_ADDR="192.0.2.9")
    response = student.post("/", {"name": " Ada  Lovelace", "room": room}, follow=True)
    assert response.request["PATH_INFO"] == unquote(leads_to)
    assert 'value="Ada Lovelace"' in response.content.decode()
    assert 'value="Ada Lovelace"' in student.get("/").content.decode()


@pytest.mark.django_db
def test_a_student_without_a_name_is_a_guest_whom_the_room_asks():
    student = Client(headers={"host": "localhost"}, REMOTE_ADDR="192.0.2.9")
    response = student.post("/", {"name": "", "room": "lobby"}, follow=True)
    assert "What's your name?" in response.content.decode()


@pytest.mark.parametrize(
    ("typed", "says"), [("\u2800", "That name would be invisible"), ("x" * 41, "the limit is 40")]
)
def test_a_name_that_cant_be_used_is_asked_for_again_with_the_room_as_it_was_typed(typed, says):
    student = Client(headers={"host": "localhost"}, REMOTE_ADDR="192.0.2.9")
    response = student.post("/", {"name": typed, "room": "Class 7b"})
    page = response.content.decode()
    assert response.status_code == 400 and says in page
    assert f'value="{typed}"' in page and 'value="Class 7b"' in page


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/chat/", '<a href="/chat/" aria-current="page">'),
        ("/chat/lobby/", '<a href="/chat/" aria-current="true">'),
        ("/learn/", '<a href="/learn/" aria-current="page">'),
        ("/learn/echo/", '<a href="/learn/" aria-current="true">'),
    ],
)
def test_the_header_marks_the_part_of_the_site(path, current):
    header = CLIENT.get(path).content.decode().partition("</nav>")[0]
    assert current in header and header.count("aria-current") == 1


def test_the_page_for_a_websockets_address_leads_to_its_room():
    response = CLIENT.get("/ws/chat/caf%C3%A9/")
    assert response.status_code == 426
    assert 'href="/chat/caf%C3%A9/"' in response.content.decode()


def test_who_may_not_inspect_is_told_who_may(monkeypatch):
    monkeypatch.setattr(settings, "CHATDEMO", replace(settings.CHATDEMO, inspect="off"))
    response = CLIENT.get("/inspect/")
    assert response.status_code == 404
    assert "The setting inspect opens it" in response.content.decode()


def test_a_page_is_compressed_for_browsers_that_accept_it():
    assert CLIENT.get("/learn/").headers.get("Content-Encoding") is None
    response = CLIENT.get("/learn/", headers={"accept-encoding": "gzip"})
    assert response.headers["Content-Encoding"] == "gzip"


def test_a_stream_is_not_compressed():
    response = CLIENT.get("/chat/lobby/transcript/", headers={"accept-encoding": "gzip"})
    assert response.streaming and "Content-Encoding" not in response.headers


def test_in_a_lessons_tab_a_page_has_no_header():
    assert 'class="page refusal framed"' in CLIENT.get("/nowhere/?console=").content.decode()
    assert "framed" not in CLIENT.get("/nowhere/").content.decode()


def test_a_page_that_is_not_there_says_what_to_do():
    response = CLIENT.get("/nowhere/")
    assert response.status_code == 404
    assert "Check the address" in response.content.decode()


def test_a_host_that_is_not_ours_says_which_setting_makes_it_so():
    response = CLIENT.get("/", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert "allowed_hosts" in response.content.decode()
    assert "Content-Security-Policy" in response.headers


def test_an_http_request_to_a_websockets_address_gets_a_page_that_says_so():
    response = CLIENT.get("/ws/chat/lobby/")
    assert (response.status_code, response.headers["Upgrade"]) == (426, "websocket")


def test_a_form_from_elsewhere_is_refused():
    response = Client(headers={"host": "localhost"}, enforce_csrf_checks=True).post("/chat/")
    assert response.status_code == 403
    assert "didn&#x27;t come from a page of this chat" in response.content.decode()


def test_a_fault_in_chatdemo_has_a_page_without_a_traceback(monkeypatch):
    def broken(*_, **__):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("chatdemo.chat.room_names.clean_typed_name", broken)
    response = CLIENT.get("/chat/?room=a")
    assert response.status_code == 500
    assert "An error occurred" in response.content.decode()
    assert "division" not in response.content.decode()


@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/lobby/", "/nowhere/", "/chat/a/b/"])
def test_every_page_has_a_strict_policy(path):
    headers = CLIENT.get(path).headers
    policy = dict(
        part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://localhost wss://localhost"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "SAMEORIGIN"


def test_this_machines_own_names_are_answered():
    for name in (
        socket.gethostname(),
        f"{socket.gethostname()}.local",
        "localhost",
        "chat.localhost",
    ):
        assert CLIENT.get("/", headers={"host": name}).status_code == 200


@pytest.mark.parametrize("path", ["/", "/chat/", "/chat/lobby/", "/nowhere/"])
def test_no_page_has_an_inline_script_style_or_handler(path):
    text = CLIENT.get(path).content.decode()
    assert "<style" not in text and " style=" not in text
    assert " on" not in {part[:3] for part in text.split('"')[::2]}
    scripts = [part.partition(">")[0] for part in text.split("<script")[1:]]
    assert all("src=" in script or 'type="application/json"' in script for script in scripts)
