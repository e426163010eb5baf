"""A project that `chatdemo new --layer redis` has written, with a real Redis server."""

import json

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from tests.support.own import save
from tests.support.served import TIMEOUT_SECONDS
from tests.support.written import Written

#: channels_redis has Redis wait for an event for five seconds at a time.
QUIET_SECONDS = 12


@pytest.fixture
def project(tmp_path, redis_server):
    written = Written(tmp_path / "mysite", "--step", "async", "--layer", "redis")
    settings = tmp_path / "mysite" / "mysite" / "settings.py"
    save(settings, '("127.0.0.1", 6379)', f'("127.0.0.1", {redis_server.server_port})')
    return written


def enter(server):
    origin = server.url.removesuffix("/")
    return connect(server.socket_url("/ws/chat/lobby/"), origin=origin)


def say(sender, receiver, text):
    sender.send(json.dumps({"message": text}))
    for participant in (sender, receiver):
        assert json.loads(participant.recv(TIMEOUT_SECONDS)) == {"message": text}


def test_it_chats_and_goes_on_when_nobody_has_said_anything_for_a_while(project):
    with project.runserver("--noreload") as server, enter(server) as ana, enter(server) as ben:
        say(ana, ben, "hello")
        say(ben, ana, "hello Ana")
        with pytest.raises(TimeoutError):  # and not ConnectionClosed
            ben.recv(QUIET_SECONDS)
        say(ana, ben, "are you there?")
        server.stop()
    assert "Traceback" not in server.output


def test_with_the_time_limit_of_redis_py_8_it_does_not(project, redis_server):
    """What `check` reports as C404 is what happens."""
    old = f'("127.0.0.1", {redis_server.server_port})'
    new = f'{{"address": "{redis_server.url()}", "socket_timeout": 1}}'
    save(project.folder / "mysite" / "settings.py", old, new)
    with project.runserver("--noreload") as server, enter(server) as ana:
        with pytest.raises(ConnectionClosedError) as caught:
            ana.recv(TIMEOUT_SECONDS)
        server.stop()
    assert caught.value.rcvd.code == 1011
