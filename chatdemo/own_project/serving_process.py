"""The process that serves the project: loads it, serves it, and ends when a file is saved."""

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from chatdemo.common.config import Config
from chatdemo.common.file_watcher import POLL_SECONDS, FileWatcher
from chatdemo.course.checker.asgi_client import with_static_files
from chatdemo.course.checker.source_files import source_files
from chatdemo.own_project import loading, redis_layer, startup_notes
from chatdemo.own_project.django_project import DjangoProject
from chatdemo.own_project.first_import import first_import
from chatdemo.own_project.startup_notes import Note
from chatdemo.realtime.file_limit import raise_file_limit


def serve(
    config: Config,
    project: DjangoProject,
    listener: socket.socket,
    supervisor_socket: socket.socket,
    problems: Path | None,
    on_ready: Callable[[list[Note]], None],
) -> Path | None:
    """Serve the project on ``listener`` until SIGINT, SIGTERM or SIGHUP, or until a file is saved.

    The process ends with the supervisor, which has the other end of ``supervisor_socket``.
    ``problems`` is the file of earlier problems. ``on_ready(notes)`` is called once requests can be
    answered. Returns the saved file, None after a signal. Raises ChatdemoError, with what the
    project's code raised as its cause, if it can't be loaded.
    """
    from chatdemo.realtime.upstream.daphne import ListeningServer, reactor, request_logger

    raise_file_limit()

    _start_thread(_end_with_supervisor, supervisor_socket)
    saved: list[Path] = []
    watcher = FileWatcher(lambda: source_files(project.folder))
    application, notes = _load(project)

    def stop_on_save() -> None:
        saved.append(_wait_for_save(watcher))
        twisted: Any = reactor  # mypy knows only the module that installs the reactor
        twisted.callFromThread(twisted.stop)

    def on_running() -> None:
        _start_thread(stop_on_save)
        on_ready(notes)

    from chatdemo.inspector import Inspector
    from chatdemo.own_project import problem_output

    inspector = Inspector(application, config.inspect, config.inspect_events, notes=notes)
    inspector.problems.on_new = problem_output.print_problem
    if not config.debug:
        problem_output.shorten_tracebacks()
    server = ListeningServer(
        inspector,
        listener,
        on_running,
        action_logger=request_logger(config.debug),
        **loading.server_options(),
    )
    with problem_output.kept_problems(inspector.problems, problems):
        server.run()
    return saved[0] if saved else None


def _load(project: DjangoProject) -> tuple[Callable, list[Note]]:
    loading.imitate_runserver(project)
    try:
        notes = [("Layer", line) for line in redis_layer.check_redis_layers()]
        named = loading.application_name(project)
        with first_import(named, project) as import_notes:
            application = loading.load_application(named, project)
            loading.require_checks_to_pass()
            notes += startup_notes.all_notes(application, named, project)
            notes += import_notes()
        return with_static_files(application), notes
    except (Exception, SystemExit) as error:
        raise loading.explain_load_error(error, project) from error


def _start_thread(function: Callable[..., None], *arguments: Any) -> None:
    threading.Thread(target=function, args=arguments, daemon=True).start()


def _end_with_supervisor(supervisor_socket: socket.socket) -> None:
    """End this process when the supervisor ends, even if it was killed: both have the port open.

    The supervisor sends nothing, so ``recv`` returns at the end of the connection. os.getppid()
    wouldn't tell on Windows, where it doesn't change.
    """
    with suppress(OSError):
        supervisor_socket.recv(1)
    os._exit(1)


def _wait_for_save(while_loading: FileWatcher) -> Path:
    """Wait until a file that `runserver` watches is saved. A changed template is only read again.

    ``while_loading`` has watched since before the project was loaded: a save meanwhile counts too.
    """
    from chatdemo.realtime.upstream.django import WatchedFiles

    watched = WatchedFiles()
    watcher = FileWatcher(lambda: watched)
    modified = while_loading.modified() & set(watched)
    while True:
        for file in modified:
            if not watched.reread(file):
                return file
        time.sleep(POLL_SECONDS)
        modified = watcher.modified()
