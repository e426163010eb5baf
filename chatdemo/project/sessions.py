"""Django's sessions, for pages that work without one: SESSION_ENGINE names this module."""

import logging

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError

logger = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    """Sessions in the database. While it is locked or read-only, pages work without one."""

    #: The database couldn't be read: saving would overwrite the stored session.
    is_unread = False
    #: A change couldn't be saved.
    is_lost = False

    def load(self) -> dict:
        try:
            return super().load()
        except DatabaseError as error:
            logger.warning("A session can't be read; the request has none: %s", error)
            self.is_unread = True
            return {}

    def save(self, must_create: bool = False) -> None:
        if self.is_unread:
            self.is_lost = True
            return
        try:
            super().save(must_create)
        except (DatabaseError, UpdateError) as error:
            self.is_lost = True
            reason = error.__context__ or error
            logger.warning("A session can't be saved; its changes are lost: %s", reason)
