"""The process that serves the project: loads it, serves it, and ends when it must be loaded anew."""

import socket
import sys
from collections.abc import Callable
from pathlib import Path

from chatdemo.common.config import Config
from chatdemo.own import application, layers, notes
from chatdemo.own.explain import explained
from chatdemo.own.project import Project
from chatdemo.realtime.file_limit import raise_file_limit

#: What there is to know about the project, by a word for it.
Notes = list[tuple[str, str]]


def serve(
    config: Config, project: Project, listener: socket.socket, on_ready: Callable[[Notes], None]
) -> Path | None:
    """Serve the project on ``listener`` until SIGINT, SIGTERM or SIGHUP, or until one of its files was saved.

    ``on_ready(notes)`` is called once requests can be answered. Returns the file that was saved, if that is why it
    ended. Raises ChatdemoError if the project can't be loaded, from what its code raised.
    """
    from chatdemo.realtime.event_loop import choose_event_loop

    raise_file_limit()
    choose_event_loop()
    from chatdemo.own.watch import ReloadWatcher, end_with_parent
    from chatdemo.realtime.upstream.daphne import Server, reactor

    end_with_parent()
    changed: list[Path] = []

    def on_change(file: Path) -> None:
        changed.append(file)
        reactor.callFromThread(reactor.stop)

    watcher = ReloadWatcher(project.folder, on_change)
    loaded, found = _load(project)

    def on_running() -> None:
        watcher.start()
        on_ready(found)

    Server(application.wrap(loaded, config), listener, on_running, **_options(config)).run()
    return changed[0] if changed else None


def _load(project: Project) -> tuple[Callable, Notes]:
    application.stand_in(project)
    try:
        found = [("Layer", note) for note in layers.replace_absent()]
        loaded = application.load(project)
        notes.require_checks_to_pass()
        found += notes.about_routes(loaded)
        found += [("Database", note) for note in notes.about_migrations()]
        return application.with_static_files(loaded), found
    except (Exception, SystemExit) as error:
        raise explained(error, project) from error


def _options(config: Config) -> dict:
    """As Daphne's `runserver` has them, but for what the settings of chatdemo say."""
    from django.conf import settings

    options = {
        "max_backlog": config.max_backlog,
        "root_path": getattr(settings, "FORCE_SCRIPT_NAME", "") or "",
    }
    if config.debug:
        from daphne.access import AccessLogGenerator

        options["action_logger"] = AccessLogGenerator(sys.stderr)
    return options
