"""The benchmark of the fan-out runs, and reckons as it says. How fast anything is is not a test's business."""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

if not sys.platform.startswith("linux"):
    pytest.skip("the load generator needs Linux's epoll", allow_module_level=True)

from tests.benchmarks import fanout, measure, peers, report, results  # noqa: E402
from tests.benchmarks.measure import CLOSED, JOIN, OPEN, Job  # noqa: E402
from tests.benchmarks.peers import (  # noqa: E402
    C_LOOP,
    FASTAPI,
    NODE_WS,
    OURS,
    PEERS,
    PICOWS,
    PLAIN,
    WEBSOCKETS,
    process,
    tools,
)
from tests.benchmarks.results import Figure, Results, Verdict  # noqa: E402
from tests.support.served import PATIENCE, clean_environ  # noqa: E402


@pytest.fixture
def workshop(tmp_path):
    return tools.Workshop(tmp_path, tmp_path / "packages")


def record(peer, people=30, number=0, kind=CLOSED, **figures):
    return {"kind": kind, "peer": peer, "people": people, "round": number, **figures}


def closed(**by_name):
    """A closed loop's results: for each peer its deliveries a second, by round."""
    names = {"ours": OURS, "fastapi": FASTAPI, "picows": PICOWS, "node": NODE_WS}
    rows = ((names[key], number, value) for key, row in by_name.items() for number, value in enumerate(row))
    return Results([record(peer, number=number, per_second=value) for peer, number, value in rows])


def test_a_ratio_is_the_median_of_those_within_each_round():
    found = closed(ours=(10, 30, 80), fastapi=(100, 100, 200))  # 0.1, 0.3, 0.4
    over, under = (Figure(CLOSED, name, 30, "per_second") for name in (OURS, FASTAPI))
    assert found.ratio(over, under) == pytest.approx(0.3)
    assert (found.median(over), found.rounds) == (30, 3)


def test_a_round_that_failed_is_left_out_of_medians_and_ratios():
    found = closed(ours=(10, 20), fastapi=(20, 20))
    found.records[0] = record(OURS, error="it took too long")
    over, under = (Figure(CLOSED, name, 30, "per_second") for name in (OURS, FASTAPI))
    assert (found.median(over), found.ratio(over, under)) == (20, 1.0)


def test_the_best_peer_is_the_rival_with_the_best_median_and_never_ours():
    found = closed(ours=(900, 900, 900), fastapi=(1, 1, 500), picows=(2, 2, 2), node=(1, 1, 1))
    assert found.best(CLOSED, 30, "per_second") == PICOWS
    assert found.best(CLOSED, 30, "per_second", min) in (FASTAPI, NODE_WS)
    assert found.best(CLOSED, 300, "per_second") is None


def test_growth_compares_the_largest_room_with_that_of_30():
    rooms = [record(OURS, people, per_second=value) for people, value in ((10, 999), (30, 600), (3000, 300))]
    verdict = results.growth(Results(rooms), 1.5)
    assert (verdict.value, verdict.kept) == (2.0, False)
    assert results.growth(Results(rooms[:1]), 1.5).value is None


def test_latency_is_compared_with_the_quickest_rivals():
    times = {OURS: 3.0, FASTAPI: 9.0, PICOWS: 2.0}
    verdict = results.latency(Results([record(peer, 300, 0, OPEN, p99_ms=ms) for peer, ms in times.items()]), 1.2)
    assert verdict.value == 1.5
    assert PICOWS in verdict.label


def test_what_was_not_measured_misses_no_bound():
    found = list(results.verdicts(Results([])))
    assert all(verdict.kept for verdict in found)
    assert [str(verdict) for verdict in found].count("not measured") == len(found) - 2  # faults and failures are none


@pytest.mark.parametrize(
    "value, bounds, text",
    [
        (1.0, {"most": 1.5}, "1.0  at most 1.5  kept"),
        (2.0, {"most": 1.5}, "2.0  at most 1.5  MISSED"),
        (2.0, {"least": 1.5}, "2.0  at least 1.5  kept"),
        (1.0, {"least": 1.5}, "1.0  at least 1.5  MISSED"),
        (1.0, {}, "1.0"),
    ],
)
def test_a_verdict_tells_its_figure_and_its_bound(value, bounds, text):
    verdict = Verdict("label", value, "{:.1f}", **bounds)
    assert (str(verdict), verdict.kept) == (text, "MISSED" not in text)


def test_whatever_was_lost_failed_or_not_measured_is_named():
    lossy = record(FASTAPI, 300, per_second=5, lost=2, out_of_order=1)
    failed = record(OURS, 3000, 1, JOIN, error="it took too long")
    found = Results([lossy, failed], {NODE_WS: "npm isn't there"})
    assert report.troubles(found) == [
        "not measured: Node ws (npm isn't there)",
        "failed: chatdemo, join, 3000 people, round 2: it took too long",
        "lost 2, out of order 1: FastAPI, closed, 300 people, round 1",
    ]
    missed = {verdict.label: verdict.value for verdict in results.verdicts(found) if not verdict.kept}
    assert missed == {"lost or out of order, in all runs": 3, "failed runs of chatdemo": 1}


def test_a_figure_that_the_generator_may_have_limited_is_marked():
    found = Results([record(PICOWS, per_second=300_000, idle=0.0), record(OURS, per_second=9_000, idle=0.5)])
    table = "\n".join(report.throughput(found))
    assert "300,000+" in table
    assert "9,000+" not in table


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


def test_missing_peers_have_their_reason(workshop, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    without = peers.in_python("without", "with_picows.py", "no_such_module")
    there, missing = fanout.gather([without, PEERS[NODE_WS], PEERS[C_LOOP], PEERS[PLAIN]], workshop)
    assert there == [PEERS[PLAIN]]
    assert list(missing) == ["without", NODE_WS, C_LOOP]
    assert "no_such_module" in missing["without"]
    assert (missing[NODE_WS], missing[C_LOOP]) == ("node isn't there", "there is no C compiler (cc)")


def test_every_peer_of_the_tree_has_its_file(workshop):
    commands = {name: peer.command(workshop, 1) for name, peer in PEERS.items()}
    scripts = [part for command in commands.values() for part in command if part.endswith((".py", ".js"))]
    assert len(scripts) == 5
    assert all(Path(script).is_file() for script in scripts)


def test_a_peer_that_ends_at_once_makes_a_record_with_its_last_words(workshop):
    broken = peers.Peer("broken", lambda workshop, port: [sys.executable, "-c", "raise SystemExit('no room')"])
    found = measure.measure(broken, workshop, Job(CLOSED, 1))
    assert found == {"kind": CLOSED, "peer": "broken", "people": 1, "error": "no room"}


def test_what_is_started_pinned_has_one_core_and_the_starter_keeps_its_own():
    before = os.sched_getaffinity(0)
    with process.pinned(process.LOAD_CORE):
        count = subprocess.check_output([sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"])
    assert (int(count), os.sched_getaffinity(0)) == (1, before)


@pytest.mark.skipif(not shutil.which("cc"), reason="the C loop needs a C compiler")
@pytest.mark.parametrize("size", [3, 200, 60_000])
def test_the_c_loop_is_a_websocket_server(workshop, size):
    peer, text = PEERS[C_LOOP], json.dumps({"message": "x" * size})
    assert peer.prepare(workshop) == ""
    with process.Running(peer, workshop) as server, connect(server.room, compression=None) as ann:
        with connect(server.room, compression=None) as ben:
            ann.send(text)
            assert [end.recv(PATIENCE) for end in (ann, ben)] == [text] * 2


def test_a_quick_run_measures_everything_and_writes_its_files(tmp_path):
    raw, picture = tmp_path / "raw.json", tmp_path / "fanout.svg"
    options = ["--quick", "--people", "10", "--peers", f"{PLAIN},{WEBSOCKETS}", "--json", raw, "--plot", picture]
    command = [sys.executable, "-W", "error", fanout.__file__, *options]
    done = subprocess.run(command, capture_output=True, text=True, env=clean_environ(), timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    records = [each for each in json.loads(raw.read_text("utf-8"))["records"] if each["peer"] in (PLAIN, WEBSOCKETS)]
    assert [(each["kind"], each["peer"]) for each in records] == [
        (kind, peer) for kind in (CLOSED, OPEN, JOIN) for peer in (PLAIN, WEBSOCKETS)
    ]
    assert not [each for each in records if "error" in each]
    assert all(each["lost"] == each["out_of_order"] == 0 < each["cpu_us"] for each in records if each["kind"] != JOIN)
    drawn = importlib.util.find_spec("matplotlib") is not None
    assert (picture.exists(), "not drawn: " in done.stdout) == (drawn, not drawn)
