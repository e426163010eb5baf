"""The commands: each parses, calls one function, prints, and sets the exit code."""

import math
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatdemo import __version__
from chatdemo.common import config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.common.watch import FileWatcher
from chatdemo.options import common_options, setting_option, version_option
from chatdemo.project.addresses import Addresses
from chatdemo.transcripts import export, forget, rooms

if TYPE_CHECKING:
    from chatdemo.own.project import Project

#: What there is to know about a project, by a word for it.
Notes = list[tuple[str, str]]
#: What the banner says without an address for others, by whether the server listens for them.
NOBODY_ELSE = {
    False: "can't join yet: for that, start with --host 0.0.0.0",
    True: "can join, but this machine has no address in a network yet",
}

#: How `check` shows each kind of line (course/checker/report.py).
STYLES = {"good": {"fg": "green"}, "bad": {"fg": "red", "bold": True}, "plain": {}}


class Commands(click.Group):
    """A group whose errors are two lines on stderr (what went wrong, what to do) and an exit code, and no traceback."""

    def main(self, *args, **kwargs) -> None:
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except ChatdemoError as error:
            code = fail(error.message, error.hint, error.exit_code)
        except click.ClickException as error:
            code = fail(_usage_fault(error), _usage_hint(error), 2)
        except click.Abort:  # Ctrl-C, and nothing more to say about it
            code = 130
        except ModuleNotFoundError as error:
            hint = "Install chatdemo for this Python, as the README says, or use the Python that has it."
            code = fail(f"{error.name} isn't installed for this Python, {sys.executable}.", hint, 1)
        except Exception as error:
            if config.current().debug:
                raise
            hint = "This is a fault in chatdemo. CHATDEMO_DEBUG=1 before the command shows where; please report it."
            code = fail(f"{type(error).__name__}: {error}", hint, 1)
        sys.exit(code if isinstance(code, int) else 0)


def fail(message: str, hint: str, code: int) -> int:
    """Print the two lines of an error; returns ``code``."""
    click.echo(click.style("Error: ", fg="red", bold=True) + message, err=True)
    click.echo(click.style("Next:  ", bold=True) + hint, err=True)
    return code


def _usage_fault(error: click.ClickException) -> str:
    """What click says, without guesses at options that no help shows."""
    if isinstance(error, click.NoSuchOption) and error.ctx:
        options = [
            option for option in error.ctx.command.params if not getattr(option, "hidden", False)
        ]
        shown = {name for option in options for name in option.opts}
        error.possibilities = [name for name in error.possibilities or () if name in shown]
    return error.format_message()


def _usage_hint(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return (
        f"{context.command_path if context else 'chatdemo'} --help shows the commands and options."
    )


class Within(click.FloatRange):
    """A number within a range, and not "nan", which click takes for one in any."""

    def convert(self, value, param, ctx) -> float:
        number = super().convert(value, param, ctx)
        return (
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
            if math.isnan(number)
            else number
        )


@click.group(
    "chatdemo",
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@version_option
@click.pass_context
def cli(context: click.Context) -> None:
    """The Django Channels chat tutorial as one command.

    Start with `chatdemo serve`, open the address that it shows in two browser windows, and say hello from one to the
    other. Nothing else has to be installed or set up, and it works without internet.
    """
    if not context.invoked_subcommand:
        click.echo(context.get_help())


@cli.command(short_help="Run the chat, or a project of your own.")
@click.argument("directory", metavar="[DIR]", required=False)
@setting_option("host", metavar="ADDRESS")
@setting_option("port", metavar="NUMBER")
@setting_option("open", "--open/--no-open")
@setting_option("step", metavar="NAME")
@click.option(
    "--adopt", type=int, hidden=True, help="File descriptor of the socket to serve DIR on."
)
@click.option(
    "--again", is_flag=True, hidden=True, help="DIR was served before, and the banner shown."
)
@common_options
def serve(
    directory: str | None, adopt: int | None, again: bool, config_file: str | None, **flags
) -> int | None:
    """Run the chat, or a project of your own, in this terminal until Ctrl-C.

    \b
    For yourself:    chatdemo serve
    For a class:     chatdemo serve --host 0.0.0.0
    Another port:    chatdemo serve --port 8001
    Keep nothing:    chatdemo serve --db :memory:
    Your project:    chatdemo serve mysite

    DIR is where your manage.py is. Its settings and ASGI application are used as they are, and loaded anew whenever you
    save a file; /inspect/ shows what goes on inside. Without a Redis server its channel layer is in memory.

    Every option is a setting too: --port 8001 can be CHATDEMO_PORT=8001 in the environment, or port = 8001 in a file
    chatdemo.toml in this folder. An option goes before the environment, and that before the file.
    """
    code = 0
    with suppress(KeyboardInterrupt):
        settings = config.use(config.load(flags, file=config_file))
        if directory is None:
            serve_chat(settings)
        else:
            refuse_together(directory, flags)
            code = serve_project(directory, settings, adopt, again)
    if adopt is None:
        click.echo("Stopped.")
    return code


def serve_chat(settings: config.Config) -> None:
    from chatdemo.course import course
    from chatdemo.project import listener, server
    from chatdemo.project.addresses import addresses

    if settings.step:  # before the port: the one that was typed wrongly is the first to be told
        course.find(settings.step)
    with listener.listen(settings.host, settings.port) as held:
        reached_at = addresses(*held.getsockname()[:2])
        server.serve(settings, held, lambda: announce(settings, reached_at))


def refuse_together(directory: str, flags: Mapping[str, Any]) -> None:
    """Raises UsageError for an option that is about our own chat, together with a project."""
    for name in ("step", "db"):
        if flags[name] is not None:
            hint = "Leave out one of the two: a project of your own has its own code and database."
            raise UsageError(
                f"--{name} is for chatdemo's own chat, and {directory} is a project.", hint
            )


def serve_project(directory: str, settings: config.Config, adopt: int | None, again: bool) -> int:
    """Hold the port for the processes that serve the project, or be one of them, on the socket ``adopt``."""
    from chatdemo.own import keeper, project
    from chatdemo.project import listener

    found = project.find(Path(directory))
    if adopt is not None:
        return serve_adopted(found, settings, socket.socket(fileno=adopt), again)
    with listener.listen(settings.host, settings.port) as held:
        for code in keeper.keep(found.folder, held):
            if code not in (1, 2):  # which have said why
                fail(
                    f"The project's process has ended, with exit code {code}.",
                    "Look for what ended it.",
                    code,
                )
            click.secho(f"{now()}  Waiting for a file to be saved; Ctrl-C ends it.", dim=True)
    return 0


def serve_adopted(
    found: "Project", settings: config.Config, held: socket.socket, again: bool
) -> int:
    """The exit code, by which the process that holds the port knows what is next."""
    from chatdemo.own import keeper, server
    from chatdemo.own.notes import about_hosts
    from chatdemo.project.addresses import addresses

    def on_ready(notes: Notes) -> None:
        notes += [("Hosts", note) for note in about_hosts(reached_at.local, reached_at.others)]
        announce_again(found, notes) if again else announce_project(
            found, settings, reached_at, notes
        )

    reached_at = addresses(*held.getsockname()[:2])
    try:
        saved = server.serve(settings, found, held, on_ready)
    except ChatdemoError as error:
        if settings.debug and error.__cause__:
            traceback.print_exception(error.__cause__)
        raise
    if not saved:
        return 0
    name = saved.relative_to(found.folder) if saved.is_relative_to(found.folder) else saved
    click.secho(f"{now()}  {name} was saved.", dim=True)
    return keeper.RELOAD


def announce_project(
    found: "Project", settings: config.Config, addresses: Addresses, notes: Notes
) -> None:
    """The banner of a project of one's own, with what there is to know about it."""
    row = "  {:<12}{}".format
    click.secho(f"chatdemo {__version__} is running {found.folder.name}.", bold=True)
    click.echo(row("Open", addresses.local))
    click.echo(row("The class", addresses.others or NOBODY_ELSE[addresses.is_open]))
    if settings.inspect != "off":
        click.echo(row("Inside", f"{addresses.local}inspect/"))
    click.echo(row("Settings", f"{found.settings}, in {found.folder}"))
    for name, note in notes:
        click.echo(row(name, note))
    click.echo(row("Stop", "Ctrl-C"))
    if settings.open:
        click.launch(addresses.local)


def announce_again(found: "Project", notes: Notes) -> None:
    click.secho(f"{now()}  {found.folder.name} runs again.", dim=True)
    for name, note in notes:
        click.echo(f"  {name:<12}{note}")


def now() -> str:
    return time.strftime("%H:%M:%S")


def announce(settings: config.Config, addresses: Addresses) -> None:
    """The banner: where to go, where the data is, how to stop."""
    from chatdemo.course import course
    from chatdemo.project import database

    row = "  {:<12}{}".format
    click.secho(f"chatdemo {__version__} is running.", bold=True)
    click.echo(row("Open", addresses.local))
    click.echo(row("The class", addresses.others or NOBODY_ELSE[addresses.is_open]))
    click.echo(row("The course", f"{addresses.local}learn/"))
    if settings.inspect != "off":
        click.echo(row("Inside", f"{addresses.local}inspect/"))
    if settings.step:
        step = course.find(settings.step)
        click.echo(row("Rooms run", f"step {step.number}, {step.name}"))
    click.echo(row("Data", database.locate(settings.db) or "in memory, gone when chatdemo stops"))
    click.echo(row("Stop", "Ctrl-C"))
    if settings.open:
        click.launch(addresses.local)


@cli.command(
    short_help="Run Django's own commands, such as shell and migrate.",
    options_metavar="[OPTIONS]",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@common_options
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="COMMAND...")
@click.pass_context
def manage(
    context: click.Context, config_file: str | None, arguments: tuple[str, ...], **flags
) -> None:
    """Django's own management of the embedded project, as manage.py is in the tutorial.

    \b
    chatdemo manage shell             try the channel layer by hand
    chatdemo manage createsuperuser   make an account
    chatdemo manage migrate --help    the help of one of Django's commands
    chatdemo manage help              every command there is

    The options below go before the command.
    """
    if not arguments:
        return click.echo(context.get_help())
    from chatdemo.project import server

    settings = config.use(config.load(flags, file=config_file))
    server.manage(settings, arguments)


@cli.command()
@version_option
def steps() -> None:
    """List the steps of the tutorial, a line for each.

    \b
    chatdemo steps                     list them
    chatdemo serve --step echo         run the chat as it is at the end of one
    chatdemo new mysite --step echo    write it out as a project of your own
    """
    from chatdemo.course import course

    for step in course.steps():
        click.echo(f"{step.number}  {click.style(f'{step.name:<8}', bold=True)}{step.summary}")
    click.echo("\nRead them:       chatdemo serve, then open its address with /learn/ behind it")
    click.echo("Run one:         chatdemo serve --step echo")
    click.echo("Take one home:   chatdemo new mysite --step echo")


@cli.command(short_help="Write the tutorial's project into a folder of your own.")
@click.argument("directory", metavar="DIR")
@click.option(
    "--step", metavar="NAME", help="Step of the tutorial that it has come to. [default: the last]"
)
@click.option(
    "--layer",
    metavar="NAME",
    default="memory",
    help="Channel layer: memory or redis. [default: memory]",
)
@version_option
def new(directory: str, step: str | None, layer: str) -> None:
    """Write the tutorial's project, as it stands at the end of a step, into a folder of your own.

    \b
    The whole tutorial:      chatdemo new mysite
    The end of one step:     chatdemo new mysite --step echo
    With Redis:              chatdemo new mysite --layer redis
    Into this empty folder:  chatdemo new .

    The project is plain Django and Channels, and yours: it needs nothing of chatdemo. `chatdemo steps` lists the steps.
    """
    from chatdemo.course import course, new

    chosen = course.find(step) if step is not None else course.steps()[-1]
    folder = new.write(directory, chosen, layer)
    place = "this folder" if str(folder) == "." else folder
    click.echo(f"The project at the end of step {chosen.number}, {chosen.name}, is in {place}.")
    for line in new.next_commands(folder, chosen, layer):
        click.echo(line)


@cli.command(short_help="Judge a project of your own, step by step.")
@click.argument("directory", metavar="[DIR]", default=".")
@click.option(
    "--step",
    metavar="NAME",
    help="Step that it must have come to. [default: whatever it has begun]",
)
@click.option("--watch", is_flag=True, help="Look again whenever a file is saved, until Ctrl-C.")
@version_option
def check(directory: str, step: str | None, watch: bool) -> int:
    """Judge a project of your own: which steps are done, and what is wrong, in one sentence.

    \b
    The project in this folder:       chatdemo check
    Whether it has come to a step:    chatdemo check mysite --step groups
    While you write it:               chatdemo check mysite --watch

    DIR is where manage.py is. The project may come from `chatdemo new`, or be typed by hand from the tutorial. Its code
    is run in a process of its own, for a minute at most, and needs no Redis. The exit code is 0 if no fault is found.
    """
    from chatdemo.course import course
    from chatdemo.course.checker import report, run
    from chatdemo.course.checker.sources import source_files

    folder, target = Path(directory), course.find(step) if step is not None else None
    passed = False
    try:
        watcher = FileWatcher(lambda: source_files(folder))
        while True:
            verdict = run.judge(folder, target)
            passed = verdict.passes(target)
            for kind, line in report.lines(verdict, target):
                click.secho(line, **STYLES[kind])
            if not watch:
                break
            click.secho(f"\n{now()}  Waiting for a file to be saved; Ctrl-C ends it.\n", dim=True)
            watcher.wait()
    except KeyboardInterrupt:
        if not watch:
            raise click.Abort() from None
    return 0 if passed else 1


@cli.command(short_help="Let simulated participants talk, as a rehearsal.")
@click.argument("url", metavar="[URL]", default="")
@click.option(
    "--people",
    metavar="NUMBER",
    type=click.IntRange(1, 10_000),
    default=30,
    help="Participants. [default: 30]",
)
@click.option(
    "--rate",
    metavar="NUMBER",
    type=Within(0, 10_000, min_open=True),
    default=1,
    help="Messages a second of all together, who take turns. [default: 1]",
)
@click.option(
    "--for",
    "seconds",
    metavar="SECONDS",
    type=Within(0, 86_400, min_open=True),
    default=30,
    help="How long they talk. [default: 30]",
)
@click.option(
    "--drop",
    metavar="SHARE",
    type=Within(0, 1),
    default=0,
    help="Share of their connections that is cut each second, as bad wifi does; they come back. [default: 0]",
)
@version_option
def crowd(url: str, people: int, rate: float, seconds: float, drop: float) -> int:
    """Simulated participants over real WebSockets: for a rehearsal before a class, and to see what a load does.

    \b
    A server of its own:     chatdemo crowd
    The class's server:      chatdemo crowd http://127.0.0.1:8000 --people 60
    One of its rooms:        chatdemo crowd http://127.0.0.1:8000/chat/lobby/
    As much as it can take:  chatdemo crowd --people 300 --rate 20 --for 60
    In bad wifi:             chatdemo crowd --drop 0.02

    URL is a server's address, a room's, or a WebSocket's, of any chat that speaks as the tutorial's does. Without a
    room in it, the crowd has one to itself. The exit code is 0 if everyone joined and stayed, and got every message,
    once and in the same order. With --drop nobody stays, but all come back; the server must keep what is said.
    """
    from chatdemo.crowd import address, live, messages, report, run
    from chatdemo.crowd.own_server import own_server

    words = messages.Messages(messages.new_run_id())
    with nullcontext(url) if url else own_server() as server:
        if not url:
            click.echo(f"Started a server of its own, which ends with it: {server}")
        target = address.parse(server, f"crowd_{words.run_id}")
        click.echo(report.title(people, rate, seconds, target.url, drop) + "\n")
        with live.LiveLine(sys.stdout) as line:
            plan = run.Plan(people, rate, seconds, drop)
            result = run.run(target, words, plan, lambda progress: line.show(report.line(progress)))
    for row in report.table(result):
        click.echo(row)
    return result.exit_code


for command in (export, rooms, forget):
    cli.add_command(command)
