"""What real errors of SQLite are taken for."""

import sqlite3
from contextlib import closing

import pytest

from chatdemo.common import sqlite
from chatdemo.common.sqlite import Cause


def failure(database, statement="SELECT * FROM t", timeout=0) -> sqlite3.Error:
    with pytest.raises(sqlite3.Error) as caught, closing(sqlite.connect(database, timeout)) as db:
        db.execute(statement)
    return caught.value


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a #?.sqlite3"  # what a URI must escape
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (a)")
    return path


def test_a_file_that_is_not_there_is_not_made(tmp_path):
    assert sqlite.cause_of(failure(tmp_path / "none.sqlite3")) is Cause.NOT_OPENED
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_one_and_nothing_else_is(path):
    with closing(sqlite.connect(path, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        error = failure(path, "INSERT INTO t VALUES (1)")
    assert sqlite.is_locked(error) and sqlite.cause_of(error) is Cause.LOCKED
    assert not sqlite.is_locked(ValueError("database is locked"))


def test_another_programs_file_and_tables_are_recognized(path, tmp_path):
    assert sqlite.cause_of(failure(path, "SELECT * FROM chat_room")) is Cause.OTHER_SCHEMA
    notes = tmp_path / "notes.txt"
    notes.write_text("my notes\n" * 100)
    assert sqlite.cause_of(failure(notes)) is Cause.DAMAGED
    assert sqlite.cause_of(failure(path, "SELECT nothing FROM t")) is Cause.UNKNOWN


def test_a_full_disk_is_one(path):
    with closing(sqlite.connect(path, timeout=0)) as db, pytest.raises(sqlite3.Error) as caught:
        db.execute("PRAGMA max_page_count = 1")
        db.execute("CREATE TABLE big AS SELECT randomblob(100000)")
    assert sqlite.cause_of(caught.value) is Cause.DISK_FULL


def test_a_database_in_memory_is_shared_within_the_process():
    with closing(sqlite.connect(sqlite.MEMORY_URI, 0)) as one:
        one.execute("CREATE TABLE tests_common_sqlite (a)")
        with closing(sqlite.connect(sqlite.MEMORY_URI, 0)) as other:
            assert other.execute("SELECT count(*) FROM tests_common_sqlite").fetchone() == (0,)
        one.execute("DROP TABLE tests_common_sqlite")
