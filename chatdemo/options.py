"""Options that several commands have."""

import sys

import click

from chatdemo import __version__
from chatdemo.common import config


def show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        parts = ", ".join(f"{name} {version(name)}" for name in ("django", "channels", "daphne"))
        click.echo(f"chatdemo {__version__} ({parts}, Python {sys.version.split()[0]})")
        context.exit()


def setting_option(name: str, *declarations: str, **attributes):
    """An option for the setting ``name``, with the table's help. The value is checked by ``config``, as others are."""
    row = config.SETTINGS[name]
    help = f"{row.metadata['help']} [default: {config.example(name)}]"
    return click.option(
        *(declarations or (f"--{name}",)), name, default=None, help=help, **attributes
    )


version_option = click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=show_version,
    help="Show the version.",
)


def common_options(command):
    """The options that every command with a database has."""
    file = click.option(
        "--config", "config_file", metavar="FILE", help="Read the settings from this chatdemo.toml."
    )
    debug = setting_option("debug", is_flag=True, flag_value=True)
    return setting_option("db", metavar="PATH")(file(debug(version_option(command))))
