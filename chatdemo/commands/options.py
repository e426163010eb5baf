"""Options that several commands have."""

import sys
from collections.abc import Callable
from typing import Any

import click

from chatdemo import __version__
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
    name: str, *declarations: str, **attributes: Any
) -> Callable[[Command], Command]:
    """An option for the setting ``name``, with its help. ``config.load`` checks the value."""
    row = config.SETTINGS[name]
    help = f"{row.metadata['help']} [default: {config.example(name)}]"
    return click.option(
        *(declarations or (f"--{name}",)), name, default=None, help=help, **attributes
    )


def common_options(command: Command) -> Command:
    """The options of every command that uses the database: see ``use_settings``."""
    file = click.option(
        "--config", "config_file", metavar="FILE", help="Read the settings from this chatdemo.toml."
    )
    debug = setting_option("debug", is_flag=True, flag_value=True)
    return setting_option("db", metavar="PATH")(file(debug(version_option(command))))


def use_settings(config_file: str | None, **flags: Any) -> config.Config:
    """Put the settings of this command line into use. Raises UsageError as ``config.load`` does."""
    return config.use(config.load(flags, file=config_file))
