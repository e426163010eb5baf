"""Django's sessions in Redis, for several servers: SESSION_ENGINE names this module then."""

from typing import Any

from django.contrib.sessions.backends import cache
from redis.exceptions import RedisError

from chatdemo.project.sessions import OptionalSession


class _CacheStore(cache.SessionStore):
    """Django's class, which takes a session for an unknown one if the cache can't be read."""

    def load(self) -> dict[str, Any]:
        data = self._cache.get(self.cache_key)
        if data is None:
            self._session_key = None
        return data or {}


class SessionStore(OptionalSession, _CacheStore):
    """Sessions in Redis, which may be away."""

    storage_errors = (RedisError, OSError)
