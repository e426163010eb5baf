"""Django's sessions, without which a page can do: SESSION_ENGINE names this module."""

import logging

from django.contrib.sessions.backends import db
from django.contrib.sessions.backends.base import UpdateError
from django.db import DatabaseError

logger = logging.getLogger(__name__)


class SessionStore(db.SessionStore):
    """Sessions in the database. While it is locked or read-only, visitors go without, and still get their pages."""

    _unread = False
    #: What was to be stored wasn't.
    is_lost = False

    def load(self) -> dict:
        try:
            return super().load()
        except DatabaseError as error:
            logger.warning("A session can't be read, and its visitor goes without: %s", error)
            self._unread = True
            return {}

    def save(self, must_create: bool = False) -> None:
        if self._unread:
            self.is_lost = True
            return  # it would write over what couldn't be read
        try:
            super().save(must_create)
        except (DatabaseError, UpdateError) as error:
            self.is_lost = True
            logger.warning(
                "A session can't be stored, and what its visitor did is forgotten: %s",
                error.__context__ or error,
            )
