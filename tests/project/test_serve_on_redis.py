"""`chatdemo serve --redis` on every kind of URL, while Redis is away, and what it never shows."""

import json
import os
import signal
import time
import urllib.request
from contextlib import ExitStack

import pytest
from websockets.sync.client import connect

from tests.project.managed import manage
from tests.support.certificate import make_certificate
from tests.support.redis_server import DURABLE, RedisServer
from tests.support.served import TIMEOUT_SECONDS, Served, free_port, wait_for
from tests.support.visitor import sign_in

PASSWORD = "the-password-of-redis"


def enter(server, path="/ws/chat/lobby/", **options):
    return connect(server.socket_url(path), proxy=None, open_timeout=TIMEOUT_SECONDS, **options)


def say(one, text):
    one.send(json.dumps({"message": text}))


def hear(one):
    return json.loads(one.recv(TIMEOUT_SECONDS))


def get(server, path, cookie=""):
    request = urllib.request.Request(server.url + path, headers={"Cookie": cookie})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
        return response.status, response.url, response.read().decode()


def check_chats(server):
    """The finished chat and a step of the course both chat, and a visitor has a session."""
    _, url, _ = get(server, "chat/lobby/?step=async")
    pinned = "/ws" + url.removeprefix(server.url.removesuffix("/"))
    for path in ("/ws/chat/lobby/", pinned):
        with enter(server, path) as ana, enter(server, path) as ben:
            say(ana, "hello")
            assert hear(ana)["message"] == hear(ben)["message"] == "hello"
    cookie = sign_in(server.socket_url("/ws/chat/lobby/"), "Ana")
    assert "Ana" in get(server, "chat/lobby/", cookie)[2]


def test_a_unix_socket_a_password_and_the_number_of_a_database(has_redis, tmp_path):
    path = tmp_path / "redis.sock"
    options = ("--unixsocket", str(path), "--requirepass", PASSWORD)
    with RedisServer(tmp_path, *options) as redis:
        with Served(tmp_path, "--redis", f"unix://:{PASSWORD}@{path}?db=3") as server:
            check_chats(server)
        with redis.client(PASSWORD, 3) as client:
            assert client.exists("chatdemo:rooms")


def test_tls(has_redis, tmp_path):
    certificate, key = make_certificate(tmp_path)
    port = free_port()
    options = ["--tls-port", str(port), "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    url = f"rediss://localhost:{port}/0?ssl_ca_certs={certificate}"
    with RedisServer(tmp_path, *options), Served(tmp_path, "--redis", url) as server:
        check_chats(server)


def test_the_password_is_in_no_output_page_or_entry_whatever_fails(has_redis, tmp_path):
    options = ("--requirepass", PASSWORD, *DURABLE)
    redis = RedisServer(tmp_path, *options)
    with (
        redis,
        Served(tmp_path, CHATDEMO_DEBUG="true", CHATDEMO_REDIS=redis.url(PASSWORD)) as server,
    ):
        origin = server.url.removesuffix("/")
        with enter(server) as ana, enter(server, "/inspect/feed/", origin=origin) as feed:
            say(ana, "before")
            assert hear(ana)["message"] == "before"
            redis.stop(signal.SIGKILL)
            say(ana, "away")
            assert hear(ana)["error"] == "not_kept"
            pages = [get(server, path)[2] for path in ("chat/lobby/", "inspect/")]
            seen = []
            while not any("not_kept" in entry for entry in seen):
                seen.append(feed.recv(TIMEOUT_SECONDS))
    assert "the Redis server doesn't answer" in server.output
    assert PASSWORD not in "".join([server.output, *pages, *seen])


def test_while_redis_is_away_pages_are_there_and_a_session_comes_back(has_redis, tmp_path):
    redis = RedisServer(tmp_path, *DURABLE)
    with redis, Served(tmp_path, "--redis", redis.url()) as server:
        cookie = sign_in(server.socket_url("/ws/chat/lobby/"), "Ana")
        redis.stop(signal.SIGTERM)
        status, _, page = get(server, "chat/lobby/", cookie)
        assert status == 200 and "Ana" not in page
        with RedisServer(tmp_path, *DURABLE, port=redis.server_port):
            wait_for(lambda: "Ana" in get(server, "chat/lobby/", cookie)[2], "the session")
    assert "Traceback" not in server.output


def test_a_page_does_not_wait_for_a_redis_that_says_nothing(has_redis, tmp_path):
    with RedisServer(tmp_path) as redis, Served(tmp_path, "--redis", redis.url()) as server:
        cookie = sign_in(server.socket_url("/ws/chat/lobby/"), "Ana")
        os.kill(redis.process.pid, signal.SIGSTOP)
        began = time.monotonic()
        try:
            assert get(server, "chat/lobby/", cookie)[0] == 200
            assert time.monotonic() - began < 20
        finally:
            os.kill(redis.process.pid, signal.SIGCONT)


def test_the_shell_sends_to_a_group_of_the_running_server(has_redis, tmp_path):
    with RedisServer(tmp_path) as redis, Served(tmp_path, "--redis", redis.url()) as server:
        _, url, _ = get(server, "chat/lobby/?step=async")
        path = url.removeprefix(server.url.removesuffix("/"))
        with enter(server, f"/ws{path}") as ana:
            say(ana, "hello")
            assert hear(ana)["message"] == "hello"
            group = f"chat_{path.split('/')[2]}"
            event = {"type": "chat.message", "message": "from the shell"}
            code = f"async_to_sync(get_channel_layer().group_send)({group!r}, {event!r})"
            manage(tmp_path / "chat.sqlite3", "shell", "-c", code, CHATDEMO_REDIS=redis.url())
            assert hear(ana)["message"] == "from the shell"


@pytest.mark.parametrize("people", [2, 40])
def test_a_message_is_one_call_of_the_script_and_one_publish_whatever_the_rooms_size(
    has_redis, tmp_path, people
):
    with (
        RedisServer(tmp_path) as redis,
        Served(tmp_path, "--redis", redis.url()) as server,
        ExitStack() as stack,
        redis.client() as client,
    ):
        ends = [stack.enter_context(enter(server)) for _ in range(people)]
        client.config_resetstat()
        say(ends[0], "hello")
        assert {hear(end)["message"] for end in ends} == {"hello"}
        calls = {name: stats["calls"] for name, stats in client.info("commandstats").items()}
    assert (calls["cmdstat_xadd"], calls["cmdstat_publish"]) == (1, 1)
    beats = calls.get("cmdstat_hlen", 0)  # redis_beat.lua has one
    assert calls["cmdstat_eval"] == 1 + beats
