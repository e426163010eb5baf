"""A database that is there already, for commands that read it or delete from it, and make none."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.project import database


def find(config: Config) -> Path:
    """The file of the setting ``db``. ``config`` must be the one in use: what is older is migrated by Django.

    Raises UsageError for a database in memory, and ChatdemoError if there is none, or none that can be used.
    """
    path = database.locate(config.db)
    if path is None:
        hint = "Give --db the file of a server that keeps what is said: chatdemo serve --db chat.sqlite3"
        raise UsageError(
            "--db: a database in memory is its server's alone, and no other command can read it.",
            hint,
        )
    if not os.path.isfile(path) or not os.path.getsize(path):
        hint = "chatdemo serve makes one. If yours is elsewhere, give it with --db."
        raise ChatdemoError(f"There's no database at {path}.", hint)
    if database.is_older(path):
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatdemo.project.settings"
        database.prepare(path)
    return path


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Has an error of SQLite's on the database at ``path`` become a ChatdemoError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise database.explain(error, str(path)) from None
