"""The SQLite database: where it is, and what must be checked and created before Django opens it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import click

from chatdemo.chat.sqlite_stored_rooms import SQLiteStoredRooms
from chatdemo.chat.stored_rooms import StoredRooms
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
#: An app and the name of one of its migrations.
Migration = tuple[str, str]


def path_of(db: str) -> Path | None:
    """Return the file that the setting ``db`` means, absolute and with links followed.

    It is None for ``:memory:``. Raises ChatdemoError if the home folder isn't known, or if
    the current folder doesn't exist.
    """
    if db == MEMORY:
        return None
    path = Path(db or Path(click.get_app_dir("chatdemo"), "chatdemo.sqlite3"))
    try:
        return path.expanduser().resolve()
    except (OSError, RuntimeError) as error:
        hint = "Give --db the absolute path of a file, or :memory:."
        raise ChatdemoError(f"The database {path} can't be found: {error}.", hint) from None


def prepare(path: Path | None, tables: bool = True) -> sqlite3.Connection | None:
    """Make the database at ``path`` ready for Django, with the secret key beside it.

    Without ``tables``, no tables are created or migrated. For a database in memory (None), return a
    connection that keeps the data as long as it is open. DJANGO_SETTINGS_MODULE must be set, as
    Django migrates an older database. Raises ChatdemoError, and leaves the file unchanged, if it is
    corrupt, read-only, another program's or of a newer version, or if its folder doesn't exist.
    """
    if path is None:
        return _prepare_memory(tables)
    present = {file for file in (path, secret_key.path_of(path)) if os.path.exists(file)}
    _create_file(path)
    try:
        _check_application_id(path)
        if os.access(path, os.W_OK):
            # While the database was read-only, reading it made read-only files, which would keep
            # SQLite from writing.
            _make_private(*_wal_files(path))
        with closing(sqlite.connect(path, LOCK_TIMEOUT_SECONDS)) as connection:
            _initialize(connection, path, tables)
            # A copied file may be readable by all. SQLite gives its WAL files the same mode.
            _make_private(path, *_wal_files(path))
    except BaseException:
        for file in {path, secret_key.path_of(path)} - present:
            file.unlink(missing_ok=True)
        raise
    return None


@contextmanager
def existing_rooms(config: Config) -> Iterator[StoredRooms]:
    """Yield the rooms in Redis, or in the database of the setting ``db``, which must exist.

    An older database is migrated first, so ``config`` must be in use. Raises UsageError for a
    database in memory, and ChatdemoError if there is no database, if it can't be used, or if SQLite
    fails in the block.
    """
    if config.redis:
        from chatdemo.chat.redis_stored_rooms import RedisStoredRooms
        from chatdemo.project.redis_server import redis_errors, shown

        with redis_errors(config.redis):
            yield RedisStoredRooms(config.redis, shown(config.redis))
        return
    path = path_of(config.db)
    if path is None:
        message = "--db: a database in memory can only be read by its server."
        hint = "Start the server with a file instead: chatdemo serve --db chat.sqlite3"
        raise UsageError(message, hint)
    if not os.path.isfile(path) or not os.path.getsize(path):
        hint = "chatdemo serve creates one. If yours is in another place, give it with --db."
        raise ChatdemoError(f"There's no database at {path}.", hint)
    _check_application_id(path)
    with sqlite_errors(path), closing(sqlite.connect(path, LOCK_TIMEOUT_SECONDS)) as connection:
        applied, known = _read_migrations(connection, path)
    if known - applied:
        os.environ["DJANGO_SETTINGS_MODULE"] = "chatdemo.project.settings"
        prepare(path)
    with sqlite_errors(path):
        yield SQLiteStoredRooms(path)


@contextmanager
def sqlite_errors(path: Path | None) -> Iterator[None]:
    """Turn an error of SQLite on the database at ``path`` into a ChatdemoError."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise explain_sqlite_error(error, str(path or MEMORY)) from None


def explain_sqlite_error(error: sqlite3.DatabaseError, name: str) -> ChatdemoError:
    """Return the error that says what is wrong with the database ``name``, and what to do."""
    message = f"The database {name} can't be used: {error}."
    hint = "Restore a backup, or use another file with --db."
    match sqlite.cause_of(error):
        case Cause.LOCKED:
            message = f"The database {name} is locked by another program."
            hint = "Close that program, and try again."
        case Cause.DISK_FULL | Cause.DISK_ERROR:
            hint = "Free space on its disk, or use another file with --db."
        case Cause.READ_ONLY | Cause.NOT_OPENED:
            hint = "Make the file and its folder writable, or use another file with --db."
        case Cause.DAMAGED:
            message = f"The database {name} is damaged, or isn't an SQLite database: {error}."
    return ChatdemoError(message, hint)


def known_migrations() -> set[Migration]:
    """The installed migrations, by their file names: importing all of them takes 90 ms."""
    import django

    contrib = Path(django.__file__).parent / "contrib"
    apps = [contrib / "auth", contrib / "contenttypes", contrib / "sessions"]
    apps.append(Path(__file__).parents[1] / "chat")
    return {(app.name, file.stem) for app in apps for file in app.glob("migrations/[0-9]*.py")}


def _prepare_memory(tables: bool) -> sqlite3.Connection:
    if sqlite3.sqlite_version_info < sqlite.MEMORY_VERSION:
        message = f"SQLite {sqlite3.sqlite_version} can't share a database in memory."
        raise ChatdemoError(message, "Give --db a file, or use a newer Python.")
    connection = sqlite.connect(sqlite.MEMORY_URI, LOCK_TIMEOUT_SECONDS, check_same_thread=False)
    _initialize(connection, None, tables)
    return connection


def _create_file(path: Path) -> None:
    """Create an empty file with mode 0600 where there is none.

    The folder of the default database is created with mode 0700. Another one must exist: its name
    may be mistyped.
    """
    if not os.path.lexists(path.parent) and path != path_of(""):
        message = f"The folder {path.parent} of the database {path.name} doesn't exist."
        raise ChatdemoError(message, "Create the folder, or give --db the path of another file.")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as error:
        if not path.is_file():
            message = f"The database {path} can't be created: {error.filename} already exists."
            raise ChatdemoError(message, "Give --db the path of a file.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        hint = "Give --db a file in a folder that you may write to, or :memory:."
        raise ChatdemoError(f"The database {path} can't be created: {reason}.", hint) from None


def _make_private(*files: Path) -> None:
    for file in files:
        with suppress(FileNotFoundError, PermissionError):  # it is another account's
            file.chmod(0o600)


def _wal_files(path: Path) -> list[Path]:
    """The files of the write-ahead log that SQLite has beside a database."""
    return [path.with_name(path.name + suffix) for suffix in ("-wal", "-shm")]


def _check_application_id(path: Path) -> None:
    """Raises ChatdemoError if the file is another program's.

    It reads the header that SQLite documents (100 bytes; none if the file is empty): on opening a
    database after a crash, SQLite would repair it, and this one isn't ours to change.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
    except OSError as error:
        hint = "Make it readable, or use another file with --db."
        raise ChatdemoError(f"The database {path} can't be read: {error.strerror}.", hint) from None
    if header and header[:16] != b"SQLite format 3\0":
        raise explain_sqlite_error(sqlite3.DatabaseError("file is not a database"), str(path))
    if header and int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        hint = "Use another file with --db. This one wasn't changed."
        raise ChatdemoError(f"The database {path} belongs to another program.", hint)


def _initialize(connection: sqlite3.Connection, path: Path | None, tables: bool) -> None:
    with sqlite_errors(path):
        [[verdict]] = connection.execute("PRAGMA quick_check(1)")
        if verdict != "ok":
            raise sqlite3.DatabaseError(f"malformed: {' '.join(verdict.split())}")
        applied, known = _read_migrations(connection, path)
        # Marks a new file as ours. Fails on a read-only one, which SQLite opens without an error.
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        if path:
            secret_key.ensure_exists(path)
        # Readers and the writer don't wait for each other (https://www.sqlite.org/wal.html).
        connection.execute("PRAGMA journal_mode = WAL")
        if tables:
            _add_tables(connection, applied, known)


def _read_migrations(
    connection: sqlite3.Connection, path: Path | None
) -> tuple[set[Migration], set[Migration]]:
    """The migrations that the database has, and those that are installed.

    Raises ChatdemoError if it has one that isn't installed.
    """
    applied, known = _applied_migrations(connection), known_migrations()
    if unknown := applied - known:
        migration = ".".join(min(unknown))
        message = f"The database {path or MEMORY} is from a newer version: it has {migration}."
        hint = "Update chatdemo (pip install --upgrade chatdemo), or use another file with --db."
        raise ChatdemoError(message, hint)
    return applied, known


def _applied_migrations(connection: sqlite3.Connection) -> set[Migration]:
    table = "SELECT 1 FROM sqlite_master WHERE name = 'django_migrations'"
    if not connection.execute(table).fetchone():
        return set()
    return set(connection.execute("SELECT app, name FROM django_migrations"))


def _add_tables(
    connection: sqlite3.Connection, applied: set[Migration], known: set[Migration]
) -> None:
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
