"""The in-memory channel layer in place of a Redis that isn't there."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from chatdemo.own.explain import shown
from chatdemo.realtime import redis_layers

#: Seconds that a Redis server has to answer.
PATIENCE = 1.0
#: What a layer in memory has of the configuration of one in Redis.
SHARED = ("expiry", "group_expiry", "capacity", "channel_capacity")


def replace_absent() -> Iterator[str]:
    """Put a layer in memory in the place of each that needs a Redis server and finds none; a line for each.

    Whatever else CHANNEL_LAYERS names is left as it is. To be called before the project's code asks for its layer.
    """
    from channels.layers import channel_layers
    from django.conf import settings

    from chatdemo.realtime.layer import ChannelLayer

    for alias, configured in getattr(settings, "CHANNEL_LAYERS", {}).items():
        if configured.get("BACKEND") not in redis_layers.BACKENDS:
            continue
        if why := _absence(alias):
            config = configured.get("CONFIG", {})
            channel_layers.set(
                alias, ChannelLayer(**{name: config[name] for name in SHARED if name in config})
            )
            yield f"in memory, in place of Redis: {why}"


def _absence(alias: str) -> str | None:
    """Why the layer can't be used; None if an event goes through it and back."""
    from channels.exceptions import InvalidChannelLayerError
    from channels.layers import channel_layers

    try:
        layer = channel_layers.make_backend(alias)
        _run(_try(layer))
    except InvalidChannelLayerError:  # it can't be imported
        return "channels_redis isn't installed for the Python that runs chatdemo"
    except asyncio.TimeoutError:
        return f"no server answers within {PATIENCE:g} s"
    except Exception as error:
        return f"no server answers ({shown(error)})"
    return None


async def _try(layer: Any) -> None:
    try:
        await asyncio.wait_for(redis_layers.check_connection(layer), PATIENCE)
    finally:
        with suppress(Exception):
            await layer.close_pools()


def _run(work: Any) -> None:
    """On an event loop that is nobody else's: the server's is made already, and isn't to be touched."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()
