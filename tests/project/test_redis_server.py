"""`chatdemo serve --redis`: what is wrong with a Redis server is said at the start, in two lines."""

import secrets
import subprocess
import sys
from contextlib import ExitStack

import pytest

from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.project import redis_server as module
from chatdemo.project.listening_address import server_name
from chatdemo.project.redis_server import require_usable, shown
from tests.support.redis_server import RedisServer
from tests.support.served import TIMEOUT_SECONDS, Served, clean_environ, free_port, wait_for

KEY = secrets.token_hex(32)


def refused(url, key=KEY):
    with pytest.raises(ChatdemoError) as caught:
        require_usable(url, key)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1",
        "127.0.0.1:6379",
        "redis://127.0.0.1:port",
        "",
        "localhost",
        "redis://ana:123/secret@127.0.0.1",
        "redis://ana:123#secret@127.0.0.1",
        "redis://:/secret@127.0.0.1/0",
    ],
)
def test_what_is_not_the_url_of_a_redis_server_is_wrong_usage(url):
    with pytest.raises(UsageError) as caught:
        require_usable(url, KEY)
    assert caught.value.message == "The setting redis isn't the URL of a Redis server."
    assert "secret" not in caught.value.hint


def test_so_is_a_parameter_that_there_is_not(redis_server):
    message, _ = refused(f"{redis_server.url()}/0?speed=high")
    assert message == "The setting redis isn't the URL of a Redis server."


@pytest.mark.parametrize(
    "url, text",
    [
        ("redis://ana:secret@example.org:6379/2", "redis://example.org:6379/2"),
        ("rediss://:secret@[::1]:6380", "rediss://[::1]:6380"),
        ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    ],
)
def test_a_url_is_shown_without_user_and_password(url, text):
    assert shown(url) == text


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "redis", None)
    assert refused("redis://127.0.0.1") == (
        "The setting redis needs the package redis, which isn't installed.",
        "pip install 'chatdemo[redis]'",
    )


def test_no_server(has_redis):
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    message, hint = refused(url)
    assert message == f"{shown(url)} can't be used: the Redis server doesn't answer."
    assert hint == "Start it, or correct the address in the setting redis."


@pytest.mark.parametrize(
    "options, problem, hint",
    [
        (("--requirepass", "x"), "the Redis server refuses the connection", "Correct the password"),
        (("--cluster-enabled", "yes"), "the Redis server is a cluster", "Use a single Redis"),
        (("--replicaof", "127.0.0.1 9"), "the Redis server is a read-only replica", "Use the add"),
        (
            ("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"),
            "the Redis server deletes what it needs when it is full (maxmemory-policy allkeys-lru)",
            "Set its maxmemory-policy",
        ),
        (("--maxclients", "1"), "the Redis server has too many clients", "Raise the limit"),
        (("--maxmemory", "1"), "the Redis server has no memory left", "Give it more memory"),
    ],
)
def test_a_server_that_cannot_be_used(has_redis, tmp_path, options, problem, hint):
    if "--cluster-enabled" in options:  # else it is the port + 10,000, which may be in use
        options += ("--cluster-port", str(free_port()))
    with RedisServer(tmp_path, *options) as server, ExitStack() as stack:
        if "--maxclients" in options:
            stack.enter_context(server.client()).ping()
        message, next_step = refused(server.url("wrong" if "pass" in options[0] else ""))
    assert message.startswith(f"{shown(server.url())} can't be used: {problem}")
    assert next_step.startswith(hint) and "wrong" not in message


def test_a_server_that_is_too_old(redis_server, monkeypatch):
    monkeypatch.setattr(module, "OLDEST_VERSION", "99.0")
    message, hint = refused(redis_server.url())
    assert "can't be used: the Redis server is too old: it is version " in message
    assert hint == "Use Redis 6.2 or newer, or Valkey."


def test_all_servers_need_the_same_secret_key_and_redis_does_not_have_it(has_redis, tmp_path):
    with RedisServer(tmp_path) as redis:
        (tmp_path / "key").write_text(KEY, "ascii")
        options = ("--redis", redis.url())
        with Served(tmp_path, *options, CHATDEMO_SECRET_KEY_FILE=str(tmp_path / "key")):
            assert wait_until_known(redis) == 1
            assert require_usable(redis.url(), KEY) == 1
            assert refused(redis.url(), "another key") == (
                "This server's secret key isn't the one of the chat's other servers.",
                "Give all of them the same file in the setting secret_key_file.",
            )
            from redis import Redis

            with Redis.from_url(redis.url(), decode_responses=True) as client:
                values = [
                    client.get(key) for key in client.keys("*") if client.type(key) == "string"
                ]
        assert KEY not in str(values)


def test_a_server_that_stops_is_not_counted_any_more(has_redis, tmp_path):
    with RedisServer(tmp_path) as redis:
        with Served(tmp_path, "--redis", redis.url()) as server:
            assert wait_until_known(redis) == 1
            assert server.stop() == 0
        # Another key is not another server's then.
        assert require_usable(redis.url(), "another key") == 0


def wait_until_known(redis):
    from redis import Redis

    with Redis.from_url(redis.url()) as client:
        return wait_for(lambda: client.hlen(module.SERVERS_KEY), "the server to say that it runs")


def test_the_command_prints_two_lines_and_no_password(has_redis, tmp_path):
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    command = [sys.executable, "-m", "chatdemo", "serve", "--port", "0", "--redis", url]
    command += ["--db", str(tmp_path / "chat.sqlite3")]
    done = subprocess.run(
        command, capture_output=True, text=True, env=clean_environ(), timeout=TIMEOUT_SECONDS
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 2)
    assert "secret" not in done.stdout + done.stderr


def test_without_a_history_servers_cannot_be_one_chat(has_redis, redis_server, tmp_path):
    options = ("--redis", redis_server.url())
    with Served(tmp_path, *options, ready=False, CHATDEMO_HISTORY="false") as server:
        assert server.wait() == 2
    assert "Error: The setting history can't be false with the setting redis.\n" in server.lines


def test_the_banner_says_where_the_messages_are_and_how_many_servers_there_are(has_redis, tmp_path):
    with RedisServer(tmp_path) as redis:
        with Served(tmp_path, "--redis", redis.url("")) as server:
            assert f"  Messages    in {shown(redis.url())}; those in {tmp_path}" in server.output
            assert f"  Server      {server_name(server.port)}, the only one\n" in server.output
