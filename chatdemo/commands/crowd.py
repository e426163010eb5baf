"""`chatdemo crowd`: simulated participants."""

import sys
from contextlib import nullcontext
from typing import Any

import click

from chatdemo.commands.options import FiniteRange, version_option


def number_option(*names: str, help: str, default: int, type: click.ParamType) -> Any:
    """An option with the metavar NUMBER. The help ends with its default."""
    help = f"{help} [default: {default}]"
    return click.option(*names, metavar="NUMBER", type=type, default=default, help=help)


@click.command(short_help="Let simulated participants talk, as a rehearsal.")
@click.argument("url", metavar="[URL]", default="")
@number_option("--people", help="Participants.", default=30, type=click.IntRange(1, 10_000))
@number_option(
    "--rate",
    help="Messages per second in total; the participants take turns.",
    default=1,
    type=FiniteRange(0, 10_000, min_open=True),
)
@number_option(
    "--for",
    "seconds",
    help="Seconds for which they talk.",
    default=30,
    type=FiniteRange(0, 86_400, min_open=True),
)
@number_option(
    "--drop",
    help="Share of their connections that is cut each second, as bad wifi does; they reconnect.",
    default=0,
    type=FiniteRange(0, 1),
)
@version_option
def crowd(url: str, people: int, rate: float, seconds: float, drop: float) -> int:
    """Simulate participants over real WebSockets, to rehearse a class or to see what a load does.

    \b
    A temporary server:      chatdemo crowd
    The class's server:      chatdemo crowd http://127.0.0.1:8000 --people 60
    One of its rooms:        chatdemo crowd http://127.0.0.1:8000/chat/lobby/
    As much as it can take:  chatdemo crowd --people 300 --rate 20 --for 60
    In bad wifi:             chatdemo crowd --drop 0.02

    URL is the address of a server, a room or a WebSocket, of any chat that uses the tutorial's
    messages. Without a room in it, the crowd uses a room of its own. The exit code is 0 if all
    joined and stayed connected, and received every message once and in the same order. With --drop
    all must have reconnected instead, and the server must store the messages.
    """
    from chatdemo.crowd.address import parse_address
    from chatdemo.crowd.messages import RunMessages, new_run_id
    from chatdemo.crowd.report import LiveLine, table, title
    from chatdemo.crowd.run import Plan, run
    from chatdemo.crowd.temporary_server import temporary_server

    plan, messages = Plan(people, rate, seconds, drop), RunMessages(new_run_id())
    with nullcontext(url) if url else temporary_server() as server:
        if not url:
            click.echo(f"Started a temporary server: {server}")
        address = parse_address(server, f"crowd_{messages.run_id}")
        click.echo(title(plan, address.url) + "\n")
        with LiveLine(sys.stdout) as line:
            result = run(address, messages, plan, line.show)
    for row in table(result):
        click.echo(row)
    return result.exit_code
