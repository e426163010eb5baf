"""What was sent, delivered, lost, doubled and out of order."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.crowd.histogram import Histogram, percentile, since
from chatdemo.crowd.order import disorder
from chatdemo.crowd.tally import PATIENCE, Tally


def tally(people: int, *senders: int) -> Tally:
    """Messages of ``senders``, sent at 0, 1, 2, ... s, for everyone."""
    books = Tally(people)
    for time, sender in enumerate(senders):
        books.send(sender, people, float(time))
    return books


def test_all_that_comes_once_and_in_order_is_good():
    books = tally(2, 0, 1)
    for number in range(2):
        for participant in range(2):
            books.deliver(participant, number, number + 0.5)
    counts = books.counts(2.0)
    assert (counts.sent, counts.expected, counts.delivered) == (2, 4, 4)
    assert (counts.lost, counts.doubled, counts.out_of_order, counts.only_own) == (0, 0, 0, False)
    assert books.settled(2.0) and books.latencies.count == 4 and books.latencies.worst == 0.5


def test_a_double_is_no_delivery():
    books = tally(2, 0)
    for _ in range(3):
        books.deliver(0, 0, 1.0)
    counts = books.counts(1.0)
    assert (counts.delivered, counts.doubled, counts.lost) == (1, 2, 1)


def test_a_message_that_nobody_has_sent_is_not_ours():
    books = tally(1, 0)
    books.deliver(0, 7, 1.0)
    assert books.counts(1.0).delivered == 0


def test_the_missing_are_on_the_way_until_the_patience_is_over():
    books = tally(1, 0, 0)
    early, late = (
        books.counts(PATIENCE, finished=False),
        books.counts(PATIENCE + 0.5, finished=False),
    )
    assert (early.lost, early.on_the_way) == (0, 2)
    assert (late.lost, late.on_the_way) == (1, 1)
    books.deliver(0, 0, PATIENCE + 0.6)
    assert books.overdue(PATIENCE + 0.6) == 0


def test_a_slow_server_has_lost_nothing_yet():
    books = tally(2, *[0] * 20)
    books.deliver(0, 0, 19.0)
    assert books.overdue(19.0) > 20 and books.lost(19.0) == 0
    books.deliver(0, 3, 19.1)  # passes two by
    assert books.lost(19.1) == 2
    books.deliver(0, 1, 19.2)
    assert books.lost(19.2) == 1
    assert books.lost(19.2 + PATIENCE + 0.1) == 37


def test_it_is_settled_when_nothing_has_come_for_as_long_as_the_patience():
    books = tally(1, 0, 0)
    assert not books.settled(PATIENCE)
    books.deliver(0, 0, PATIENCE)
    assert not books.settled(2 * PATIENCE)
    assert books.settled(2 * PATIENCE + 0.1)


def test_senders_who_hear_only_themselves_are_noticed():
    books = tally(2, 0, 1)
    books.deliver(0, 0, 1.0)
    books.deliver(1, 1, 1.0)
    assert books.counts(1.0).only_own
    assert not tally(2, 0, 1).counts(1.0).only_own


@pytest.mark.parametrize(
    ("logs", "senders", "found"),
    [
        ([[0, 1, 2], [0, 1, 2]], [0, 1, 2], 0),
        ([[1, 0, 2], [1, 0, 2]], [0, 1, 2], 0),  # the room's own order, of different senders
        ([[1, 0], [1, 0]], [0, 0], 2),  # a sender's own order
        ([[0, 1, 2], [0, 2, 1]], [0, 1, 2], 1),
        ([[0, 1, 2], [2, 0, 1]], [0, 1, 2], 2),
        ([[2], [0, 1, 2]], [0, 1, 2], 0),  # a loss is no disorder
        ([[0, 2], [1, 2]], [0, 1, 2], 0),
        ([[0, 1], [2, 1, 0]], [0, 0, 0], 3),
        ([[], []], [], 0),
        ([], [], 0),
    ],
)
def test_the_order_is_the_rooms_and_each_senders(logs, senders, found):
    assert disorder([array("I", log) for log in logs], senders) == found


@given(st.permutations(range(6)), st.lists(st.sets(st.integers(0, 5)), min_size=1))
def test_losses_alone_are_never_disorder(order, lost):
    logs = [array("I", (number for number in order if number not in gone)) for gone in lost]
    senders = list(range(6))
    assert disorder(logs, senders) == 0


@given(st.lists(st.floats(1e-5, 100), min_size=1), st.floats(1, 100))
def test_a_percentile_is_off_by_two_in_a_hundred_at_most(durations, percent):
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    exact = sorted(durations)[max(0, -int(-len(durations) * percent // 100) - 1)]
    assert histogram.percentile(percent) == pytest.approx(exact, rel=0.021)
    assert histogram.percentile(100) <= histogram.worst == max(durations)


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 1e-9, 1e6])
def test_durations_beyond_the_buckets_are_counted_in_the_last(seconds):
    histogram = Histogram()
    histogram.add(seconds)
    assert histogram.count == sum(histogram.buckets) == 1


def test_the_percentile_of_a_while_knows_nothing_of_before():
    histogram = Histogram()
    assert histogram.percentile(99) is None
    histogram.add(9.0)
    before = histogram.buckets[:]
    histogram.add(0.1)
    assert percentile(since(before, histogram.buckets), 99, 9.0) == pytest.approx(0.1, rel=0.02)
