"""What the commands say about rooms: for people with local times, for programs with those of the wire contract."""

from collections.abc import Sequence
from datetime import datetime

from chatdemo.chat.transcript.characters import one_line
from chatdemo.chat.transcript.reader import Summary


def table(rooms: Sequence[Summary]) -> list[str]:
    """Lines in columns. The name is the last: whatever its script, width and direction, it moves nothing."""
    if not rooms:
        return ["Nothing has been said yet in any room."]
    rows = [("messages", "last, local time", "room")]
    rows += [(f"{room.count:,}", _local(room.last) or "-", one_line(room.name)) for room in rooms]
    width = max(len(count) for count, _, _ in rows)
    return [f"{count:>{width}}  {last:<16}  {name}" for count, last, name in rows]


def fields(room: Summary) -> dict:
    return {
        "name": room.name,
        "messages": room.count,
        "first": room.first or None,
        "last": room.last or None,
    }


def question(room: Summary) -> str:
    """Asks whether to forget it."""
    span = f", from {_local(room.first)} to {_local(room.last)}" if room.count else ""
    return f"Forget {messages(room.count)} of {one_line(room.name)}{span}?"


def messages(count: int) -> str:
    return f"{count:,} message{'s' * (count != 1)}"


def _local(at: str) -> str:
    """A time of the wire contract's, or "", in this machine's time zone and to the minute."""
    return at and datetime.fromisoformat(at.replace("Z", "+00:00")).astimezone().strftime(
        "%Y-%m-%d %H:%M"
    )
