"""`chatdemo crowd`: simulated participants."""

import math
import sys
from contextlib import nullcontext
from typing import Any

import click

from chatdemo.commands.options import version_option


class WholeRange(click.IntRange):
    """A whole number within a range."""

    name = "whole number"  # as an error says it


class FiniteRange(click.FloatRange):
    """A number within a range. click accepts "nan" in every range."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


def number_option(*names: str, help: str, default: int, type: click.ParamType) -> Any:
    """An option with the metavar NUMBER. The help ends with its default."""
    help = f"{help} [default: {default}]"
    return click.option(*names, metavar="NUMBER", type=type, default=default, help=help)


@click.command(short_help="Simulate participants, to rehearse a class.")
@click.argument("url", metavar="[URL]", default="")
@number_option("--people", help="Number of participants.", default=30, type=WholeRange(1, 10_000))
@number_option(
    "--rate",
    help="Messages per second, from all participants together.",
    default=1,
    type=FiniteRange(0, 10_000, min_open=True),
)
@number_option(
    "--for",
    "seconds",
    help="Seconds for which messages are sent.",
    default=30,
    type=FiniteRange(0, 86_400, min_open=True),
)
@number_option(
    "--drop",
    help="Share of the connections to cut each second, from 0 to 1; participants reconnect.",
    default=0,
    type=FiniteRange(0, 1),
)
@version_option
def crowd(url: str, people: int, rate: float, seconds: float, drop: float) -> int:
    """Simulate participants over real WebSockets, to rehearse a class or to test under load.

    \b
    A temporary server:  chatdemo crowd
    The class's server:  chatdemo crowd http://127.0.0.1:8000 --people 60
    One of its rooms:    chatdemo crowd http://127.0.0.1:8000/chat/lobby/
    Under load:          chatdemo crowd --people 300 --rate 20 --for 60
    On bad wifi:         chatdemo crowd --drop 0.02

    URL is the address of a server, a room or a WebSocket. Any chat that uses the tutorial's
    messages works. Without a room in the URL, the participants join a new one.

    The exit code is 0 if all participants joined and stayed connected, and if each received every
    message once and in the same order. With --drop, they needn't stay connected, but all must be
    connected again at the end and have every message. --drop needs a server that stores messages.
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
