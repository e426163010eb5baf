"""What was sent, delivered, lost, duplicated and out of order, and percentiles of how long it took."""

from array import array
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.crowd.deliveries import DELIVERY_TIMEOUT_SECONDS as TIMEOUT
from chatdemo.crowd.deliveries import Deliveries, count_out_of_order, percentile


def sent(people: int, *senders: int) -> Deliveries:
    """Messages of ``senders``, sent at 0, 1, 2, ... s, for everyone."""
    deliveries = Deliveries(people)
    for time, sender in enumerate(senders):
        deliveries.add_message(sender, people, float(time))
    return deliveries


def test_messages_that_arrive_once_and_in_order_are_good():
    deliveries = sent(2, 0, 1)
    for number in range(2):
        for participant in range(2):
            deliveries.add_delivery(participant, number, number + 0.5)
    counts = deliveries.counts(2.0)
    assert (counts.sent, counts.expected, counts.delivered) == (2, 4, 4)
    assert (counts.lost, counts.duplicated, counts.out_of_order, counts.only_own) == (
        0,
        0,
        0,
        False,
    )
    assert deliveries.is_finished(2.0) and list(deliveries.latencies) == [0.5] * 4


def test_a_duplicate_is_no_delivery():
    deliveries = sent(2, 0)
    for _ in range(3):
        deliveries.add_delivery(0, 0, 1.0)
    counts = deliveries.counts(1.0)
    assert (counts.delivered, counts.duplicated, counts.lost) == (1, 2, 1)


def test_an_unknown_number_is_not_counted():
    deliveries = sent(1, 0)
    deliveries.add_delivery(0, 7, 1.0)
    assert deliveries.counts(1.0).delivered == 0


def test_missing_deliveries_are_on_the_way_until_the_timeout():
    deliveries = sent(1, 0, 0)
    early, late = (
        deliveries.counts(TIMEOUT, finished=False),
        deliveries.counts(TIMEOUT + 0.5, finished=False),
    )
    assert (early.lost, early.on_the_way) == (0, 2)
    assert (late.lost, late.on_the_way) == (1, 1)
    deliveries.add_delivery(0, 0, TIMEOUT + 0.6)
    assert deliveries.overdue(TIMEOUT + 0.6) == 0


def test_a_slow_server_has_lost_nothing_yet():
    deliveries = sent(2, *[0] * 20)
    deliveries.add_delivery(0, 0, 19.0)
    assert deliveries.overdue(19.0) > 20 and deliveries.lost(19.0) == 0
    deliveries.add_delivery(0, 3, 19.1)  # passes two by
    assert deliveries.lost(19.1) == 2
    deliveries.add_delivery(0, 1, 19.2)
    assert deliveries.lost(19.2) == 1
    assert deliveries.lost(19.2 + TIMEOUT + 0.1) == 37


def test_it_is_finished_when_nothing_has_arrived_for_the_timeout():
    deliveries = sent(1, 0, 0)
    assert not deliveries.is_finished(TIMEOUT)
    deliveries.add_delivery(0, 0, TIMEOUT)
    assert not deliveries.is_finished(2 * TIMEOUT)
    assert deliveries.is_finished(2 * TIMEOUT + 0.1)


def test_senders_that_receive_only_their_own_messages_are_noticed():
    deliveries = sent(2, 0, 1)
    deliveries.add_delivery(0, 0, 1.0)
    deliveries.add_delivery(1, 1, 1.0)
    assert deliveries.counts(1.0).only_own
    assert not sent(2, 0, 1).counts(1.0).only_own


@pytest.mark.parametrize(
    ("logs", "senders", "found"),
    [
        ([[0, 1, 2], [0, 1, 2]], [0, 1, 2], 0),
        ([[1, 0, 2], [1, 0, 2]], [0, 1, 2], 0),  # the room's own order, of different senders
        ([[1, 0], [1, 0]], [0, 0], 2),  # a sender's own order
        ([[0, 1, 2], [0, 2, 1]], [0, 1, 2], 1),
        ([[0, 1, 2], [2, 0, 1]], [0, 1, 2], 2),
        ([[2], [0, 1, 2]], [0, 1, 2], 0),  # a loss is not out of order
        ([[0, 2], [1, 2]], [0, 1, 2], 0),
        ([[0, 1], [2, 1, 0]], [0, 0, 0], 3),
        ([[], []], [], 0),
        ([], [], 0),
    ],
)
def test_the_order_is_the_rooms_and_each_senders(logs, senders, found):
    assert count_out_of_order([array("I", log) for log in logs], senders) == found


@given(st.permutations(range(6)), st.lists(st.sets(st.integers(0, 5)), min_size=1))
def test_losses_alone_are_never_out_of_order(order, lost):
    logs = [array("I", (number for number in order if number not in gone)) for gone in lost]
    senders = list(range(6))
    assert count_out_of_order(logs, senders) == 0


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(durations, percent):
    found = percentile(durations, percent)
    share = Fraction(percent, 100)
    assert found in durations
    assert sum(one <= found for one in durations) >= share * len(durations)
    assert sum(one < found for one in durations) < share * len(durations)


def test_without_durations_there_is_no_percentile():
    assert percentile([], 99) is None
