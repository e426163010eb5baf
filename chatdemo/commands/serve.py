"""`chatdemo serve`: the chat, or a project of the learner's."""

import socket
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatdemo.commands.banner import WAITING, Row, show_banner, show_progress, show_rows
from chatdemo.commands.error_output import print_error
from chatdemo.commands.options import common_options, setting_option, use_settings
from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError, UsageError

if TYPE_CHECKING:
    from chatdemo.own_project.django_project import DjangoProject


@click.command(short_help="Run the chat, or your own project.")
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
    directory: str | None, adopt: int | None, again: bool, config_file: str | None, **flags: Any
) -> int | None:
    """Run the chat, or your own project, in this terminal until Ctrl-C.

    \b
    For yourself:    chatdemo serve
    For a class:     chatdemo serve --host 0.0.0.0
    Another port:    chatdemo serve --port 8001
    In memory:       chatdemo serve --db :memory:
    Your project:    chatdemo serve mysite

    DIR is the folder of your manage.py. Its settings and its ASGI application are used as they are,
    and reloaded whenever you save a file; /inspect/ shows what happens inside. Without a Redis
    server its channel layer is in memory.

    Every option is a setting too: --port 8001 can be CHATDEMO_PORT=8001 in the environment, or
    port = 8001 in a file chatdemo.toml in this folder. Options override the environment; the
    environment overrides the file.
    """
    code = 0
    with suppress(KeyboardInterrupt):
        settings = use_settings(flags, config_file)
        if directory is None:
            _serve_chat(settings)
        else:
            _refuse_chat_options(directory, flags)
            code = _serve_project(directory, settings, adopt, again)
    if adopt is None:
        click.echo("Stopped.")
    return code


def _serve_chat(settings: Config) -> None:
    from chatdemo.course import outline
    from chatdemo.project import database, listener, server
    from chatdemo.project.addresses import addresses

    rows = []
    if settings.step:  # before the port is opened: a misspelled name is reported first
        step = outline.find_step(settings.step)
        rows.append(("Rooms run", f"step {step.number}, {step.name}"))

    def on_ready() -> None:
        data = database.locate(settings.db) or "in memory, gone when chatdemo stops"
        pages = {"The course": "learn/"}
        show_banner(settings, found, pages=pages, rows=[*rows, ("Data", str(data))])

    with listener.listen(settings.host, settings.port) as listening:
        found = addresses(*listening.getsockname()[:2])
        server.serve(settings, listening, on_ready)


def _refuse_chat_options(directory: str, flags: Mapping[str, Any]) -> None:
    for name in ("step", "db"):
        if flags[name] is not None:
            message = f"--{name} is for chatdemo's own chat, and {directory} is a project."
            hint = "Leave out one of the two: your project has its own code and database."
            raise UsageError(message, hint)


def _serve_project(directory: str, settings: Config, adopt: int | None, again: bool) -> int:
    """Open the port and supervise the processes that serve; or be one of them, on ``adopt``."""
    from chatdemo.own_project import supervisor
    from chatdemo.own_project.django_project import find_project
    from chatdemo.project import listener

    project = find_project(Path(directory))
    if adopt is not None:
        return _serve_adopted(project, settings, socket.socket(fileno=adopt), again)
    with listener.listen(settings.host, settings.port) as listening:
        for code in supervisor.supervise(project.folder, listening):
            if code not in (1, 2):  # those have printed an error
                message = f"The project's process has ended, with exit code {code}."
                print_error(message, "See the output above.")
            show_progress(WAITING)
    return 0


def _serve_adopted(
    project: "DjangoProject", settings: Config, listening: socket.socket, again: bool
) -> int:
    """Serve, and return the exit code: RELOAD asks the supervisor for another process."""
    from chatdemo.own_project import serving_process, supervisor
    from chatdemo.own_project.startup_notes import refused_hosts
    from chatdemo.project.addresses import addresses

    found = addresses(*listening.getsockname()[:2])
    name = project.folder.name

    def on_ready(notes: list[Row]) -> None:
        notes += refused_hosts(found.local, found.others)
        if again:
            show_progress(f"{name} runs again.")
            return show_rows(notes)
        module = ("Settings", f"{project.settings}, in {project.folder}")
        show_banner(settings, found, what=name, rows=[module, *notes])

    try:
        saved = serving_process.serve(settings, project, listening, on_ready)
    except ChatdemoError as error:
        if settings.debug and error.__cause__:
            traceback.print_exception(error.__cause__)
        raise
    if not saved:
        return 0
    is_inside = saved.is_relative_to(project.folder)
    show_progress(f"{saved.relative_to(project.folder) if is_inside else saved} was saved.")
    return supervisor.RELOAD
