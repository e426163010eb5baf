"""Opens SQLite databases, and classifies SQLite's errors."""

import sqlite3
from enum import Enum
from pathlib import Path
from typing import Any

#: A database in memory that every connection of this process shares, with ordinary locking
#: (SQLite's memdb VFS).
MEMORY_URI = "file:/chatdemo?vfs=memdb"
#: The first version of SQLite that has that VFS.
MEMORY_VERSION = (3, 36)


def uri(database: Path | str) -> str:
    """Return SQLite's URI of ``database``, an absolute path, or a URI already.

    A missing file is not created (``mode=rw``): if a database was moved away for a moment, an empty
    file in its place would make SQLite delete the write-ahead log, which has the latest messages.
    """
    return database if isinstance(database, str) else f"{database.as_uri()}?mode=rw"


def connect(database: Path | str, timeout: float, **options: Any) -> sqlite3.Connection:
    """Open ``database``, a path or a URI as for ``uri``, in autocommit mode.

    ``timeout`` is how many seconds a statement waits for a lock; ``options`` are sqlite3.connect's.
    Raises sqlite3.OperationalError if the file isn't there or can't be opened.
    """
    return sqlite3.connect(
        uri(database), uri=True, isolation_level=None, timeout=timeout, **options
    )


#: Why SQLite failed.
Cause = Enum(
    "Cause", "LOCKED MISSING DISK_FULL DISK_ERROR READ_ONLY NOT_OPENED OTHER_SCHEMA DAMAGED UNKNOWN"
)


class FileMissing(sqlite3.OperationalError):
    """The database file was moved or deleted: what is written to it now would be lost."""

    def __init__(self) -> None:
        super().__init__("its file is gone")


#: Parts of SQLite's messages (https://www.sqlite.org/rescode.html). Python 3.10's errors have no
#: code, and Django's own exceptions, which carry the same text, never do.
_CAUSES = {
    "locked": Cause.LOCKED,
    "its file is gone": Cause.MISSING,
    "disk is full": Cause.DISK_FULL,
    "disk I/O": Cause.DISK_ERROR,
    "readonly": Cause.READ_ONLY,
    "unable to open": Cause.NOT_OPENED,
    "no such table": Cause.OTHER_SCHEMA,
    "malformed": Cause.DAMAGED,
    "not a database": Cause.DAMAGED,
}


def cause_of(error: BaseException) -> Cause:
    """Return why SQLite raised ``error``."""
    text = str(error)
    return next((cause for part, cause in _CAUSES.items() if part in text), Cause.UNKNOWN)


def is_locked(error: BaseException) -> bool:
    """Whether another connection has the lock, so that the same statement may succeed later."""
    return isinstance(error, sqlite3.OperationalError) and cause_of(error) is Cause.LOCKED
