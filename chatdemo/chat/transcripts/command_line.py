"""What the commands export, rooms and forget parse and print."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta, timezone

from chatdemo.chat.sqlite_writer import wire_time
from chatdemo.chat.transcripts.control_characters import one_line
from chatdemo.chat.transcripts.store import StoredRoom, to_stored
from chatdemo.common.errors import UsageError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?:[0-9]+[smhdw])+")


def parse_since(text: str, now: datetime | None = None) -> datetime:
    """Return the time that ``text`` means: ISO 8601, or a duration before ``now`` such as ``2h``.

    A date means the start of that day, and a time of day is today's. A time without a time zone is
    in the local one. Raises UsageError for anything else.
    """
    now = now or datetime.now(timezone.utc)
    try:
        if _DURATION.fullmatch(text):
            for number, unit in re.findall("([0-9]+)(.)", text):
                now -= timedelta(**{UNITS[unit]: int(number)})
            return now
        return _parse_time(text.strip(), now).astimezone(timezone.utc)
    except (ValueError, OverflowError, OSError):  # OSError: times before 1970 on Windows
        hint = (
            "Give a date or time such as 2026-11-22, 2026-11-22T14:30 or 14:30, or a duration:"
            " 30m, 2h or 3d."
        )
        raise UsageError(f"--since: {text!r} isn't a date, time or duration.", hint) from None


def _parse_time(text: str, now: datetime) -> datetime:
    text = re.sub("[zZ]$", "+00:00", text)  # Python 3.10 doesn't know Z
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        of_day = time.fromisoformat(text)
        return datetime.combine(now.astimezone(of_day.tzinfo).date(), of_day)


def rooms_table(rooms: Sequence[StoredRoom]) -> list[str]:
    """Return lines in columns. Names come last: their width and direction shift nothing there."""
    if not rooms:
        return ["No room has any messages yet."]
    rows = [("messages", "last, local time", "room")]
    rows += [(f"{room.messages:,}", _local(room.last), one_line(room.name)) for room in rooms]
    width = max(len(count) for count, _, _ in rows)
    return [f"{count:>{width}}  {last:<16}  {name}" for count, last, name in rows]


def nothing_since(since: datetime, room: StoredRoom) -> str:
    """Return a note if ``room`` has no messages from ``since`` on, otherwise ""."""
    start = wire_time(to_stored(since))
    if room.last and room.last >= start.removesuffix("Z"):
        return ""
    return f"No messages since {start}" + (
        f": the last one is from {room.last}." if room.last else "."
    )


def forget_question(room: StoredRoom) -> str:
    """Return the question whether to delete the messages of ``room``."""
    span = f", from {_local(room.first)} to {_local(room.last)}" if room.messages else ""
    return f"Delete {message_count(room.messages)} of {one_line(room.name)}{span}?"


def message_count(count: int) -> str:
    """Return "1 message" or "2 messages"."""
    return f"{count:,} message{'s' * (count != 1)}"


def _local(at: str | None) -> str:
    """Return an ISO 8601 time in the local time zone to the minute, "-" for None."""
    if at is None:
        return "-"
    return f"{datetime.fromisoformat(at.replace('Z', '+00:00')).astimezone():%Y-%m-%d %H:%M}"
