"""The process that serves the project: loads it, serves it, and ends when a file is saved."""

import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chatdemo.common.config import Config
from chatdemo.own_project import loading, redis_fallback, startup_notes
from chatdemo.own_project.django_project import DjangoProject
from chatdemo.own_project.load_errors import explain_load_error
from chatdemo.own_project.startup_notes import Note
from chatdemo.realtime.file_limit import raise_file_limit

#: Seconds between two looks whether the supervisor is still there.
SUPERVISOR_POLL_SECONDS = 0.5


def serve(
    config: Config,
    project: DjangoProject,
    listener: socket.socket,
    on_ready: Callable[[list[Note]], None],
) -> Path | None:
    """Serve the project on ``listener`` until SIGINT, SIGTERM or SIGHUP, or until a file is saved.

    ``on_ready(notes)`` is called once requests can be answered. Returns the saved file, None after
    a signal. Raises ChatdemoError, with what the project's code raised as its cause, if it can't be
    loaded.
    """
    from chatdemo.realtime.event_loop import choose_event_loop

    raise_file_limit()
    choose_event_loop()
    from chatdemo.own_project.autoreload import ReloadWatcher
    from chatdemo.realtime.upstream.daphne import Server, reactor

    _end_with_supervisor()
    saved: list[Path] = []

    def on_save(file: Path) -> None:
        saved.append(file)
        twisted: Any = reactor  # mypy knows only the module that installs the reactor
        twisted.callFromThread(twisted.stop)

    watcher = ReloadWatcher(project.folder, on_save)
    application, found = _load(project)

    def on_running() -> None:
        watcher.start()
        on_ready(found)

    application = loading.with_inspector(application, config)
    Server(application, listener, on_running, **_server_options(config)).run()
    return saved[0] if saved else None


def _load(project: DjangoProject) -> tuple[Callable, list[Note]]:
    loading.imitate_runserver(project)
    try:
        found = [("Layer", line) for line in redis_fallback.replace_unreachable_redis()]
        application = loading.load_application(project)
        loading.require_checks_to_pass()
        found += [*startup_notes.missing_routes(application), *startup_notes.unapplied_migrations()]
        return loading.with_static_files(application), found
    except (Exception, SystemExit) as error:
        raise explain_load_error(error, project) from error


def _server_options(config: Config) -> dict:
    """Those of Daphne's `runserver`, except for what the settings of chatdemo say."""
    from django.conf import settings

    from chatdemo.realtime.upstream.daphne import request_logger

    return {
        "max_backlog": config.max_backlog,
        "root_path": getattr(settings, "FORCE_SCRIPT_NAME", "") or "",
        "action_logger": request_logger(config.debug),
    }


def _end_with_supervisor() -> None:
    """End this process when the one that started it ends, even if that was killed.

    This one has the port open too: it would stay in use.
    """
    supervisor = os.getppid()

    def wait() -> None:
        while os.getppid() == supervisor:
            time.sleep(SUPERVISOR_POLL_SECONDS)
        os._exit(1)

    threading.Thread(target=wait, name="chatdemo-supervisor", daemon=True).start()
