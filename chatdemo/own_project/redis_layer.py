"""A project's channel layer of channels_redis: what is wrong with it, and one in its place."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chatdemo.realtime import redis_layers

ANSWER_SECONDS = 1.0
#: The options of a Redis layer that a layer in memory has too.
COMMON_OPTIONS = ("expiry", "group_expiry", "capacity", "channel_capacity")


def check_redis_layers() -> Iterator[str]:
    """Check each layer of channels_redis in CHANNEL_LAYERS, and yield a line for each problem.

    One that can't be used is replaced by one in memory. All other layers stay. To be called before
    the project's code uses a layer.
    """
    from channels.layers import channel_layers
    from django.conf import settings

    from chatdemo.realtime.layer import ChannelLayer

    for alias, configured in getattr(settings, "CHANNEL_LAYERS", {}).items():
        if not redis_layers.is_redis(configured):
            continue
        if reason := _why_unusable(alias, configured):
            config = configured.get("CONFIG", {})
            options = {name: config[name] for name in COMMON_OPTIONS if name in config}
            channel_layers.set(alias, ChannelLayer(**options))
            yield f"in memory, in place of Redis: {reason}"
        elif seconds := redis_layers.quiet_limit(configured):
            version = redis_layers.client_version()
            yield (
                f"Redis, but redis-py {version} ends each WebSocket after {seconds:g} quiet"
                ' seconds: write "socket_timeout": None in its hosts'
            )


def _why_unusable(alias: str, configured: Mapping[str, Any]) -> str | None:
    """None if an event can be sent through the layer and received."""
    from channels.layers import channel_layers

    # The server's event loop exists already; this one is for the attempt alone.
    loop = asyncio.new_event_loop()
    try:
        redis_layers.quiet_limit(configured)
        loop.run_until_complete(_try(channel_layers.make_backend(alias)))
    except redis_layers.HostsError as error:
        return f"its hosts can't be used ({error})"
    except Exception as error:
        return redis_layers.why_unusable(error)
    finally:
        loop.close()
    return None


async def _try(layer: Any) -> None:
    try:
        await asyncio.wait_for(redis_layers.check_connection(layer), ANSWER_SECONDS)
    finally:
        with suppress(Exception):
            await layer.close_pools()
