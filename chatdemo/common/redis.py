"""Opens connections to a Redis server, and says why one fails. redis-py may be absent: an extra."""

import asyncio
import re
from typing import Any

#: The oldest Redis that has every command which chatdemo uses.
OLDEST_VERSION = "6.2"
#: How long a command may take, on a server that does other things too.
TIMEOUT_SECONDS = 2.0


def open_client(url: str) -> Any:  # redis-py's types leave open what can be awaited
    """Return a client for threads. It connects when it is first used. Raises ValueError."""
    from redis import Redis

    return Redis.from_url(url, decode_responses=True, **_options())


def open_async_client(url: str, decode_responses: bool = True) -> Any:
    """Return a client for the event loop. It connects when it is first used. Raises ValueError.

    Without ``decode_responses``, answers have bytes in place of text.
    """
    from redis.asyncio import Redis

    return Redis.from_url(url, decode_responses=decode_responses, **_options())


def channel_for(url: str, name: str) -> str:
    """Return the channel ``name`` of the URL's database: publish/subscribe has none of its own."""
    from redis.connection import parse_url

    return f"{name}:{parse_url(url).get('db') or 0}"


def _options() -> dict[str, Any]:
    """The caller decides about another attempt: redis-py makes none."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    return {**timeouts, "retry": Retry(NoBackoff(), 0)}


def is_redis_error(error: BaseException) -> bool:
    """Whether an error is one that calls raise while Redis is away, or refuses something."""
    from redis.exceptions import RedisError

    # In Python 3.10, asyncio's is a class of its own.
    return isinstance(error, RedisError | OSError | asyncio.TimeoutError)


def why_failed(error: BaseException) -> str:
    """Return why Redis failed, as a main clause. It names neither the URL nor the password."""
    from redis import exceptions

    text = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, asyncio.TimeoutError | TimeoutError | exceptions.TimeoutError):
        return "the Redis server doesn't answer in time"
    if isinstance(error, exceptions.NoPermissionError):
        return f"the Redis server doesn't permit a command to this user ({text})"
    if isinstance(error, exceptions.AuthenticationError):
        return f"the Redis server refuses the connection ({text})"
    if isinstance(error, exceptions.BusyLoadingError):
        return "the Redis server is still loading its data"
    if reason := next((reason for part, reason in _CLOSED.items() if part in text), ""):
        return f"the Redis server {reason}"
    if isinstance(error, exceptions.ConnectionError | OSError):
        return "the Redis server doesn't answer"
    if unknown := re.search(r"unknown command ['`\"]?(\w+)", text):
        return f"the Redis server is too old: it doesn't know {unknown[1]}"
    return _why_refused(text)


def _why_refused(text: str) -> str:
    """Return why Redis has refused a command, by the text of its answer."""
    for part, reason in _REFUSALS.items():
        if part in text:
            return f"the Redis server {reason}"
    return f"the Redis server answers with an error ({text})"


#: Why a connection is closed at once: parts of what Redis and OpenSSL say, and what they mean.
_CLOSED = {
    "CERTIFICATE_VERIFY_FAILED": "has a certificate that isn't accepted",
    "protected mode": "is in protected mode, without a password: it serves its own machine only",
    "max number of clients": "has too many clients (its setting maxclients)",
}
#: Parts of Redis' answers (https://redis.io/docs/latest/develop/reference/protocol-spec/), and what
#: they mean. An answer of a script has the error of its command in it.
_REFUSALS = {
    "OOM": "has no memory left (its setting maxmemory)",
    "used memory > 'maxmemory'": "has no memory left (its setting maxmemory)",
    "read only replica": "is a read-only replica",
    "MISCONF": "can't write to its disk",
    "CROSSSLOT": "is a cluster, which chatdemo doesn't support",
    "MOVED": "is a cluster, which chatdemo doesn't support",
}
