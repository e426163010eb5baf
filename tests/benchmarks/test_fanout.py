"""The benchmark of the fan-out runs, and reckons as it says. How fast anything is is not a test's business."""

import argparse
import importlib.util
import json
import math
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

if not sys.platform.startswith("linux"):
    pytest.skip("the load generator needs Linux's epoll", allow_module_level=True)

from benchmarks import fanout, measure, peers  # noqa: E402
from benchmarks.measure import CLOSED, JOIN, OPEN, Job  # noqa: E402
from benchmarks.peers import C_LOOP, NODE_WS, OURS, PEERS, PICOWS, PLAIN, WEBSOCKETS, process, tools  # noqa: E402
from benchmarks.results import Results  # noqa: E402
from tests.support.served import TIMEOUT_SECONDS, clean_environ  # noqa: E402


@pytest.fixture
def workshop(tmp_path):
    return tools.Workshop(tmp_path, tmp_path / "packages")


def record(peer, people=30, number=0, kind=CLOSED, **figures):
    return {"kind": kind, "peer": peer, "people": people, "round": number, **figures}


@pytest.mark.parametrize("speed, code", [(600, 0), (300, 1)])
def test_check_ends_with_1_and_names_the_bound_that_is_missed(monkeypatch, capsys, speed, code):
    rooms = [record(OURS, 30, per_second=600), record(OURS, 3000, per_second=speed)]
    monkeypatch.setattr(fanout, "compete", lambda options, workshop: Results(rooms))
    assert fanout.main(["--check"]) == code
    assert ("cost of a delivery to 3000 people" in capsys.readouterr().err) == bool(code)


def test_peers_are_named_in_any_case_and_with_the_commas_in_their_names():
    assert fanout.names(f"picows,{PLAIN.upper()}, chatdemo") == [PICOWS, PLAIN, OURS]
    with pytest.raises(argparse.ArgumentTypeError, match="no peer is called 'nobody'.*Socket.IO"):
        fanout.names("picows,nobody")


def test_the_sizes_of_rooms_are_numbers_from_1():
    assert fanout.numbers("10,300") == [10, 300]
    for text in ("10,0", "many", ""):
        with pytest.raises((argparse.ArgumentTypeError, ValueError)):
            fanout.numbers(text)


def test_a_run_without_any_of_the_tools_says_what_is_missing(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(fanout, "raise_descriptors", lambda: None)
    assert (
        fanout.main(
            ["--quick", "--check", "--peers", f"{NODE_WS},{C_LOOP}", "--packages", str(tmp_path)]
        )
        == 0
    )
    out = capsys.readouterr().out
    assert "not measured: Node ws (node isn't there)\n" in out
    assert "not measured: C epoll loop (there is no C compiler (cc))\n" in out
    assert "not measured: C epoll loop, flood (there is no C compiler (cc))\n" in out


def test_missing_peers_have_their_reason(workshop, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    without = peers.in_python("without", "with_picows.py", "no_such_module")
    there, missing = fanout.gather([without, PEERS[NODE_WS], PEERS[C_LOOP], PEERS[PLAIN]], workshop)
    assert there == [PEERS[PLAIN]]
    assert list(missing) == ["without", NODE_WS, C_LOOP]
    assert "no_such_module" in missing["without"]
    assert (missing[NODE_WS], missing[C_LOOP]) == (
        "node isn't there",
        "there is no C compiler (cc)",
    )


def test_every_peer_of_the_tree_has_its_file(workshop):
    commands = {name: peer.command(workshop, 1) for name, peer in PEERS.items()}
    scripts = [
        part for command in commands.values() for part in command if part.endswith((".py", ".js"))
    ]
    assert len(scripts) == 5
    assert all(Path(script).is_file() for script in scripts)


def test_a_peer_that_ends_at_once_makes_a_record_with_its_last_words(workshop):
    broken = peers.Peer(
        "broken", lambda workshop, port: [sys.executable, "-c", "raise SystemExit('no room')"]
    )
    found = measure.measure(broken, workshop, Job(CLOSED, 1))
    assert found == {"kind": CLOSED, "peer": "broken", "people": 1, "error": "no room"}


@pytest.mark.parametrize(
    "readings, value, left", [([5, 7, 7, 9], 7, [9]), ([None, None, 1], None, [1])]
)
def test_memory_has_settled_once_two_readings_agree(readings, value, left):
    assert process.settled(lambda: readings.pop(0), interval=0) == value
    assert readings == left


def test_memory_that_never_settles_is_taken_as_it_is_in_the_end():
    readings = iter(range(100))
    assert process.settled(lambda: next(readings), interval=0) == process.READINGS - 1


def test_what_is_started_pinned_has_one_core_and_the_starter_keeps_its_own():
    before = os.sched_getaffinity(0)
    with process.pinned(process.LOAD_CORE):
        count = subprocess.check_output(
            [sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"]
        )
    assert (int(count), os.sched_getaffinity(0)) == (1, before)


@pytest.mark.skipif(not shutil.which("cc"), reason="the C loop needs a C compiler")
@pytest.mark.parametrize("size", [3, 200, 60_000])
def test_the_c_loop_is_a_websocket_server(workshop, size):
    peer, text = PEERS[C_LOOP], json.dumps({"message": "x" * size})
    assert peer.prepare(workshop) == ""
    with process.Running(peer, workshop) as server, connect(server.room, compression=None) as ann:
        with connect(server.room, compression=None) as ben:
            ann.send(text)
            assert [end.recv(TIMEOUT_SECONDS) for end in (ann, ben)] == [text] * 2


def test_a_quick_run_measures_everything_and_writes_its_files(tmp_path):
    raw, picture = tmp_path / "raw.json", tmp_path / "fanout.svg"
    options = [
        "--quick",
        "--people",
        "10",
        "--peers",
        f"{PLAIN},{WEBSOCKETS}",
        "--json",
        raw,
        "--plot",
        picture,
    ]
    command = [sys.executable, "-W", "error", fanout.__file__, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environ(), timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    records = [
        each
        for each in json.loads(raw.read_text("utf-8"))["records"]
        if each["peer"] in (PLAIN, WEBSOCKETS)
    ]
    assert [(each["kind"], each["peer"]) for each in records] == [
        (kind, peer) for kind in (CLOSED, OPEN, JOIN) for peer in (PLAIN, WEBSOCKETS)
    ]
    assert not [each for each in records if "error" in each]
    assert all(
        each["lost"] == each["out_of_order"] == 0 < each["cpu_us"]
        for each in records
        if each["kind"] != JOIN
    )
    drawn = importlib.util.find_spec("matplotlib") is not None
    assert (picture.exists(), "not drawn: " in done.stdout) == (drawn, not drawn)


def test_too_little_processor_time_makes_no_figure():
    assert measure.per_processor_second({"cpu_us": 4.0}) == 250_000
    assert math.isnan(measure.per_processor_second({"cpu_us": 0.0}))
