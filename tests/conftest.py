"""What every test shares: settings of its own, a folder of its own to stand in, and skips that can't hide."""

import atexit
import os
import tempfile
from pathlib import Path

import django
import pytest

from tests.support.redis_server import RedisServer, program
from tests.support.served import ROOT, Process, Served, clean_environ
from tests.support.warm import WarmPython

# Each process (of xdist too) has its own data. pytest-django looks for settings before it loads this file, finds
# none, and so leaves setting Django up to it.
_folder = tempfile.TemporaryDirectory(prefix="chatdemo-tests-")
atexit.register(_folder.cleanup)
for name in [
    name for name in os.environ if name.startswith("CHATDEMO_") and name != "CHATDEMO_TEST_ALL"
]:
    del os.environ[name]
os.environ["CHATDEMO_DB"] = str(Path(_folder.name, "chat.sqlite3"))
os.environ["DJANGO_SETTINGS_MODULE"] = "chatdemo.project.settings"
django.setup()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two processes for each core: more than half of the time a test waits for servers and browsers."""
    return (os.cpu_count() or 2) * 2


def pytest_collection_modifyitems(items):
    """The promises come first: each takes long, and at the end the other processes would be idle meanwhile."""
    items.sort(key=lambda item: "promise" not in item.path.parts)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes():
    """The processes that are about to start have their own: with ours in the environment pytest-django would load the
    settings before they come to it, and all of them would share one database.
    """
    for name in ("DJANGO_SETTINGS_MODULE", "CHATDEMO_DB"):
        del os.environ[name]


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix():
    """Nothing: pytest-django would give each process a database of its own name, of which a server that a test starts
    in another process knows nothing. They have folders of their own.
    """


@pytest.fixture(scope="session", autouse=True)
def warm_python():
    """Processes of chatdemo are forks of one that has the imports behind it."""
    with WarmPython(ROOT, clean_environ()) as Process.warm_python:
        yield


@pytest.fixture(scope="session")
def has_redis():
    """Skips a test where there is no Redis server, or no client for it."""
    pytest.importorskip("channels_redis")
    return program() or pytest.skip("there's no redis-server or valkey-server on this machine")


@pytest.fixture(scope="session")
def redis_server(has_redis, tmp_path_factory):
    """A Redis server that the tests of one process share: each uses keys or rooms of its own."""
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def served(tmp_path):
    """A running ``chatdemo serve``; a test that needs options makes its own ``Served``."""
    with Served(tmp_path) as server:
        yield server


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder as the current one, and no setting in the environment: as a new user starts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CHATDEMO_DB", raising=False)
    return tmp_path


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """With CHATDEMO_TEST_ALL=1 a skipped test is a failed one: on a machine that has everything, none may hide."""
    outcome = yield
    report = outcome.get_result()
    if (
        report.skipped
        and os.environ.get("CHATDEMO_TEST_ALL") == "1"
        and not hasattr(report, "wasxfail")
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CHATDEMO_TEST_ALL=1 forbids it: {report.longrepr}"
