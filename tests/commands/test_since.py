"""What --since means."""

import time
from datetime import datetime, timezone

import pytest

from chatdemo.chat.sqlite_stored_rooms import to_stored
from chatdemo.commands.transcripts import parse_since
from chatdemo.common.errors import UsageError

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=timezone.utc)


@pytest.fixture
def in_new_york(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("30m", "2026-11-22 09:30:00"),
        ("2h", "2026-11-22 08:00:00"),
        ("3d", "2026-11-19 10:00:00"),
        ("1w", "2026-11-15 10:00:00"),
        ("1d12h", "2026-11-20 22:00:00"),
        ("90s", "2026-11-22 09:58:30"),
        ("2026-11-22T09:30Z", "2026-11-22 09:30:00"),
        ("2026-11-22 09:30:00.250+01:00", "2026-11-22 08:30:00.250"),
        ("09:30Z", "2026-11-22 09:30:00"),
    ],
)
def test_a_time_or_a_duration(text, at):
    assert to_stored(parse_since(text, NOW)) == at


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows can't be told the time zone")
@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-22", "2026-11-22 05:00:00"),
        ("2026-07-01", "2026-07-01 04:00:00"),
        ("2026-11-22T04:30", "2026-11-22 09:30:00"),
        ("04:30", "2026-11-22 09:30:00"),
    ],
)
def test_without_a_zone_it_is_this_machines(in_new_york, text, at):
    assert to_stored(parse_since(text, NOW)) == at


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "3",
        "2 h",
        "h",
        "2026-13-01",
        "٣d",
        "99999999999999w",
        "0001-01-01T00:00+14:00",
        "-2h",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(UsageError) as caught:
        parse_since(text, NOW)
    assert caught.value.message == f"--since: {text!r} isn't a date, time or duration."
    assert caught.value.hint == (
        "Give a date or time such as 2026-11-22, 2026-11-22T14:30 or 14:30, or a duration: 30m, 2h or 3d."
    )


@pytest.mark.parametrize(
    "stored", ["2026-11-22 10:00:00", "2026-11-22 10:00:00.000", "2026-11-22 10:00:00.000000"]
)
def test_a_message_of_that_time_is_not_before_it(stored):
    assert to_stored(NOW) <= stored
