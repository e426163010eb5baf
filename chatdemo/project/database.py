"""The SQLite database: where it is, and what must be checked and made before Django opens it."""

import importlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import click

from chatdemo.common import sqlite
from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.common.sqlite import Cause
from chatdemo.project import secret_key

MEMORY = ":memory:"
#: "chat" in ASCII. SQLite's application_id tells our file from another program's.
APPLICATION_ID = 0x63686174
LOCK_TIMEOUT_SECONDS = 5
SCHEMA = Path(__file__).with_name("schema.sql")
#: The apps whose tables schema.sql has, with the folder of their migrations.
MIGRATIONS = {
    "auth": "django/contrib/auth/migrations",
    "chat": "chatdemo/chat/migrations",
    "contenttypes": "django/contrib/contenttypes/migrations",
    "sessions": "django/contrib/sessions/migrations",
}
#: (app, name) of each.
Migrations = set[tuple[str, str]]


def locate(db: str) -> Path | None:
    """Return the file that the setting ``db`` means, absolute and with links followed.

    It is None for ``:memory:``. Raises ChatdemoError if the home folder or the current folder
    doesn't exist.
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
    """Make the database at ``path`` ready for Django, with its folder and the secret key beside it.

    Without ``tables``, no tables are made or migrated. For a database in memory (None), return a
    connection that keeps the data as long as it is open. DJANGO_SETTINGS_MODULE must be set, as
    Django migrates an older database. Raises ChatdemoError, and leaves the file unchanged, if it is
    corrupt, read-only, another program's or of a newer version.
    """
    if path is None:
        return _prepare_memory(tables)
    present = {file for file in (path, secret_key.locate(path)) if os.path.exists(file)}
    _create_file(path)
    try:
        _check_owner(path)
        if os.access(path, os.W_OK):
            # Reading a read-only database leaves read-only logs, which would keep it read-only.
            _make_private(*_logs(path))
        with closing(sqlite.connect(path, LOCK_TIMEOUT_SECONDS)) as connection:
            _prepare_file(connection, path, tables)
            # A copied file may be readable by all. Logs that SQLite creates have the file's mode.
            _make_private(path, *_logs(path))
    except BaseException:
        for file in {path, secret_key.locate(path)} - present:
            file.unlink(missing_ok=True)
        raise
    return None


@contextmanager
def open_existing_database(config: Config) -> Iterator[Path]:
    """Yield the file of the setting ``db``, for commands that read or delete but create nothing.

    ``config`` must be in use: Django migrates an older database. Raises UsageError for a database
    in memory, and ChatdemoError if there is none, it can't be used, or SQLite fails in the block.
    """
    path = locate(config.db)
    if path is None:
        message = "--db: a database in memory can only be read by its server."
        hint = "Give --db the file of a server that has one: chatdemo serve --db chat.sqlite3"
        raise UsageError(message, hint)
    if not os.path.isfile(path) or not os.path.getsize(path):
        hint = "chatdemo serve makes one. If yours is elsewhere, give it with --db."
        raise ChatdemoError(f"There's no database at {path}.", hint)
    _check_owner(path)
    with sqlite_errors(path), closing(sqlite.connect(path, LOCK_TIMEOUT_SECONDS)) as connection:
        applied, known = _applied_migrations(connection), known_migrations()
    _check_version(applied - known, str(path))
    if known - applied:
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatdemo.project.settings"
        prepare(path)
    with sqlite_errors(path):
        yield path


@contextmanager
def sqlite_errors(path: Path | None) -> Iterator[None]:
    """Turn an error of SQLite on the database at ``path`` into a ChatdemoError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise explain(error, str(path or MEMORY)) from None


def explain(error: sqlite3.DatabaseError, name: str) -> ChatdemoError:
    """Return the error that says what is wrong with the database ``name``."""
    cause = sqlite.cause_of(error)
    if cause is Cause.LOCKED:
        message = f"The database {name} is locked by another program."
        return ChatdemoError(message, "Close that, and start again.")
    if hint := _NOT_WRITABLE.get(cause):
        return ChatdemoError(f"The database {name} can't be written: {error}.", hint)
    message = f"The database {name} is damaged, or isn't an SQLite database: {error}."
    hint = "It was left as it is. Restore a copy of it, or give another with --db."
    return ChatdemoError(message, hint)


_MAKE_ROOM = "Make room on its disk, or give another with --db."
_MAKE_WRITABLE = "Make it writable (and its folder), or give another with --db."
_NOT_WRITABLE = {
    Cause.DISK_FULL: _MAKE_ROOM,
    Cause.DISK_ERROR: _MAKE_ROOM,
    Cause.READ_ONLY: _MAKE_WRITABLE,
    Cause.NOT_OPENED: _MAKE_WRITABLE,
}


def known_migrations() -> Migrations:
    """The migrations that are installed, by their file names: importing all of them takes 90 ms."""
    found = set()
    for app, folder in MIGRATIONS.items():
        package, _, rest = folder.partition("/")
        [root] = importlib.import_module(package).__path__
        found |= {(app, file.stem) for file in Path(root, rest).glob("[0-9]*.py")}
    return found


def _prepare_memory(tables: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < sqlite.MEMORY_VERSION:
        message = f"SQLite {sqlite3.sqlite_version} can't share a database in memory."
        raise ChatdemoError(message, "Give --db a file, or use a newer Python.")
    connection = sqlite.connect(sqlite.MEMORY_URI, LOCK_TIMEOUT_SECONDS, check_same_thread=False)
    _prepare_file(connection, None, tables)
    return connection


def _create_file(path: Path) -> None:
    """Create an empty file with mode 0600, in a folder with mode 0700, where there is none."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        if path.is_file():
            if not path.stat().st_size:
                path.chmod(0o600)  # an empty file becomes ours
            return
        message = f"The database {path} can't be made: {error.filename} is in the way."
        raise ChatdemoError(message, "Give --db the path of a file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "Give --db a file in a folder that you may write in, or :memory:."
        raise ChatdemoError(f"The database {path} can't be made: {reason}.", hint) from None


def _make_private(*files: Path) -> None:
    for file in files:
        with suppress(FileNotFoundError, PermissionError):  # the last: another account's
            file.chmod(0o600)


def _logs(path: Path) -> list[Path]:
    """The files that SQLite has beside a database."""
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]


def _check_owner(path: Path) -> None:
    """Raises ChatdemoError if the file is another program's.

    It reads the header that SQLite documents (100 bytes; none if the file is empty): on opening a
    database after a crash, SQLite would repair it, and this one isn't ours to change.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        hint = "Make it readable, or give another with --db."
        raise ChatdemoError(f"The database {path} can't be read: {error.strerror}.", hint) from None
    if header and header[:16] != b"SQLite format 3\0":
        raise explain(sqlite3.DatabaseError("file is not a database"), str(path))
    if header and int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        hint = "Give --db another file; this one is left as it is."
        raise ChatdemoError(f"The database {path} belongs to another program.", hint)


def _prepare_file(connection: sqlite3.Connection, path: Path | None, tables: bool) -> None:
    with sqlite_errors(path):
        [[verdict]] = connection.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise sqlite3.DatabaseError(" ".join(verdict.split()))
        applied, known = _applied_migrations(connection), known_migrations()
        _check_version(applied - known, str(path or MEMORY))
        # Marks a new file as ours. Fails on a read-only one, which SQLite opens without an error.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if path:
            secret_key.ensure(path)
        # Readers and the writer don't wait for each other (https://www.sqlite.org/wal.html).
        connection.execute("PRAGMA journal_mode = WAL")
        if tables:
            _add_tables(connection, applied, known)


def _applied_migrations(connection: sqlite3.Connection) -> Migrations:
    """The migrations that the database has, by its own record."""
    table = "SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'"
    if not connection.execute(table).fetchone():
        return set()
    return set(connection.execute("SELECT app, name FROM django_migrations"))


def _check_version(unknown: Migrations, name: str) -> None:
    if unknown:
        migration = ".".join(min(unknown))
        message = f"The database {name} is from a newer version: it has {migration}."
        hint = "Update chatdemo (pip install --upgrade chatdemo), or give another file with --db."
        raise ChatdemoError(message, hint)


def _add_tables(connection: sqlite3.Connection, applied: Migrations, known: Migrations) -> None:
    """Write the finished schema into an empty database. Django migrates what is missing then."""
    if not applied:
        try:
            connection.executescript(SCHEMA.read_text("utf-8"))
        except sqlite3.OperationalError:
            connection.rollback()
            if not _applied_migrations(connection):  # else another process was faster
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
