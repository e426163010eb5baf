"""A channel layer in memory, in place of one whose Redis server can't be reached."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from chatdemo.own_project.loading import describe
from chatdemo.realtime import redis_layers

ANSWER_SECONDS = 1.0
#: The options of a Redis layer that a layer in memory has too.
COMMON_OPTIONS = ("expiry", "group_expiry", "capacity", "channel_capacity")


def replace_unreachable_redis() -> Iterator[str]:
    """Replace each Redis layer that can't be used by one in memory, and yield a line that says why.

    All other layers of CHANNEL_LAYERS stay. To be called before the project's code uses a layer.
    """
    from channels.layers import channel_layers
    from django.conf import settings

    from chatdemo.realtime.layer import ChannelLayer

    for alias, configured in getattr(settings, "CHANNEL_LAYERS", {}).items():
        if configured.get("BACKEND") not in redis_layers.BACKENDS:
            continue
        if reason := _why_unreachable(alias):
            config = configured.get("CONFIG", {})
            options = {name: config[name] for name in COMMON_OPTIONS if name in config}
            channel_layers.set(alias, ChannelLayer(**options))
            yield f"in memory, in place of Redis: {reason}"


def _why_unreachable(alias: str) -> str | None:
    """None if an event can be sent through the layer and received."""
    from channels.exceptions import InvalidChannelLayerError
    from channels.layers import channel_layers

    # The server's event loop exists already; this one is for the attempt alone.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_try(channel_layers.make_backend(alias)))
    except InvalidChannelLayerError:  # it can't be imported
        return "channels_redis isn't installed for the Python that runs chatdemo"
    except asyncio.TimeoutError:
        return f"no server answers within {ANSWER_SECONDS:g} s"
    except Exception as error:
        return f"no server answers ({describe(error)})"
    finally:
        loop.close()
    return None


async def _try(layer: Any) -> None:
    try:
        await asyncio.wait_for(redis_layers.check_connection(layer), ANSWER_SECONDS)
    finally:
        with suppress(Exception):
            await layer.close_pools()
