"""Finds the fault that caused an exception in the learner's project.

A rule gets what was raised, and returns the fault, or None if it doesn't know the exception.
"""

import ast
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from traceback import walk_tb
from types import ModuleType
from typing import Any, NamedTuple

from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from django.db.models import QuerySet

from chatdemo.course.checker.blocking_calls import own_nodes
from chatdemo.course.checker.missing_modules import why_missing, why_not_in_module
from chatdemo.course.checker.older_tutorials import ROUTING_FILE
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, describe
from chatdemo.course.checker.source_files import FUNCTIONS, Function, name_of, suggestion
from chatdemo.course.checker.websocket_routes import (
    matching_routes,
    protocol_mapping,
    websocket_routes,
)

#: The methods that Channels calls, and their parameters.
PARAMETERS = {
    "connect": "self",
    "disconnect": "self, close_code",
    "receive": "self, text_data",
    "receive_json": "self, content",
}
#: What Channels sets on a consumer.
CONSUMER_ATTRIBUTES = ("channel_layer", "channel_name", "scope")
#: What an expression has that isn't evaluated.
UNKNOWN = object()
#: More keys than this don't help to find the one that is meant.
FEW_KEYS = 8
#: How a function gives something back.
ENDS = (ast.Return, ast.Yield, ast.YieldFrom)
#: What the methods of a channel layer take, in the words of LayerCall.given.
LAYER_ARGUMENTS = {
    "group_add": "a text and a channel",
    "group_discard": "a text and a channel",
    "group_send": "a text and an event",
    "send": "a channel and an event",
}


@dataclass(frozen=True)
class Raised:
    """An exception of the project, the learner's last line in its traceback, and what the rule's
    pattern has found in the exception's text.
    """

    project: LearnerProject
    error: Any
    place: Place | None
    found: re.Match[str]

    @property
    def text(self) -> str:
        """The exception as a traceback shows it."""
        return self.found.string

    @property
    def line(self) -> str:
        """The code of the learner's line."""
        return self.project.sources.line(self.place)

    def fault(self, id: str, place: Place | None = None, **facts: Any) -> Fault:
        """Return the fault ``id``, by default at the line that raised the exception."""
        seen = describe(self.error)
        facts = {"error": seen.removesuffix("."), "seen": seen, **facts}
        return self.project.fault(id, place or self.place, **facts)

    def value_of(self, node: ast.AST) -> Any:
        """Return what a name, an attribute or a key has in the learner's last frame; UNKNOWN for
        other expressions.
        """
        *_, frame = (
            frame
            for frame, _ in walk_tb(self.error.__traceback__)
            if self.project.sources.place(frame.f_code.co_filename)
        )
        with suppress(AttributeError, LookupError, TypeError):
            if isinstance(node, ast.Name):
                return {**frame.f_globals, **frame.f_locals}[node.id]
            if isinstance(node, ast.Attribute):
                return getattr(self.value_of(node.value), node.attr)
            if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
                return self.value_of(node.value)[node.slice.value]
        return UNKNOWN

    @cached_property
    def parts(self) -> list[ast.AST]:
        """The expressions of the line, and of what is assigned to the names that it uses."""
        sources, parts = (
            self.project.sources,
            list[ast.AST](self.project.sources.nodes_at(self.place)),
        )
        used = {ast.unparse(part) for part in parts if isinstance(part, ast.Name | ast.Attribute)}
        for _, node in sources.nodes(ast.Assign, self.place.file) if self.place else ():
            if used & set(map(ast.unparse, node.targets)):
                parts += ast.walk(node.value)
        return parts


Rule = Callable[[Raised], Fault | None]
#: Patterns of the exceptions that each rule is for. The first that returns a fault wins.
RULES: list[tuple[str, Rule]] = []


def rule(pattern: str) -> Callable[[Rule], Rule]:
    """Make a function a rule for exceptions whose text, as a traceback shows it, has ``pattern``.

    The order is that of the file: the general rules come last.
    """

    def add(function: Rule) -> Rule:
        RULES.append((pattern, function))
        return function

    return add


def explain_exception(project: LearnerProject, error: BaseException, doing: str) -> Fault:
    """Return the fault behind an exception that the learner's project raised while ``doing``
    something, such as "importing x".
    """
    place = project.sources.last_place(error)
    for pattern, function in RULES:
        # What a rule doesn't expect, such as an exception whose text fails, must not hide the
        # learner's exception.
        with suppress(Exception):
            found = re.search(pattern, f"{type(error).__name__}: {error}")
            if found and (fault := function(Raised(project, error, place, found))):
                return fault
    return exception_fault(project, error, place, doing)


def exception_fault(
    project: LearnerProject, error: BaseException, place: Place | None, doing: str
) -> Fault:
    """Return the fault that says what was raised, and where, without a cause."""
    try:
        text = describe(error)
    except Exception:
        text = type(error).__name__
    if isinstance(error, AttributeError):
        text += suggestion(error.name or "", dir(error.obj), ". It has {!r}")
    where = f"{place} raises" if place else "A package, or Python itself, raises"
    line = project.sources.line(place)
    return Fault("C005", place, error=text, where=where, doing=doing, seen=line or text)


def syntax_fault(project: LearnerProject, error: SyntaxError, file: str) -> Fault:
    """Return the fault of a file of the project that Python can't read."""
    place = project.sources.place(project.folder / file, error.lineno or 1) or Place(file)
    why, fix = (
        "",
        (
            "Correct that line, or the one before it. Look at brackets, quotation marks, colons and"
            " indentation"
        ),
    )
    if "await" in error.msg:
        why, fix = ". `await` is only allowed in a method that starts with `async def`.", ""
    line = (error.text or "").strip()
    return Fault("C002", place, error=error.msg.rstrip("?."), line=line, why=why, fix=fix)


def no_layer_fault(project: LearnerProject, seen: str) -> Fault:
    """Return why there is no channel layer: no setting, or a setting without a default."""
    place = project.in_settings("CHANNEL_LAYERS")
    if hasattr(project.settings, "CHANNEL_LAYERS"):
        return Fault("C402", place, error='it has no "default"', why="")
    fix = 'Set CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}'
    guess = ""
    if near := suggestion("CHANNEL_LAYERS", project.setting_names, "{}"):
        guess, fix = f" They have {near!r}.", f"Rename {near} to CHANNEL_LAYERS"
    if place.line:
        guess, fix = f" The line {place} is never run.", ""
    return Fault("C401", place, error=seen, guess=guess, fix=fix)


def no_room_name_fault(project: LearnerProject, key: str, used: Place | None) -> Fault:
    """Return the fault of a route that doesn't name the part of the address that the consumer
    reads with ``key``, at the line ``used`` if it has run.
    """
    routes = websocket_routes(project.application)
    matches = matching_routes(routes)
    names = ", ".join(map(repr, matches[0].named if matches else ())) or "no part"
    pattern = str(matches[0].route.pattern if matches else routes[0].pattern)
    place = used or route_place(project)
    return Fault("C304", place, key=key, names=names, pattern=pattern)


def route_place(project: LearnerProject) -> Place | None:
    """Return the line of the first WebSocket route, or that on which the list begins."""
    find, routes = project.sources.find, websocket_routes(project.application)
    text = re.escape(str(routes[0].pattern)) if routes else "(?!)"
    places = find(ast.Constant, text), find(ast.Name, "websocket_urlpatterns")
    return next(filter(None, places), None) or find(ast.Call, "URLRouter")


def early_import(project: LearnerProject) -> Place | None:
    """Return the line on which the ASGI module imports one of the project's modules before it has
    set Django up.
    """
    find, file = project.sources.find, project.asgi_file
    set_up = find(ast.Call, "get_asgi_application|setup", file)
    own = {path.partition("/")[0].removesuffix(".py") for path in project.sources.python}
    first = find((ast.Import, ast.ImportFrom), rf"({'|'.join(map(re.escape, own))})(\..*)?", file)
    return first if first and set_up and first.line < set_up.line else None


def misspelt_fault(project: LearnerProject, method: str) -> Fault | None:
    """Return the fault of a consumer without ``method`` but with one of almost that name."""
    if project.method(method) or not project.consumer:
        return None
    others = [name for name in project.own_methods() if name not in PARAMETERS]
    found = suggestion(method, others, "{}")
    return Fault("C313", project.method_place(found), wrong=found, right=method) if found else None


class Text(NamedTuple):
    """A text that has one cause: a fault, whose facts are the pattern's named groups and ``texts``.

    With ``kind`` and ``name``, it has that cause only if Sources.find finds such a node, which is
    then cited instead of what raised it. The name and the texts may have groups in braces.
    """

    pattern: str
    id: str
    kind: type[ast.AST] | None = None
    name: str = ""
    texts: dict[str, str] = {}


IN_A_LIST = "Put the routes into square brackets, each with a comma after it"
IN_A_CIRCLE = "The modules import each other in a circle."
TEXTS = [
    Text(r"include\(\) is not supported in URLRouter", "C325", ast.Call, "include"),
    Text("You cannot use AsyncToSync in the same thread", "C604"),
    Text("SynchronousOnlyOperation", "C602"),
    Text("object .* can't be used in 'await' expression", "C605"),
    Text(
        "Socket has not been accepted",
        "C334",
        texts={"why": "sends before self.accept() has run", "fix": "Call self.accept() before it"},
    ),
    Text(
        "The WebSocket has been accepted before",
        "C334",
        texts={"why": "accepts the WebSocket again", "fix": "Call self.accept() once"},
    ),
    Text(
        "contains both bytes and text",
        "C334",
        texts={"why": "sends a frame that is text and binary at once", "fix": ""},
    ),
    Text("partially initialized module", "C007", texts={"why": IN_A_CIRCLE}),
    Text(
        r"Cannot import '(?P<module>[\w.]+)'\. Check that '[\w.]+\.name' is correct",
        "C007",
        ast.Constant,
        "{module}",
        {"why": "An AppConfig's name is that of the app's folder."},
    ),
    Text(
        r': "(?P<pattern>.*)" is not a valid regular expression: (?P<error>.*)',
        "C302",
        ast.Constant,
        "{pattern}",
        {"route": "The route {pattern!r}", "why": "isn't a regular expression: {error}", "fix": ""},
    ),
    Text(r"(?P<name>\w+)\.__call__\(\) (takes|missing)", "C321", ast.ClassDef, "{name}"),
    Text(
        r"a coroutine was expected, got <bound method (\w+\.)*(?P<name>\w+)",
        "C326",
        texts={"fix": "Call it: self.{name}()"},
    ),
    Text(
        "'(?P<inner>list|tuple)' object has no attribute 'callback'",
        "C332",
        texts={"kind": "{inner} of lists", "fix": "Write URLRouter(websocket_urlpatterns)"},
    ),
    Text(r"(no such table: |relation \")(?P<table>[\w.]+)", "C013"),
    # As django-environ and python-decouple say it.
    Text(r": (Set the )?(?P<name>\w+) (environment variable|not found\. Declare it)", "C012"),
    Text(r"Middleware\w*' object is not iterable", "C324", ast.Call, "URLRouter"),
    Text(
        "'(?P<kind>URLPattern|URLResolver)' object is not iterable",
        "C332",
        ast.Assign,
        r"(\w+\.)?(re_)?path\(.*",
        {"fix": IN_A_LIST},
    ),
]
#: What names and forms are mixed up in, by the exception's text, and the right form.
MIXED_UP = {
    r"TypeError: .*\bsend\(\) ": 'Write send(text_data=json.dumps({"message": message}))',
    "TypeError: the JSON object must be .*not (dict|list)": "It isn't a text any more: leave"
    " json.loads out",
}


@rule(r"^(Syntax|Indentation|Tab)Error")
def _syntax(raised: Raised) -> Fault | None:
    own = raised.project.sources.place(raised.error.filename or "")
    return syntax_fault(raised.project, raised.error, own.file) if own else None


@rule("^SystemExit")
def _exit(raised: Raised) -> Fault:
    return raised.fault("C010", seen=f"{describe(raised.error)} at {raised.place}")


@rule("^KeyError")
def _environment(raised: Raised) -> Fault | None:
    """A variable that os.environ doesn't have."""
    *_, (frame, _) = walk_tb(raised.error.__traceback__)
    is_environ = frame.f_code is type(os.environ).__getitem__.__code__
    return raised.fault("C012", name=raised.error.args[0]) if is_environ else None


@rule(r"The ([A-Z_]+) setting (must .*[^.])")
def _setting(raised: Raised) -> Fault:
    """A setting that Django refuses."""
    name, why = raised.found.groups()
    place = raised.project.in_settings(name)
    return raised.fault("C014", place, name=name, why=why, fix="")


@rule("^AppRegistryNotReady")
def _set_up(raised: Raised) -> Fault | None:
    """An import that is too early."""
    place = early_import(raised.project)
    return raised.fault("C106", place) if place else None


@rule("object (function|method) can't be used in 'await' expression")
def _awaited_uncalled(raised: Raised) -> Fault | None:
    for node in raised.project.sources.nodes_at(raised.place):
        if isinstance(node, ast.Await) and isinstance(node.value, ast.Name | ast.Attribute):
            fix = f"Call it: await {ast.unparse(node.value)}(...)"
            return raised.fault("C326", name=name_of(node.value), fix=fix)
    return None


WRAPPERS = ("async_to_sync", "sync_to_async", "database_sync_to_async")


def wrapped_call_fault(project: LearnerProject, place: Place | None) -> Fault | None:
    """Return the fault of a line that gives async_to_sync or its like a call, not a function."""
    for node in project.sources.nodes_at(place):
        if isinstance(node, ast.Call) and name_of(node) in WRAPPERS and node.args:
            given = node.args[0]
            if isinstance(given, ast.Call) and name_of(given) != "partial":
                code, wrapper = ast.unparse(given), name_of(node)
                function = ast.unparse(given.func)
                fix = f"Write {wrapper}({function}){code.removeprefix(function)}"
                facts = {"wrapper": wrapper, "call": code, "fix": fix}
                return project.fault("C607", place, **facts)
    return None


@rule("SynchronousOnlyOperation")
def _in_loop(raised: Raised) -> Fault | None:
    """The database is used in the event loop: by what was to be wrapped, or by a QuerySet."""
    project = raised.project
    for frame, line in walk_tb(raised.error.__traceback__):
        place = project.sources.place(frame.f_code.co_filename, line)
        if fault := wrapped_call_fault(project, place):
            return fault
    frames = [frame for frame, _ in walk_tb(raised.error.__traceback__)]
    if any(frame.f_code is QuerySet._fetch_all.__code__ for frame in frames):
        nodes = project.sources.nodes_at(raised.place)
        named = (node for node in nodes if isinstance(raised.value_of(node), QuerySet))
        name = next(map(ast.unparse, named), "What is used")
        return raised.fault("C608", name=name)
    return None


@rule("")
def _text(raised: Raised) -> Fault | None:
    for row in TEXTS:
        if found := re.search(row.pattern, raised.text):
            facts = found.groupdict()
            name = row.name.format(**{key: re.escape(value) for key, value in facts.items()})
            place = raised.project.sources.find(row.kind, name) if row.kind else raised.place
            texts = {key: text.format(**facts) for key, text in row.texts.items()}
            if place or not row.kind:
                return raised.fault(row.id, place, **facts, **texts)
    return None


@rule("^ModuleNotFoundError")
def _no_module(raised: Raised) -> Fault:
    name, sources, place = raised.error.name or "", raised.project.sources, None
    if name.rpartition(".")[2] not in raised.line:
        # Django imports the modules that the settings and include() name.
        place = sources.find(ast.Constant, rf"{re.escape(name or '?')}(\..*)?")
    return raised.fault("C007", place, why=why_missing(sources, name) if name else "")


@rule(r"^ImportError: Module \"([\w.]+)\" does not define a \"(\w+)\"")
def _no_attribute(raised: Raised) -> Fault:
    """What a setting names isn't in its module."""
    module, name = raised.found.groups()
    place = raised.project.sources.find(ast.Constant, re.escape(f"{module}.{name}"))
    return raised.fault("C007", place, why=why_not_in_module(raised.project.sources, name, module))


@rule(r"^ImportError: (?:cannot import name '(\w+)')?")
def _no_name(raised: Raised) -> Fault:
    name, module = raised.found[1], raised.error.name or ""
    why = why_not_in_module(raised.project.sources, name, module) if name else ""
    return raised.fault("C007", why=why)


@rule(r"included URLconf '(?:<module ')?([\w.]+)'.* does not appear to have any patterns")
def _patterns(raised: Raised) -> Fault:
    """A module of URLs that has no urlpatterns, or no list of that name."""
    module, sources = raised.found[1], raised.project.sources
    file = module.replace(".", "/") + ".py"
    known = vars(sys.modules[module]) if module in sys.modules else {}
    if urlpatterns := known.get("urlpatterns"):
        place = sources.find(ast.Name, "urlpatterns", file)
        return raised.fault("C332", place, kind=type(urlpatterns).__name__, fix=IN_A_LIST)
    if guess := suggestion("urlpatterns", known, "{}"):
        place = sources.find(ast.Name, guess, file) or Place(file)
        facts = {"guess": f" It has {guess!r}.", "fix": f"Rename {guess} to urlpatterns"}
        return raised.fault("C119", place, file=file, **facts)
    package = module.rpartition(".")[0]
    right = sources.module_file(f"{package}.urls")
    place = sources.find(ast.Constant, re.escape(module)) or Place(file)
    guess = f" It is named at {place}."
    is_there = right and sources.find(ast.Name, "urlpatterns", right)
    if is_there:
        guess = f" {place} names it, and {right} has one."
    fix = f"Write '{package}.urls' at {place}" if is_there else ""
    return raised.fault("C119", place, file=file, guess=guess, fix=fix)


#: What a chat imports, by module.
IMPORTED = {
    "json": "json",
    "os": "os",
    "asyncio": "asyncio",
    "django.urls": "path re_path include",
    "django.shortcuts": "render redirect",
    "django.core.asgi": "get_asgi_application",
    "django.contrib": "admin",
    "asgiref.sync": "async_to_sync sync_to_async",
    "channels.db": "database_sync_to_async",
    "channels.auth": "AuthMiddlewareStack",
    "channels.routing": "ProtocolTypeRouter URLRouter",
    "channels.security.websocket": "AllowedHostsOriginValidator",
    "channels.generic.websocket": "WebsocketConsumer AsyncWebsocketConsumer JsonWebsocketConsumer"
    " AsyncJsonWebsocketConsumer",
    "channels.testing": "WebsocketCommunicator ChannelsLiveServerTestCase",
}


@rule(r"^(?:NameError|UnboundLocalError): .*'(\w+)'")
def _undefined(raised: Raised) -> Fault:
    name, project = raised.found[1], raised.project
    frame = [frame for frame, _ in walk_tb(raised.error.__traceback__)][-1]
    why, fix = "an import is missing, or the name is misspelt", f"Correct that line: {raised.line}"
    attributes = {*CONSUMER_ATTRIBUTES, *project.own_methods(), *project.assigned_attributes()}
    if re.search(rf"include\(\s*{name}\b", raised.line):
        why = "the quotation marks are missing"
    elif "self" in frame.f_locals and (hasattr(AsyncWebsocketConsumer, name) or name in attributes):
        why = "self. is missing before it"
    elif modules := [
        code
        for code, value in frame.f_globals.items()
        if isinstance(value, ModuleType) and hasattr(value, name)
    ]:
        why = f"it is {modules[0]}.{name}"
    elif read := [
        code for code, of in frame.f_locals.items() if isinstance(of, dict) and name in of
    ]:
        why = f'{read[0]}["{name}"] has it'
    elif module := next((one for one, names in IMPORTED.items() if name in names.split()), ""):
        why, fix = "its import is missing", f"Add from {module} import {name}"
        fix = fix if module != name else f"Add import {name}"
    elif guess := suggestion(name, {*frame.f_locals, *frame.f_globals}, "did you mean {!r}?"):
        why = guess
    return raised.fault("C006", name=name, why=why, fix=fix)


@rule("'NoneType' object has no attribute '(group_|send|receive)")
def _no_layer(raised: Raised) -> Fault | None:
    has_layer = raised.project.layer is not None
    return None if has_layer else no_layer_fault(raised.project, describe(raised.error))


@rule("NoneType|returned None")
def _returns_nothing(raised: Raised) -> Fault | None:
    """A function without `return`, whose result the line or Django uses."""
    project, file = raised.project, raised.project.asgi_file
    calls = [part for part in raised.parts if isinstance(part, ast.Call)]
    if not raised.place:
        calls += [call for _, call in project.sources.nodes(ast.Call, file)]
    names = {name_of(call) for call in calls}
    if not raised.place:
        named = getattr(project.settings, "MIDDLEWARE", ())
        names |= {middleware.rpartition(".")[2] for middleware in named}
    for file, node in project.sources.nodes((*FUNCTIONS, ast.ClassDef)):
        if node.name in names and (function := _without_return(node)):
            last = function.body[-1]
            kept = last.targets[0] if isinstance(last, ast.Assign) else None
            fix = f"Add return {ast.unparse(kept)} at its end" if kept else ""
            name = node.name if node is function else f"{node.name}.{function.name}"
            place = Place(file, function.lineno)
            return raised.fault("C126", place, name=name, fix=fix)
    return None


def _without_return(node: Function | ast.ClassDef) -> Function | None:
    """A function, what a factory of middleware makes, or what is called of a class of it, if that
    returns nothing.
    """
    parts: list[Any] = node.body if isinstance(node, ast.ClassDef) else [node]
    if "get_response" in ast.unparse(node):
        parts = [*ast.walk(node)]
    for function in parts:
        if getattr(function, "name", "") in ("__init__", "process_view", "process_request"):
            continue
        ends = (part for part in own_nodes(function) if isinstance(part, ENDS))
        if isinstance(function, FUNCTIONS) and not any(getattr(end, "value", end) for end in ends):
            return function
    return None


@rule("^KeyError|NoneType|bytes")
def _bytes(raised: Raised) -> Fault | None:
    """Bytes of the scope that are used as if they were text."""
    key = raised.error.args[0] if isinstance(raised.error, KeyError) else ""
    code = " ".join(map(ast.unparse, raised.parts))
    found = re.search(r"""scope\[['"](query_string|headers)['"]\]""", code)
    if not found or "decode" in code or (isinstance(key, bytes) and key == key.lower()):
        return None
    fix = f"Decode it first: self.{found[0]}.decode()"
    if found[1] == "headers":
        fix = "The names of headers are bytes in small letters, such as b'cookie'"
    return raised.fault("C335", what=found[0], fix=fix)


@rule("^(TypeError|AssertionError|AttributeError)")
def _layer_call(raised: Raised) -> Fault | None:
    """A method of the channel layer that is given what another one takes."""
    if not raised.project.layer_calls:
        return None
    call = raised.project.layer_calls[-1]
    wanted, given = LAYER_ARGUMENTS[call.method], call.given()
    is_refused = re.search(rf"\.{call.method}\(\) (takes|missing|got)", raised.text)
    is_swapped = call.method != "group_send" and given == "a channel and a text"  # C505
    if (given == wanted or is_swapped or "?" in given) and not is_refused:
        return None
    fitting = [method for method, taken in LAYER_ARGUMENTS.items() if taken == given]
    fix = f"That is what {' or '.join(fitting)} takes" if fitting else ""
    facts = {"call": call.method, "given": given, "wanted": wanted, "fix": fix}
    return raised.fault("C518", raised.place or call.place, **facts)


@rule("Group name must be a valid unicode string")
def _group_name(raised: Raised) -> Fault:
    calls = reversed(raised.project.layer_calls)
    call = next(call for call in calls if call.method.startswith("group_"))
    place = raised.place or call.place
    if call.method != "group_send" and call.given() == "a channel and a text":
        return raised.fault("C505", place, why=": the two arguments are in the wrong order")
    name, why, fix = repr(call.name), "", ""
    if "{" in name:
        why, fix = ": the f before the quotation marks is missing", "Write f before them"
    elif "b'" in name:
        why = ": a part of it is bytes, which decode() makes a text"
    elif name.startswith("("):
        why = ": it is a tuple, because of a comma at the end of a line"
    elif len(name) > 101:
        why = f": it has {len(call.name)}"
    return raised.fault("C503", place, name=name[:110], why=why, fix=fix)


@rule("")
def _event_type(raised: Raised) -> Fault | None:
    """An event without a type, or whose type isn't a text."""
    # Layers copy an event, which fails for a method: the type may not be what Channels refuses.
    is_copied = "cannot pickle" in raised.text
    for call in reversed(raised.project.layer_calls) if is_copied or not raised.place else ():
        if call.event is not None and not (call.type and isinstance(call.type, str)):
            return raised.fault("C508", call.place)
    return None


@rule("^TypeError: '(list|tuple)' object is not callable")
def _no_router(raised: Raised) -> Fault | None:
    place = raised.project.in_asgi(ast.Name, "websocket_urlpatterns")
    return None if raised.place else raised.fault("C327", place)


@rule("'module' object is not iterable")
def _module_for_list(raised: Raised) -> Fault | None:
    fix = "Give URLRouter the list in the module, such as chat.routing.websocket_urlpatterns"
    return raised.fault("C332", kind="module", fix=fix) if "URLRouter" in raised.line else None


@rule("^ValueError: .*(?:find|No) (session|cookies) in scope|^KeyError")
def _scope_key(raised: Raised) -> Fault | None:
    """A key of the scope that a middleware sets, or a named part of the address."""
    project, key = raised.project, raised.found[1] or raised.error.args[0]
    container = project.sources.subscripted(raised.place, key)
    if raised.found[1] or (container.endswith("scope") and key in ("user", "session", "cookies")):
        place = project.in_asgi(ast.Name, "AuthMiddleware|SessionMiddleware")
        place = place if place.line else project.in_asgi(ast.Constant, "websocket")
        return raised.fault("C320", place, key=key, used=raised.place or "a middleware")
    return no_room_name_fault(project, key, raised.place) if "kwargs" in container else None


@rule(r"^TypeError: (?:(\w+)\.)?(\w+)\(\) takes .* but [34] were given")
def _uncalled_application(raised: Raised) -> Fault | None:
    """A class or a function where ASGI needs what it makes."""
    owner, method = raised.found.groups()
    name = owner if method == "__init__" else method
    use = raised.project.sources.uncalled(name, raised.project.asgi_file)
    return raised.fault("C326", use, name=name, fix=f"Call it: {name}(...)") if use else None


@rule("^AttributeError: .* has no attribute 'as_asgi'")
def _base_class(raised: Raised) -> Fault | None:
    """A consumer that isn't a class of Channels'."""
    name = getattr(raised.error.obj, "__name__", "?")
    place = raised.project.sources.find((ast.ClassDef, *FUNCTIONS), re.escape(name))
    is_class = isinstance(raised.error.obj, type)
    why = "has none of Channels' bases" if is_class else "isn't a class"
    return raised.fault("C328", place, name=name, why=why) if place else None


@rule(r"^TypeError: '(\w+)' object is not callable")
def _value_called(raised: Raised) -> Fault | None:
    """A value that is called as if it were a function."""
    for node in raised.project.sources.nodes_at(raised.place):
        value = raised.value_of(node.func) if isinstance(node, ast.Call) else UNKNOWN
        if isinstance(node, ast.Call) and value is not UNKNOWN and not callable(value):
            name = ast.unparse(node.func)
            fix = f"Write {name}, without parentheses"
            if isinstance(value, dict | list) and node.args:
                fix = f"Write {name}[{ast.unparse(node.args[0])}]"
            return raised.fault("C336", name=name, kind=raised.found[1], fix=fix)
    return None


@rule("^AttributeError: '(function|method)' object has no attribute")
def _not_called(raised: Raised) -> Fault:
    """A function is used as if it were its result."""
    name = getattr(raised.error.obj, "__name__", "a function")
    place = raised.project.sources.uncalled(name)
    return raised.fault("C326", place, name=name, fix=f"Call it: {name}(...)")


@rule("^AttributeError|'NoneType' object is not iterable")
def _in_init(raised: Raised) -> Fault | None:
    """An __init__ that reads what Channels sets later, or that doesn't call the base's."""
    function = raised.project.sources.function(raised.place)
    name = getattr(raised.error, "name", "groups")
    if function and function.name == "__init__":
        return raised.fault("C329", name=name) if name in CONSUMER_ATTRIBUTES else None
    init = raised.project.method("__init__")
    if raised.place or not init or "super().__init__" in ast.unparse(init) or name != "groups":
        return None
    # The base's __init__ sets ``groups`` to a list.
    return raised.fault("C316", raised.project.method_place("__init__"))


@rule("^AttributeError")
def _attribute(raised: Raised) -> Fault | None:
    """An attribute that isn't set, or not yet, perhaps because connect is misspelt."""
    project, name = raised.project, raised.error.name or ""
    if not isinstance(raised.error.obj, project.consumer or ()):
        return None
    if fault := misspelt_fault(project, "connect"):
        return fault
    assigned = project.assigned_attributes()
    known = {*assigned, *project.own_methods(), *dir(WebsocketConsumer), *CONSUMER_ATTRIBUTES}
    why, fix, place = f"is never set{suggestion(name, known, '. It has {!r}')}", "", raised.place
    locals = [
        Place(file, node.lineno)
        for file, node in project.sources.nodes(ast.Name, project.consumer_file)
        if node.id == name and isinstance(node.ctx, ast.Store)
    ]
    if locals and name not in assigned:
        place, fix = min(locals), f"Write self.{name} = ... there"
        why = f"{place} sets a local variable: self. is missing before {name}"
    elif name in assigned:
        why = f"is set at {assigned[name]}, which hasn't run by then"
    elif name in LAYER_ARGUMENTS:
        why = f"is never set. The channel layer has it: self.channel_layer.{name}"
    elif name in ("send_json", "receive_json", "encode_json", "decode_json"):
        why = f"is never set. AsyncJsonWebsocketConsumer and JsonWebsocketConsumer have {name}"
    return raised.fault("C315", place, name=name, used=raised.place, why=why, fix=fix)


@rule("No application configured for scope type 'http'")
def _no_http(raised: Raised) -> Fault:
    """A router without "http". If it is in a routing.py, as in an older tutorial, the fault says
    so in the place of the note about that file.
    """
    project = raised.project
    older = [note for note in project.notes if ROUTING_FILE in note]
    project.notes = [note for note in project.notes if note not in older]
    mapping = protocol_mapping(project.application) or ()
    near = suggestion("http", mapping, 'Write "http" for {!r}')
    fix = near or 'Add "http": get_asgi_application() to it (Channels 4 needs it)'
    if older:
        fix = (
            "Channels 2, which older tutorials use, added it. Today's form: in mysite/asgi.py,"
            ' application = ProtocolTypeRouter({"http": get_asgi_application(), ...}), and'
            ' ASGI_APPLICATION = "mysite.asgi.application" in the settings'
        )
    place = project.in_asgi(ast.Call, "ProtocolTypeRouter")
    return raised.fault("C107", place, fix=fix)


@rule(r"No handler for message type (\S+)")
def _no_handler(raised: Raised) -> Fault:
    project, type = raised.project, raised.found[1]
    method = type.replace(".", "_")
    if type.startswith("websocket."):
        return Fault("C331", project.consumer_place, method=method)
    guess = suggestion(method, project.own_methods(), " It has {!r}.")
    if "-" in method:
        guess = " In a type, only a dot becomes an underscore."
    outside = project.sources.find(FUNCTIONS, re.escape(method), project.consumer_file)
    if not guess and outside:
        guess = f" The one at {outside} isn't in the class: check its indentation."
    place = project.sources.find(ast.Constant, re.escape(type)) or project.consumer_place
    return raised.fault("C507", place, type=type, method=method, guess=guess)


@rule(r"^TypeError: (?:[\w<>]+\.)*(\w+)\(\) (?:takes (\d) .* but (\d) w|takes|missing|got)")
def _parameters(raised: Raised) -> Fault | None:
    """A method without self, or one that Channels can't call with its arguments."""
    project, method = raised.project, raised.found[1]
    if not (node := project.method(method)):
        return None
    wanted = "self, event" if method in project.event_handlers() else "self"
    wanted = PARAMETERS.get(method, wanted)
    fix = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    fix = f"Write {fix}def {method}({wanted})"
    first, why = node.args.args[0].arg if node.args.args else "", ""
    taken, given = raised.found.group(2, 3)
    is_one_too_many = taken and int(given) == int(taken) + 1 and first != "self"
    if not node.decorator_list and (first in ("", *wanted.split(", ")[1:]) or is_one_too_many):
        why = "its first parameter isn't self"
        if wanted == "self":
            wanted = ", ".join(["self", *(argument.arg for argument in node.args.args)])
            fix = f"{fix.partition('(')[0]}({wanted})"
    elif method == "__init__":
        wanted, fix = "self, *args, **kwargs", "Give as_asgi() what it needs, or a default"
        why = "Channels gives it the arguments of as_asgi() alone, and sets self.scope later"
        if "scope" in [argument.arg for argument in node.args.args]:
            fix = f"Write def __init__({wanted}), and read self.scope in connect"
    elif wanted != "self" and method not in raised.line:  # not a call of the learner's
        why = f"Channels calls it with ({wanted})"
    place = project.method_place(method)
    facts = {"method": method, "wanted": wanted, "why": why, "fix": fix}
    return raised.fault("C311", place, **facts) if why else None


#: What to write for a value that JSON doesn't have, by a part of its type's name.
IN_JSON = {
    "User": "Give it the user's name: .username",
    "date": "Give it .isoformat()",
    "Decimal|UUID": "Give it str() of it",
    "bytes": "Give it .decode()",
    "set": "Give it list() of it",
    "QuerySet": "Give it a list of dicts, such as list(messages.values())",
}


@rule(r"Object of type (?!coroutine)(\w+) is not JSON serializable")
def _not_json(raised: Raised) -> Fault:
    kind = raised.found[1]
    fix = next((fix for part, fix in IN_JSON.items() if re.search(part, kind)), "")
    return raised.fault("C338", kind=kind, fix=fix)


@rule("^(TypeError|AttributeError): (?!a coroutine was expected).*coroutine")
def _coroutine(raised: Raised) -> Fault:
    """A coroutine is used as if it were its result: an await is missing."""
    project = raised.project
    found = project.kept_coroutine(raised.error) or project.never_awaited()
    call, place = found or (project.sources.coroutine_call(raised.place), raised.place)
    return project.fault("C601", place, call=call, seen="", error="")


@rule(r"^(?:ImproperlyConfigured|ValueError: Incorrect timezone setting).*?(?:'([\w.]+)'|: (\S+)$)")
def _value(raised: Raised) -> Fault | None:
    """A value in the settings that Django can't use."""
    value, project = raised.found[1] or raised.found[2], raised.project
    place = project.sources.find(ast.Constant, re.escape(value), project.settings_file)
    why = f"doesn't work: {describe(raised.error)}"
    return raised.fault("C014", place, name=repr(value), why=why, fix="") if place else None


@rule("")
def _frame_handler(raised: Raised) -> Fault | None:
    """An event whose type names a method that gets frames."""
    for call in raised.project.layer_calls.completed("group_send"):
        if call.handler in PARAMETERS and raised.project.method(call.handler):
            return raised.fault("C522", call.place, type=call.type, method=call.handler)
    return None


@rule("^KeyError")
def _missing_key(raised: Raised) -> Fault | None:
    """A key that isn't in what the line reads: it is misspelt, or another one is there."""
    key = raised.error.args[0]
    for node in raised.project.sources.nodes_at(raised.place):
        if not isinstance(node, ast.Subscript) or getattr(node.slice, "value", None) != key:
            continue
        found, code = raised.value_of(node.value), ast.unparse(node.value)
        known = list(map(str, found)) if isinstance(found, dict) else []
        if near := suggestion(str(key), known, "{!r}"):
            return raised.fault("C337", key=key, why=f"{code} has {near}", fix=f"Write {near}")
        if known and len(known) <= FEW_KEYS:
            why = f"{code} has {' and '.join(map(repr, known))}"
            return raised.fault("C337", key=key, why=why, fix="")
        if "loads(" in code:
            sent = " and ".join(map(repr, json.loads(raised.project.pages.frame("hello"))))
            return raised.fault("C337", key=key, why=f"the page sends {sent}", fix="")
    return None


@rule("")
def _mixed_up(raised: Raised) -> Fault | None:
    """A consumer that mixes up message and text_data, or a text and what it stands for."""
    error, fix = raised.error, ""
    if raised.place is None or raised.place.file != raised.project.consumer_file:
        return None
    if isinstance(error, AttributeError) and isinstance(error.obj, dict):
        for node in raised.project.sources.nodes_at(raised.place):
            if isinstance(node, ast.Attribute) and node.attr == error.name in error.obj:
                fix = f'Write {ast.unparse(node.value)}["{error.name}"]: that is a dict'
    elif isinstance(error, json.JSONDecodeError):
        fix = f"What is read there is {error.doc[:60]!r}, which isn't JSON"
    elif (
        "indices must be" in raised.text
        and raised.project.sources.subscripted(raised.place, "message") == "text_data"
    ):
        fix = 'Read the JSON first: json.loads(text_data)["message"]'
    elif isinstance(error, TypeError | AttributeError) and re.search(
        r"json\.(load|dump)\(", raised.line
    ):
        fix = "json.load and json.dump are for files, json.loads and json.dumps for texts"
    else:
        fixes = (fix for text, fix in MIXED_UP.items() if re.match(text, raised.text))
        fix = next(fixes, "")
    return raised.fault("C310", fix=fix) if fix else None
