"""Which files were saved."""

import threading

import pytest

from chatdemo.common import file_watcher
from chatdemo.common.file_watcher import FileWatcher
from chatdemo.course.checker.source_files import source_files
from tests.course.checker.projects import good


def test_a_save_is_seen_and_nothing_else(tmp_path):
    project = good(tmp_path / "project", "index")
    views = project / "chat" / "views.py"
    watcher = FileWatcher(lambda: source_files(project))
    (project / "db.sqlite3").write_bytes(b"1")
    assert not watcher.modified()
    views.write_text("# saved\n", "utf-8")
    assert watcher.modified() == {views}
    assert not watcher.modified()


def test_a_file_that_comes_or_goes_is_not_modified(tmp_path):
    file = tmp_path / "a.py"
    watcher = FileWatcher(lambda: tmp_path.glob("*.py"))
    file.touch()
    assert not watcher.modified()
    file.unlink()
    assert not watcher.modified()


def test_a_listed_file_that_is_gone_already_is_none(tmp_path):
    assert not FileWatcher(lambda: [tmp_path / "gone.py"]).modified()


@pytest.mark.parametrize("change", ["touch", "unlink"])
def test_waiting_ends_when_a_file_comes_or_goes(tmp_path, monkeypatch, change):
    monkeypatch.setattr(file_watcher, "POLL_SECONDS", 0.01)
    file = tmp_path / "a.py"
    if change == "unlink":
        file.touch()
    watcher = FileWatcher(lambda: tmp_path.glob("*.py"))
    threading.Timer(0.05, getattr(file, change)).start()
    watcher.wait()
    assert file.exists() == (change == "touch")
