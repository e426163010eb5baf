"""The channel layers of channels_redis: what keeps one from working, and what events they carry."""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from typing import Any

from channels.exceptions import InvalidChannelLayerError
from channels.layers import BaseChannelLayer

from chatdemo.common.redis import why_failed
from chatdemo.realtime.upstream.channels_redis import closed_connections, shortest_timeout

CORE_BACKEND = "channels_redis.core.RedisChannelLayer"
#: The layers of channels_redis, as CHANNEL_LAYERS names them.
BACKENDS = (CORE_BACKEND, "channels_redis.pubsub.RedisPubSubChannelLayer")
#: The integers that msgpack has a format for.
MIN_INTEGER, MAX_INTEGER = -(2**63), 2**64 - 1
#: Types that msgpack carries whatever their values are.
_CARRIED_TYPES = (float, bytes, bytearray, memoryview, list, tuple, type(None))
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_redis(configured: object) -> bool:
    """Whether an entry of CHANNEL_LAYERS is a layer of channels_redis."""
    return isinstance(configured, Mapping) and configured.get("BACKEND") in BACKENDS


def uses_msgpack(configured: object) -> bool:
    """Whether an entry of CHANNEL_LAYERS is a layer that packs events with msgpack."""
    if not isinstance(configured, Mapping) or not is_redis(configured):
        return False
    return configured.get("CONFIG", {}).get("serializer_format", "msgpack") == "msgpack"


class HostsError(ValueError):
    """The ``hosts`` in CHANNEL_LAYERS can't be used. The text says what is wrong with them."""


def quiet_limit(configured: Mapping[str, Any]) -> float | None:
    """Return the seconds after which a quiet connection ends; None if it doesn't end.

    ``configured`` is an entry of CHANNEL_LAYERS with a layer of channels_redis. The limit isn't
    known if that isn't installed. Raises HostsError.
    """
    hosts = configured.get("CONFIG", {}).get("hosts")
    try:
        connections = closed_connections(hosts)
    except ImportError:
        return None
    except Exception as error:  # what channels_redis and redis-py raise for it, a dozen types
        # The text may have a part of a password.
        has_password = "@" in str(hosts) or "password" in str(hosts)
        text = "" if has_password else f": {error}"
        raise HostsError(f"{type(error).__name__}{text}") from error
    return shortest_timeout(connections) if configured["BACKEND"] == CORE_BACKEND else None


def client_version() -> str:
    """Return the version of redis-py."""
    return version("redis")


async def check_connection(layer: BaseChannelLayer) -> None:
    """Send an event through the layer and receive it. Raises what prevents that."""
    channel = await layer.new_channel()
    await layer.send(channel, {"type": "check"})
    await layer.receive(channel)


def why_unusable(error: BaseException) -> str:
    """Return what ``check_connection`` or the import of a layer has shown, as a main clause."""
    if isinstance(error, ImportError | InvalidChannelLayerError):
        return "channels_redis isn't installed for the Python that runs chatdemo"
    return why_failed(error)


def find_uncarried(event: Mapping[Any, Any]) -> str | None:
    """Return what part of an event Redis doesn't carry, as a main clause; None if it carries all.

    channels_redis packs each event with msgpack. A dict whose keys aren't text is packed and sent,
    but its receivers fail (msgpack's ``strict_map_key``).
    """
    try:
        for path, value in _parts("event", event):
            if reason := _why_uncarried(value):
                return f"{path} {reason}"
    except RecursionError:
        return "event contains itself"
    return None


def _parts(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the value and all values inside it, each with the expression that leads to it."""
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _parts(f"{path}[{key!r}]", inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _parts(f"{path}[{index}]", inner)


def _why_uncarried(value: object) -> str:
    """Return why msgpack can't carry a value, whatever is inside it; "" if it can."""
    if isinstance(value, dict):
        keys = [key for key in value if not isinstance(key, str | bytes)]
        return f"has the key {keys[0]!r}, which isn't text" if keys else ""
    if isinstance(value, str):
        return "is text that UTF-8 can't encode" if _SURROGATE.search(value) else ""
    if isinstance(value, int):
        fits = MIN_INTEGER <= value <= MAX_INTEGER
        return "" if fits else "is an integer of more than 64 bits"
    if isinstance(value, _CARRIED_TYPES):
        return ""
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"is of the type {module}{kind.__qualname__}"
