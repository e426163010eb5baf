"""`chatdemo export`, `rooms` and `forget`: the stored messages."""

import errno
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta, timezone
from typing import TYPE_CHECKING, Any

import click

from chatdemo.chat.transcripts.control_characters import one_line
from chatdemo.commands.options import existing_database_options, use_settings
from chatdemo.common.errors import ChatdemoError, UsageError

if TYPE_CHECKING:
    from chatdemo.chat.stored_rooms import StoredRoom

VACUUM = "from django.db import connection as c; c.cursor().execute('VACUUM')"
NOTHING_DELETED = "Nothing was deleted."
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(?:[0-9]+[smhdw])+")


@click.command(short_help="Write a room's transcript.")
@click.argument("room")
@click.option(
    "--format",
    type=click.Choice(["md", "csv", "json", "html"]),
    default="md",
    help="Format of the transcript. [default: md]",
)
@click.option("--since", metavar="WHEN", help="Leave out earlier messages. [default: all of them]")
@existing_database_options
def export(room: str, format: str, since: str | None, **options: Any) -> None:
    """Write the transcript of a room: all stored messages, in order.

    \b
    To read it:          chatdemo export lobby | less
    As a page:           chatdemo export lobby --format html > lobby.html
    For a spreadsheet:   chatdemo export lobby --format csv > lobby.csv
    The last two hours:  chatdemo export lobby --since 2h
    Since a day:         chatdemo export lobby --since 2026-11-22

    WHEN is a date, a time of day or both in ISO 8601, in this computer's time zone unless it names
    another one; or a duration before now: 30m, 2h, 3d. The output is in UTF-8, with times in UTC. A
    server may be running.

    The output is safe to open: nothing in a message can run. In CSV, an apostrophe precedes a cell
    that a spreadsheet would read as a formula. Control characters are shown as symbols, except in
    JSON, which has each text unchanged.
    """
    from chatdemo.chat.transcripts import formats
    from chatdemo.project.database import existing_rooms

    start = parse_since(since) if since is not None else None
    with existing_rooms(use_settings(**options)) as stored:
        found = stored.find(room)
        pages = stored.pages(found.name, start)
        write_stdout(formats.write(formats.FORMATS[format](), found.name, pages))
    if start and (note := nothing_since(start, found)):
        click.echo(note, err=True)


@click.command(short_help="List the rooms in the database.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with times in UTC.")
@existing_database_options
def rooms(as_json: bool, **options: Any) -> None:
    """List the rooms in the database: how many messages each has, and when the last one came.

    \b
    chatdemo rooms           list the rooms
    chatdemo export lobby    write the messages of a room to stdout
    chatdemo forget lobby    delete the messages of a room

    A room is in the database from its first message on, until `chatdemo forget` deletes it. It has
    no messages if all of them were too old (the setting keep_days) or too many (max_kept).
    """
    from chatdemo.chat.transcripts import formats
    from chatdemo.project.database import existing_rooms

    with existing_rooms(use_settings(**options)) as stored:
        found = stored.all()
    if as_json:
        write_stdout([formats.json_line([room._asdict() for room in found]), "\n"])
    else:
        write_stdout(f"{line}\n" for line in rooms_table(found))


@click.command(short_help="Delete a room's stored messages (asks first).")
@click.argument("room")
@click.option("--yes", is_flag=True, help="Don't ask.")
@existing_database_options
def forget(room: str, yes: bool, **options: Any) -> int:
    """Delete a room's stored messages, after confirmation.

    \b
    chatdemo forget lobby          show how many there are, and ask
    chatdemo forget lobby --yes    don't ask

    The messages are overwritten in the database file and can't be restored. With --redis, they
    stay in an append-only file of Redis until Redis rewrites it: BGREWRITEAOF. A server may be
    running: the room's history starts again with the next message. Participants still see the
    messages that their pages show already.
    """
    from chatdemo.project.database import existing_rooms

    with existing_rooms(use_settings(**options)) as stored:
        found = stored.find(room)
        if not yes and not _ask(found):
            click.echo(NOTHING_DELETED)
            return 1
        count, is_gone = stored.forget(found.name)
    deleted = message_count(count)
    if not is_gone:
        message = (
            f"{deleted} deleted, but the text may still be in {stored.location} or its -wal file."
        )
        command = f'chatdemo manage --db "{stored.location}" shell -c "{VACUUM}"'
        hint = f"Stop each program that has the database open, then run: {command}"
        raise ChatdemoError(message, hint)
    write_stdout([f"Deleted {deleted} of {one_line(found.name)}.\n"])
    return 0


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


def rooms_table(rooms: Sequence["StoredRoom"]) -> list[str]:
    """Return lines in columns. Names come last: their width and direction shift nothing there."""
    if not rooms:
        return ["No room has any messages yet."]
    rows = [("messages", "last, local time", "room")]
    rows += [(f"{room.messages:,}", _local(room.last), one_line(room.name)) for room in rooms]
    width = max(len(count) for count, _, _ in rows)
    return [f"{count:>{width}}  {last:<16}  {name}" for count, last, name in rows]


def nothing_since(since: datetime, room: "StoredRoom") -> str:
    """Return a note if ``room`` has no messages from ``since`` on, otherwise ""."""
    from chatdemo.chat.message_log import iso_time

    start = iso_time(since).replace(".000Z", "Z")
    if room.last and room.last >= start.removesuffix("Z"):
        return ""
    return f"No messages since {start}" + (
        f": the last one is from {room.last}." if room.last else "."
    )


def forget_question(room: "StoredRoom") -> str:
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


def write_stdout(pieces: Iterable[str]) -> None:
    """Write to stdout as UTF-8. Stops without an error when its reader ends, as with ``| head``.

    Raises ChatdemoError if it can't be written.
    """
    out = sys.stdout.buffer
    try:
        for piece in pieces:
            out.write(piece.encode("utf-8"))
        out.flush()
    except OSError as error:
        # Python writes the rest of its buffer when it exits: to os.devnull then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # Windows has EINVAL for a closed pipe
            hint = "Free space on its disk, or write to another disk."
            raise ChatdemoError(f"The output can't be written: {error.strerror}.", hint) from None


def can_ask() -> bool:
    """Whether stdin is a terminal."""
    return sys.stdin is not None and sys.stdin.isatty()


def _ask(room: "StoredRoom") -> bool:
    if not can_ask():
        count = message_count(room.messages)
        hint = f"Add --yes to delete {count} without confirmation, or run it in a terminal."
        raise UsageError("forget asks for confirmation, but there is no terminal.", hint)
    encoding = sys.stdout.encoding  # the terminal's, which may lack characters of the room's name
    question = forget_question(room).encode(encoding, "replace").decode(encoding)
    try:
        return click.confirm(question)
    except click.Abort:
        click.echo(f"\n{NOTHING_DELETED}")
        raise
