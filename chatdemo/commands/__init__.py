"""The commands: each parses its options, calls one function, prints, and sets the exit code."""

import click

from chatdemo.commands.course import check, new, steps
from chatdemo.commands.crowd import crowd
from chatdemo.commands.error_output import CommandGroup
from chatdemo.commands.manage import manage
from chatdemo.commands.options import version_option
from chatdemo.commands.serve import serve
from chatdemo.commands.transcripts import export, forget, rooms


@click.group(
    "chatdemo",
    cls=CommandGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@version_option
@click.pass_context
def cli(context: click.Context) -> None:
    """The Django Channels chat tutorial as one command.

    Start with `chatdemo serve`. Open the address that it shows in two browser windows, and send a
    message from one to the other. It works without internet access, and nothing else needs to be
    installed.
    """
    if not context.invoked_subcommand:
        click.echo(context.get_help())


for command in (serve, manage, steps, new, check, crowd, export, rooms, forget):
    cli.add_command(command)
