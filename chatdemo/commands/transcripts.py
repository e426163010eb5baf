"""`chatdemo export`, `rooms` and `forget`: the stored messages."""

import errno
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from chatdemo.commands.options import common_options, use_settings
from chatdemo.common.errors import ChatdemoError, UsageError

if TYPE_CHECKING:
    from chatdemo.chat.transcripts.store import StoredRoom

VACUUM = "from django.db import connection as c; c.cursor().execute('VACUUM')"
NOTHING_DELETED = "Nothing was deleted."


@click.command(short_help="Write a room's transcript.")
@click.argument("room")
@click.option(
    "--format",
    type=click.Choice(["md", "csv", "json", "html"]),
    default="md",
    help="Format of the transcript. [default: md]",
)
@click.option("--since", metavar="WHEN", help="Leave out earlier messages. [default: all of them]")
@common_options
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
    from chatdemo.chat.transcripts import command_line, formats, store
    from chatdemo.project.database import open_existing_database

    start = command_line.parse_since(since) if since is not None else None
    with open_existing_database(use_settings(**options)) as path:
        found = store.find_room(path, room)
        pages = store.pages(path, found.name, start)
        write_stdout(formats.write(formats.FORMATS[format](), found.name, pages))
    if start and (note := command_line.nothing_since(start, found)):
        click.echo(note, err=True)


@click.command(short_help="List rooms with stored messages.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with times in UTC.")
@common_options
def rooms(as_json: bool, **options: Any) -> None:
    """List the rooms that have stored messages: how many, and the time of the last one.

    \b
    chatdemo rooms           list the rooms
    chatdemo export lobby    write the messages of a room to stdout
    chatdemo forget lobby    delete the messages of a room
    """
    from chatdemo.chat.transcripts import command_line, formats, store
    from chatdemo.project.database import open_existing_database

    with open_existing_database(use_settings(**options)) as path:
        found = store.rooms(path)
    if as_json:
        write_stdout([formats.json_line([room._asdict() for room in found]), "\n"])
    else:
        write_stdout(f"{line}\n" for line in command_line.rooms_table(found))


@click.command(short_help="Delete a room's stored messages (asks first).")
@click.argument("room")
@click.option("--yes", is_flag=True, help="Don't ask.")
@common_options
def forget(room: str, yes: bool, **options: Any) -> int:
    """Delete a room's stored messages, after confirmation.

    \b
    chatdemo forget lobby          show how many there are, and ask
    chatdemo forget lobby --yes    don't ask

    The messages are overwritten in the database file and can't be restored. A server may be
    running: the room's history starts again with the next message. Messages that are on
    participants' screens stay there.
    """
    from chatdemo.chat.transcripts import command_line, store
    from chatdemo.chat.transcripts.control_characters import one_line
    from chatdemo.project.database import open_existing_database

    with open_existing_database(use_settings(**options)) as path:
        found = store.find_room(path, room)
        if not yes and not _ask(found):
            click.echo(NOTHING_DELETED)
            return 1
        count, is_gone = store.forget(path, found.name)
    deleted = command_line.message_count(count)
    if not is_gone:
        message = f"{deleted} deleted, but the text may still be in {path} or its -wal file."
        command = f'chatdemo manage --db "{path}" shell -c "{VACUUM}"'
        hint = f"Stop each program that has the database open, then run: {command}"
        raise ChatdemoError(message, hint)
    write_stdout([f"Deleted {deleted} of {one_line(found.name)}.\n"])
    return 0


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
    from chatdemo.chat.transcripts import command_line

    if not can_ask():
        count = command_line.message_count(room.messages)
        hint = f"Add --yes to delete {count} without confirmation, or run it in a terminal."
        raise UsageError("forget asks for confirmation, but there is no terminal.", hint)
    encoding = sys.stdout.encoding  # the terminal's, which may lack characters of the room's name
    question = command_line.forget_question(room).encode(encoding, "replace").decode(encoding)
    try:
        return click.confirm(question)
    except click.Abort:
        click.echo(f"\n{NOTHING_DELETED}")
        raise
