"""Django's sessions, for pages that work without one: SESSION_ENGINE names this module."""

import logging
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.db import DatabaseError

logger = logging.getLogger(__name__)


class OptionalSession(SessionBase):
    """A mixin for a session store: while its storage can't be used, pages work without a session.

    ``storage_errors`` are what the storage raises then.
    """

    storage_errors: tuple[type[Exception], ...]
    #: The storage couldn't be read: saving would overwrite the stored session.
    is_unread = False
    #: A change couldn't be saved.
    is_lost = False

    def load(self) -> dict[str, Any]:
        try:
            return super().load()
        except self.storage_errors as error:
            logger.warning("A session can't be read; the request has none: %s", error)
            self.is_unread = True
            return {}

    def save(self, must_create: bool = False) -> None:
        if self.is_unread:
            self.is_lost = True
            return
        try:
            super().save(must_create)
        except (*self.storage_errors, UpdateError) as error:
            self.is_lost = True
            reason = error.__context__ or error
            logger.warning("A session can't be saved; its changes are lost: %s", reason)


class SessionStore(OptionalSession, db.SessionStore):
    """Sessions in the database, which may be locked or read-only."""

    storage_errors = (DatabaseError,)
