"""`chatdemo manage`: Django's own management commands."""

from typing import Any

import click

from chatdemo.commands.options import common_options, use_settings


@click.command(
    short_help="Run Django's own commands, such as shell and migrate.",
    options_metavar="[OPTIONS]",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@common_options
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND...")
@click.pass_context
def manage(
    context: click.Context, config_file: str | None, arguments: tuple[str, ...], **flags: Any
) -> None:
    """Run a management command of Django on the embedded project.

    It is what manage.py is in the tutorial.

    \b
    chatdemo manage shell             try the channel layer by hand
    chatdemo manage createsuperuser   create an account
    chatdemo manage migrate --help    the help of one of Django's commands
    chatdemo manage help              list every command

    The options below go before the command.
    """
    if not arguments:
        return click.echo(context.get_help())
    from chatdemo.project import server

    server.manage(use_settings(flags, config_file), arguments)
