"""The commands on what is kept: list the rooms, take a room's transcript, delete it."""

import errno
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from chatdemo.common import config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.options import common_options

if TYPE_CHECKING:
    from chatdemo.chat.transcripts.store import StoredRoom


@click.command(short_help="Write a room's transcript.")
@click.argument("room")
@click.option(
    "--format",
    "form",
    type=click.Choice(["md", "csv", "json", "html"]),
    default="md",
    help="[default: md]",
)
@click.option(
    "--since", metavar="WHEN", help="Leave out what was said before. [default: all of it]"
)
@common_options
def export(room: str, form: str, since: str | None, config_file: str | None, **flags) -> None:
    """Write the transcript of a room: all messages that are kept, in their order.

    \b
    To read it:          chatdemo export lobby | less
    As a page:           chatdemo export lobby --format html > lobby.html
    For a spreadsheet:   chatdemo export lobby --format csv > lobby.csv
    The last two hours:  chatdemo export lobby --since 2h
    Since a day:         chatdemo export lobby --since 2026-11-22

    WHEN is ISO 8601, a date, a time of day or both, in this machine's own time zone if it names none; or a duration
    before now: 30m, 2h, 3d. The output is UTF-8, and its times are UTC. It works while a server runs, and without one.

    No text can act where it is shown. In CSV, an apostrophe goes before a cell that a spreadsheet would take for a
    formula; control characters are shown as pictures. JSON has each text exactly as it was.
    """
    from chatdemo.chat.transcripts import command_line, formats, store
    from chatdemo.project import kept

    start = command_line.parse_since(since) if since is not None else None
    path = kept.find(config.use(config.load(flags, file=config_file)))
    with kept.explained(path):
        found = store.find_room(path, room)
        pages = store.pages(path, found.name, start)
        put(formats.write(formats.FORMATS[form](), found.name, pages))
    if start and (note := command_line.nothing_since(start, found)):
        click.echo(note, err=True)


@click.command(short_help="List the rooms of which something is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with times in UTC.")
@common_options
def rooms(as_json: bool, config_file: str | None, **flags) -> None:
    """List the rooms of which something is kept: how many messages, when the last one came, and the name.

    \b
    chatdemo rooms           list them
    chatdemo export lobby    write a room's messages out
    chatdemo forget lobby    delete them
    """
    from chatdemo.chat.transcripts import command_line, formats, store
    from chatdemo.project import kept

    path = kept.find(config.use(config.load(flags, file=config_file)))
    with kept.explained(path):
        found = store.rooms(path)
    if as_json:
        put([formats.json_line([room._asdict() for room in found]), "\n"])
    else:
        put(f"{line}\n" for line in command_line.rooms_table(found))


@click.command(short_help="Delete what is kept of a room, once you have said yes.")
@click.argument("room")
@click.option("--yes", is_flag=True, help="Don't ask.")
@common_options
def forget(room: str, yes: bool, config_file: str | None, **flags) -> int:
    """Delete all messages of a room that are kept, once you have said yes.

    \b
    chatdemo forget lobby          says how many there are, and asks
    chatdemo forget lobby --yes    doesn't ask

    What was said is overwritten in the database's file, too, and can't be brought back. It works while a server runs:
    there the room begins anew with its next message. What a participant has on the screen stays there.
    """
    from chatdemo.chat.transcripts import command_line, store
    from chatdemo.chat.transcripts.control_characters import one_line
    from chatdemo.project import kept

    path = kept.find(config.use(config.load(flags, file=config_file)))
    with kept.explained(path):
        found = store.find_room(path, room)
        if not yes and not _agreed(found):
            click.echo("Nothing was forgotten.")
            return 1
        count, is_gone = store.forget(path, found.name)
    said = command_line.message_count(count)
    if not is_gone:
        vacuum = "from django.db import connection as c; c.cursor().execute('VACUUM')"
        hint = f'Stop what has the database open, then: chatdemo manage --db "{path}" shell -c "{vacuum}"'
        raise ChatdemoError(
            f"{said} deleted, but what was said may still be in {path} or its -wal.", hint
        )
    put([f"Forgot {said} of {one_line(found.name)}.\n"])
    return 0


def put(pieces: Iterable[str]) -> None:
    """Write to stdout, as UTF-8 and as it is. If nobody reads on, as with ``| head``, that is the end of it.

    Raises ChatdemoError if it can't be written.
    """
    out = sys.stdout.buffer
    try:
        for piece in pieces:
            out.write(piece.encode("utf-8"))
        out.flush()
    except OSError as error:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # for what Python still writes at its end
        if error.errno not in (
            errno.EPIPE,
            errno.EINVAL,
        ):  # the second is what Windows has for a closed pipe
            hint = "Make room on its disk, or write it to another."
            raise ChatdemoError(f"The output can't be written: {error.strerror}.", hint) from None


def can_ask() -> bool:
    """Whether somebody is there who can answer."""
    return sys.stdin is not None and sys.stdin.isatty()


def _agreed(room: "StoredRoom") -> bool:
    from chatdemo.chat.transcripts import command_line

    if not can_ask():
        hint = f"Add --yes, which deletes {command_line.message_count(room.messages)}, or run it in a terminal."
        raise UsageError("forget asks before it deletes, and there is no terminal to ask in.", hint)
    encoding = sys.stdout.encoding  # of a terminal that may know few scripts
    try:
        return click.confirm(
            command_line.forget_question(room).encode(encoding, "replace").decode(encoding)
        )
    except click.Abort:
        click.echo("\nNothing was forgotten.")
        raise
