"""A Redis layer whose server doesn't answer."""

import asyncio
import sys
from types import ModuleType

import pytest
from channels.layers import InMemoryChannelLayer, get_channel_layer

from chatdemo.own_project import redis_fallback
from chatdemo.realtime.layer import ChannelLayer


class RefusedLayer(InMemoryChannelLayer):
    async def send(self, channel, message):
        raise ConnectionError("Connect call failed")


class SilentLayer(InMemoryChannelLayer):
    async def send(self, channel, message):
        await asyncio.Event().wait()


@pytest.mark.parametrize(
    "layer, reason",
    [
        (RefusedLayer, "no server answers (ConnectionError: Connect call failed)"),
        (SilentLayer, "no server answers within 0.05 s"),
    ],
)
def test_a_redis_that_doesnt_answer_is_replaced_by_memory_and_reported(
    monkeypatch, settings, layer, reason
):
    module = ModuleType("channels_redis.core")
    module.RedisChannelLayer = layer
    monkeypatch.setitem(sys.modules, "channels_redis", ModuleType("channels_redis"))
    monkeypatch.setitem(sys.modules, "channels_redis.core", module)
    monkeypatch.setattr(redis_fallback, "ANSWER_SECONDS", 0.05)
    backend = {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"capacity": 7}}
    settings.CHANNEL_LAYERS = {"default": backend}
    rows = list(redis_fallback.replace_unreachable_redis())
    assert rows == [f"in memory, in place of Redis: {reason}"]
    used = get_channel_layer()
    assert type(used) is ChannelLayer and used.capacity == 7
