"""A learner's project, loaded: its settings, its ASGI application and its channel layer."""

import ast
import asyncio
import gc
import importlib
import os
import re
import secrets
import shutil
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from asgiref.sync import sync_to_async

from chatdemo.course.checker.asgi_client import CheckParticipant
from chatdemo.course.checker.blocking_calls import Watchdog
from chatdemo.course.checker.page_run.run import Pages
from chatdemo.course.checker.recording_layer import RecordingLayer
from chatdemo.course.checker.report import Fault, Place, describe
from chatdemo.course.checker.sign_in import sign_in
from chatdemo.course.checker.source_files import Sources, nearby_project, settings_module_in
from chatdemo.course.checker.websocket_routes import (
    consumer_class,
    matching_routes,
    websocket_routes,
)
from chatdemo.realtime import redis_layers

SIGNED_IN = "The chat refuses guests, so it was checked with a user who has signed in."
#: How long the project's channel layer may take to pass an event on.
LAYER_SECONDS = 2.0


@dataclass(frozen=True)
class Timeouts:
    """How long a consumer may take to answer, and the project's code to return to the event loop
    (twice as long to be imported).
    """

    reply_seconds: float = 3.0
    stuck_seconds: float = 5.0


class LearnerProject:
    """The argument of every check. ``notes`` are sentences for the report that aren't faults.

    ``scratch`` is a folder that the caller deletes, and ``browser`` the path of one, if there is
    one. ``cookie`` is that of a user who has signed in; "" for a guest.
    """

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        browser: str | None,
        on_stuck: Callable[[Place | None], None],
        timeouts: Timeouts,
    ) -> None:
        self.folder = folder
        self.scratch = scratch
        self.pages = Pages(browser, scratch)
        self.cookie = ""
        self.sources = Sources(folder)
        self.timeouts = timeouts
        self.watchdog = Watchdog(self.sources, on_stuck, timeouts.stuck_seconds)
        self.notes: list[str] = []
        self.application: Any = None
        self.layer: RecordingLayer | None = None
        self.layer_fault: Fault | None = None
        self.database = Path()
        self._never_awaited: list[tuple[str, Place]] = []

    def fault(self, id: str, place: Place | None, **facts: Any) -> Fault:
        """Return the fault ``id`` at ``place``, with the text of that line as the fact ``line``."""
        return Fault(id, place, **{"line": self.sources.line(place), **facts})

    def in_settings(self, pattern: str) -> Place:
        """Return the first line of the settings that matches, or the file."""
        return self.sources.search(self.settings_file, pattern)

    def in_asgi(self, pattern: str) -> Place:
        """Return the first line of the ASGI module that matches, or the file."""
        return self.sources.search(self.asgi_file, pattern)

    def in_template(self, name: str, pattern: str = r"(?!)") -> Place | None:
        """Return the first line of the template that matches, or the template."""
        found = [file for file in self.sources.templates if file.endswith(name)]
        return self.sources.search(found[0], pattern) if found else None

    @cached_property
    def settings_module(self) -> str:
        """The name that manage.py gives, such as ``mysite.settings``. Raises Fault C001 or C003."""
        if not (self.folder / "manage.py").is_file():
            found = nearby_project(self.folder)
            nearby = f" There is one in {found}." if found else ""
            raise Fault("C001", looked_in=self.folder, nearby=nearby)
        name = settings_module_in(self.sources.text("manage.py"))
        if not name:
            raise Fault("C003", Place("manage.py"), error="manage.py names no settings module")
        return name

    @cached_property
    def settings_file(self) -> str:
        """The path of the settings module, empty if it doesn't exist."""
        name = self.settings_module.replace(".", "/")
        files = (f"{name}.py", f"{name}/__init__.py")
        return next((file for file in files if (self.folder / file).is_file()), "")

    @cached_property
    def settings(self) -> ModuleType:
        """The settings module itself, without Django's defaults."""
        return importlib.import_module(self.settings_module)

    @property
    def setting_names(self) -> list[str]:
        """The names in the settings module."""
        return [name for name in vars(self.settings) if name.isupper()]

    @property
    def asgi_file(self) -> str:
        """The file that ASGI_APPLICATION names."""
        module = str(getattr(self.settings, "ASGI_APPLICATION", "")).rpartition(".")[0]
        return module.replace(".", "/") + ".py"

    def prepare(self) -> None:
        """Set the folder, the path and the environment as manage.py would."""
        os.chdir(self.folder)
        sys.path.insert(0, str(self.folder))
        os.environ["DJANGO_SETTINGS_MODULE"] = self.settings_module
        sys.set_coroutine_origin_tracking_depth(8)
        warnings.simplefilter("ignore")
        warnings.filterwarnings("always", "coroutine .* was never awaited", RuntimeWarning)
        warnings.showwarning = self._on_warning  # type: ignore[assignment] # it ignores the rest

    def _on_warning(self, message: Warning | str, *_: Any) -> None:
        """Record a coroutine that was never awaited, with the learner's line that created it."""
        lines = re.findall(r'File "(.+)", line (\d+), in', str(message))
        places = [place for file, line in lines if (place := self.sources.place(file, int(line)))]
        name = re.match(r"coroutine '(?:.*\.)?(\w+)'", str(message))
        if name and places:
            self._never_awaited.append((name[1], places[-1]))

    def never_awaited(self) -> tuple[str, Place] | None:
        """Return a call whose coroutine was never awaited, and its line; None if there is none."""
        gc.collect()
        calls = self.layer.calls if self.layer else []
        dropped = [(call.method, call.place) for call in calls if not call.ran and call.place]
        return next(iter(dropped + self._never_awaited), None)

    def copy_database(self) -> None:
        """Make the checks use a copy of an SQLite file, so that the learner's data stays."""
        from django.conf import settings

        database = settings.DATABASES.get("default", {})
        file = self.database = Path(str(database.get("NAME") or "."))
        if database.get("ENGINE", "").endswith("sqlite3"):
            database["NAME"] = self.scratch / "copy.sqlite3"
            if file.is_file():
                shutil.copy(file, database["NAME"])

    async def sign_in(self) -> bool:
        """Go on as a user who has signed in, if that is possible and was not done before."""
        from django.conf import settings

        database = settings.DATABASES.get("default", {})
        if not self.cookie and str(database.get("NAME")).startswith(str(self.scratch)):
            self.cookie = await sync_to_async(sign_in)()
            if self.cookie:
                self.notes.append(SIGNED_IN)
                return True
        return False

    @cached_property
    def served_application(self) -> Callable[..., Any]:
        """The application with its static files, as `runserver` serves it."""
        from django.apps import apps
        from django.conf import settings
        from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

        if settings.DEBUG and apps.is_installed("django.contrib.staticfiles"):
            return ASGIStaticFilesHandler(self.application)
        return self.application

    def static_place(self, path: str, line: int) -> Place | None:
        """Return a line of the static file that the server has at ``path``."""
        from django.conf import settings
        from django.contrib.staticfiles import finders

        prefix = settings.STATIC_URL or "/static/"
        found = finders.find(unquote(path).removeprefix(prefix)) if prefix in path else None
        return self.sources.place(str(found), line) if found else None

    def is_room_path(self, path: str) -> bool:
        """Whether the tutorial or a route of the project has a room's WebSocket at ``path``."""
        if re.fullmatch(r"/ws/chat/[^/]+/", path):
            return True
        return bool(matching_routes(websocket_routes(self.application), path.removeprefix("/")))

    async def record_layer(self) -> None:
        """Wrap the default channel layer, if the project has one, in a RecordingLayer.

        A layer in memory takes the place of one that doesn't work. ``layer_fault`` is then why, or
        a note if it is Redis that is missing.
        """
        from channels.layers import InMemoryChannelLayer, channel_layers

        configured = getattr(self.settings, "CHANNEL_LAYERS", {})
        if "default" not in configured or self.layer:
            return
        is_redis = redis_layers.is_redis(configured["default"])
        if is_redis:
            self._prepare_redis(configured["default"])
        layer = None
        if not self.layer_fault:
            try:
                layer = channel_layers.make_backend("default")
                await asyncio.wait_for(redis_layers.check_connection(layer), LAYER_SECONDS)
            except Exception as error:
                layer = None
                self._explain_layer_error(error, is_redis)
        carries = redis_layers.uses_msgpack(configured["default"])
        self.layer = RecordingLayer(layer or InMemoryChannelLayer(), self.sources, carries)
        channel_layers.set("default", self.layer)

    def _prepare_redis(self, configured: dict[str, Any]) -> None:
        """Give the layer keys of its own, and look for faults that need no server."""
        place = self.in_settings("hosts|CHANNEL_LAYERS")
        # Students may share a server: nobody receives the events of another one's check.
        prefix = {"prefix": f"check-{secrets.token_hex(8)}"}
        configured["CONFIG"] = {**configured.get("CONFIG", {}), **prefix}
        try:
            seconds = redis_layers.quiet_limit(configured)
        except redis_layers.HostsError as error:
            self.layer_fault = Fault("C403", place, error=error)
        else:
            if seconds is not None:
                version = redis_layers.client_version()
                self.layer_fault = Fault("C404", place, seconds=f"{seconds:g}", version=version)

    def _explain_layer_error(self, error: Exception, is_redis: bool) -> None:
        if is_redis:
            why = redis_layers.why_unusable(error)
            self.notes.append(
                f"Your channel layer is Redis, but {why}: checked with a layer in memory instead."
            )
        else:
            place = self.in_settings("CHANNEL_LAYERS")
            self.layer_fault = Fault("C402", place, error=describe(error))

    async def remove_layer_keys(self) -> None:
        """Delete what the checks have left on a Redis server."""
        if self.layer and redis_layers.is_redis(self.settings.CHANNEL_LAYERS["default"]):
            with suppress(Exception):  # the server may be gone; the keys expire by themselves
                await asyncio.wait_for(self.layer.flush(), LAYER_SECONDS)

    @property
    def recorded(self) -> RecordingLayer:
        """The layer, in checks of a step that has one."""
        assert self.layer is not None
        return self.layer

    def new_text(self) -> str:
        """Return a text that no participant has sent before: a consumer may repeat old ones."""
        return f"hello_{secrets.token_hex(3)}"

    def participant(self, room: str, **options: str) -> CheckParticipant:
        """Return a new participant of a room."""
        return CheckParticipant(
            self.application,
            self.pages.socket_path(room),
            self.pages.frame,
            self.cookie,
            reply_seconds=self.timeouts.reply_seconds,
            **options,
        )

    @property
    def consumer(self) -> type | None:
        """The consumer class of the room's address, or of the first route if none matches."""
        return consumer_class(websocket_routes(self.application))

    @property
    def consumer_name(self) -> str:
        """The name of the consumer class."""
        return self.consumer.__name__ if self.consumer else "Consumer"

    @property
    def consumer_place(self) -> Place | None:
        """The line on which the consumer class begins."""
        module = sys.modules.get(getattr(self.consumer, "__module__", ""))
        place = self.sources.place(getattr(module, "__file__", None) or ".")
        return place and self.sources.search(place.file, rf"class {self.consumer_name}\b")

    @property
    def consumer_file(self) -> str:
        """The file of the consumer class."""
        return self.consumer_place.file if self.consumer_place else "chat/consumers.py"

    def own_methods(self) -> list[str]:
        """Return the names of the methods that the learner's consumer adds to Channels' base."""
        return [
            name
            for base in (self.consumer or type).__mro__
            if not base.__module__.startswith(("channels.", "builtins"))
            for name, value in vars(base).items()
            if callable(value) and not name.startswith("__")
        ]

    def method(self, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the syntax tree of a method of the consumer, or of a base of the learner's."""
        return self.sources.function(self.method_place(name))

    def method_place(self, name: str) -> Place | None:
        """Return the line on which a method of the learner's begins."""
        code = getattr(getattr(self.consumer, name, None), "__code__", None)
        return self.sources.place(code.co_filename, code.co_firstlineno) if code else None

    def in_method(self, name: str, pattern: str) -> Place | None:
        """Return the first line of a method that matches the pattern, or its first line."""
        node, place = self.method(name), self.method_place(name)
        if not node or not place:
            return self.consumer_place
        lines = self.sources.text(place.file).splitlines()[node.lineno - 1 : node.end_lineno]
        for number, line in enumerate(lines, node.lineno):
            if re.search(pattern, line):
                return Place(place.file, number)
        return Place(place.file, node.lineno)

    def method_calls(self, method: str, name: str) -> bool:
        """Whether a method, or one of the learner's that it calls, uses ``self.<name>`` (a regular
        expression).
        """
        own, todo, seen = self.own_methods(), [method], set()
        while todo:
            current = todo.pop()
            seen.add(current)
            code = self.method_code(current)
            if re.search(rf"\bself\.(?:{name})\b|super\(\)\.{name}", code):
                return True
            called = re.findall(r"self\.(\w+)", code)
            todo += [other for other in called if other in own and other not in seen]
        return False

    def method_code(self, name: str) -> str:
        """Return the code of a method without comments; empty if the learner has none."""
        node = self.method(name)
        return ast.unparse(node) if node else ""

    def event_handlers(self) -> list[str]:
        """Return the methods that the types of the events in the learner's code name."""
        types = re.findall(r"""['"]type['"]\s*:\s*['"]([\w.]+)['"]""", self.sources.code)
        own = self.own_methods()
        return [name for type in types if (name := type.replace(".", "_")) in own]

    @property
    def receive_method(self) -> str:
        """The name of the method that gets the participants' frames."""
        return "receive_json" if self.method("receive_json") else "receive"
