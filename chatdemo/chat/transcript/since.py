"""Since when: a time as people write it, and as the database has it."""

import re
from datetime import datetime, time, timedelta, timezone

from chatdemo.common.errors import UsageError

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?:[0-9]+[smhdw])+")


def parse(text: str, now: datetime | None = None) -> datetime:
    """The time that ``text`` means: ISO 8601, or a duration before ``now``, such as ``2h`` or ``1d12h``.

    A date is that day's start, and a time of day today's. What has no zone of its own is in this machine's.
    Raises UsageError if it is none of these.
    """
    now = now or datetime.now(timezone.utc)
    try:
        if _DURATION.fullmatch(text):
            return now - sum((_part(part) for part in re.findall("[0-9]+.", text)), timedelta())
        return _parse_time(text.strip(), now).astimezone(timezone.utc)
    except (
        ValueError,
        OverflowError,
        OSError,
    ):  # the last is what Windows has for times before 1970
        hint = "Give a date or time such as 2026-11-22, 2026-11-22T14:30 or 14:30, or a duration: 30m, 2h or 3d."
        raise UsageError(f"--since: {text!r} is no time.", hint) from None


def stored(at: datetime) -> str:
    """An aware time as the database has it. It isn't greater than the same time there, however many digits that has."""
    text = at.astimezone(timezone.utc).isoformat(" ", "milliseconds")
    return text[:23].removesuffix(".000")


def _part(text: str) -> timedelta:
    return timedelta(**{UNITS[text[-1]]: int(text[:-1])})


def _parse_time(text: str, now: datetime) -> datetime:
    text = re.sub("[zZ]$", "+00:00", text)  # which Python 3.10 doesn't know
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        of_day = time.fromisoformat(text)
        return datetime.combine(now.astimezone(of_day.tzinfo).date(), of_day)
