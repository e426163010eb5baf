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
#: What it means that there is an address for the class: for the chat, and for a learner's project.
JOINED_BY_ALL = "everybody in this network can join; nobody needs a password"
OPEN_TO_ALL = "everybody in this network can open the project"
WAITING = "Waiting for a file to be saved. Press Ctrl-C to stop."


def show_banner(
    settings: Config, addresses: Addresses, rows: Iterable[Row], project: str = ""
) -> None:
    """Print that the chat or the learner's ``project`` is running, its addresses, and ``rows``.

    A page that the class may open has the address for the class. With the setting ``open``, open
    the browser.
    """
    click.secho(f"chatdemo {__version__} is running{project and f' {project}'}.", bold=True)
    for_all = addresses.others or addresses.local
    pages = [
        ("Open", addresses.local),
        ("The class", addresses.others or NO_ADDRESS[addresses.is_open]),
    ]
    if not project:
        pages.append(("The course", f"{for_all}learn/"))
    if settings.inspect == "all":
        pages.append(("Inspector", f"{for_all}inspect/"))
    elif settings.inspect == "local":
        note = " (on this computer only)" if addresses.others else ""
        pages.append(("Inspector", f"{addresses.local}inspect/{note}"))
    if addresses.others:
        pages.append(("Access", OPEN_TO_ALL if project else JOINED_BY_ALL))
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
