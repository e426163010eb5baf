"""Who may open the inspector."""

import re

import pytest

from chatdemo.common import static_files
from chatdemo.inspector import Inspector, pages
from chatdemo.inspector.pages import Access
from tests.support.communicator import HttpCommunicator, WebsocketCommunicator


def scope(client="127.0.0.1", host="127.0.0.1:8000", server="127.0.0.1", query=b"", **headers):
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "client": (client, 50000),
        "server": (server, 8000),
        "headers": [(b"host", host.encode()), *named],
        "query_string": query,
    }


LOCAL = [
    scope(),
    scope(client="127.0.0.7"),
    scope(client="::1", host="[::1]:8000"),
    scope(client="::ffff:127.0.0.1"),
    scope(client="192.168.1.5", server="192.168.1.5", host="192.168.1.5:8000"),
    scope(host="localhost:8000"),
    scope(host="chat.localhost"),
]
FOREIGN = [
    scope(client="192.168.1.9", server="192.168.1.5", host="192.168.1.5:8000"),
    scope(client="192.168.1.9", x_forwarded_for="127.0.0.1"),
    scope(client="192.168.1.9", forwarded="for=127.0.0.1"),
    scope(x_forwarded_for="10.0.0.7"),  # through a tunnel or proxy on this machine
    scope(host="evil.example"),  # a name of another site that leads here
    scope(host=""),
    scope(client="nonsense"),
    {**scope(), "client": None},
]


@pytest.mark.parametrize("asking", LOCAL)
def test_this_machine_may_see_all(asking):
    assert Access("local").may_see_all(asking)
    assert not Access("off").may_see_all(asking)


@pytest.mark.parametrize("asking", FOREIGN)
def test_other_machines_may_not(asking):
    assert not Access("local").may_see_all(asking)


def test_all_means_every_machine_but_not_by_another_sites_name():
    assert Access("all").may_see_all(scope(client="192.168.1.9", host="192.168.1.5:8000"))
    assert not Access("all").may_see_all(scope(client="192.168.1.9", host="evil.example"))


def test_a_token_is_for_its_paths():
    paths = ["/ws/chat/a/", "/ws/chat/b/"]
    tokens = {"good": paths, "bad": []}
    access = Access("local", tokens.__getitem__)
    assert access.watched_paths(scope(query=b"watch=good")) == paths
    assert not access.watched_paths(scope(query=b"watch=bad"))
    assert not access.watched_paths(scope(query=b""))
    assert not Access("off", tokens.__getitem__).watched_paths(scope(query=b"watch=good"))


async def theirs(scope, receive, send):
    """An application that answers 404, and refuses WebSockets."""
    if scope["type"] == "websocket":
        await receive()
        return await send({"type": "websocket.close"})
    await send({"type": "http.response.start", "status": 404, "headers": [(b"x-theirs", b"1")]})
    await send({"type": "http.response.body", "body": b"theirs"})


def asked(path, client="127.0.0.1", method="GET", who="local"):
    communicator = HttpCommunicator(
        Inspector(theirs, who), method, path, headers=[(b"host", b"localhost")]
    )
    communicator.scope |= {"client": (client, 1), "server": ("127.0.0.1", 8000)}
    return communicator.get_response()


@pytest.mark.parametrize("path", ["/inspect/", "/inspect", "/inspect/feed.js", "/inspect/nothing"])
async def test_others_get_the_applications_answer(path):
    answer = await asked(path, client="10.0.0.9")
    assert (answer["status"], answer["body"]) == (404, b"theirs")


async def test_the_page_and_its_files(tmp_path, monkeypatch):
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    (tmp_path / "inspect.html").write_text("<!doctype html>")
    page = await asked("/inspect/")
    assert page["status"] == 200
    headers = dict(page["headers"])
    assert headers[b"content-type"] == b"text/html; charset=utf-8"
    assert b"connect-src 'self' ws://localhost" in headers[b"content-security-policy"]
    assert (await asked("/inspect/", method="HEAD"))["body"] == b""
    assert (await asked("/inspect"))["status"] == 302
    assert (await asked("/inspect/", method="POST"))["body"] == b"theirs"


async def test_the_pages_files_never_change_at_their_address():
    page = (await asked("/inspect/"))["body"].decode()
    addresses = re.findall(r'(?:href|src)="(/inspect/static/[^"]+)"', page)
    assert {address.rpartition(".")[2] for address in addresses} == {"css", "js"}
    for address in addresses:
        answer = await asked(address)
        assert answer["status"] == 200
        assert dict(answer["headers"])[b"cache-control"] == static_files.IMMUTABLE.encode()


@pytest.mark.parametrize(
    "links, shown",
    [((), ["/inspect/", "/inspect/"]), ([("A & B", "/a/")], ["/", "/a/", "/inspect/"])],
)
async def test_the_page_links_to_what_it_is_told(links, shown):
    communicator = HttpCommunicator(Inspector(theirs, "all", links=links), "GET", "/inspect/")
    communicator.scope |= {"headers": [(b"host", b"localhost")]}
    header = (await communicator.get_response())["body"].decode().partition("<header")[2]
    assert re.findall(r'<a [^>]*?href="([^"]*)"', header) == shown
    assert "A & B" not in header


@pytest.mark.parametrize(
    "name", ["nothing.js", "../application.py", "%2e%2e/recording.py", "a/b.js", ".hidden.js"]
)
async def test_other_files_are_not_served(name):
    assert (await asked(f"/inspect/{name}"))["body"] == b"theirs"


async def test_a_path_that_only_begins_like_ours_is_the_applications():
    assert (await asked("/inspector/"))["body"] == b"theirs"


async def test_a_watcher_from_elsewhere_or_another_site_is_refused():
    for client, origin in (
        ("10.0.0.9", b"http://localhost"),
        ("127.0.0.1", b"http://evil.example"),
    ):
        headers = [(b"host", b"localhost"), (b"origin", origin)]
        communicator = WebsocketCommunicator(Inspector(theirs), "/inspect/feed/", headers=headers)
        communicator.scope |= {"client": (client, 1), "server": ("127.0.0.1", 8000)}
        assert await communicator.connect() == (False, 1000)
