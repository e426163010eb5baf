"""`chatdemo serve`: the chat, or the learner's own project."""

import socket
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatdemo.commands.banner import WAITING, Row, show_banner, show_progress, show_rows
from chatdemo.commands.completion import complete_folder, complete_step
from chatdemo.commands.error_output import print_error
from chatdemo.commands.options import database_options, setting_option, use_settings
from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.common.stop_signals import is_interrupt

if TYPE_CHECKING:
    from chatdemo.own_project.django_project import DjangoProject


@click.command(short_help="Run the chat, or your own project.")
@click.argument("directory", metavar="[DIR]", required=False, shell_complete=complete_folder)
@setting_option("host", metavar="ADDRESS")
@setting_option("port", metavar="NUMBER")
@setting_option("redis", metavar="URL")
@setting_option("open", "--open/--no-open")
@setting_option("step", metavar="NAME", shell_complete=complete_step)
@click.option("--adopt", type=int, nargs=2, hidden=True)  # the supervisor's sockets
@click.option("--problems", hidden=True)  # the supervisor's file
@click.option("--again", is_flag=True, hidden=True)  # an earlier process has shown the banner
@database_options
def serve(
    directory: str | None,
    adopt: tuple[int, int] | None,
    problems: str | None,
    again: bool,
    **options: Any,
) -> int | None:
    """Run the chat, or your own project, in this terminal until Ctrl-C.

    \b
    For yourself:    chatdemo serve
    For a class:     chatdemo serve --host 0.0.0.0
    Another port:    chatdemo serve --port 8001
    In memory:       chatdemo serve --db :memory:
    Your project:    chatdemo serve mysite

    DIR is the folder that contains your manage.py. Your project runs with its own code,
    settings and ASGI application, and is reloaded whenever you save a file. One thing may differ:
    a channel layer of channels_redis is replaced by one in memory if the package isn't installed
    or the Redis server can't be used. The inspector is at /inspect/.

    Most options are settings too: --port 8001 can be CHATDEMO_PORT=8001 in the environment, or
    port = 8001 in a file chatdemo.toml in this folder. Options override the environment; the
    environment overrides the file.
    """
    code = 0
    try:
        settings = use_settings(**options)
        if directory is None:
            _serve_chat(settings)
        else:
            for name in ("step", "db", "redis"):
                if options[name] is not None:
                    message = f"--{name} can't be used with your own project, {directory}."
                    hint = "Leave out the option. Your project has its own code and database."
                    raise UsageError(message, hint)
            code = _serve_project(directory, settings, adopt, problems, again)
    except BaseException as error:
        if not is_interrupt(error):
            raise
    if adopt is None:  # else the supervisor says so
        click.echo("Stopped.")
    return code


def _serve_chat(settings: Config) -> None:
    from chatdemo.course import outline
    from chatdemo.project import database, server
    from chatdemo.project.listening_address import addresses, listen, server_name

    rows = []
    if settings.step:  # before the port is opened: a misspelled name is reported first
        step = outline.find_step(settings.step)
        rows.append(("Rooms run", f"step {step.number}, {step.name}"))

    def on_ready(others: int) -> None:
        data = str(database.path_of(settings.db) or "in memory, deleted when chatdemo stops")
        if settings.redis:
            from chatdemo.project.redis_server import shown

            rows.append(
                ("Messages", f"in {shown(settings.redis)}; those in {data} stay as they are")
            )
            number = f"one of {others + 1}" if others else "the only one"
            rows.append(("Server", f"{server_name(port)}, {number}"))
        else:
            rows.append(("Data", data))
        show_banner(settings, urls, rows)

    with listen(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        urls = addresses(host, port)
        server.serve(settings, listener, on_ready)


def _serve_project(
    directory: str,
    settings: Config,
    adopt: tuple[int, int] | None,
    problems: str | None,
    again: bool,
) -> int:
    """Open the port and supervise the serving processes; or be one of them, on ``adopt``."""
    from chatdemo.own_project import supervisor
    from chatdemo.own_project.django_project import find_project
    from chatdemo.project.listening_address import listen

    project = find_project(Path(directory))
    if adopt is not None:
        listener, supervisor_socket = (socket.socket(fileno=number) for number in adopt)
        file = Path(problems) if problems else None
        return _serve_adopted(project, settings, listener, supervisor_socket, file, again)
    with listen(settings.host, settings.port) as listener:
        for code in supervisor.supervise(project.folder, listener):
            if code not in (1, 2):  # those have printed an error
                print_error(
                    f"The project's process ended with exit code {code}.", "See its output."
                )
            show_progress(WAITING)
    return 0


def _serve_adopted(
    project: "DjangoProject",
    settings: Config,
    listener: socket.socket,
    supervisor_socket: socket.socket,
    problems: Path | None,
    again: bool,
) -> int:
    """Serve, and return the exit code: RELOAD_EXIT_CODE if a file was saved."""
    from chatdemo.own_project import serving_process, supervisor
    from chatdemo.own_project.startup_notes import refused_hosts
    from chatdemo.project.listening_address import addresses

    urls, name = addresses(*listener.getsockname()[:2]), project.folder.name

    def on_ready(notes: list[Row]) -> None:
        notes += refused_hosts(urls.local, urls.others)
        if again:
            show_progress(f"{name} runs again.")
            return show_rows(notes)
        module = ("Settings", f"{project.settings}, in {project.folder}")
        show_banner(settings, urls, [module, *notes], name)

    try:
        saved = serving_process.serve(
            settings, project, listener, supervisor_socket, problems, on_ready
        )
    except ChatdemoError as error:
        if settings.debug and error.__cause__:
            traceback.print_exception(error.__cause__)
        raise
    if not saved:
        return 0
    is_inside = saved.is_relative_to(project.folder)
    show_progress(f"{saved.relative_to(project.folder) if is_inside else saved} was saved.")
    return supervisor.RELOAD_EXIT_CODE
