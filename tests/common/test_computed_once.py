"""A value that is computed at first use, by many threads at once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from chatdemo.common.computed_once import computed_once


def test_a_value_is_computed_once_whoever_comes_first():
    barrier, computed = threading.Barrier(20), []

    @computed_once
    def value(name: str) -> object:
        computed.append(name)
        threading.Event().wait(0.02)
        return object()

    def ask(_: int) -> object:
        barrier.wait()
        return value("a")

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(ask, range(20)))) == 1
    assert computed == ["a"]
    assert value("b") is not value("a") and computed == ["a", "b"]


def test_a_failure_is_not_stored():
    tries = []

    @computed_once
    def value() -> str:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("first")
        return "second"

    with pytest.raises(ValueError, match="first"):
        value()
    assert value() == value() == "second"


def test_one_value_may_need_another():
    @computed_once
    def sum_up_to(number: int) -> int:
        return number and number + sum_up_to(number - 1)

    assert sum_up_to(4) == 10
