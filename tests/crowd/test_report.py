"""The live line and the closing table, as text."""

import io
import re
from array import array
from collections import Counter
from dataclasses import replace

import pytest

from chatdemo.crowd.deliveries import Deliveries, DeliveryCounts
from chatdemo.crowd.messages import RunMessages
from chatdemo.crowd.participants import Crowd
from chatdemo.crowd.report import LiveLine, duration, fit, table, title
from chatdemo.crowd.run import EventLoopDelay, Plan, RunResult

GOOD = DeliveryCounts(
    sent=600,
    expected=180_000,
    delivered=180_000,
    lost=0,
    on_the_way=0,
    duplicated=0,
    out_of_order=0,
    only_own=False,
)


def result(
    counts: DeliveryCounts = GOOD,
    drop: float = 0.0,
    delay: EventLoopDelay | None = None,
    interrupted: bool = False,
    **recorded,
) -> RunResult:
    """A run of 300 participants, with ``recorded`` attributes of the crowd."""
    crowd = Crowd(None, RunMessages("abcdef"), Deliveries(300), reconnects=bool(drop))
    for seconds in (0.0081, 0.0081, 1.5):
        crowd.deliveries.latencies.append(seconds)
    for name, value in {"joined_count": 300, **recorded}.items():
        setattr(crowd, name, value)
    plan = Plan(300, 20, 30, drop)
    return RunResult(plan, crowd, counts, delay or EventLoopDelay(), interrupted)


def text(*arguments, **others) -> str:
    return " ".join("\n".join(table(result(*arguments, **others))).split())


def test_the_table_is_aligned_and_says_no_more_than_there_is():
    assert list(table(result())) == [
        "  participants         300",
        "  sent                 600",
        "  delivered        180,000",
        "  lost                   0",
        "  out of order           0",
        "  duplicated             0",
        "  p50               8.1 ms  half took longer",
        "  p99               1.50 s  1 in 100 took longer",
        "  worst             1.50 s",
        "",
        "All is well: everyone stayed and received every message, once and in order.",
    ]


@pytest.mark.parametrize(
    ("others", "note"),
    [
        ({"interrupted": True}, "Interrupted: these are the figures so far."),
        (
            {"failed_joins": Counter({"status 403 Forbidden": 2})},
            "Could not join: 2 x status 403 Forbidden.",
        ),
        (
            {"disconnections": Counter({(1006, ""): 1})},
            "Disconnected: 1 x code 1006 (connection lost).",
        ),
        (
            {"disconnections": Counter({(4001, "Enough."): 2})},
            "Disconnected: 2 x code 4001 (Enough.).",
        ),
        (
            {"refused_messages": Counter({"too_long: Shorten it.": 3})},
            "Refused by the server: 3 x too_long: Shorten it.",
        ),
    ],
)
def test_faults_are_reported(others, note):
    assert note in text(**others)
    assert result(**others).exit_code == (130 if "interrupted" in others else 1)


def test_cuts_are_reported_and_are_no_fault():
    times = array("d", [0.25])
    closed = Counter({(1006, ""): 1})
    dropped = result(drop=0.1, disconnections=closed, connections_cut=2, catch_up_seconds=times)
    rows = list(table(dropped))
    assert "  cut                    2  all came back" in rows
    assert any(
        row.startswith("  caught up") and row.endswith("half took longer, the worst 250 ms")
        for row in rows
    )
    assert "Disconnected by the server: 1 x code 1006 (connection lost)." in rows
    assert dropped.exit_code == 0
    cuts = title(Plan(1, 1, 1, 0.025), "at").splitlines()[1]
    assert cuts == "2.5% of their connections cut each second"


@pytest.mark.parametrize(("away", "words"), [(1, "1 participant has"), (2, "2 participants have")])
def test_participants_that_have_not_caught_up_are_a_fault(away, words):
    dropped = result(drop=0.1, connections_cut=9)
    for participant in dropped.crowd.participants[:away]:
        participant.is_away = True
    rows = list(table(dropped))
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
    assert title(Plan(1, 1, 2.5), "ws://host/") == (
        "1 participant, 1 message per second in total, for 2.5 s\nat ws://host/"
    )
    assert title(Plan(10_000, 0.5, 30), "").startswith(
        "10,000 participants, 0.5 messages per second in total, for 30 s"
    )


def test_the_most_frequent_reasons_are_named():
    reasons = Counter({"a": 1, "b": 5, "c": 2, "d": 3})
    assert "Could not join: 5 x b; 3 x d; 2 x c; 1 x others." in text(failed_joins=reasons)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            {"delivered": 600, "lost": 179_400, "only_own": True},
            "does the consumer send to a group?",
        ),
        ({"delivered": 0, "lost": 180_000}, "Nobody received any message"),
        (
            {"delivered": 179_999, "lost": 1},
            "A message counts as lost once nothing has arrived for 5 s",
        ),
    ],
)
def test_a_loss_has_its_hint(change, note):
    counts = replace(GOOD, **change)
    assert note in text(counts) and result(counts).exit_code == 1


def test_fewer_messages_than_planned_are_reported():
    assert "sent 500 of 600" in text(replace(GOOD, sent=500))


@pytest.mark.parametrize("change", [{"out_of_order": 1}, {"duplicated": 1}, {"lost": 1}])
def test_a_fault_is_exit_code_1(change):
    assert result(replace(GOOD, **change)).exit_code == 1
    assert result().exit_code == 0


def test_a_crowd_that_was_too_busy_says_so():
    delay = EventLoopDelay()
    delay.delays.append(0.2)
    delay.cpu_share = 0.42
    note = text(delay=delay)
    assert "This computer was too busy to send and receive on time" in note
    assert "The crowd used 42% of a core." in note
    assert "delayed by 200 ms or more in one of ten cases, and by 200 ms at most." in note


def test_no_line_of_the_table_is_too_long_for_80_columns():
    bad = result(replace(GOOD, lost=5), failed_joins=Counter({"x " * 90: 3}), interrupted=True)
    assert max(map(len, table(bad))) < 80


LINE = "299 in  24 s left  sent 120  lost 0  6,012 delivered/s  p99 24.3 ms"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, LINE),
        (50, "299 in  24 s left  sent 120  lost 0"),
        (35, "299 in  24 s left  sent 120  lost 0"),
        (34, "299 in  24 s left  sent 120"),
        (2, ""),
    ],
)
def test_a_narrow_terminal_gets_the_first_parts_of_the_live_line(width, shown):
    assert fit(LINE, width) == shown


def test_the_live_line_shows_the_progress():
    crowd = Crowd(None, RunMessages("abcdef"), Deliveries(300), reconnects=False)
    line = LiveLine(io.StringIO())
    crowd.joined_count = 299
    assert line.text(crowd, 0.0, None) == "Joining: 299 of 300"
    for number in range(2):
        crowd.deliveries.add_message(number, 299, 5.0)
    assert line.text(crowd, 5.0, 30.0) == (
        "299 in  25 s left  sent 2  lost 0  0 delivered/s  p99 -"
    )
    for participant in range(299):
        crowd.deliveries.add_delivery(participant, 0, 5.0243)
    crowd.disconnections[1006, ""] += 1
    assert re.fullmatch(
        r"298 in  24 s left  sent 2  lost 0  50 delivered/s  p99 24\.3 ms",
        line.text(crowd, 6.0, 30.0),
    )
    late = line.text(crowd, 10.5, None)
    assert late.startswith("298 in  waiting for 299  sent 2  lost 299  ")


def test_where_there_is_no_terminal_no_line_is_shown():
    stream = io.StringIO()
    with LiveLine(stream) as line:
        line.show(result().crowd, 0.0, None)
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(None, "-"), (0.00004, "0.0 ms"), (0.0243, "24.3 ms"), (0.5, "500 ms"), (2.345, "2.35 s")],
)
def test_a_duration_is_short(seconds, shown):
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("rate", "seconds", "messages"),
    [(20, 30, 600), (1, 30, 30), (0.1, 1, 1), (0.7, 10, 7), (3, 0.5, 2)],
)
def test_the_first_message_is_due_at_once(rate, seconds, messages):
    assert Plan(1, rate, seconds).messages == messages
