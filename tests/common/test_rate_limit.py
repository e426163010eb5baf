"""How often something may happen."""

import pytest

from chatdemo.common import rate_limit
from chatdemo.common.rate_limit import TokenBucket


@pytest.fixture
def clock(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(rate_limit.time, "monotonic", lambda: now[0])
    return now


def test_a_burst_and_then_so_many_a_second(clock):
    bucket = TokenBucket(rate=2, burst=3)
    assert [bucket.take() for _ in range(3)] == [0, 0, 0]
    assert bucket.take() == 0.5
    clock[0] += 1
    assert bucket.take() == 0
    assert bucket.take() == 0.5


def test_who_goes_on_waits_for_longer_but_not_for_ever(clock):
    bucket = TokenBucket(rate=2, burst=3)
    assert max(bucket.take() for _ in range(1000)) == 1.5
    clock[0] += 3
    assert [bucket.take() for _ in range(4)] == [0, 0, 0, 0.5]


def test_a_caller_can_spend_tokens_itself_and_refill_when_they_run_out(clock):
    bucket = TokenBucket(rate=2, burst=3)
    bucket.tokens -= 3
    assert bucket.refill() == 0
    clock[0] += 1
    bucket.rate = 1  # from now on
    clock[0] += 1
    assert bucket.refill() == 2
    clock[0] += 100
    assert bucket.refill() == 3
