"""Options that several commands have."""

import sys
from collections.abc import Callable
from typing import Any

import click

from chatdemo import __version__
from chatdemo.commands.completion import complete_file
from chatdemo.common import config

Command = Callable[..., Any]


def _show_version(context: click.Context, _: click.Parameter, is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        parts = ", ".join(f"{name} {version(name)}" for name in ("django", "channels", "daphne"))
        click.echo(f"chatdemo {__version__} ({parts}, Python {sys.version.split()[0]})")
        context.exit()


version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version.",
)


def setting_option(
    name: str, *declarations: str, help: str = "", **attributes: Any
) -> Callable[[Command], Command]:
    """An option for the setting ``name``. ``config.load`` checks the value.

    Its help is the setting's, if no other one is given.
    """
    help = help or config.SETTINGS[name].metadata["help"]
    help = f"{help} [default: {config.example(name)}]"
    return click.option(
        *(declarations or (f"--{name}",)), name, default=None, help=help, **attributes
    )


def database_options(command: Command) -> Command:
    """The options of a command that creates or opens a database: see ``use_settings``."""
    db = setting_option("db", metavar="PATH", shell_complete=complete_file)
    return db(_common_options(command))


def existing_database_options(command: Command) -> Command:
    """The same for a command that reads a file: a database in memory is its server's alone."""
    help = "SQLite file; empty: the one in your application folder."
    db = setting_option("db", metavar="PATH", help=help, shell_complete=complete_file)
    redis = setting_option("redis", metavar="URL")
    return db(redis(_common_options(command)))


def _common_options(command: Command) -> Command:
    help = "Read the settings from this file instead of chatdemo.toml."
    file = click.option(
        "--config", "config_file", metavar="FILE", help=help, shell_complete=complete_file
    )
    debug = setting_option("debug", is_flag=True, flag_value=True)
    return file(debug(version_option(command)))


def use_settings(config_file: str | None, **flags: Any) -> config.Config:
    """Put the settings of this command line into use. Raises UsageError as ``config.load`` does."""
    return config.use(config.load(flags, file=config_file))
