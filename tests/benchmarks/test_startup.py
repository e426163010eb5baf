"""The benchmark of the start runs, and measures what it says. How long anything takes is not a test's business."""

import json
import subprocess
import sys

import pytest
from websockets.sync.client import connect

from benchmarks import startup, stock
from tests.support.served import TIMEOUT_SECONDS, free_port

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the benchmark ends process groups, which are POSIX's"
)


@pytest.fixture
def stock_port(tmp_path):
    """The port at which Daphne serves the tutorial's project."""
    stock.write(tmp_path / "migrated")
    port = free_port()
    folder, [command] = startup.daphne(tmp_path, port)
    with startup.running(command, folder) as process:
        startup.wait_for_page(port, process)
        yield port


def sample(seconds, memory=None):
    return startup.Sample(seconds, memory)


def test_the_stock_project_passes_djangos_own_check(tmp_path):
    folder = stock.write(tmp_path / "project")
    command = [sys.executable, "-W", "error", "manage.py", "check"]
    done = subprocess.run(
        command, **startup.options_in(folder) | {"stdout": subprocess.PIPE}, text=True
    )
    assert (done.returncode, done.stdout) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


def test_the_stock_project_serves_its_pages_and_carries_a_message_to_both_ends(stock_port):
    assert startup.is_page(startup.answer_from(stock_port))
    room, origin = f"127.0.0.1:{stock_port}/ws/chat/lobby/", f"http://127.0.0.1:{stock_port}"
    with (
        connect(f"ws://{room}", origin=origin) as ann,
        connect(f"ws://{room}", origin=origin) as bob,
    ):
        ann.send(json.dumps({"message": "hello"}))
        assert [json.loads(end.recv(TIMEOUT_SECONDS)) for end in (ann, bob)] == [
            {"message": "hello"}
        ] * 2


def test_the_benchmark_prints_each_contender_and_each_limit():
    command = [sys.executable, startup.__file__, "--runs", "1"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=startup.clean_environ(), timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    for label in [*startup.CONTENDERS, *(limit.label for limit in startup.LIMITS)]:
        assert f"  {label}  " in done.stdout


def test_the_ratio_is_the_median_of_those_within_each_round():
    pairs = [
        (1, 10),
        (3, 10),
        (8, 20),
    ]  # 0.1, 0.3, 0.4; the medians alone would give 3 / 10 of another round's
    rounds = [
        {startup.SERVE: sample(ours), startup.RUNSERVER: sample(theirs)} for ours, theirs in pairs
    ]
    limit = startup.LIMITS[0]
    assert startup.ratio(rounds, limit) == pytest.approx(0.3)
    assert startup.kept(rounds, limit)
    assert not startup.kept(rounds[2:], limit)


def test_memory_that_cant_be_measured_misses_no_limit():
    rounds = [dict.fromkeys(startup.CONTENDERS, sample(1))]
    assert startup.kept(rounds, startup.LIMITS[2])
    assert startup.table(rounds).count("not measured") == len(startup.CONTENDERS) + 1


@pytest.mark.parametrize("seconds, code", [(0.2, 0), (2.0, 1)])
def test_check_ends_with_1_where_a_limit_is_missed(monkeypatch, capsys, seconds, code):
    rounds = [
        {name: sample(seconds if name == startup.SERVE else 1) for name in startup.CONTENDERS}
    ]
    monkeypatch.setattr(startup, "build", lambda workshop: workshop)
    monkeypatch.setattr(startup, "compete", lambda workshop, runs: rounds)
    assert startup.main(["--check"]) == code
    assert ("MISSED" in capsys.readouterr().out) == bool(code)


def test_a_contender_that_ends_at_once_is_named_with_its_exit_code(tmp_path):
    def broken(workshop, port):
        return workshop, [[sys.executable, "-c", "raise SystemExit(3)"]]

    with pytest.raises(RuntimeError, match="ended with code 3 before its first page"):
        startup.measure(broken, tmp_path)
