"""Channel layers that need a Redis server, and whether one is there."""

from typing import Any

#: The layers of channels_redis, as CHANNEL_LAYERS names them.
BACKENDS = (
    "channels_redis.core.RedisChannelLayer",
    "channels_redis.pubsub.RedisPubSubChannelLayer",
)


async def exchange(layer: Any) -> None:
    """Raises whatever keeps an event from going through the layer and back."""
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "check"})
    await layer.receive(channel)
