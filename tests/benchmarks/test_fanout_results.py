"""What a fan-out benchmark's records come to: ratios, verdicts, tables. It needs none of what the benchmark needs."""

import pytest

from benchmarks import report, results
from benchmarks.looks import LOOKS, spread
from benchmarks.measure import CLOSED, JOIN, OPEN
from benchmarks.peers import C_LOOP, FASTAPI, NODE_WS, OURS, PEERS, PICOWS
from benchmarks.results import Figure, Results, Verdict

WIDTH = 110


def record(peer, people=30, number=0, kind=CLOSED, **figures):
    return {"kind": kind, "peer": peer, "people": people, "round": number, **figures}


def closed(**by_name):
    """A closed loop's results: for each peer its deliveries a second, by round."""
    names = {"ours": OURS, "fastapi": FASTAPI, "picows": PICOWS, "node": NODE_WS}
    rows = (
        (names[key], number, value)
        for key, row in by_name.items()
        for number, value in enumerate(row)
    )
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
    rooms = [
        record(OURS, people, per_second=value)
        for people, value in ((10, 999), (30, 600), (3000, 300))
    ]
    verdict = results.growth(Results(rooms), 1.5)
    assert (verdict.value, verdict.kept) == (2.0, False)
    assert results.growth(Results(rooms[:1]), 1.5).value is None


def test_latency_is_compared_with_the_quickest_rivals():
    times = {OURS: 3.0, FASTAPI: 9.0, PICOWS: 2.0}
    verdict = results.latency(
        Results([record(peer, 300, 0, OPEN, p99_ms=ms) for peer, ms in times.items()]), 1.2
    )
    assert verdict.value == 1.5
    assert PICOWS in verdict.label


def test_what_was_not_measured_misses_no_bound():
    found = list(results.verdicts(Results([])))
    assert all(verdict.kept for verdict in found)
    assert [str(verdict) for verdict in found].count("not measured") == len(
        found
    ) - 2  # faults and failures are none


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
    missed = {
        verdict.label: verdict.value for verdict in results.verdicts(found) if not verdict.kept
    }
    assert missed == {"lost or out of order, in all runs": 3, "failed runs of chatdemo": 1}


def test_a_figure_that_the_generator_may_have_limited_is_marked():
    found = Results(
        [record(PICOWS, per_second=300_000, idle=0.0), record(OURS, per_second=9_000, idle=0.5)]
    )
    table = "\n".join(report.throughput(found))
    assert "300,000+" in table
    assert "9,000+" not in table


def full_run():
    """Records of every peer, with the longest figures that there may be."""
    sizes = (10, 30, 100, 300, 1000, 3000)
    fast = {"per_second": 1_234_567, "idle": 0.0, "cpu_us": 1234.5}
    found = [record(peer, people, **fast) for peer in PEERS for people in sizes]
    found += [record(peer, 300, kind=OPEN, p50_ms=1234.56, p99_ms=12345.67) for peer in PEERS]
    found += [record(peer, 1000, kind=JOIN, kib=123.4, joined_s=12.345) for peer in PEERS]
    return Results(found)


def test_the_tables_fit_a_terminal_and_their_cells_are_apart():
    found = full_run()
    lines = report.report(found, results.verdicts(found)).splitlines()
    assert max(map(len, lines)) <= WIDTH
    [ours] = [line for line in lines if line.startswith(f"  {OURS}  ") and "+" in line]
    assert ours.split() == [OURS, *["1,234,567+"] * 6]
    heads = [line for line in lines if line.startswith("  people ")]
    assert heads[0].split() == ["people", "10", "30", "100", "300", "1000", "3000"]
    assert heads[1].split() == ["people", "10", "3000", "300", "300", "1000", "to", "3000", "1000"]


def test_whatever_is_compared_with_the_best_peer_names_it():
    labels = [
        verdict.label for verdict in results.verdicts(closed(ours=(1,), picows=(2,), node=(1,)))
    ]
    assert f"chatdemo, to the best peer ({PICOWS}), 30 people" in labels
    assert "chatdemo, to the best peer (none), 300 people" in labels
    assert f"chatdemo, to {C_LOOP}, 300 people" in labels


def test_a_table_of_nothing_has_no_figures():
    assert "-" not in report.report(Results([]), []).replace("chatdemo to the best peer", "")


@pytest.mark.parametrize(
    "heights, placed",
    [
        ([], []),
        ([0.5, 0.1], [0.5, 0.1]),
        ([0.5, 0.5], [0.45, 0.55]),
        ([0.9, 0.52, 0.5], [0.9, 0.56, 0.46]),
        ([0.5, 0.5, 0.62], [0.44, 0.54, 0.64]),  # the second moves the third
    ],
)
def test_labels_move_as_little_as_keeps_them_apart(heights, placed):
    assert spread(heights, 0.1) == pytest.approx(placed)


def test_every_peer_has_a_look_of_its_own():
    assert list(LOOKS) == list(PEERS)
    assert len(set(LOOKS.values())) == len(LOOKS)
