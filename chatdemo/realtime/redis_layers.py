"""Channel layers that need a Redis server, and a test of the connection."""

from channels.layers import BaseChannelLayer

#: The layers of channels_redis, as CHANNEL_LAYERS names them.
BACKENDS = (
    "channels_redis.core.RedisChannelLayer",
    "channels_redis.pubsub.RedisPubSubChannelLayer",
)


async def check_connection(layer: BaseChannelLayer) -> None:
    """Send an event through the layer and receive it. Raises what prevents that."""
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "check"})
    await layer.receive(channel)
