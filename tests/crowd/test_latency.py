"""Percentiles, and the delay of the event loop."""

import asyncio
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.crowd.latency import EventLoopDelay, percentile


@given(st.lists(st.floats(0, 100), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(durations, percent):
    found = percentile(durations, percent)
    share = Fraction(percent, 100)
    assert found in durations
    assert sum(one <= found for one in durations) >= share * len(durations)
    assert sum(one < found for one in durations) < share * len(durations)


def test_without_durations_there_is_no_percentile():
    assert percentile([], 99) is None


async def test_a_blocked_event_loop_is_measured_as_the_bottleneck():
    delay = EventLoopDelay()
    measuring = asyncio.ensure_future(delay.measure())
    for _ in range(3):
        await asyncio.sleep(0.01)
        time.sleep(0.1)
    await asyncio.sleep(0.01)
    measuring.cancel()
    with pytest.raises(asyncio.CancelledError):
        await measuring
    assert max(delay.delays) > 0.05 and delay.is_bottleneck


def test_a_busy_process_is_the_bottleneck():
    delay = EventLoopDelay()
    assert not delay.is_bottleneck
    delay.cpu_share = 0.95
    assert delay.is_bottleneck
