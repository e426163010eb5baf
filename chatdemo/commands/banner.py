"""What `serve` prints once requests can be answered."""

import time
from collections.abc import Iterable

import click

from chatdemo import __version__
from chatdemo.common.config import Config
from chatdemo.project.listening_address import Addresses

#: A label and a text.
Row = tuple[str, str]
#: In place of the address for the class, by whether the server listens for other machines.
NO_ADDRESS = {
    False: "not reachable; restart with --host 0.0.0.0",
    True: "not reachable: this computer isn't connected to a network",
}
WAITING = "Waiting for a file to be saved. Press Ctrl-C to stop."


def show_banner(
    settings: Config, addresses: Addresses, rows: Iterable[Row], project: str = ""
) -> None:
    """Print that the chat or the learner's ``project`` is running, its addresses, and ``rows``.

    With the setting ``open``, open the browser.
    """
    click.secho(f"chatdemo {__version__} is running{project and f' {project}'}.", bold=True)
    others = addresses.others or NO_ADDRESS[addresses.is_open]
    pages = [("Open", addresses.local), ("The class", others)]
    if not project:
        pages.append(("The course", f"{addresses.others or addresses.local}learn/"))
    if settings.inspect != "off":
        is_local = addresses.others and settings.inspect == "local"
        note = " (on this computer only)" if is_local else ""
        pages.append(("Inspector", f"{addresses.local}inspect/{note}"))
    show_rows([*pages, *rows, ("Stop", "Ctrl-C")])
    if settings.open:
        click.launch(addresses.local)


def show_rows(rows: Iterable[Row]) -> None:
    """Print the rows in two columns."""
    for label, text in rows:
        click.echo(f"  {label:<12}{text}")


def show_progress(text: str) -> None:
    """Print ``text`` after the time of day."""
    click.secho(f"{time.strftime('%H:%M:%S')}  {text}", dim=True)
