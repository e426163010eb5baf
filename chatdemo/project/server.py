"""Start the embedded project: get what it needs ready, import it, and serve it until it is told to stop."""

import gc
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError
from chatdemo.project import database
from chatdemo.realtime.file_limit import raise_file_limit

SETTINGS = "chatdemo.project.settings"


def serve(config: Config, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve HTTP, WebSockets and static files on ``listener`` until SIGINT, SIGTERM or SIGHUP.

    ``on_ready()`` is called once requests can be answered.
    """
    raise_file_limit()
    with _project(config):
        _make_server(config, listener, on_ready).run()


def _make_server(config: Config, listener: socket.socket, on_ready: Callable[[], None]):
    from chatdemo.realtime.event_loop import choose_event_loop

    choose_event_loop()
    with _without_collecting(), _without_tls():
        from chatdemo.project.asgi import application
        from chatdemo.realtime.upstream.daphne import Server
    return Server(
        application,
        listener,
        on_ready,
        max_backlog=config.max_backlog,
        server_name="chatdemo",
        action_logger=_request_log(config),
    )


@contextmanager
def _without_collecting() -> Iterator[None]:
    """No garbage collection while modules are imported, whose objects stay: saves 27 ms of a start of 340 ms."""
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        gc.enable()


@contextmanager
def _without_tls() -> Iterator[None]:
    """Twisted imported as if pyOpenSSL, which it can do without, weren't there: saves 32 ms and 5.5 MiB.

    ``chatdemo serve`` has no TLS to offer. Afterwards OpenSSL can be imported as ever, but by Twisted's reactor.
    """
    absent = "OpenSSL" not in sys.modules
    if absent:
        sys.modules["OpenSSL"] = (
            None  # "import OpenSSL" raises ModuleNotFoundError (docs: The import system)
        )
    try:
        yield
    finally:
        if absent:
            del sys.modules["OpenSSL"]


def _request_log(config: Config) -> Callable | None:
    """With debug, Daphne's own log of requests and WebSockets, a line each on stderr."""
    if not config.debug:
        return None
    from daphne.access import AccessLogGenerator

    return AccessLogGenerator(sys.stderr)


def manage(config: Config, arguments: Sequence[str]) -> None:
    """Django's management command ``arguments`` on the embedded project, with its database ready for it."""
    os.environ["CHATDEMO_DB"] = config.db  # for the server process that a browser test starts
    # The database of `migrate` is left to it, so that one sees the migrations go by as in the tutorial.
    with _project(config, tables=arguments[:1] != ("migrate",)):
        from django.core.management import execute_from_command_line

        try:
            execute_from_command_line(["chatdemo manage", *arguments])
        except Exception as error:
            if config.debug:
                raise
            hint = "That comes from Django's own command; CHATDEMO_DEBUG=1 before chatdemo shows where."
            raise ChatdemoError(f"{type(error).__name__}: {error}", hint) from None


@contextmanager
def _project(config: Config, tables: bool = True) -> Iterator[None]:
    """Django pointed at the embedded settings, and its database ready as ``database.prepare`` makes it.

    ``config`` must be the one in use.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    keeper = database.prepare(database.locate(config.db), tables)
    try:
        yield
    finally:
        if keeper:
            keeper.close()
