"""Which entries are stored, and how much recording may cost."""

import pytest

from chatdemo.inspector import recording as module
from chatdemo.inspector.recording import Recording


@pytest.fixture
def clock(monkeypatch):
    """The monotonic clock, which the test sets."""
    now = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    return now


def test_the_oldest_entries_are_dropped_and_numbers_are_not_reused():
    recording = Recording(limit=3)
    for number in range(5):
        recording.record("http", code=number, path=None)
    assert [(event["n"], event["code"]) for event in recording.entries] == [(3, 2), (4, 3), (5, 4)]
    assert "path" not in recording.entries[0]
    assert [event["n"] for event in recording.since(1, 2)] == [3, 4]
    assert [event["n"] for event in recording.since(5, 9)] == [5]
    assert recording.since(6, 9) == []
    recording.clear()
    recording.record("http")
    assert [event["n"] for event in recording.since(1, 9)] == [6]


def test_a_flood_pauses_recording_and_it_resumes(clock):
    recording, switched = Recording(), []
    recording.on_switch = lambda: switched.append(recording.is_active)
    for _ in range(module.UNWATCHED_ENTRIES_AT_ONCE):
        assert recording.resume_if_possible()
        recording.record("send")
    assert not recording.resume_if_possible() and switched == [False]
    assert recording.new_journey() is None
    clock[0] += 0.01
    assert not recording.resume_if_possible()
    needed = module.UNWATCHED_ENTRIES_AT_ONCE * module.RESUME_SHARE
    clock[0] += needed / module.UNWATCHED_ENTRIES_PER_SECOND
    assert recording.new_journey() == 1 and switched == [False, True]


def test_more_is_recorded_while_there_are_watchers(clock):
    recording = Recording()
    recording.is_watched = True
    while recording.resume_if_possible():
        recording.record("send")
    clock[0] += 1
    for _ in range(module.WATCHED_ENTRIES_PER_SECOND):
        assert recording.resume_if_possible()
        recording.record("send")
    assert not recording.resume_if_possible()


def test_a_message_to_many_is_recorded_for_watchers_alone(clock):
    recording, many = Recording(), module.MAX_UNWATCHED_MEMBERS + 1
    recording.pause_if_too_many(module.MAX_UNWATCHED_MEMBERS)
    assert recording.is_active
    recording.pause_if_too_many(many)
    assert recording.new_journey() is None
    clock[0] += module.PAUSE_SECONDS / 2
    recording.pause_if_too_many(many)  # the pause starts again
    clock[0] += module.PAUSE_SECONDS * 0.9
    assert not recording.resume_if_possible()
    recording.is_all_watched = True
    recording.pause_if_too_many(many)
    assert recording.resume_if_possible()
    recording.is_all_watched = False
    recording.pause_if_too_many(many)
    assert not recording.resume_if_possible()
    clock[0] += module.PAUSE_SECONDS
    assert recording.resume_if_possible()
