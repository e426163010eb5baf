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


def _options() -> dict[str, Any]:
    """The caller decides about another attempt: redis-py makes none."""
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
    return {**timeouts, "retry": Retry(NoBackoff(), 0)}


def why_failed(error: BaseException) -> str:
    """Return why Redis failed, as a main clause. It names neither the URL nor the password."""
    from redis import exceptions

    text = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, asyncio.TimeoutError | TimeoutError | exceptions.TimeoutError):
        return "the Redis server doesn't answer in time"
    if isinstance(error, exceptions.AuthenticationError | exceptions.NoPermissionError):
        return f"the Redis server refuses the connection ({text})"
    if isinstance(error, exceptions.BusyLoadingError):
        return "the Redis server is still loading its data"
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
