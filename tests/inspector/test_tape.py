"""What the tape keeps, and how much it lets recording cost."""

import pytest

from chatdemo.inspector import tape as module
from chatdemo.inspector.tape import Tape


@pytest.fixture
def clock(monkeypatch):
    """Time as the test has it."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_the_oldest_are_dropped_and_the_numbers_tell():
    tape = Tape(limit=3)
    for number in range(5):
        tape.record("http", code=number, path=None)
    assert [(event["n"], event["code"]) for event in tape.events] == [(3, 2), (4, 3), (5, 4)]
    assert "path" not in tape.events[0]
    assert [event["n"] for event in tape.since(1, 2)] == [3, 4]
    assert [event["n"] for event in tape.since(5, 9)] == [5]
    assert tape.since(6, 9) == []
    tape.clear()
    tape.record("http")
    assert [event["n"] for event in tape.since(1, 9)] == [6]


def test_a_flood_closes_the_tape_and_it_opens_again(clock):
    tape, switched = Tape(), []
    tape.on_switch = lambda: switched.append(tape.open)
    for _ in range(module.UNWATCHED[1]):
        assert tape.ready()
        tape.record("send")
    assert not tape.ready() and switched == [False]
    assert tape.journey() is None
    clock[0] += 0.01
    assert not tape.ready()
    clock[0] += 1
    assert tape.journey() == 1 and switched == [False, True]


def test_who_watches_sees_more(clock):
    tape = Tape()
    tape.watched = True
    while tape.ready():
        tape.record("send")
    clock[0] += 1
    for _ in range(module.WATCHED[0]):
        assert tape.ready()
        tape.record("send")
    assert not tape.ready()


def test_a_message_to_a_crowd_is_recorded_for_watchers_alone(clock):
    tape = Tape()
    assert tape.begin(module.CROWD)
    assert not tape.begin(module.CROWD + 1)
    assert tape.journey() is None
    clock[0] += module.REST / 2
    assert not tape.begin(module.CROWD + 1)  # and so it rests on
    clock[0] += module.REST * 0.9
    assert not tape.ready()
    tape.all_watched = True
    assert tape.begin(1000)
    tape.all_watched = False
    assert not tape.begin(1000)
    clock[0] += module.REST
    assert tape.ready()
