"""channels_redis' and redis-py's undocumented names. Neither package need be installed.

- ``channels_redis.utils.decode_hosts``, ``create_pool``: what the layers make of ``hosts``.
- ``ConnectionPool.make_connection``: a connection that isn't open, with the options it will use.
- ``Connection.socket_timeout``: how many seconds redis-py waits for an answer.
- ``RedisChannelLayer.brpop_timeout``: how many seconds the layer has Redis wait for an event.
- ``RedisChannelLayer.group_send`` logs "… channels over capacity …" for what it doesn't send.
- ``RedisChannelLayer.receive_buffer``: by channel, a BoundedQueue of the events that have come from
  Redis. A full one drops its oldest event at ``put_nowait``.
"""

import logging
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_CORE = "channels_redis.core"
_on_over_capacity: ContextVar[Callable[[], None] | None] = ContextVar(
    "on_over_capacity", default=None
)


def closed_connections(hosts: Any) -> list[Any]:
    """Return a connection to each of ``hosts``, not opened. Raises what is wrong with them.

    Raises ImportError if channels_redis isn't installed.
    """
    from channels_redis.utils import create_pool, decode_hosts

    return [create_pool(host).make_connection() for host in decode_hosts(hosts)]


def shortest_timeout(connections: list[Any]) -> float | None:
    """Return the seconds after which a quiet connection of the core layer ends; None for never.

    redis-py 8 waits 5 s for an answer by default. The layer has Redis answer after as many seconds
    if there is no event, so that the answer comes too late.
    """
    from channels_redis.core import RedisChannelLayer

    timeouts = [connection.socket_timeout for connection in connections]
    short = [
        seconds
        for seconds in timeouts
        if seconds is not None and seconds <= RedisChannelLayer.brpop_timeout
    ]
    return min(short, default=None)


def is_core_layer(layer: object) -> bool:
    """Whether this is the core layer of channels_redis."""
    core = sys.modules.get(_CORE)
    return core is not None and isinstance(layer, core.RedisChannelLayer)


@contextmanager
def reporting_over_capacity(callback: Callable[[], None]) -> Iterator[None]:
    """Call this if the core layer drops what is sent to a group in this block.

    ``report_losses`` is to be called before, for any layer.
    """
    token = _on_over_capacity.set(callback)
    try:
        yield
    finally:
        _on_over_capacity.reset(token)


def report_losses(layer: Any, on_dropped: Callable[[str, dict[str, Any]], None]) -> None:
    """Call ``on_dropped(channel, event)`` for what the core layer drops that has come from Redis.

    From now on, what isn't sent to a group is reported, too (``reporting_over_capacity``).
    """
    from channels_redis.core import BoundedQueue

    class Buffer(BoundedQueue):
        def __init__(self, channel: str):
            super().__init__(layer.capacity)
            self.channel = channel

        def put_nowait(self, item: Any) -> None:
            oldest = self._queue[0] if self.full() else None
            super().put_nowait(item)
            if oldest is not None:
                on_dropped(self.channel, oldest)

    class Buffers(defaultdict[str, Buffer]):
        def __missing__(self, channel: str) -> Buffer:
            buffer = self[channel] = Buffer(channel)
            return buffer

    layer.receive_buffer = Buffers()
    logger = logging.getLogger(_CORE)
    if not any(isinstance(one, _OverCapacity) for one in logger.filters):
        logger.addFilter(_OverCapacity(logger))


class _OverCapacity(logging.Filter):
    """Sees the logger's record of what isn't sent, and shows it only where it was shown before."""

    def __init__(self, logger: logging.Logger):
        super().__init__()
        self.shown_level = logger.getEffectiveLevel()
        logger.setLevel(min(self.shown_level, logging.INFO))

    def filter(self, record: logging.LogRecord) -> bool:
        if "over capacity" in str(record.msg) and (callback := _on_over_capacity.get()):
            callback()
        return record.levelno >= self.shown_level
