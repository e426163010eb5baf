"""The live line and the closing table, as text."""

from collections import Counter
from dataclasses import replace

import pytest

from chatdemo.crowd import report
from chatdemo.crowd.histogram import Histogram
from chatdemo.crowd.lag import Lag
from chatdemo.crowd.live import fit
from chatdemo.crowd.progress import Progress
from chatdemo.crowd.result import Plan, Result
from chatdemo.crowd.tally import Counts

GOOD = Counts(
    sent=600,
    expected=180_000,
    delivered=180_000,
    lost=0,
    on_the_way=0,
    doubled=0,
    out_of_order=0,
    only_own=False,
)
TALKING = Progress(
    people=300,
    present=299,
    seconds_left=24.4,
    sent=120,
    missing=5,
    per_second=6012.4,
    p99=0.0243,
    lost=0,
)


def result(counts: Counts = GOOD, **others) -> Result:
    latencies = Histogram()
    for seconds in (0.0081, 0.0081, 1.5):
        latencies.add(seconds)
    values = {
        "absent": Counter(),
        "closed": Counter(),
        "refused": Counter(),
        "interrupted": False,
        "joined": 300,
    }
    return Result(Plan(300, 20, 30), counts, latencies, lag=Lag(), **{**values, **others})


def text(*arguments, **others) -> str:
    return " ".join("\n".join(report.table(result(*arguments, **others))).split())


def test_the_table_is_aligned_and_says_no_more_than_there_is():
    assert list(report.table(result())) == [
        "  participants         300",
        "  sent                 600",
        "  delivered        180,000",
        "  lost                   0",
        "  out of order           0",
        "  doubled                0",
        "  p50               8.1 ms  half took longer",
        "  p99               1.50 s  1 in 100 took longer",
        "  worst             1.50 s",
        "",
        "All is well: everyone stayed, and got every message, once and in order.",
    ]


@pytest.mark.parametrize(
    ("others", "note"),
    [
        ({"interrupted": True}, "Interrupted: the figures are those so far."),
        (
            {"absent": Counter({"status 403 Forbidden": 2})},
            "Could not join: 2 x status 403 Forbidden.",
        ),
        ({"closed": Counter({(1006, ""): 1})}, "Cut off: 1 x code 1006 (connection lost)."),
        ({"closed": Counter({(4001, "Enough."): 2})}, "Cut off: 2 x code 4001 (Enough.)."),
        (
            {"refused": Counter({"too_long: Shorten it.": 3})},
            "Refused by the server: 3 x too_long: Shorten it.",
        ),
    ],
)
def test_what_went_wrong_is_said(others, note):
    assert note in text(**others)
    assert result(**others).exit_code == (130 if "interrupted" in others else 1)


def test_cuts_are_told_and_are_no_fault():
    back = Histogram()
    back.add(0.25)
    dropped = replace(
        result(closed=Counter({(1006, ""): 1})), cuts=2, caught_up=back
    )  # twice before it had all
    dropped = replace(dropped, plan=replace(dropped.plan, drop=0.1))
    rows = list(report.table(dropped))
    assert "  cut                    2  all came back" in rows
    assert any(
        row.startswith("  caught up") and row.endswith("half took longer, the worst 250 ms")
        for row in rows
    )
    assert "Cut off by the server: 1 x code 1006 (connection lost)." in rows
    assert dropped.exit_code == 0
    assert (
        report.title(1, 1, 1, "at", 0.025).splitlines()[1]
        == "2.5% of their connections cut each second"
    )


@pytest.mark.parametrize(("away", "words"), [(1, "1 participant has"), (2, "2 participants have")])
def test_who_has_not_come_back_is_counted_and_is_a_fault(away, words):
    dropped = replace(result(), cuts=9, away=away, plan=Plan(300, 20, 30, drop=0.1))
    rows = list(report.table(dropped))
    assert f"  cut                    9  {words} not caught up" in rows
    assert not any("All is well" in row for row in rows) and dropped.exit_code == 1


def test_only_a_good_run_is_called_so():
    good = "All is well"
    assert (
        good in text()
        and good not in text(replace(GOOD, lost=1))
        and good not in text(interrupted=True)
    )


def test_one_is_not_many():
    assert report.title(1, 1, 2.5, "ws://host/").startswith(
        "1 participant, 1 message a second in all, for 2.5 s"
    )
    assert report.title(10_000, 0.5, 30, "").startswith(
        "10,000 participants, 0.5 messages a second in all, for 30 s"
    )


def test_of_many_kinds_the_most_frequent_are_told():
    absent = Counter({"a": 1, "b": 5, "c": 2, "d": 3})
    assert "Could not join: 5 x b; 3 x d; 2 x c; 1 x others." in text(absent=absent)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            {"delivered": 600, "lost": 179_400, "only_own": True},
            "does the room's consumer send to a group?",
        ),
        ({"delivered": 0, "lost": 180_000}, "Nobody got any message"),
        ({"delivered": 179_999, "lost": 1}, "Lost is what hasn't come while nothing came for 5 s"),
    ],
)
def test_a_loss_has_its_hint(change, note):
    counts = replace(GOOD, **change)
    assert note in text(counts) and result(counts).exit_code == 1


def test_fewer_messages_than_were_due_are_told():
    assert "sent 500 of 600" in text(replace(GOOD, sent=500))


@pytest.mark.parametrize("change", [{"out_of_order": 1}, {"doubled": 1}, {"lost": 1}])
def test_anything_wrong_is_exit_code_1(change):
    assert result(replace(GOOD, **change)).exit_code == 1
    assert result().exit_code == 0


def test_a_crowd_that_measures_itself_says_so():
    lag = Lag()
    lag.late.add(0.2)
    said = " ".join(" ".join(report._notes(replace(result(), lag=lag))).split())
    assert (
        "This machine was too busy to send and read on time: the figures tell of it, not of the server."
        in said
    )
    assert "200 ms late in one of ten cases" in said


def test_no_line_of_the_table_is_too_long_for_80_columns():
    bad = result(replace(GOOD, lost=5), absent=Counter({"x " * 90: 3}), interrupted=True)
    assert max(map(len, report.table(bad))) < 80


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, "299 in  24 s left  sent 120  lost 0  6,012 delivered/s  p99 24.3 ms"),
        (50, "299 in  24 s left  sent 120  lost 0"),
        (35, "299 in  24 s left  sent 120  lost 0"),
        (34, "299 in  24 s left  sent 120"),
        (2, ""),
    ],
)
def test_a_narrow_terminal_gets_the_first_parts_of_the_live_line(width, shown):
    assert fit(report.line(TALKING), width) == shown


def test_the_live_line_says_how_it_goes():
    assert (
        report.line(TALKING)
        == "299 in  24 s left  sent 120  lost 0  6,012 delivered/s  p99 24.3 ms"
    )
    assert report.line(replace(TALKING, seconds_left=0.0, p99=None)).startswith(
        "299 in  waiting for 5  sent"
    )
    assert "p99 -" in report.line(replace(TALKING, p99=None))
    assert report.line(replace(TALKING, seconds_left=None)) == "Joining: 299 of 300"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0.00004, "0.0 ms"), (0.0243, "24.3 ms"), (0.5, "500 ms"), (2.345, "2.35 s")],
)
def test_a_duration_is_short(seconds, shown):
    assert report.duration(seconds) == shown


@pytest.mark.parametrize(
    ("rate", "seconds", "messages"),
    [(20, 30, 600), (1, 30, 30), (0.1, 1, 1), (0.7, 10, 7), (3, 0.5, 2)],
)
def test_the_first_message_is_due_at_once(rate, seconds, messages):
    assert Plan(1, rate, seconds).messages == messages
