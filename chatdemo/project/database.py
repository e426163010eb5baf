"""The SQLite database: where it is, and everything that must hold before Django opens it."""

import importlib.util
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import click

from chatdemo.errors import ChatdemoError
from chatdemo.project import secret_key

MEMORY = ":memory:"
#: A database in memory that every connection of this process shares, with ordinary locking (SQLite's memdb VFS).
MEMORY_URI = "file:/chatdemo?vfs=memdb"
MEMORY_SINCE = (3, 36)
#: "chat" in ASCII. SQLite's application_id tells our file from another program's.
APPLICATION_ID = 0x63686174
SCHEMA = Path(__file__).with_name("schema.sql")
#: The apps whose tables schema.sql holds, by the folders of their migrations in the installed packages.
MIGRATIONS = {
    "auth": "django/contrib/auth/migrations",
    "contenttypes": "django/contrib/contenttypes/migrations",
    "sessions": "django/contrib/sessions/migrations",
}


def locate(db: str) -> Path | None:
    """The file that setting ``db`` means, absolute; None for ``:memory:``."""
    if db == MEMORY:
        return None
    return Path(db or Path(click.get_app_dir("chatdemo"), "chatdemo.sqlite3")).expanduser().absolute()


def prepare(path: Path | None, tables: bool = True) -> sqlite3.Connection | None:
    """Make the database at ``path`` ready: its folder, the file (mode 0600), the secret key beside it, its tables.

    Without ``tables`` it makes no tables and migrates none. For a database in memory (None) the connection that
    it returns keeps the data alive. DJANGO_SETTINGS_MODULE must be set: an older database is migrated by Django.
    Raises ChatdemoError, and leaves the file as it was, if it is corrupt, read-only, not ours or of a newer version.
    """
    if path is None:
        return _in_memory(tables)
    created = _create_file(path)
    try:
        with closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as connection:
            _make_ready(connection, path, tables)
    except BaseException:
        if created:
            path.unlink(missing_ok=True)
        raise
    return None


def known_migrations() -> set[tuple[str, str]]:
    """(app, name) of each migration that the installed packages have, by their files: importing them takes 90 ms."""
    found = set()
    for app, folder in MIGRATIONS.items():
        package, _, rest = folder.partition("/")
        place = Path(importlib.util.find_spec(package).origin).parent / rest
        found |= {(app, file.stem) for file in place.glob("[0-9]*.py")}
    return found


def _in_memory(tables: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < MEMORY_SINCE:
        hint = "Give --db a file, or use a newer Python."
        raise ChatdemoError(f"SQLite {sqlite3.sqlite_version} can't share a database in memory.", hint)
    connection = sqlite3.connect(MEMORY_URI, uri=True, isolation_level=None, check_same_thread=False)
    _make_ready(connection, None, tables)
    return connection


def _create_file(path: Path) -> bool:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        if path.is_file():
            return False
        hint = "Give --db the path of a file."
        raise ChatdemoError(f"The database {path} can't be made: {error.filename} is in the way.", hint) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "Give --db a file in a folder that you may write in, or :memory:."
        raise ChatdemoError(f"The database {path} can't be made: {reason}.", hint) from None
    return True


def _make_ready(connection: sqlite3.Connection, path: Path | None, tables: bool) -> None:
    name = str(path or MEMORY)
    try:
        _check_whole(connection)
        applied = _applied_migrations(connection, name)
        _check_version(applied, name)
        # Claims a new file, and tells a read-only one, which SQLite opens without a word.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        secret_key.ensure(path)
        if tables:
            _add_tables(connection, name, applied)
    except sqlite3.DatabaseError as error:
        raise _explained(error, name) from None


def _check_whole(connection: sqlite3.Connection) -> None:
    """Raises sqlite3.DatabaseError if not every page can be read."""
    [[verdict]] = connection.execute("PRAGMA quick_check(1)")
    if verdict != "ok":
        raise sqlite3.DatabaseError(" ".join(verdict.split()))


def _applied_migrations(connection: sqlite3.Connection, name: str) -> set[tuple[str, str]]:
    """What the database says it has.

    Raises ChatdemoError if another program's tables are in it.
    """
    tables = {table for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    [[application_id]] = connection.execute("PRAGMA application_id")
    if tables and application_id != APPLICATION_ID:
        hint = "Give --db another file; this one is left as it is."
        raise ChatdemoError(f"The database {name} belongs to another program.", hint)
    if "django_migrations" not in tables:
        return set()
    return set(connection.execute("SELECT app, name FROM django_migrations"))


def _check_version(applied: set[tuple[str, str]], name: str) -> None:
    for app, migration in sorted(applied - known_migrations()):
        hint = "Update chatdemo (pip install --upgrade chatdemo), or give another file with --db."
        raise ChatdemoError(f"The database {name} is from a newer version: it has {app}.{migration}.", hint)


def _add_tables(connection: sqlite3.Connection, name: str, applied: set[tuple[str, str]]) -> None:
    """Write the finished schema in one go where there is none, and leave the rest to Django's migrations."""
    if not applied:
        try:
            connection.executescript(SCHEMA.read_text("utf-8"))
        except sqlite3.OperationalError:
            # Another process may have been quicker: then its tables are there. Any other fault shows again below.
            connection.rollback()
        applied = _applied_migrations(connection, name)
    if known_migrations() - applied:
        _migrate()


def _migrate() -> None:
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()


def _explained(error: sqlite3.DatabaseError, name: str) -> ChatdemoError:
    reason = str(error)
    if "readonly" in reason or "unable to open" in reason:
        hint = "Make it writable (and its folder), or give another with --db."
        return ChatdemoError(f"The database {name} can't be written: {reason}.", hint)
    if "locked" in reason:
        return ChatdemoError(f"The database {name} is locked by another program.", "Close that, and start again.")
    if "full" in reason:
        return ChatdemoError(f"The disk with the database {name} is full.", "Make room, or give another with --db.")
    hint = "It was left as it is. Restore a copy of it, or give another with --db."
    return ChatdemoError(f"The database {name} is damaged, or isn't one: {reason}.", hint)
