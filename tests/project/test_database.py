"""The SQLite database: where it is, how it is made, and which ones are refused and left as they are."""

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import django.db
import pytest

from chatdemo.common.errors import ChatdemoError
from chatdemo.common.sqlite import MEMORY_URI
from chatdemo.project import database
from tests.project.make_schema import HEADER, dump
from tests.project.managed import manage
from tests.support.served import Process, clean_environ


def query(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(sql).fetchall()


def refusal(path: Path) -> ChatdemoError:
    """How ``prepare`` refuses the file at ``path``, which it must leave as it is, with nothing new beside it."""
    before, names = path.read_bytes(), set(os.listdir(path.parent))
    with pytest.raises(ChatdemoError) as caught:
        database.prepare(path)
    assert path.read_bytes() == before
    assert set(os.listdir(path.parent)) == names
    return caught.value


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> Path:
    """A database that Django's migrations made, one by one."""
    path = tmp_path_factory.mktemp("migrated") / "chat.sqlite3"
    manage(path, "migrate", "--verbosity=0")
    return path


#: The tables of `migrate contenttypes 0001`, as Django has written them.
OLD = f"""
CREATE TABLE "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
 "name" varchar(100) NOT NULL, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
CREATE UNIQUE INDEX "django_content_type_app_label_model_76bd3d3b_uniq" ON "django_content_type" ("app_label", "model");
CREATE TABLE "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
 "app" varchar(255) NOT NULL, "name" varchar(255) NOT NULL, "applied" datetime NOT NULL);
INSERT INTO "django_migrations" VALUES (1, 'contenttypes', '0001_initial', '2026-11-27 03:58:38');
PRAGMA application_id = {database.APPLICATION_ID};
PRAGMA journal_mode = WAL;
"""


@pytest.fixture
def old(tmp_path) -> Path:
    """A database of an older version, which lacks most migrations."""
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(OLD)
    return path


@pytest.fixture
def made(tmp_path) -> Path:
    """A database that ``prepare`` made."""
    path = tmp_path / "chat.sqlite3"
    database.prepare(path)
    return path


def test_the_default_is_a_file_in_the_users_application_folder(monkeypatch):
    monkeypatch.setattr("click.get_app_dir", lambda name: f"/home/ana/.config/{name}")
    assert database.path_of("") == Path("/home/ana/.config/chatdemo/chatdemo.sqlite3")


def test_a_relative_path_is_in_the_current_folder_and_a_tilde_the_home(folder, monkeypatch):
    monkeypatch.setenv("HOME", "/home/ana")
    assert database.path_of("a.sqlite3") == folder / "a.sqlite3"
    assert database.path_of("~/a.sqlite3") == Path("/home/ana/a.sqlite3")
    assert database.path_of(":memory:") is None


def test_it_is_made_for_its_owner_alone(made):
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.with_name("chat.sqlite3.key").stat().st_mode) == 0o600


#: What stands for a row where its number depends on the order in which Django made it.
NATURAL_KEYS = {
    "django_migrations": "SELECT app, name FROM django_migrations",
    "django_content_type": "SELECT app_label, model FROM django_content_type",
    "auth_permission": "SELECT app_label, model, codename, p.name FROM auth_permission p, django_content_type c"
    " WHERE c.id = content_type_id",
}


def rows(path: Path, table: str) -> list[tuple]:
    return sorted(query(path, NATURAL_KEYS.get(table, f'SELECT * FROM "{table}"')))


def test_the_shipped_schema_equals_what_the_migrations_make(made, migrated):
    schema = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
    assert query(made, schema) == query(migrated, schema)
    for (table,) in query(made, "SELECT name FROM sqlite_master WHERE type = 'table'"):
        assert rows(made, table) == rows(migrated, table), table


def test_the_schema_is_written_by_its_script(migrated):
    again = migrated.with_name("again.sqlite3")
    with closing(sqlite3.connect(again)) as connection:
        connection.executescript(dump(migrated))
    assert database.SCHEMA.read_text("utf-8").startswith(HEADER)
    assert dump(again) == dump(migrated)


def test_django_finds_nothing_to_migrate_in_it(made):
    assert "No migrations to apply." in manage(made, "migrate")


def test_it_knows_the_migrations_without_importing_them(made):
    assert (
        set(query(made, "SELECT app, name FROM django_migrations")) == database.known_migrations()
    )


def test_preparing_it_again_changes_nothing(made):
    query(made, "INSERT INTO django_session VALUES ('key', 'data', '2030-01-01')")
    database.prepare(made)
    assert query(made, "SELECT session_key FROM django_session") == [("key",)]


def test_an_older_database_is_migrated_and_keeps_its_data(old):
    query(old, "INSERT INTO django_content_type (name, app_label, model) VALUES ('a', 'b', 'c')")
    manage(old, "check")
    assert set(query(old, "SELECT app, name FROM django_migrations")) == database.known_migrations()
    assert ("b", "c") in query(old, "SELECT app_label, model FROM django_content_type")


def test_one_of_a_newer_version_is_refused(made):
    query(
        made,
        "INSERT INTO django_migrations (app, name, applied) VALUES ('auth', '0999_later', '2030-01-01')",
    )
    error = refusal(made)
    assert error.message == f"The database {made} is from a newer version: it has auth.0999_later."
    assert (
        error.hint
        == "Update chatdemo (pip install --upgrade chatdemo), or use another file with --db."
    )


def test_one_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.sqlite3"
    query(path, "CREATE TABLE notes (text)")
    error = refusal(path)
    assert error.message == f"The database {path} belongs to another program."
    assert error.hint == "Use another file with --db. This one wasn't changed."


def test_one_that_another_program_left_in_the_middle_of_its_work_is_not_even_mended(tmp_path):
    path = tmp_path / "other.sqlite3"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE notes (text)")
        for name in ("other.sqlite3", "other.sqlite3-wal"):  # as a crash would leave them
            shutil.copy(tmp_path / name, tmp_path / f"copy-{name}")
    wal = tmp_path / "copy-other.sqlite3-wal"
    before = wal.read_bytes()
    assert "belongs to another program" in refusal(tmp_path / "copy-other.sqlite3").message
    assert wal.read_bytes() == before


def test_an_empty_file_is_made_ours_and_closed_to_others(tmp_path):
    path = tmp_path / "empty"
    path.touch(0o644)
    database.prepare(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (
        set(query(path, "SELECT app, name FROM django_migrations")) == database.known_migrations()
    )


def test_a_link_leads_to_its_target_even_if_that_is_not_there_yet(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")
    assert database.path_of(str(tmp_path / "link")) == tmp_path / "target"


def test_a_home_folder_that_is_not_there_is_named():
    with pytest.raises(
        ChatdemoError, match="The database ~nobody-by-this-name/x can't be found: "
    ) as caught:
        database.path_of("~nobody-by-this-name/x")
    assert caught.value.hint == "Give --db the absolute path of a file, or :memory:."


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing to see here\n" * 50, "utf-8")
    assert (
        refusal(path).message
        == f"The database {path} is damaged, or isn't an SQLite database: file is not a database."
    )


def overwritten(data: bytes) -> bytes:
    return data[:5000] + b"\xff" * 4000 + data[9000:]


@pytest.mark.parametrize(
    "harm", [lambda data: data[:50_000], overwritten], ids=["cut short", "a page overwritten"]
)
def test_a_damaged_one_is_refused(made, harm):
    made.write_bytes(harm(made.read_bytes()))
    error = refusal(made)
    assert error.message.startswith(
        f"The database {made} is damaged, or isn't an SQLite database: "
    )
    assert "\n" not in error.message
    assert error.hint == "Restore a backup, or use another file with --db."


def test_one_that_another_program_has_locked_is_refused(made, monkeypatch):
    impatient = lambda path, **options: connect(path, **{**options, "timeout": 0})  # noqa: E731
    connect = sqlite3.connect
    with closing(sqlite3.connect(made, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(sqlite3, "connect", impatient)
        with pytest.raises(ChatdemoError, match="is locked by another program"):
            database.prepare(made)


def unprivileged(command: list[str]) -> list[str]:
    """``command`` without the right, which root has, to write what the file modes say it may not."""
    if os.geteuid() != 0:
        return command
    without = "-dac_override,-dac_read_search"
    return [shutil.which("setpriv"), f"--bounding-set={without}", f"--inh-caps={without}", *command]


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_a_read_only_one_is_refused(made):
    made.chmod(0o400)
    before = made.read_bytes()
    command = [sys.executable, "-m", "chatdemo", "serve", "--port", "0", "--db", str(made)]
    done = subprocess.run(
        unprivileged(command), capture_output=True, text=True, env=clean_environ(), timeout=20
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"Error: The database {made} can't be used: attempt to write a readonly database.",
        "Next:  Make the file and its folder writable, or use another file with --db.",
    ]
    assert made.read_bytes() == before


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ChatdemoError) as caught:
        database.prepare(tmp_path)
    assert (
        caught.value.message
        == f"The database {tmp_path} can't be created: {tmp_path} already exists."
    )
    assert caught.value.hint == "Give --db the path of a file."


@pytest.mark.parametrize("name", ["tpyo", "tpyo/deeper", "file/folder"])
def test_a_folder_that_is_not_there_is_named_and_not_made(tmp_path, name):
    tmp_path.joinpath("file").touch()
    folder = tmp_path / name
    with pytest.raises(ChatdemoError) as caught:
        database.prepare(folder / "chat.sqlite3")
    assert (
        caught.value.message == f"The folder {folder} of the database chat.sqlite3 doesn't exist."
    )
    assert caught.value.hint == "Create the folder, or give --db the path of another file."
    assert not folder.exists()


def test_a_place_where_nothing_can_be_made_is_refused(tmp_path):
    tmp_path.joinpath("file").touch()
    for path in (tmp_path / "file" / "chat.sqlite3", tmp_path / ("a" * 300)):
        with pytest.raises(ChatdemoError, match="can't be created: ") as caught:
            database.prepare(path)
        assert "\n" not in caught.value.message


@pytest.mark.skipif(os.name != "posix", reason="the size of a file is limited by POSIX's setrlimit")
def test_one_that_does_not_fit_on_the_disk_is_taken_away_again(tmp_path):
    """A limit of 40 kB a file, and so a disk that is full half-way through the tables."""
    code = "import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (40960, 40960)); from chatdemo.__main__ import main; main()"
    options = ["serve", "--port", "0", "--db", str(tmp_path / "chat.sqlite3")]
    command = [sys.executable, "-c", code, *options]
    with Process(tmp_path, command, clean_environ()) as process:
        assert process.wait() == 1
    message, hint = map(str.rstrip, process.lines)
    assert message.startswith(f"Error: The database {tmp_path / 'chat.sqlite3'} can't be used: ")
    assert hint == "Next:  Free space on its disk, or use another file with --db."
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named(tmp_path):
    full = sqlite3.OperationalError("database or disk is full")
    error = database.explain_sqlite_error(full, "chat.sqlite3")
    assert error.message == "The database chat.sqlite3 can't be used: database or disk is full."
    assert error.hint == "Free space on its disk, or use another file with --db."


@pytest.mark.parametrize("text", ["no such table: chat_room", "out of memory"])
def test_only_a_damaged_one_is_called_damaged(text):
    error = database.explain_sqlite_error(sqlite3.OperationalError(text), "chat.sqlite3")
    assert error.message == f"The database chat.sqlite3 can't be used: {text}."
    assert error.hint == "Restore a backup, or use another file with --db."


def test_a_fault_in_djangos_migrations_is_explained_too(old, monkeypatch):
    def locked(*_, **__):
        raise django.db.OperationalError("database is locked")

    monkeypatch.setattr("django.core.management.call_command", locked)
    with pytest.raises(ChatdemoError, match="is locked by another program"):
        database.prepare(old)


def test_two_that_make_it_at_once_both_find_it_made(tmp_path, monkeypatch):
    path = tmp_path / "chat.sqlite3"
    read = database._applied_migrations

    def overtaken(connection):
        """Another process makes the tables just after this one has seen that there are none."""
        applied = read(connection)
        if not applied:
            monkeypatch.setattr(database, "_applied_migrations", read)
            database.prepare(path)
        return applied

    monkeypatch.setattr(database, "_applied_migrations", overtaken)
    database.prepare(path)
    assert (
        set(query(path, "SELECT app, name FROM django_migrations")) == database.known_migrations()
    )


def test_one_in_memory_is_shared_by_every_connection_as_long_as_one_is_open():
    connection = database.prepare(None)
    with closing(connection), closing(sqlite3.connect(MEMORY_URI, uri=True)) as other:
        assert other.execute("SELECT count(*) FROM django_session").fetchone() == (0,)


def test_one_in_memory_needs_a_sqlite_that_can_share_it(monkeypatch):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 35, 5))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.35.5")
    with pytest.raises(
        ChatdemoError, match=r"SQLite 3\.35\.5 can't share a database in memory"
    ) as caught:
        database.prepare(None)
    assert caught.value.hint == "Give --db a file, or use a newer Python."


def test_read_only_logs_beside_a_writable_database_become_writable(made, monkeypatch):
    """Root may write them whatever their mode is: so the mode that SQLite finds is looked at."""
    log, found, connect = made.with_name(made.name + "-shm"), [], sqlite3.connect
    log.touch()
    log.chmod(0o444)

    def connecting(*arguments, **options):
        found.append(stat.S_IMODE(log.stat().st_mode))
        return connect(*arguments, **options)

    monkeypatch.setattr(sqlite3, "connect", connecting)
    database.prepare(made)
    assert found[0] == 0o600
