"""A project's layer of channels_redis that doesn't work, or not for long."""

import socket

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

from chatdemo.own_project import redis_layer
from chatdemo.realtime import redis_layers
from chatdemo.realtime.layer import ChannelLayer
from tests.support.redis_server import RedisServer


def rows(settings, hosts, **config) -> list[str]:
    backend = {"BACKEND": redis_layers.CORE_BACKEND, "CONFIG": {"hosts": hosts, **config}}
    settings.CHANNEL_LAYERS = {"default": backend}
    channel_layers.backends.clear()
    return list(redis_layer.check_redis_layers())


def test_a_redis_that_answers_stays(redis_server, settings):
    assert rows(settings, [redis_server.url()]) == []
    assert type(get_channel_layer()).__name__ == "RedisChannelLayer"


def test_one_that_does_not_answer_is_replaced_by_memory_and_reported(
    has_redis, settings, monkeypatch
):
    monkeypatch.setattr(redis_layer, "ANSWER_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        [row] = rows(settings, [listener.getsockname()], capacity=7)
    assert row == "in memory, in place of Redis: the Redis server doesn't answer in time"
    used = get_channel_layer()
    assert type(used) is ChannelLayer and used.capacity == 7


def test_one_that_refuses_the_password_is_replaced_and_the_password_is_not_shown(
    has_redis, settings, tmp_path
):
    with RedisServer(tmp_path, "--requirepass", "swordfish") as server:
        [row] = rows(settings, [server.url("herring")])
    assert row.startswith("in memory, in place of Redis: the Redis server refuses the connection (")
    assert "herring" not in row


def test_hosts_of_another_form_are_reported(has_redis, settings):
    [row] = rows(settings, ("127.0.0.1", 6379))
    assert row.startswith("in memory, in place of Redis: its hosts can't be used (ValueError: ")


def test_a_layer_that_lasts_for_seconds_stays_and_is_reported(redis_server, settings):
    [row] = rows(settings, [{"address": redis_server.url(), "socket_timeout": 4}])
    assert row == (
        f"Redis, but redis-py {redis_layers.client_version()} ends each WebSocket after 4 quiet"
        ' seconds: write "socket_timeout": None in its hosts'
    )
    assert type(get_channel_layer()).__name__ == "RedisChannelLayer"


@pytest.mark.parametrize(
    "layers", [{}, {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}]
)
def test_other_layers_stay(settings, layers):
    settings.CHANNEL_LAYERS = layers
    channel_layers.backends.clear()
    assert list(redis_layer.check_redis_layers()) == []
    assert not layers or type(get_channel_layer()) is InMemoryChannelLayer
