"""A learner's project, loaded: its settings, its ASGI application and its channel layer."""

import ast
import asyncio
import gc
import importlib
import os
import re
import shutil
import sys
import tempfile
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from chatdemo.course.checker import manage, routes
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.participant import Participant
from chatdemo.course.checker.recorder import RecordingLayer
from chatdemo.course.checker.sources import Sources
from chatdemo.course.checker.watchdog import Watchdog
from chatdemo.realtime import redis_layers

#: Seconds for a channel layer of the project's own to answer.
LAYER_PATIENCE = 2.0


@dataclass(frozen=True)
class Timeouts:
    """How long a consumer may take to answer, and code of the project to return to the event loop.

    An import may take twice as long as the latter.
    """

    reply_seconds: float = 3.0
    stuck_seconds: float = 5.0


class Project:
    """What every check is given. ``notes`` are sentences for the report that aren't faults."""

    def __init__(self, folder: Path, watchdog_stuck, timeouts: Timeouts = Timeouts()) -> None:
        self.sources = Sources(folder)
        self.timeouts = timeouts
        self.watchdog = Watchdog(self.sources, watchdog_stuck, timeouts.stuck_seconds)
        self.notes: list[str] = []
        self.application: Any = None
        self.layer: RecordingLayer | None = None
        self.never_awaited: list[tuple[str, Place]] = []
        self.database = Path()

    @property
    def folder(self) -> Path:
        return self.sources.folder

    @cached_property
    def settings_module(self) -> str:
        """The name that manage.py gives, such as ``mysite.settings``. Raises Fault C001 or C003."""
        if not (self.folder / "manage.py").is_file():
            raise Fault("C001", looked_in=self.folder, inside=self._nearby())
        found = manage.settings_module(self.sources.text("manage.py"))
        if not found:
            raise Fault(
                "C003", Place("manage.py"), error="manage.py doesn't say which settings it uses"
            )
        return found

    def _nearby(self) -> str:
        """Where a project is instead, as a sentence."""
        found = manage.nearby(self.folder)
        return f" There is one in {found}." if found else ""

    @cached_property
    def settings_file(self) -> str:
        name = self.settings_module.replace(".", "/")
        return next(
            (
                file
                for file in (f"{name}.py", f"{name}/__init__.py")
                if (self.folder / file).is_file()
            ),
            "",
        )

    @cached_property
    def settings(self) -> ModuleType:
        """The settings module itself: what it doesn't set, it hasn't."""
        return importlib.import_module(self.settings_module)

    @property
    def asgi_file(self) -> str:
        """The file that ASGI_APPLICATION names."""
        return (
            str(getattr(self.settings, "ASGI_APPLICATION", "")).rpartition(".")[0].replace(".", "/")
            + ".py"
        )

    def prepare(self) -> None:
        """Stand where manage.py would, with the project's modules ahead of others."""
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        os.environ["DJANGO_SETTINGS_MODULE"] = self.settings_module
        sys.set_coroutine_origin_tracking_depth(8)
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        warnings.showwarning = self._warned

    def _warned(self, message, category, filename, lineno, file=None, line=None) -> None:
        """Notes each coroutine that nobody awaited, by the line of the learner's that made it."""
        made = re.findall(r'File "(.+)", line (\d+), in', str(message))
        places = [place for file, line in made if (place := self.sources.place(file, int(line)))]
        name = re.match(r"coroutine '(?:.*\.)?(\w+)'", str(message))
        if name and places:
            self.never_awaited.append((name[1], places[-1]))

    def forgotten(self) -> tuple[str, Place] | None:
        """A coroutine that was made and thrown away: what was called, and where."""
        gc.collect()
        made = self.layer.calls if self.layer else []
        dropped = [(call.method, call.place) for call in made if not call.ran and call.place]
        return next(iter(dropped + self.never_awaited), None)

    def spare_database(self) -> None:
        """Have the checks work on a copy of an SQLite file, so that they leave nothing in the learner's data."""
        from django.conf import settings

        database = settings.DATABASES.get("default", {})
        file = self.database = Path(str(database.get("NAME") or "."))
        if database.get("ENGINE", "").endswith("sqlite3") and file.is_file():
            database["NAME"] = Path(
                tempfile.mkdtemp(prefix="check-", dir=os.environ["CHECK_FOLDER"]), "copy.sqlite3"
            )
            shutil.copy(file, database["NAME"])

    async def set_up_layer(self) -> None:
        """Put a recorder round the default channel layer; one out of reach is replaced by memory, and noted."""
        from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

        configured = getattr(self.settings, "CHANNEL_LAYERS", {})
        if "default" not in configured or self.layer:
            return
        try:
            layer = get_channel_layer()
            await asyncio.wait_for(redis_layers.check_connection(layer), LAYER_PATIENCE)
        except Exception as error:
            self._require_replaceable(configured["default"], error)
            layer = InMemoryChannelLayer()
        self.layer = RecordingLayer(layer, self.sources)
        channel_layers.set("default", self.layer)

    def _require_replaceable(self, configured: Any, error: Exception) -> None:
        backend = configured.get("BACKEND") if isinstance(configured, dict) else None
        if backend not in redis_layers.BACKENDS:
            place = self.sources.search(self.settings_file, "CHANNEL_LAYERS")
            raise Fault("C402", place, error=f"{type(error).__name__}: {error}")
        missing = isinstance(error, ImportError) or "channels_redis" not in sys.modules
        why = "channels_redis isn't installed here" if missing else "no Redis server answers"
        self.notes.append(
            f"Your channel layer is Redis, and {why}: checked with a layer in memory instead."
        )

    def participant(self, room: str, **who: str) -> Participant:
        return Participant(self.application, room, reply_seconds=self.timeouts.reply_seconds, **who)

    @property
    def websocket_routes(self) -> list:
        """The routes of the URLRouter for WebSockets; empty where there is none to be found."""
        return routes.find(self.application)

    @property
    def consumer(self) -> type | None:
        """The consumer class that the room's address leads to."""
        return routes.consumer(self.websocket_routes)

    def method(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """A method of the learner's consumer, as written there or in a base of the learner's."""
        function = getattr(self.consumer, name, None)
        return self.sources.function(self.method_place(name)) if function else None

    def method_place(self, name: str) -> Place | None:
        code = getattr(getattr(self.consumer, name, None), "__code__", None)
        return self.sources.place(code.co_filename, code.co_firstlineno) if code else None

    def in_method(self, name: str, pattern: str) -> Place | None:
        """The first line of a method that the regular expression matches, or where the method starts."""
        node = self.method(name)
        if not node:
            return self.consumer_place
        file = self.method_place(name).file
        lines = self.sources.text(file).splitlines()[node.lineno - 1 : node.end_lineno]
        found = [
            number for number, line in enumerate(lines, node.lineno) if re.search(pattern, line)
        ]
        return Place(file, found[0] if found else node.lineno)

    @property
    def consumer_file(self) -> str:
        return self.consumer_place.file if self.consumer_place else "chat/consumers.py"

    @property
    def consumer_place(self) -> Place | None:
        """Where the consumer's class begins."""
        module = sys.modules.get(getattr(self.consumer, "__module__", ""))
        place = self.sources.place(getattr(module, "__file__", None) or ".")
        return (
            self.sources.search(place.file, rf"class {self.consumer.__name__}\b") if place else None
        )

    def handlers(self) -> list[str]:
        """The methods that the learner's consumer adds to its base."""
        own = [
            base
            for base in self.consumer.__mro__
            if not base.__module__.startswith(("channels.", "builtins"))
        ]
        return [
            name
            for base in own
            for name, value in vars(base).items()
            if callable(value) and name[:2] != "__"
        ]
