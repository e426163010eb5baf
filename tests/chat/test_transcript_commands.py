"""The commands export, rooms and forget, as a user types them."""

import csv
import io
import json
import os
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress

import pytest
from click.testing import CliRunner

from chatdemo.chat import sqlite_stored_rooms
from chatdemo.chat.sqlite_stored_rooms import SQLiteStoredRooms
from chatdemo.chat.transcripts.formats import FORMATS
from chatdemo.commands import cli, transcripts
from chatdemo.common import config
from chatdemo.project import database
from tests.chat.transcripts.conftest import History, nothing_said  # noqa: F401
from tests.support.served import DEFAULT_SIGNALS, TIMEOUT_SECONDS, Served, clean_environ, wait_for

AT = "2026-11-22 10:00:00.000"


@pytest.fixture(autouse=True)
def settings_of_its_own(folder, monkeypatch):
    monkeypatch.setattr(config, "_active", config._active)
    monkeypatch.setenv("CHATDEMO_DB", str(folder / "chat.sqlite3"))


@pytest.fixture(autouse=True)
def in_utc(monkeypatch):
    """Local times are the same everywhere."""
    monkeypatch.setenv("TZ", "UTC")
    with suppress(AttributeError):
        time.tzset()


@pytest.fixture
def history(folder):
    return History(folder / "chat.sqlite3")


def run(*arguments, **options):
    return CliRunner().invoke(cli, arguments, **options)


def output(*arguments, **options):
    result = run(*arguments, **options)
    assert not result.stderr and result.exit_code == 0, result.stderr
    return result.stdout_bytes.decode("utf-8")


def refused(code, *arguments):
    """The two lines that refuse ``arguments``, and nothing else."""
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    message, hint = result.stderr.splitlines()
    return message.removeprefix("Error: "), hint.removeprefix("Next:  ")


def test_export_writes_markdown_unless_told_otherwise(history):
    history.add("hello *you*")
    history.set_time(AT)
    expected = "# lobby\n\n2026-11-22 10:00:00 UTC **Ana**\n\n> hello \\*you\\*\n"
    assert output("export", "lobby") == output("export", "lobby", "--format", "md") == expected


def test_export_writes_the_other_forms(history):
    history.add("hello", "=1+1")
    rows = list(csv.reader(io.StringIO(output("export", "lobby", "--format", "csv"))))
    assert [row[3] for row in rows] == ["text", "hello", "'=1+1"]
    assert [one["text"] for one in json.loads(output("export", "lobby", "--format", "json"))] == [
        "hello",
        "=1+1",
    ]
    assert '<p dir="auto">=1+1</p>' in output("export", "lobby", "--format", "html")


def test_export_offers_every_form():
    [option] = [
        parameter for parameter in cli.commands["export"].params if parameter.name == "format"
    ]
    assert (list(option.type.choices), option.default) == (list(FORMATS), next(iter(FORMATS)))


def test_export_since_a_time(history):
    history.add("long ago", "now")
    history.set_time(AT)
    for since in ("2h", "2026-11-22T10:00:00.001Z", "2026-11-22T10:00:01"):
        written = output("export", "lobby", "--since", since)
        assert "> now" in written and "long ago" not in written
    assert "long ago" in output("export", "lobby", "--since", "2026-11-22")


def test_export_since_no_time_is_wrong_usage(history):
    assert (
        refused(2, "export", "lobby", "--since", "yesterday")[0]
        == "--since: 'yesterday' isn't a date, time or duration."
    )


def test_export_in_no_form_is_wrong_usage():
    message, hint = refused(2, "export", "lobby", "--format", "pdf")
    assert "'pdf' is not one of 'md', 'csv', 'json', 'html'" in message
    assert hint == "chatdemo export --help shows how it is used."


@pytest.mark.parametrize("command", ["export", "forget"])
def test_an_unknown_room_is_an_error_that_names_those_near_it(history, command):
    history.add("a")
    assert refused(1, command, "loby") == (
        "No history for room 'loby'.",
        "Did you mean lobby? chatdemo rooms lists the rooms that have one.",
    )


@pytest.mark.parametrize("command", [("export", "lobby"), ("rooms",), ("forget", "lobby", "--yes")])
def test_without_a_database_they_say_so_and_make_none(folder, command):
    missing = folder / "none" / "missing.sqlite3"
    assert refused(1, *command, "--db", str(missing)) == (
        f"There's no database at {missing}.",
        "chatdemo serve creates one. If yours is in another place, give it with --db.",
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [("export", "lobby"), ("rooms",), ("forget", "lobby", "--yes")])
def test_a_database_in_memory_is_wrong_usage(command):
    assert refused(2, *command, "--db", ":memory:") == (
        "--db: a database in memory can only be read by its server.",
        "Start the server with a file instead: chatdemo serve --db chat.sqlite3",
    )


def test_an_empty_file_is_no_database_and_stays_empty(folder):
    (folder / "chat.sqlite3").touch()
    assert refused(1, "rooms")[0] == f"There's no database at {folder / 'chat.sqlite3'}."
    assert [(file.name, file.stat().st_size) for file in folder.iterdir()] == [("chat.sqlite3", 0)]


def test_another_programs_file_is_left_as_it_is(folder):
    (folder / "chat.sqlite3").write_text("my notes\n" * 100, "utf-8")
    assert refused(1, "rooms")[0].endswith(
        "is damaged, or isn't an SQLite database: file is not a database."
    )
    assert (folder / "chat.sqlite3").read_text("utf-8") == "my notes\n" * 100


@pytest.mark.parametrize("command", [("export", "lobby"), ("forget", "lobby", "--yes")])
def test_a_damaged_database_is_two_lines(history, folder, command):
    history.add(*["much " * 200] * 100)
    data = bytearray((folder / "chat.sqlite3").read_bytes())
    data[len(data) // 2 :] = b"x" * (len(data) - len(data) // 2)
    (folder / "chat.sqlite3").write_bytes(data)
    result = run(*command)
    assert result.exit_code == 1
    message, hint = result.stderr.splitlines()
    assert message.startswith(
        f"Error: The database {history.path} is damaged, or isn't an SQLite database: "
    )
    assert hint == "Next:  Restore a backup, or use another file with --db."


def test_a_locked_database_is_reported_and_nothing_is_deleted(history, monkeypatch):
    history.add("a")
    monkeypatch.setattr(sqlite_stored_rooms, "LOCK_TIMEOUT_SECONDS", 0.01)
    with closing(sqlite3.connect(history.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(1, "forget", "lobby", "--yes") == (
            f"The database {history.path} is locked by another program.",
            "Close that program, and try again.",
        )
    assert [room.messages for room in SQLiteStoredRooms(history.path).all()] == [1]


def test_a_copy_gets_no_files_beside_it(history, folder):
    history.add("a")
    (folder / "chat.sqlite3.key").unlink()
    output("rooms")
    assert [file.name for file in folder.iterdir()] == ["chat.sqlite3"]


def test_the_database_can_come_from_a_file_of_settings(history, folder, monkeypatch):
    history.add("a")
    monkeypatch.delenv("CHATDEMO_DB")
    (folder / "other.toml").write_text('db = "chat.sqlite3"', "utf-8")
    assert "lobby" in output("rooms", "--config", "other.toml")


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows can't be told the time zone")
def test_rooms_are_in_columns(history):
    history.add(*"ab")
    history.add("c", room="日本語 room")
    history.add("d", room="a\u202eb")
    history.set_time(AT)
    history.set_time(AT, seq=2)
    assert output("rooms") == (
        "messages  last, local time  room\n"
        "       1  2026-11-22 10:00  ab\n"
        "       2  2026-11-22 10:00  lobby\n"
        "       1  2026-11-22 10:00  日本語 room\n"
    )


def test_rooms_as_json(history):
    history.add("a", room="a\u202eb")
    history.set_time(AT)
    at = "2026-11-22T10:00:00.000Z"
    assert json.loads(output("rooms", "--json")) == [
        {"name": "a\u202eb", "messages": 1, "first": at, "last": at}
    ]


def test_without_messages_rooms_says_so(history):
    assert output("rooms") == "No room has any messages yet.\n"
    assert output("rooms", "--json") == "[]\n"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows can't be told the time zone")
def test_forget_says_what_it_will_delete_and_asks(history, monkeypatch):
    history.add("a", "b")
    history.set_time(AT)
    history.set_time("2026-11-22 11:30:00.000", seq=2)
    monkeypatch.setattr(transcripts, "can_ask", lambda: True)
    question = "Delete 2 messages of lobby, from 2026-11-22 10:00 to 2026-11-22 11:30? [y/N]: "
    result = run("forget", "lobby", input="n\n")
    assert (result.exit_code, result.stdout) == (1, f"{question}n\nNothing was deleted.\n")
    assert len(SQLiteStoredRooms(history.path).all()) == 1
    assert output("forget", "lobby", input="y\n") == f"{question}y\nDeleted 2 messages of lobby.\n"
    assert SQLiteStoredRooms(history.path).all() == []


def test_an_interrupted_question_deletes_nothing(history, monkeypatch):
    history.add("a")
    monkeypatch.setattr(transcripts, "can_ask", lambda: True)
    result = run("forget", "lobby", input="")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (130, "Nothing was deleted.")
    assert len(SQLiteStoredRooms(history.path).all()) == 1


def test_a_transcript_without_messages_says_why(history):
    history.add("a")
    history.set_time(AT)
    result = run("export", "lobby", "--since", "2026-11-23T00:00Z")
    assert (result.exit_code, result.stdout) == (0, "# lobby\n")
    last = SQLiteStoredRooms(history.path).all()[0].last
    assert (
        result.stderr == f"No messages since 2026-11-23T00:00:00Z: the last one is from {last}.\n"
    )


def test_a_room_whose_messages_were_all_deleted_has_none_since_any_time(history):
    history.add("a")
    with closing(sqlite3.connect(history.path)) as connection, connection:
        connection.execute("DELETE FROM chat_message")
    result = run("export", "lobby", "--since", "2026-11-23T00:00Z")
    assert (result.exit_code, result.stdout) == (0, "# lobby\n")
    assert result.stderr == "No messages since 2026-11-23T00:00:00Z.\n"


def test_forget_without_a_terminal_needs_yes(history):
    history.add("a")
    assert refused(2, "forget", "lobby") == (
        "forget asks for confirmation, but there is no terminal.",
        "Add --yes to delete 1 message without confirmation, or run it in a terminal.",
    )
    assert output("forget", "lobby", "--yes") == "Deleted 1 message of lobby.\n"


def test_forget_reports_text_that_may_still_be_there(history, monkeypatch):
    history.add("a")
    monkeypatch.setattr("chatdemo.chat.sqlite_stored_rooms._wipe", lambda _: False)
    message, hint = refused(1, "forget", "lobby", "--yes")
    assert (
        message
        == f"1 message deleted, but the text may still be in {history.path} or its -wal file."
    )
    assert hint == (
        f'Stop each program that has the database open, then run: chatdemo manage --db "{history.path}" shell -c'
        " \"from django.db import connection as c; c.cursor().execute('VACUUM')\""
    )


def test_forget_reports_what_it_deleted_if_the_database_is_damaged_elsewhere(history):
    history.add("a")
    history.add(*["much " * 200] * 100, room="other")
    data = bytearray(history.path.read_bytes())
    data[-20 * 4096 :] = b"x" * 20 * 4096
    history.path.write_bytes(data)
    message, _ = refused(1, "forget", "lobby", "--yes")
    assert message.startswith("1 message deleted, but the text may still be in ")


def test_a_database_of_an_older_version_is_migrated_first(history, monkeypatch):
    prepared, known = [], database.known_migrations()
    monkeypatch.setattr(database, "known_migrations", lambda: {("chat", "9999_later")} | known)
    monkeypatch.setattr(database, "prepare", prepared.append)
    run("rooms")
    assert prepared == [history.path]


def command(*arguments):
    return [sys.executable, "-m", "chatdemo", *arguments]


def environ():
    return {
        **clean_environ(),
        "CHATDEMO_DB": os.environ["CHATDEMO_DB"],
        "PYTHONIOENCODING": "ascii",
    }


def real(*arguments, **options):
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
    return subprocess.Popen(command(*arguments), env=environ(), **pipes, **DEFAULT_SIGNALS)


def test_a_closed_pipe_ends_it_quietly(history):
    history.add(*["much " * 200] * 1000)
    with real("export", "lobby") as process:
        assert process.stdout.readline() == b"# lobby\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(TIMEOUT_SECONDS) == 0


@pytest.mark.skipif(
    not os.path.exists("/dev/full"), reason="there is no device that is always full"
)
def test_a_full_disk_is_two_lines(history):
    history.add("a")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command("export", "lobby"),
            env=environ(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Error: The output can't be written: No space left on device.",
        "Next:  Free space on its disk, or write to another disk.",
    ]


@pytest.mark.skipif(os.name != "posix", reason="this makes a terminal as POSIX has it")
@pytest.mark.parametrize(
    ("answer", "code", "last_line"),
    [("y", 0, "Deleted 1 message"), ("", 1, "Nothing was deleted.")],
)
def test_in_a_terminal_forget_asks_and_obeys(history, answer, code, last_line):
    history.add("a", room="日本語 \x9b")  # a control character, as no server keeps it
    question, end, status = in_a_terminal(answer, "forget", "日本語 \x9b")
    assert question.startswith("Delete 1 message of ??? ?, from ")
    assert end.startswith(last_line) and "\x9b" not in end
    assert status == code


def in_a_terminal(answer, *arguments):
    """The question, the last line and the exit code."""
    import pty

    ours, theirs = pty.openpty()
    with real(*arguments, stdin=theirs, stdout=theirs, stderr=theirs) as process:
        question = os.read(ours, 1000)
        while b"[y/N]" not in question:
            question += os.read(ours, 1000)
        os.write(ours, answer.encode() + b"\n")
        code = process.wait(TIMEOUT_SECONDS)
    last_line = os.read(ours, 1000).decode("utf-8").split("\r\n")[-2]
    os.close(ours)
    os.close(theirs)
    return question.decode("ascii"), last_line, code


def test_any_script_is_written_whatever_the_terminals_encoding(history):
    history.add("日本語 \x1b[31m", room="café")
    with real("export", "café") as process:
        written, errors = process.communicate(timeout=TIMEOUT_SECONDS)
    assert (process.returncode, errors) == (0, b"")
    assert "> 日本語 ␛\\[31m\n" in written.decode("utf-8") and b"\x1b" not in written


def test_all_of_it_while_a_server_runs(folder):
    from websockets.sync.client import connect

    path = folder / "chat.sqlite3"
    with (
        Served(folder, "--db", str(path)) as server,
        connect(server.socket_url("/ws/chat/lobby/")) as ana,
    ):
        ana.send('{"message": "a secret of a test"}')
        assert json.loads(ana.recv())["seq"] == 1
        assert "> a secret of a test" in output("export", "lobby")
        assert "  lobby\n" in output("rooms")
        assert output("forget", "lobby", "--yes") == "Deleted 1 message of lobby.\n"
        left = [file.read_bytes() for file in folder.glob("chat.sqlite3*")]
        assert not any(b"a secret of a test" in data for data in left)
        ana.send('{"message": "again"}')
        assert json.loads(ana.recv())["seq"] == 1
        assert (
            wait_for(lambda: SQLiteStoredRooms(path).all(), "the room's new history")[0].messages
            == 1
        )
