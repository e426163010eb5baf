"""The signals that end a program."""

import signal

import pytest

from chatdemo.common.stop_signals import STOP_SIGNALS, temporary_handler


@pytest.fixture(autouse=True)
def default_signals():
    before = {number: signal.signal(number, signal.SIG_DFL) for number in STOP_SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_a_handler_is_there_within_the_block_alone(number):
    received = []
    with temporary_handler(lambda number, _: received.append(number)):
        signal.raise_signal(number)
    assert received == [number]
    assert signal.getsignal(number) == signal.SIG_DFL


def test_what_is_ignored_stays_so():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with temporary_handler(signal.default_int_handler):
        signal.raise_signal(signal.SIGINT)  # raises nothing
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_others_are_left_alone():
    with temporary_handler(signal.default_int_handler, [signal.SIGINT]):
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
