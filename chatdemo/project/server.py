"""Run the embedded project: prepare its database, import it, and serve it or manage it."""

import asyncio
import gc
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from chatdemo.common.config import Config
from chatdemo.common.errors import ChatdemoError, UsageError
from chatdemo.project import database
from chatdemo.realtime.file_limit import raise_file_limit

SETTINGS = "chatdemo.project.settings"


def serve(config: Config, listener: socket.socket, on_ready: Callable[[int], None]) -> None:
    """Serve HTTP, WebSockets and static files on ``listener`` until SIGINT, SIGTERM or SIGHUP.

    ``on_ready(others)`` is called once requests can be answered, with the number of the chat's
    other servers. ``config`` must be in use. Raises ChatdemoError if Redis can't be used.
    """
    from chatdemo.realtime.event_loop import choose_event_loop

    raise_file_limit()
    with _database_ready(config):
        others = _check_redis(config)
        choose_event_loop()
        with _fast_imports():
            from django.apps import apps

            from chatdemo.project.asgi import application
            from chatdemo.realtime.upstream.daphne import Server, request_logger

        rooms = apps.get_app_config("chat").rooms

        def on_running() -> None:
            # In its first iteration: the event loop doesn't run yet.
            asyncio.get_event_loop().call_soon(rooms.exchange.start)
            on_ready(others)

        server = Server(
            application,
            listener,
            on_running,
            max_backlog=config.max_backlog,
            on_stopped=rooms.stop,
            server_name="chatdemo",
            action_logger=request_logger(config.debug),
        )
        server.run()


def manage(config: Config, arguments: Sequence[str]) -> None:
    """Run Django's management command ``arguments`` on the embedded project.

    ``config`` must be in use. Raises UsageError for an unknown command or argument, and
    ChatdemoError for an exception of the command.
    """
    os.environ["CHATDEMO_DB"] = config.db  # for the server process that a browser test starts
    # `migrate` itself makes the tables, so that its output shows the migrations as in the tutorial.
    with _database_ready(config, tables=arguments[:1] != ("migrate",)):
        from chatdemo.realtime.upstream.django import ManagementCommands

        try:
            ManagementCommands(["chatdemo manage", *arguments]).execute()
        except ChatdemoError:
            raise
        except Exception as error:
            if config.debug:
                raise
            hint = "Django's own command raised this. CHATDEMO_DEBUG=1 shows the traceback."
            raise ChatdemoError(f"{type(error).__name__}: {error}", hint) from None


def _check_redis(config: Config) -> int:
    """Return the number of the chat's other servers. Raises ChatdemoError."""
    if not config.redis:
        return 0
    if not config.history:
        message = "The setting history can't be false with the setting redis."
        raise UsageError(
            message, "Leave out one of them: servers find in the history what they missed."
        )
    from django.conf import settings

    from chatdemo.project.redis_server import require_usable

    return require_usable(config.redis, settings.SECRET_KEY)


@contextmanager
def _database_ready(config: Config, tables: bool = True) -> Iterator[None]:
    """Point Django at the embedded settings, and prepare its database for the block."""
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    in_memory = database.prepare(database.path_of(config.db), tables)
    try:
        yield
    finally:
        if in_memory:
            in_memory.close()


@contextmanager
def _fast_imports() -> Iterator[None]:
    """Import without garbage collection, and Twisted without pyOpenSSL, which is optional.

    The imported objects stay: not to collect them saves 27 ms of a start of 340 ms. `chatdemo
    serve` has no TLS: to leave pyOpenSSL out saves 32 ms and 5.5 MiB. After the block it can be
    imported, except by the reactor.
    """
    gc.disable()
    # "import OpenSSL" raises ModuleNotFoundError then (Python's documentation, "The import
    # system"). The stubs don't know this.
    is_hidden = sys.modules.setdefault("OpenSSL", None) is None  # type: ignore[arg-type]
    try:
        yield
        gc.freeze()
    finally:
        if is_hidden:
            del sys.modules["OpenSSL"]
        gc.enable()
