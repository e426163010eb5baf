"""The files beside the database, and itself: for their owner alone, whatever the umask lets others do."""

import os
import signal
import sqlite3
import stat
from contextlib import closing

import pytest
from websockets.sync.client import connect

from chatdemo.project import database
from tests.support.served import Served

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
ALL = {"chat.sqlite3", "chat.sqlite3-wal", "chat.sqlite3-shm", "chat.sqlite3.key"}


@pytest.fixture
def no_umask():
    """Nothing is taken from the mode with which a file is made; the servers that a test starts have it from here."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def say(server) -> None:
    with connect(server.socket_url("/ws/chat/lobby/")) as ana:
        ana.send('{"message": "hello"}')
        ana.recv()


def test_while_a_server_runs_and_after_it(tmp_path, no_umask):
    with Served(tmp_path) as server:
        say(server)
        assert modes(tmp_path) == dict.fromkeys(ALL, 0o600)
        server.stop()
    assert set(modes(tmp_path)) >= {"chat.sqlite3", "chat.sqlite3.key"}
    assert set(modes(tmp_path).values()) == {0o600}


def test_a_folder_that_is_made_for_them_is_closed_too(tmp_path, no_umask, monkeypatch):
    monkeypatch.setattr("click.get_app_dir", lambda name: str(tmp_path / "new" / "folder"))
    database.prepare(database.path_of(""))
    assert stat.S_IMODE((tmp_path / "new" / "folder").stat().st_mode) == 0o700
    assert set(modes(tmp_path / "new" / "folder").values()) == {0o600}


def test_a_database_that_others_could_read_is_closed_to_them(tmp_path, no_umask):
    """A copy, or one that a backup has brought back."""
    path = tmp_path / "chat.sqlite3"
    database.prepare(path)
    for file in tmp_path.iterdir():
        file.chmod(0o666)
    database.prepare(path)
    assert set(modes(tmp_path).values()) == {0o600}


def test_what_a_killed_server_has_left_behind_is_closed_too(tmp_path, no_umask):
    with Served(tmp_path) as server:
        say(server)
        server.process.send_signal(signal.SIGKILL)
        server.wait()
    assert set(modes(tmp_path)) == ALL
    for file in tmp_path.iterdir():
        file.chmod(0o644)
    with Served(tmp_path) as server:
        say(server)
        assert modes(tmp_path) == dict.fromkeys(ALL, 0o600)
    with closing(sqlite3.connect(tmp_path / "chat.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM chat_message").fetchone() == (2,)


def test_what_is_refused_is_left_as_it_is(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("nothing to see here\n" * 50, "utf-8")
    path.chmod(0o644)
    with pytest.raises(database.ChatdemoError):
        database.prepare(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
