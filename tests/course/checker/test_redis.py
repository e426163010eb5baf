"""A project whose channel layer is Redis, checked with a real server."""

import asyncio
import importlib

import pytest

from chatdemo.course import outline
from chatdemo.course.checker.project import redis_note
from tests.course.checker.projects import check_folder, unusual, write

pytestmark = pytest.mark.usefixtures("warm")
MESSAGE = '"message": message}'


def project(folder, server, step="async", more=""):
    """The project of ``step`` with its layer on ``server``, and ``more`` in its event."""
    files = outline.find_step(step).project("redis")
    settings = files["mysite/settings.py"].replace("6379", str(server.server_port))
    files["mysite/settings.py"] = settings
    if more:
        assert MESSAGE in files["chat/consumers.py"]
        changed = files["chat/consumers.py"].replace(MESSAGE, f'{MESSAGE[:-1]}, "more": {more}}}')
        files["chat/consumers.py"] = changed
    return write(folder, files)


@pytest.mark.parametrize("step", ["layer", "groups", "async"])
def test_a_good_project_passes_and_leaves_no_key(step, tmp_path, redis_server):
    redis = importlib.import_module("redis")
    with redis.Redis.from_url(redis_server.url()) as client:
        before = client.info("stats")["total_commands_processed"]
        result = check_folder(project(tmp_path / "project", redis_server, step))
        assert (result.done[-1], unusual(result.notes)) == (step, [])
        assert client.info("stats")["total_commands_processed"] > before + 5  # it was used
        assert list(client.scan_iter("check-*")) == []


def test_an_old_redis_is_named_with_todays_command():
    assert "redis:7" in redis_note(Exception("unknown command 'BZPOPMIN'"))
    assert "redis:7" in redis_note(ConnectionError("refused"))  # redis-py's has this name, too
    assert "Docker" not in redis_note(Exception("no answer"))


def test_who_uses_the_same_server_hears_nothing_of_a_check(tmp_path, redis_server):
    core = importlib.import_module("channels_redis.core")
    folder = project(tmp_path / "project", redis_server)

    async def listen():
        layer = core.RedisChannelLayer([redis_server.url()])
        channel = await layer.new_channel()
        await layer.group_add("chat_lobby", channel)
        result = await asyncio.to_thread(check_folder, folder)
        await layer.send(channel, {"type": "the.next"})
        event = await asyncio.wait_for(layer.receive(channel), 10)
        await layer.flush()
        return result, event

    result, event = asyncio.run(listen())
    assert result.done[-1] == "async" and event == {"type": "the.next"}


@pytest.mark.parametrize(
    "more, why",
    [
        ('__import__("datetime").datetime.now()', "is of the type datetime.datetime"),
        ("{1: 2}", "has the key 1, which isn't text"),
    ],
)
def test_an_event_that_it_does_not_carry_is_the_fault(more, why, tmp_path, redis_server):
    """And not the exception that follows, in the sender or in its receivers."""
    result = check_folder(project(tmp_path / "project", redis_server, more=more))
    assert result.fault.id == "C517" and f"event['more'] {why}" in result.fault.cause
    assert result.fault.file == "chat/consumers.py" and result.fault.line
