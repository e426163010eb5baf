"""The Redis server of the setting ``redis``: what must be checked before the chat uses it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from chatdemo.chat.redis_member_exchange import (
    ENDED_SECONDS,
    KEY_CHECK,
    KEY_CHECK_MILLISECONDS,
    SERVERS_KEY,
    key_check,
)
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.common.redis import OLDEST_VERSION, open_client, why_failed

SCHEMES = ("redis", "rediss", "unix")
_HINTS = {
    "doesn't answer": "Start it, or correct the address in the setting redis.",
    "refuses": "Correct the password in the URL: redis://user:password@host:6379/0.",
    "doesn't permit": "Change what its user may do (ACL SETUSER), or use another one in the URL.",
    "certificate": (
        "Use the name that it is for, and the file of its authority: rediss://…?ssl_ca_certs=FILE."
    ),
    "protected mode": "Give it a password (its setting requirepass), and write it into the URL.",
    "maxclients": "Raise the limit, or end other clients.",
    "maxmemory-policy": "Set its maxmemory-policy to noeviction or to a volatile one.",
    "memory": "Give it more memory, or delete what it doesn't need.",
    "read-only": "Use the address of the server that it copies.",
    "too old": f"Use Redis {OLDEST_VERSION} or newer, or Valkey.",
    "cluster": "Use a single Redis server.",
}


def require_usable(url: str, secret_key: str) -> int:
    """Check that the server can be used, and that the chat's other servers have this key.

    Returns how many others there are. Raises UsageError for another URL, and ChatdemoError. Neither
    shows a password.
    """
    shown(url)  # raises for one that isn't Redis'
    try:
        client = open_client(url)
    except ImportError:
        message = "The setting redis needs the package redis, which isn't installed."
        raise ChatdemoError(message, "pip install 'chatdemo[redis]'") from None
    except ValueError:
        raise _wrong_url() from None
    with client, redis_errors(url):
        if problem := _find_problem(client):
            raise unusable(url, problem)
        _check_key(client, secret_key)
        return _count_servers(client)


@contextmanager
def redis_errors(url: str) -> Iterator[None]:
    """Turn an error of redis-py on the server at ``url`` into a ChatdemoError."""
    try:
        yield
    except ChatdemoError:
        raise
    except Exception as error:  # redis-py's errors, and those of the socket
        if isinstance(error, TypeError) and "keyword" in str(error):  # a parameter of the URL
            raise _wrong_url() from None
        raise unusable(url, why_failed(error)) from None


def unusable(url: str, problem: str) -> ChatdemoError:
    """Return the error that the server at ``url`` can't be used, and what to do."""
    hint = next((hint for part, hint in _HINTS.items() if part in problem), "See its log.")
    return ChatdemoError(f"{shown(url)} can't be used: {problem}.", hint)


def shown(url: str) -> str:
    """Return the URL without user and password. Raises UsageError if it isn't one for Redis."""
    try:
        parts = urlsplit(url)
        # A password with a "/" or a "#" in it goes on in these.
        is_cut = "@" in parts.path or parts.fragment
        if parts.scheme not in SCHEMES or is_cut:
            raise _wrong_url()
        name = parts.hostname or ""
        host = f"[{name}]" if ":" in name else name  # RFC 3986, section 3.2.2
        host += f":{parts.port}" if parts.port else ""
    except ValueError:  # the port isn't a number
        raise _wrong_url() from None
    return f"{parts.scheme}://{host}{parts.path}"


def _wrong_url() -> UsageError:
    hint = (
        "Write redis://user:password@host:6379/0, rediss:// for TLS, or unix:///path/of/the.socket."
        " In a password, write %2F for / and %40 for @."
    )
    return UsageError("The setting redis isn't the URL of a Redis server.", hint)


def _find_problem(client: Any) -> str:
    """Return what is wrong with the server, or "". Raises what redis-py does."""
    info = client.info()
    version = tuple(map(int, str(info["redis_version"]).split(".")[:2]))
    if version < tuple(map(int, OLDEST_VERSION.split("."))):
        return f"the Redis server is too old: it is version {info['redis_version']}"
    if info.get("cluster_enabled"):
        return "the Redis server is a cluster, which chatdemo doesn't support"
    policy = info.get("maxmemory_policy", "")
    if info.get("maxmemory") and policy.startswith("allkeys"):
        return f"the Redis server deletes what it needs when it is full (maxmemory-policy {policy})"
    return ""


def _count_servers(client: Any) -> int:
    """Return how many servers of the chat have said lately that they run."""
    seconds, microseconds = client.time()
    oldest = seconds * 1000 + microseconds / 1000 - ENDED_SECONDS * 1000
    return sum(float(beat) > oldest for beat in client.hvals(SERVERS_KEY))


def _check_key(client: Any, secret_key: str) -> None:
    """Raises ChatdemoError if other servers have another key.

    They keep what is stored for as long as one of them runs. This also shows that the server can be
    written to.
    """
    check = key_check(secret_key)
    is_first = client.set(KEY_CHECK, check, nx=True, px=KEY_CHECK_MILLISECONDS)
    if not is_first and client.get(KEY_CHECK) not in (None, check):
        raise ChatdemoError(
            "This server's secret key isn't the one of the chat's other servers.",
            "Give all of them the same file in the setting secret_key_file.",
        )
