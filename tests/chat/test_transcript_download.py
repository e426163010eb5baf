"""A transcript for this machine's own browser."""

import json
from urllib.parse import quote, unquote

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from chatdemo.chat import sqlite_stored_rooms, views
from chatdemo.chat.message_log import Draft
from chatdemo.chat.sqlite_writer import SQLiteWriter
from chatdemo.chat.transcripts import download
from chatdemo.chat.transcripts.formats import FORMATS
from chatdemo.project.asgi import application
from tests.support.communicator import HttpCommunicator
from tests.support.served import Served


def say(*texts, room="lobby"):
    writer = SQLiteWriter(
        settings.DATABASES["default"]["NAME"]
    )  # which pytest-django may have changed
    writer.insert([Draft(room, "ana", None, "Ana", text) for text in texts])
    writer.close()


async def get(path, client="127.0.0.1", method="GET", **headers):
    """The status, the headers and the body that a request from ``client`` gets."""
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    communicator = HttpCommunicator(
        application, method, path, headers=[(b"host", b"localhost"), *named]
    )
    communicator.scope |= {"client": (client, 1), "server": ("192.168.1.5", 8000)}
    communicator.scope["path"] = unquote(communicator.scope["path"])
    await communicator.send_input({"type": "http.request", "body": b""})
    start, body, more = await communicator.receive_output(10), b"", True
    while more:
        part = await communicator.receive_output(10)
        body, more = body + part.get("body", b""), part.get("more_body", False)
    await communicator.wait(10)
    return (
        start["status"],
        {name.decode().lower(): value.decode() for name, value in start["headers"]},
        body,
    )


@pytest.mark.parametrize("form", FORMATS)
async def test_it_is_a_file_to_save(form):
    say("hello", "=1+1")
    status, headers, body = await get(f"/chat/lobby/transcript/?format={form}")
    assert status == 200 and b"hello" in body
    assert headers["content-type"] == FORMATS[form].content_type
    assert headers["content-disposition"] == (
        f"attachment; filename=\"chat-lobby.{form}\"; filename*=UTF-8''chat-lobby.{form}"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


async def test_without_a_format_it_is_markdown():
    say("hello")
    assert (await get("/chat/lobby/transcript/"))[2].endswith(b"**Ana**\n\n> hello\n")


async def test_all_pages_of_it_come(monkeypatch):
    monkeypatch.setattr(sqlite_stored_rooms, "PAGE_ROWS", 2)
    say(*"abcde")
    body = (await get("/chat/lobby/transcript/?format=json"))[2]
    assert [one["text"] for one in json.loads(body)] == [*"abcde"]


async def test_without_messages_it_is_empty():
    assert json.loads((await get("/chat/lobby/transcript/?format=json"))[2]) == []


@pytest.mark.parametrize(
    ("client", "headers"),
    [
        ("192.168.1.9", {}),
        ("192.168.1.9", {"x_forwarded_for": "127.0.0.1"}),
        ("127.0.0.1", {"x_forwarded_for": "192.168.1.9"}),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}),
        ("nonsense", {}),
    ],
)
async def test_for_others_it_is_not_there(client, headers):
    say("hello")
    for path in (
        "/chat/lobby/transcript/",
        "/chat/lobby/transcript/?format=pdf",
        "/chat/../transcript/",
    ):
        status, _, body = await get(path, client, **headers)
        assert status == 404 and b"hello" not in body


async def test_this_machine_may_come_by_its_own_address_in_the_network():
    assert (await get("/chat/lobby/transcript/", "192.168.1.5"))[0] == 200


def test_without_a_client_address_it_is_not_there():
    client = Client(headers={"host": "localhost"})
    assert client.get("/chat/lobby/transcript/", REMOTE_ADDR="").status_code == 404


async def test_another_format_is_refused_with_those_that_there_are():
    status, _, body = await get("/chat/lobby/transcript/?format=pdf")
    assert status == 400 and b"A transcript&#x27;s format is one of md, csv, json, html." in body


async def test_a_name_that_cannot_be_a_rooms_is_refused():
    assert (await get("/chat/a%0Ab/transcript/"))[0] == 400


async def test_nothing_can_be_sent_there():
    assert (await get("/chat/lobby/transcript/", method="POST"))[0] in (403, 405)


@pytest.mark.parametrize(
    ("room", "name"),
    [
        ("lobby", "chat-lobby.csv"),
        ("café", "chat-café.csv"),
        ("日本語", "chat-日本語.csv"),
        ("..", "chat-.csv"),
        (".hidden", "chat-.hidden.csv"),
        ("CON", "chat-CON.csv"),
        ('a"b\\c:d*e?f<g>h|i', "chat-a_b_c_d_e_f_g_h_i.csv"),
        ("a%2Fb\r\nX: y", "chat-a_2Fb__X_ y.csv"),
        ("gnp\u202ecsv.exe", "chat-gnp_csv.exe.csv"),
        ("\U0001f600" * 100, "chat-" + "\U0001f600" * 50 + ".csv"),
        ("ends. ", "chat-ends.csv"),
    ],
)
def test_any_room_has_a_name_that_any_file_system_takes(room, name):
    assert download.file_name(room, "csv") == name
    header = download.disposition(name)
    assert header.isascii() and header.isprintable() and header.count('"') == 2
    assert header.endswith(f"; filename*=UTF-8''{quote(name, safe='')}")


@pytest.mark.parametrize(("client", "may"), [("127.0.0.1", True), ("192.168.1.9", False)])
async def test_the_rooms_page_knows_who_may_download(monkeypatch, client, may):
    contexts = []
    monkeypatch.setattr(
        views, "render", lambda _, __, context: contexts.append(context) or HttpResponse()
    )
    await get("/chat/lobby/", client)
    assert [context["may_download"] for context in contexts] == [may]


def test_a_real_server_sends_it(tmp_path):
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    from websockets.sync.client import connect

    with Served(tmp_path) as server:
        with connect(server.socket_url("/ws/chat/caf%C3%A9/")) as ana:
            ana.send('{"message": "hello"}')
            ana.recv()
        address = f"{server.url}chat/caf%C3%A9/transcript/?format=csv"
        with urlopen(address, timeout=20) as answer:
            assert answer.read().endswith(b",,hello\r\n")
            assert answer.headers["Content-Disposition"].endswith(
                "filename*=UTF-8''chat-caf%C3%A9.csv"
            )
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(address, headers={"X-Forwarded-For": "127.0.0.1"}), timeout=20)
        assert refused.value.code == 404
        refused.value.close()
