"""`chatdemo manage`: Django's own management commands."""

from typing import Any

import click

from chatdemo.commands.options import database_options, use_settings


@click.command(
    short_help="Run Django's own commands, such as shell and migrate.",
    options_metavar="[OPTIONS]",
    context_settings={"allow_interspersed_args": False},
)
@database_options
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND...")
@click.pass_context
def manage(context: click.Context, arguments: tuple[str, ...], **options: Any) -> None:
    """Run a management command of Django on the embedded project, as the tutorial's manage.py does.

    \b
    chatdemo manage shell             try out the channel layer
    chatdemo manage createsuperuser   create an account
    chatdemo manage migrate --help    show the help of a command
    chatdemo manage help              list all commands

    The options below go before COMMAND.
    """
    if not arguments:
        return click.echo(context.get_help())
    from chatdemo.project import server

    server.manage(use_settings(**options), arguments)
