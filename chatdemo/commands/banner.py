"""What `serve` prints once requests can be answered."""

import time
from collections.abc import Iterable, Mapping

import click

from chatdemo import __version__
from chatdemo.common.config import Config
from chatdemo.project.addresses import Addresses

#: A label and what it says.
Row = tuple[str, str]
#: In place of the address for the class, by whether the server listens for other machines.
NO_ADDRESS = {
    False: "not reachable; restart with --host 0.0.0.0",
    True: "not reachable: this computer isn't in a network yet",
}


def show_banner(
    settings: Config,
    addresses: Addresses,
    what: str = "",
    pages: Mapping[str, str] | None = None,
    rows: Iterable[Row] = (),
) -> None:
    """Print that ``what`` is running, its addresses, ``rows``, and how to stop it.

    ``pages`` are further pages, each a label and a path from the address. With the setting
    ``open``, the browser is opened.
    """
    click.secho(f"chatdemo {__version__} is running{what and ' '}{what}.", bold=True)
    show_rows([("Open", addresses.local)])
    show_rows([("The class", addresses.others or NO_ADDRESS[addresses.is_open])])
    inspector = {} if settings.inspect == "off" else {"Inspector": "inspect/"}
    links = {**(pages or {}), **inspector}
    show_rows((label, addresses.local + path) for label, path in links.items())
    show_rows([*rows, ("Stop", "Ctrl-C")])
    if settings.open:
        click.launch(addresses.local)


def show_rows(rows: Iterable[Row]) -> None:
    """Print the rows in two columns."""
    for label, text in rows:
        click.echo(f"  {label:<12}{text}")


def show_progress(text: str, end: str = "") -> None:
    """Print ``text`` after the time of day."""
    click.secho(f"{time.strftime('%H:%M:%S')}  {text}{end}", dim=True)


WAITING = "Waiting for a file to be saved; Ctrl-C ends it."
