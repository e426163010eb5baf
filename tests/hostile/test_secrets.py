"""What nobody may learn: sessions' keys, the keys by which people are known, clients' secrets, the server's own key."""

import json
import sqlite3
from contextlib import closing

import pytest
from websockets.sync.client import connect

from tests.hostile.browser import Browser
from tests.hostile.raw import Raw, frame, get, handshake, hear, join, say, serving
from tests.support.frames import TEXT
from tests.support.served import TIMEOUT_SECONDS

CLIENTS_SECRET = "a-clients-long-secret"
FORMATS = ("md", "csv", "json", "html")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """One that says all that it has to say."""
    with serving(tmp_path_factory.mktemp("secrets"), CHATDEMO_DEBUG="true") as served:
        yield served


def watch(server):
    """The inspector's feed."""
    url, origin = server.socket_url("/inspect/feed/"), server.url.removesuffix("/")
    return connect(url, origin=origin, open_timeout=TIMEOUT_SECONDS, proxy=None, max_size=None)


def query(server, sql: str) -> list[str]:
    with closing(sqlite3.connect(server.database)) as connection:
        return [value for [value] in connection.execute(sql)]


def heard(client, wanted) -> list[dict]:
    """All frames up to one that is ``wanted``."""
    frames = [hear(client)]
    while not wanted(frames[-1]):
        frames.append(hear(client))
    return frames


@pytest.fixture(scope="module")
def told(server):
    """Everything that the server has told anybody of a conversation, and then what it must not have told."""
    told, ana, ben = [], Browser(server, "lobby"), Browser(server, "lobby")
    with watch(server) as watcher, ana.join() as one, ben.join() as other:
        with (
            join(server, f"lobby/?client={CLIENTS_SECRET}&x=") as plain,
            join(server, "lobby") as stranger,
        ):
            ana.call_oneself("Ada")
            one.send('{"typing": true}')
            for client in (one, other, plain, stranger):
                say(client, "hello", id="the-same")
            for client in (one, other, plain, stranger):
                told += heard(client, lambda frame: frame.get("seq") == 4)
            other.send('{"got": 4}')
            one.send('{"who": 1}')
            told += heard(one, lambda frame: frame.get("event") == "reached")
            one.send("no JSON")
            told += heard(one, lambda frame: "error" in frame)
            told += heard(watcher, lambda frame: "no JSON" in json.dumps(frame))
        with (
            join(server, f"lobby/?client={CLIENTS_SECRET}&after=0&x=") as plain,
            ben.join("?after=0") as page,
        ):
            told += heard(plain, lambda frame: frame.get("seq") == 4) + heard(
                page, lambda frame: frame.get("seq") == 4
            )
        told += heard(watcher, lambda frame: frame["kind"] == "state")
    pages = [
        ana.get("/chat/lobby/"),
        ben.get("/chat/lobby/messages/?before=5"),
        get(server, "/chat/lobby/"),
    ]
    pages += [get(server, f"/chat/lobby/transcript/?format={name}") for name in FORMATS]
    pages += [
        ana.get(path)
        for path in ("/", "/chat/", "/learn/", "/learn/groups/", "/inspect/", "/nowhere/")
    ]
    assert all(page.status in (200, 404) for page in pages)
    headers = [
        value
        for page in pages
        for name, value in page.headers.items()
        if name.lower() != "set-cookie"
    ]
    cookies = {ana.cookies["chatdemo_sessionid"].value, ben.cookies["chatdemo_sessionid"].value}
    return [json.dumps(told), *(page.text for page in pages), *headers], cookies


def test_the_conversation_was_told(server, told):
    texts, _ = told
    assert all(
        any(text in one for one in texts)
        for text in ("hello", "Ada", '"kind": "events"', "layer_receive")
    )
    assert len(query(server, "SELECT DISTINCT sender FROM chat_message")) == 4


def test_nobody_learns_by_which_key_people_are_known(server, told):
    texts, _ = told
    for person in query(server, "SELECT DISTINCT sender FROM chat_message"):
        assert len(person) > 20
        assert not any(person in text for text in texts)
        assert person not in server.output


def test_nobody_learns_a_sessions_key(server, told):
    texts, cookies = told
    sessions = set(query(server, "SELECT session_key FROM django_session"))
    assert cookies <= sessions
    for session in sessions:
        assert not any(session in text for text in texts)
        assert session not in server.output


def test_nobody_learns_a_clients_secret(server, told):
    texts, _ = told
    assert not any(CLIENTS_SECRET in text for text in texts)
    assert CLIENTS_SECRET not in server.output


def test_nobody_learns_the_servers_key(server, told):
    texts, _ = told
    key = server.database.with_name("chat.sqlite3.key").read_text("ascii").strip()
    assert len(key) == 64
    assert not any(key in text for text in texts) and key not in server.output


def test_a_session_is_no_scripts_and_no_other_sites(server):
    answer = get(server, "/chat/lobby/")
    session, token = (
        next(header for header in answer.headers.get_all("Set-Cookie") if header.startswith(name))
        for name in ("chatdemo_sessionid=", "chatdemo_csrftoken=")
    )
    assert (
        "HttpOnly" in session
        and "SameSite=Lax" in session
        and "Path=/" in session
        and "Domain" not in session
    )
    assert "SameSite=Lax" in token and "Domain" not in token


def test_a_page_is_no_caches(server):
    """It has the visitor's own name, and which messages are theirs."""
    answer = get(server, "/chat/lobby/")
    assert "Cookie" in answer.headers["Vary"]


def test_another_sites_page_cannot_read_what_is_kept(server):
    """Without CORS a browser gives it to nobody else, and as a script it is none."""
    with Raw(server) as client:
        client.request(b"GET /chat/lobby/messages/?before=5 HTTP/1.1", Origin="http://evil.example")
        answer = client.answer()
    assert answer.status == 200 and not answer.headers["Access-Control-Allow-Origin"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/json" and answer.body.startswith(b"{")


@pytest.mark.parametrize("path", ["/ws/chat/lobby/?after=0", "/inspect/feed/", "/ws/chat/lobby/"])
def test_another_sites_page_gets_no_websocket(server, path):
    ana = Browser(server, "lobby")
    with Raw(server) as client:
        answer = handshake(client, path, Origin="http://evil.example", Cookie=ana.cookie)
        assert answer.status == 403
        client.send(frame(TEXT, b'{"message": "from evil.example"}'))
    assert "evil.example" not in ana.get("/chat/lobby/messages/?before=1000").text
