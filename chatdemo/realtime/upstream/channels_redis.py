"""channels_redis' and redis-py's undocumented names. Neither package need be installed.

- ``channels_redis.utils.decode_hosts``, ``create_pool``: what the layers make of ``hosts``.
- ``ConnectionPool.make_connection``: a connection that isn't open, with the options it will use.
- ``Connection.socket_timeout``: how many seconds redis-py waits for an answer.
- ``RedisChannelLayer.brpop_timeout``: how many seconds the layer has Redis wait for an event.
"""

from typing import Any


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
