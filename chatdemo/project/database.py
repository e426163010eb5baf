"""The SQLite database: where it is, and everything that must hold before Django opens it."""

import importlib
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import click

from chatdemo.common import sqlite
from chatdemo.common.errors import ChatdemoError
from chatdemo.common.sqlite import Cause
from chatdemo.project import secret_key

MEMORY = ":memory:"
#: "chat" in ASCII. SQLite's application_id tells our file from another program's.
APPLICATION_ID = 0x63686174
SCHEMA = Path(__file__).with_name("schema.sql")
#: The apps whose tables schema.sql holds, by the folders of their migrations in the installed packages.
MIGRATIONS = {
    "auth": "django/contrib/auth/migrations",
    "chat": "chatdemo/chat/migrations",
    "contenttypes": "django/contrib/contenttypes/migrations",
    "sessions": "django/contrib/sessions/migrations",
}


def locate(db: str) -> Path | None:
    """The file that setting ``db`` means, absolute and with links followed; None for ``:memory:``.

    Raises ChatdemoError if there is no such home folder or the current folder is gone.
    """
    if db == MEMORY:
        return None
    path = Path(db or Path(click.get_app_dir("chatdemo"), "chatdemo.sqlite3"))
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        hint = "Give --db the whole path of a file, or :memory:."
        raise ChatdemoError(f"The database {path} can't be found: {error}.", hint) from None


def prepare(path: Path | None, tables: bool = True) -> sqlite3.Connection | None:
    """Make the database at ``path`` ready: its folder, the file (mode 0600), the secret key beside it, its tables.

    Without ``tables`` it makes no tables and migrates none. For a database in memory (None) the connection that
    it returns keeps the data alive. DJANGO_SETTINGS_MODULE must be set: an older database is migrated by Django.
    Raises ChatdemoError, and leaves the file as it was, if it is corrupt, read-only, not ours or of a newer version.
    """
    if path is None:
        return _in_memory(tables)
    present = {file for file in (path, secret_key.locate(path)) if os.path.exists(file)}
    _create_file(path)
    try:
        _check_owner(path)
        _open_logs(path)
        with closing(sqlite.connect(path, timeout=5)) as connection:
            _make_ready(connection, path, tables)
            _close_to_others(path)
    except BaseException:
        for file in {path, secret_key.locate(path)} - present:
            file.unlink(missing_ok=True)
        raise
    return None


def is_older(path: Path) -> bool:
    """Whether the database at ``path``, which must be there, has to be migrated before this version can use it.

    Raises ChatdemoError if it isn't one of ours, or of a newer version. Changes nothing.
    """
    _check_owner(path)
    try:
        with closing(sqlite.connect(path, timeout=5)) as connection:
            applied, known = _applied_migrations(connection), known_migrations()
    except sqlite3.DatabaseError as error:
        raise explain(error, str(path)) from None
    _check_version(applied - known, str(path))
    return bool(known - applied)


def known_migrations() -> set[tuple[str, str]]:
    """(app, name) of each migration that is installed, by their files: importing all of them takes 90 ms."""
    found = set()
    for app, folder in MIGRATIONS.items():
        package, _, rest = folder.partition("/")
        place = Path(importlib.import_module(package).__file__).parent / rest
        found |= {(app, file.stem) for file in place.glob("[0-9]*.py")}
    return found


def _in_memory(tables: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < sqlite.MEMORY_VERSION:
        hint = "Give --db a file, or use a newer Python."
        raise ChatdemoError(
            f"SQLite {sqlite3.sqlite_version} can't share a database in memory.", hint
        )
    connection = sqlite.connect(sqlite.MEMORY_URI, timeout=5, check_same_thread=False)
    _make_ready(connection, None, tables)
    return connection


def _create_file(path: Path) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        if path.is_file():
            if not path.stat().st_size:
                path.chmod(0o600)  # an empty file is made ours
            return
        hint = "Give --db the path of a file."
        raise ChatdemoError(
            f"The database {path} can't be made: {error.filename} is in the way.", hint
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "Give --db a file in a folder that you may write in, or :memory:."
        raise ChatdemoError(f"The database {path} can't be made: {reason}.", hint) from None


def _close_to_others(path: Path) -> None:
    """A copy may be open to all. What SQLite makes beside it has its mode; what is there already doesn't."""
    _make_own(path, *_logs(path))


def _open_logs(path: Path) -> None:
    """Who reads a read-only database leaves read-only logs, with which it can't be written when it may be again."""
    if os.access(path, os.W_OK):
        _make_own(*_logs(path))


def _make_own(*files: Path) -> None:
    for file in files:
        with suppress(
            FileNotFoundError, PermissionError
        ):  # nothing waits there, or it is lent by another account
            file.chmod(0o600)


def _logs(path: Path) -> list[Path]:
    """What SQLite has beside a database."""
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]


def _check_owner(path: Path) -> None:
    """Raises ChatdemoError if the file is another program's: told by its header, as SQLite would mend it on opening."""
    header = _read_header(path)
    if header and header[:16] != b"SQLite format 3\0":
        raise explain(sqlite3.DatabaseError("file is not a database"), str(path))
    if header and int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        hint = "Give --db another file; this one is left as it is."
        raise ChatdemoError(f"The database {path} belongs to another program.", hint)


def _read_header(path: Path) -> bytes:
    """The first 100 bytes, which SQLite documents as its database header; none of a file that is still empty."""
    try:
        with path.open("rb") as file:
            return file.read(100)
    except OSError as error:
        hint = "Make it readable, or give another with --db."
        raise ChatdemoError(f"The database {path} can't be read: {error.strerror}.", hint) from None


def _make_ready(connection: sqlite3.Connection, path: Path | None, tables: bool) -> None:
    name = str(path or MEMORY)
    try:
        _check_whole(connection)
        applied, known = _applied_migrations(connection), known_migrations()
        _check_version(applied - known, name)
        # Claims a new file, and tells a read-only one, which SQLite opens without a word.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        secret_key.ensure(path)
        # Readers and the writer then don't wait for each other (https://www.sqlite.org/wal.html).
        connection.execute("PRAGMA journal_mode = WAL")
        if tables:
            _add_tables(connection, applied, known)
    except sqlite3.DatabaseError as error:
        raise explain(error, name) from None


def _check_whole(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError if not every page can be read."""
    [[verdict]] = connection.execute("PRAGMA quick_check(1)")
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(verdict.split()))


def _applied_migrations(connection: sqlite3.Connection) -> set[tuple[str, str]]:
    """(app, name) of each migration that the database says it has."""
    if not connection.execute(
        "SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'"
    ).fetchone():
        return set()
    return set(connection.execute("SELECT app, name FROM django_migrations"))


def _check_version(unknown: set[tuple[str, str]], name: str) -> None:
    for app, migration in sorted(unknown):
        hint = "Update chatdemo (pip install --upgrade chatdemo), or give another file with --db."
        raise ChatdemoError(
            f"The database {name} is from a newer version: it has {app}.{migration}.", hint
        )


def _add_tables(
    connection: sqlite3.Connection, applied: set[tuple[str, str]], known: set[tuple[str, str]]
) -> None:
    """Write the finished schema in one go where there is none, and leave the rest to Django's migrations."""
    if not applied:
        try:
            connection.executescript(SCHEMA.read_text("utf-8"))
        except sqlite3.OperationalError:
            connection.rollback()
            if not _applied_migrations(connection):  # else another process was quicker
                raise
        applied = _applied_migrations(connection)
    if known - applied:
        _migrate()


def _migrate() -> None:
    import django
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    django.setup()
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise sqlite3.DatabaseError(str(error)) from None
    finally:
        connection.close()


def explain(error: sqlite3.DatabaseError, name: str) -> ChatdemoError:
    """The error for whoever runs chatdemo: what is wrong with the database ``name``."""
    cause = sqlite.cause_of(error)
    if cause is Cause.LOCKED:
        message = f"The database {name} is locked by another program."
        return ChatdemoError(message, "Close that, and start again.")
    if hint := NOT_WRITABLE.get(cause):
        return ChatdemoError(f"The database {name} can't be written: {error}.", hint)
    message = f"The database {name} is damaged, or isn't an SQLite database: {error}."
    hint = "It was left as it is. Restore a copy of it, or give another with --db."
    return ChatdemoError(message, hint)


_MAKE_ROOM = "Make room on its disk, or give another with --db."
_MAKE_WRITABLE = "Make it writable (and its folder), or give another with --db."
NOT_WRITABLE = {
    Cause.DISK_FULL: _MAKE_ROOM,
    Cause.DISK_ERROR: _MAKE_ROOM,
    Cause.READ_ONLY: _MAKE_WRITABLE,
    Cause.NOT_OPENED: _MAKE_WRITABLE,
}
