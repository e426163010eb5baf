"""A learner's project, loaded: its settings, its ASGI application and its channel layer."""

import ast
import asyncio
import gc
import importlib
import inspect
import os
import re
import secrets
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from traceback import walk_tb
from types import ModuleType
from typing import Any
from urllib.parse import unquote

from asgiref.sync import sync_to_async

from chatdemo.course.checker.asgi_client import CheckParticipant
from chatdemo.course.checker.blocking_calls import Watchdog
from chatdemo.course.checker.line_trace import LineTrace
from chatdemo.course.checker.missing_modules import why_missing, why_not_in_module
from chatdemo.course.checker.page_run.run import Pages
from chatdemo.course.checker.recording_layer import Calls, RecordingLayer, record_consumer_calls
from chatdemo.course.checker.report import REDIS_MISSING, Fault, Finding, Place, codes_in, describe
from chatdemo.course.checker.sign_in import sign_in
from chatdemo.course.checker.source_files import (
    Function,
    Kind,
    Sources,
    changed_names,
    end_line,
    name_of,
    nearby_project,
    self_attributes,
    settings_module_in,
    suggestion,
)
from chatdemo.course.checker.websocket_routes import (
    consumer_class,
    matching_routes,
    websocket_routes,
)
from chatdemo.realtime import redis_layers

NO_DATABASE = (
    "The project has no database yet, so it was checked with one in another place. Create yours:"
    " python manage.py migrate"
)
SIGNED_IN = "The chat refuses guests, so it was checked with a user who has signed in."
#: What the CONFIG of a channel layer may have.
LAYER_KEYS = ("hosts", "prefix", "expiry", "group_expiry", "capacity", "channel_capacity")
#: How long the project's channel layer may take to pass an event on.
LAYER_SECONDS = 2.0


@dataclass(frozen=True)
class Timeouts:
    """How long a consumer may take to answer, and the project's code to return to the event loop
    (twice as long to be imported).
    """

    reply_seconds: float = 3.0
    stuck_seconds: float = 5.0


def redis_note(error: Exception) -> str:
    """Return the note about a Redis layer that raises ``error``."""
    note = (
        f"{REDIS_MISSING} {redis_layers.why_unusable(error)}: checked with a layer"
        " in memory instead."
    )
    is_old = "unknown command" in str(error)
    if is_old:
        note += " channels_redis needs Redis 5 or newer."
    if is_old or type(error).__name__ == "ConnectionError":
        note += (
            " Older tutorials start redis:2.8 with Docker. Today's form:"
            " docker run --rm -p 6379:6379 redis:7."
        )
    return note


def _compact(code: str) -> str:
    """Code without spaces, and with one kind of quotation marks."""
    return re.sub(r"\s", "", code).replace("'", '"')


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
        self.answers_sender = True  # a message comes back to its sender
        self._has_tried_to_sign_in = False
        self.sources = Sources(folder)
        self.timeouts = timeouts
        self.watchdog = Watchdog(self.sources, on_stuck, timeouts.stuck_seconds)
        self.notes: list[str] = []
        self.application: Any = None
        self.layer: RecordingLayer | None = None
        self.layer_calls = Calls()
        self.layer_fault: Fault | None = None
        self.consumer_calls = record_consumer_calls(self.sources)
        self.database = Path()
        self._never_awaited: list[tuple[str, Place]] = []
        self._settings_trace = LineTrace(self.sources)

    def fault(self, id: str, place: Place | None, **facts: Any) -> Fault:
        """Return the fault ``id`` at ``place``, with the text of that line as the fact ``line``."""
        return Fault(id, place, **{"line": self.sources.line(place), **facts})

    def without_present(self, finding: Finding) -> Finding:
        """Return the finding without its hint if that asks for code which its file has already."""
        text = _compact("\n".join(self.sources.lines(finding.file)))
        is_present = any(_compact(code) in text for code in codes_in(finding.hint))
        return replace(finding, hint="") if is_present else finding

    def import_settings(self) -> None:
        """Import the settings. The lines that ran tell which assignment of a setting counts."""
        with self._settings_trace:
            importlib.import_module(self.settings_module)

    def in_settings(self, name: str, pattern: str = "") -> Place:
        """Return the place that gave the setting ``name`` its value: of the statements that ran
        last, in this file or in one that it imports, the line that matches, or the first line.

        If none has run, the place is that of a statement that hasn't, or the file.
        """
        found = [
            (max((self._settings_trace.lines.get(line, 0) for line in lines), default=0), lines)
            for lines in self._statements(name)
        ]
        if not found:
            return Place(self.settings_file)
        _, lines = max(found)
        matching = [line for line in lines if re.search(pattern, self.sources.line(line))]
        return (matching or lines)[0]

    def _statements(self, name: str) -> Iterator[list[Place]]:
        """Yield the lines of each statement that sets or changes ``name`` in a file that ran."""
        files = {self.settings_file, *(line.file for line in self._settings_trace.lines)}
        for file in sorted(files):
            for _, node in self.sources.nodes(ast.stmt, file):
                if name in changed_names(node):
                    yield [Place(file, line) for line in range(node.lineno, end_line(node) + 1)]

    def in_asgi(self, kind: Kind, name: str) -> Place:
        """Return the first line of such a node in the ASGI module, as Sources.find does, or the
        file.
        """
        return self.sources.find(kind, name, self.asgi_file) or Place(self.asgi_file)

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
        text = self.sources.text("manage.py")
        name = settings_module_in(text)
        if not name:
            wrong = suggestion("DJANGO_SETTINGS_MODULE", re.findall(r"\w+", text), "{}")
            place = self.sources.search("manage.py", wrong or "(?!)")
            error = "manage.py names no settings module"
            error += f": it sets {wrong!r}, not 'DJANGO_SETTINGS_MODULE'" if wrong else ""
            fix = 'It needs os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")'
            raise Fault("C003", place, error=error, fix="Rename it" if wrong else fix)
        return name

    @cached_property
    def settings_file(self) -> str:
        """The path of the settings module, empty if it doesn't exist."""
        return self.sources.module_file(self.settings_module)

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
            self._never_awaited.append(self._coroutine(name[1], places[-1]))

    def _coroutine(self, name: str, place: Place) -> tuple[str, Place]:
        """What made the coroutine ``name``: those of a decorator such as database_sync_to_async
        have one of its own.
        """
        return self.sources.coroutine_call(place) if name == "__call__" else f"{name}()", place

    def never_awaited(self) -> tuple[str, Place] | None:
        """Return a call whose coroutine was never awaited, and its line; None if there is none."""
        gc.collect()
        calls = [call for call in self.layer_calls if not call.ran]
        dropped = [(f"{call.method}()", call.place) for call in calls if call.place]
        return next(iter(dropped + self._never_awaited), None)

    def kept_coroutine(self, error: BaseException) -> tuple[str, Place] | None:
        """Return the call that made a coroutine which the frames of an exception keep in a variable
        or an attribute of self, and its line; None if there is none.
        """
        for frame, _ in reversed([*walk_tb(error.__traceback__)]):
            attributes = getattr(frame.f_locals.get("self"), "__dict__", {})
            for value in (*frame.f_locals.values(), *attributes.values()):
                for file, line, _ in getattr(value, "cr_origin", None) or ():
                    if place := self.sources.place(file, line):
                        return self._coroutine(value.cr_code.co_name, place)
        return None

    def copy_database(self) -> None:
        """Make the checks use a copy of an SQLite file, so that the learner's data stays, and no
        file is made where there is none.
        """
        from django.conf import settings

        database = settings.DATABASES.get("default", {})
        file = self.database = Path(str(database.get("NAME") or "."))
        is_file = database.get("NAME") and "memory" not in str(file)
        if database.get("ENGINE", "").endswith("sqlite3") and is_file:
            database["NAME"] = self.scratch / "copy.sqlite3"
            if file.is_file():
                shutil.copy(file, database["NAME"])

    def create_database(self) -> bool:
        """Create the tables in the copy, if the project has no database file.

        Returns whether it has made any.
        """
        from django.core.management import call_command

        if self.database.is_file() or not self._is_copy or NO_DATABASE in self.notes:
            return False
        self.notes.append(NO_DATABASE)
        call_command("migrate", verbosity=0, interactive=False)
        return True

    @property
    def _is_copy(self) -> bool:
        """Whether the project uses a database in the scratch folder."""
        from django.conf import settings

        name = settings.DATABASES.get("default", {}).get("NAME")
        return str(name).startswith(str(self.scratch))

    async def sign_in(self) -> bool:
        """Go on as a user who has signed in, if that is possible and was not tried before.

        ``note_signed_in`` is to be called once it is known whether it has helped.
        """
        if not self._has_tried_to_sign_in and self._is_copy:
            self._has_tried_to_sign_in = True
            self.cookie = await sync_to_async(sign_in)()
            return bool(self.cookie)
        return False

    def note_signed_in(self, has_helped: bool) -> None:
        """Add a note if only a user who has signed in got further, or else go on as a guest."""
        if has_helped:
            self.notes.append(SIGNED_IN)
        else:
            self.cookie = ""

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
        if not isinstance(configured, dict):
            place = self.in_settings("CHANNEL_LAYERS")
            raise Fault("C402", place, error="it isn't a dict", why="")
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
        layer = layer or InMemoryChannelLayer()
        self.layer = RecordingLayer(layer, self.sources, self.layer_calls, carries)
        channel_layers.set("default", self.layer)

    def _prepare_redis(self, configured: dict[str, Any]) -> None:
        """Give the layer keys of its own, and look for faults that need no server."""
        place = self.in_settings("CHANNEL_LAYERS", "hosts")
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
        if is_redis and not isinstance(error, TypeError):
            self.notes.append(redis_note(error))
        elif key := re.search(r"unexpected keyword argument '(\w+)'", str(error)):
            place = self.in_settings("CHANNEL_LAYERS", key[1])
            text = f"CONFIG has the key {key[1]!r}, which the layer doesn't take"
            why = suggestion(key[1], LAYER_KEYS, ". Did you mean {!r}?")
            self.layer_fault = Fault("C402", place, error=text, why=why)
        else:
            place, why = self.in_settings("CHANNEL_LAYERS", "BACKEND"), ""
            if found := re.search(r"Cannot import BACKEND '([\w.]+)\.(\w+)'", str(error)):
                is_there = found[1] in sys.modules
                why = why_missing(self.sources, found[1]) if not is_there else ""
                why = ". " + (why or why_not_in_module(self.sources, found[2], found[1]))
            self.layer_fault = Fault("C402", place, error=describe(error), why=why.rstrip(". "))

    async def remove_layer_keys(self) -> None:
        """Delete what the checks have left on a Redis server."""
        if self.layer and redis_layers.is_redis(self.settings.CHANNEL_LAYERS["default"]):
            with suppress(Exception):  # the server may be gone; the keys expire by themselves
                await asyncio.wait_for(self.layer.flush(), LAYER_SECONDS)

    def new_text(self) -> str:
        """Return a text that no participant has sent before: a consumer may repeat old ones."""
        return f"hello_{secrets.token_hex(3)}"

    def participant(self, room: str, **options: Any) -> CheckParticipant:
        """Return a new participant of a room. ``options`` are those of CheckParticipant."""
        own = {
            "frame": self.pages.frame,
            "cookie": self.cookie,
            "reply_seconds": self.timeouts.reply_seconds,
        }
        path = self.pages.socket_path(room)
        return CheckParticipant(self.application, path, **{**own, **options})

    @property
    def consumer(self) -> type | None:
        """The consumer class of the room's address, or of the first route if none matches."""
        return consumer_class(websocket_routes(self.application))

    @property
    def consumer_name(self) -> str:
        """The name of the consumer class."""
        return self.consumer.__name__ if self.consumer else "Consumer"

    @property
    def consumer_base(self) -> str:
        """The name of the class of Channels' that the consumer's class is made from."""
        bases = getattr(self.consumer, "__mro__", ())
        names = (base.__name__ for base in bases if base.__module__.startswith("channels."))
        return next(names, "")

    @property
    def consumer_place(self) -> Place | None:
        """The line on which the consumer class begins."""
        module = sys.modules.get(getattr(self.consumer, "__module__", ""))
        place = self.sources.place(getattr(module, "__file__", None) or ".")
        return place and self.sources.find(ast.ClassDef, self.consumer_name, place.file)

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

    def assigned_attributes(self) -> dict[str, Place]:
        """Return the attributes of self that the consumer's file sets, each with its first line."""
        file = self.consumer_place.file if self.consumer_place else ""
        found = self_attributes(self.sources.tree(file), ast.Store) if file else {}
        return {name: Place(file, line) for name, line in found.items()}

    def method(self, name: str) -> Function | None:
        """Return the syntax tree of a method of the consumer, or of a base of the learner's."""
        return self.sources.function(self.method_place(name))

    def method_place(self, name: str) -> Place | None:
        """Return the line on which a method of the learner's begins, or that of the class."""
        method: Any = getattr(self.consumer, name, None)
        code = getattr(inspect.unwrap(method), "__code__", None)
        place = self.sources.place(code.co_filename, code.co_firstlineno) if code else None
        return place or self.consumer_place

    def use_in(self, method: str, name: str) -> Place | None:
        """Return the first line of a method, or of one of the learner's that it calls, that uses
        a name or an attribute (a regular expression), such as ``group_send``.
        """
        own, todo, seen = self.own_methods(), [method], set[str]()
        while todo:
            current = todo.pop(0)
            seen.add(current)
            node, place = self.method(current) or ast.Pass(), self.method_place(current)
            uses = [part for part in ast.walk(node) if isinstance(part, ast.Attribute | ast.Name)]
            for use in sorted(uses, key=lambda use: use.lineno):
                if place and re.fullmatch(name, name_of(use)):
                    return Place(place.file, use.lineno)
            todo += [name_of(use) for use in uses if name_of(use) in {*own} - seen]
        return None

    def send_place(self, method: str = "") -> Place | None:
        """Return the line that called the consumer's send last, in a method or in any; or that of
        the class.
        """
        for call in reversed(self.consumer_calls):
            function = self.sources.function(call.place)
            if call.method == "send" and function and method in ("", function.name):
                return call.place
        return self.consumer_place

    def event_handlers(self) -> list[str]:
        """Return the methods that the types of the events in the learner's code name."""
        types = re.findall(r"""['"]type['"]\s*:\s*['"]([\w.]+)['"]""", self.sources.code)
        own = self.own_methods()
        return [name for type in types if (name := type.replace(".", "_")) in own]

    @property
    def receive_method(self) -> str:
        """The name of the method that gets the participants' frames."""
        is_json = self.method("receive_json") and hasattr(self.consumer, "decode_json")
        return "receive_json" if is_json else "receive"
