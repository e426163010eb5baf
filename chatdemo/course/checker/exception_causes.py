"""Finds the fault that caused an exception in the learner's project.

A rule gets the project, the exception and the learner's last line in its traceback, and returns the
fault, or None if it doesn't know the exception.
"""

import os
import re
import sys
from asyncio import iscoroutinefunction
from collections.abc import Callable
from contextlib import suppress
from traceback import walk_tb

from channels.consumer import AsyncConsumer, SyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer

from chatdemo.course.checker.missing_modules import why_missing, why_not_in_module
from chatdemo.course.checker.older_tutorials import ROUTING_FILE
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, describe
from chatdemo.course.checker.source_files import suggestion
from chatdemo.course.checker.websocket_routes import (
    matching_routes,
    protocol_mapping,
    websocket_routes,
)

Rule = Callable[[LearnerProject, BaseException, Place | None], Fault | None]
#: The methods that Channels calls, and their parameters.
PARAMETERS = {
    "connect": "self",
    "disconnect": "self, close_code",
    "receive": "self, text_data",
    "receive_json": "self, content",
}
#: What Channels sets on a consumer.
CONSUMER_ATTRIBUTES = ("channel_layer", "channel_name", "scope")
#: What the methods of a channel layer take, in the words of LayerCall.given.
LAYER_ARGUMENTS = {
    "group_add": "a text and a channel",
    "group_discard": "a text and a channel",
    "group_send": "a text and an event",
    "send": "a channel and an event",
}


def explain_exception(project: LearnerProject, error: BaseException, doing: str) -> Fault:
    """Return the fault behind an exception that the learner's project raised while ``doing``
    something, such as "importing x".
    """
    place = project.sources.last_place(error)
    for rule in RULES:
        # What a rule doesn't expect, such as an exception whose text fails, must not hide the
        # learner's exception.
        with suppress(Exception):
            if fault := rule(project, error, place):
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
    why = ""
    if "await" in error.msg:
        why = ". `await` is only allowed in a method that starts with `async def`."
    line = (error.text or "").strip()
    return Fault("C002", place, error=error.msg.rstrip("?."), line=line, why=why)


def no_layer_fault(project: LearnerProject, seen: str) -> Fault:
    """Return why there is no channel layer: no setting, or a setting without a default."""
    if hasattr(project.settings, "CHANNEL_LAYERS"):
        return Fault(
            "C402", project.in_settings("CHANNEL_LAYERS"), error='it has no "default"', why=""
        )
    place = project.sources.search(project.settings_file, r"^\s*CHANNEL_LAYERS\s*=")
    guess = suggestion("CHANNEL_LAYERS", project.setting_names, " They have {!r}.")
    if place.line:
        guess = f" The line {place} is never run."
    return Fault("C401", place, error=seen, guess=guess)


def no_websocket_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a router without "websocket"."""
    known = protocol_mapping(project.application) or {}
    guess = suggestion("websocket", known, " It has {!r}.")
    near = suggestion("websocket", known, "{}")
    place = project.in_asgi(rf"['\"]{near}['\"]" if near else r"ProtocolTypeRouter\(")
    return Fault("C301", place, error=seen, guess=guess)


def no_as_asgi_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a route to a consumer without as_asgi()."""
    name = project.consumer_name
    place = project.sources.search_all(rf"path\(.*{name}|{name}\s*\)")
    return Fault("C303", place, name=name, error=seen)


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
    routes = websocket_routes(project.application)
    text = re.escape(str(routes[0].pattern)) if routes else "(?!)"
    return project.sources.search_all(rf"['\"]{text}['\"]") or project.sources.search_all(
        r"websocket_urlpatterns\s*=|URLRouter\(\s*\["
    )


def misspelt_fault(project: LearnerProject, method: str) -> Fault | None:
    """Return the fault of a consumer without ``method`` but with one of almost that name."""
    if project.method(method) or not project.consumer:
        return None
    others = [name for name in project.own_methods() if name not in PARAMETERS]
    found = suggestion(method, others, "{}")
    return Fault("C313", project.method_place(found), wrong=found, right=method) if found else None


def sync_mismatch_fault(project: LearnerProject) -> Fault | None:
    """Return the fault of a plain ``def`` that Channels awaits, or of an ``async def`` that it
    doesn't.
    """
    consumer = project.consumer
    if not consumer or not issubclass(consumer, AsyncConsumer):
        return None
    is_sync = issubclass(consumer, SyncConsumer)
    for name in (*PARAMETERS, *project.event_handlers()):
        if project.method(name) and iscoroutinefunction(getattr(consumer, name)) == is_sync:
            id, base = "C606" if is_sync else "C603", consumer.__mro__[1].__name__
            return Fault(id, project.method_place(name), method=name, base=base)
    return None


def _mentions(error: BaseException, *texts: str) -> bool:
    """Whether the exception, as a traceback shows it, contains all these texts."""
    return all(text in f"{type(error).__name__}: {error}" for text in texts)


def _syntax(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, SyntaxError) and error.filename:
        own = project.sources.place(error.filename)
        return syntax_fault(project, error, own.file) if own else None
    return None


def _exit(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, SystemExit):
        return Fault("C010", place, seen=f"{describe(error)} at {place}")
    return None


def _environment(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    """An environment variable that isn't set, as os.environ, django-environ or decouple say it."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    name = ""
    if isinstance(error, KeyError) and frame.f_code is type(os.environ).__getitem__.__code__:
        name = error.args[0]
    elif found := re.match(r"Set the (\w+) environment|(\w+) not found. Declare it", str(error)):
        name = found[1] or found[2]
    return Fault("C012", place, name=name) if name else None


def _text(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An exception whose text has one cause."""
    seen, sources = describe(error), project.sources
    if _mentions(error, "AppRegistryNotReady"):
        return Fault("C106", project.in_asgi(r"import.*(routing|consumers|chat)"), error=seen)
    if _mentions(error, "No application configured for scope type 'http'"):
        return _no_http_fault(project, seen)
    if _mentions(error, "include() is not supported in URLRouter"):
        return Fault("C325", sources.search_all(r"include\(") or place)
    if _mentions(error, "You cannot use AsyncToSync in the same thread"):
        return Fault("C604", place, error=seen)
    if _mentions(error, "SynchronousOnlyOperation"):
        return project.fault("C602", place, seen=seen)
    if found := re.search(r'^"(.*)" is not a valid regular expression: (.*)', str(error)):
        where = sources.search_all(re.escape(found[1])) or place
        route, why = f"The route {found[1]!r}", f"isn't a regular expression: {found[2]}"
        return Fault("C302", where, route=route, why=why)
    if found := re.search(r"no such table: (\w+)|relation \"(\w+)\" does not exist", str(error)):
        return Fault("C013", place, table=found[1] or found[2], seen=seen)
    return None


def _import(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A module that doesn't exist, a name that isn't in a module, or a circular import."""
    name, why = getattr(error, "name", None) or "", ""
    if _mentions(error, "partially initialized module"):
        why = "The modules import each other in a circle."
    elif isinstance(error, ModuleNotFoundError):
        why = why_missing(project.sources, name) if name else ""
        if name.rpartition(".")[2] not in project.sources.line(place):
            # Django imports the modules that the settings and include() name.
            quoted = rf"['\"]{re.escape(name or '?')}[.'\"]"
            place = project.sources.search_all(quoted) or place
    elif isinstance(error, ImportError):
        found = re.search(r"cannot import name '(\w+)'", str(error))
        # Django's import of what a setting names.
        named = re.search(r'Module "([\w.]+)" does not define a "(\w+)"', str(error))
        if named:
            place = project.sources.search_all(re.escape(f"{named[1]}.{named[2]}")) or place
        name, missing = (named[1], named[2]) if named else (name, found[1] if found else "")
        why = why_not_in_module(project.sources, missing, name) if missing else ""
    elif not _mentions(error, "AttributeError: partially"):
        return None
    return Fault("C007", place, error=describe(error), why=why)


def _patterns(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A module of URLs without urlpatterns."""
    found = re.search(
        r"The included URLconf '(?:<module ')?([\w.]+)'.* does not appear to have any patterns",
        str(error),
    )
    if not found:
        return None
    file = found[1].replace(".", "/") + ".py"
    known = vars(sys.modules[found[1]]) if found[1] in sys.modules else ()
    guess = suggestion("urlpatterns", known, " It has {!r}.")
    return Fault("C119", project.sources.search(file, "path\\("), file=file, guess=guess)


def _undefined(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    quoted = re.search(r"'(\w+)'", str(error))
    if not isinstance(error, NameError) or not quoted:
        return None
    name, frame = quoted[1], [frame for frame, _ in walk_tb(error.__traceback__)][-1]
    why = "an import is missing, or the name is misspelt"
    attributes = {*CONSUMER_ATTRIBUTES, *project.own_methods(), *project.assigned_attributes()}
    if re.search(rf"include\(\s*{name}\b", project.sources.line(place)):
        why = "the quotation marks are missing"
    elif "self" in frame.f_locals and (hasattr(AsyncWebsocketConsumer, name) or name in attributes):
        why = "self. is missing before it"
    elif guess := suggestion(name, {*frame.f_locals, *frame.f_globals}, "did you mean {!r}?"):
        why = guess
    return project.fault("C006", place, error=describe(error), name=name, why=why)


def _no_layer(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    is_none = _mentions(error, "AttributeError: 'NoneType' object has no attribute")
    if is_none and not project.layer and re.search("'(group_|send|receive)", str(error)):
        return no_layer_fault(project, describe(error))
    return None


def _layer_call(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A method of the channel layer that is given what another one takes."""
    call = project.layer.calls[-1] if project.layer and project.layer.calls else None
    if not call or not isinstance(error, TypeError | AssertionError | AttributeError):
        return None
    wanted, given = LAYER_ARGUMENTS[call.method], call.given()
    is_refused = re.search(rf"\.{call.method}\(\) (takes|missing|got)", str(error))
    is_swapped = call.method != "group_send" and given == "a channel and a text"  # C505
    if (given == wanted or is_swapped or "?" in given) and not is_refused:
        return None
    fitting = [method for method, taken in LAYER_ARGUMENTS.items() if taken == given]
    fix = f"That is what {' or '.join(fitting)} takes" if fitting else ""
    facts = {"call": call.method, "given": given, "wanted": wanted, "fix": fix}
    return project.fault("C518", place or call.place, error=describe(error), **facts)


def _event_type(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An event without a type, or whose type isn't a text."""
    if place or not project.layer:
        return None
    for call in reversed(project.layer.calls):
        event = call.arguments[-1] if call.arguments else None
        if isinstance(event, dict) and not (event.get("type") and isinstance(event["type"], str)):
            return Fault("C508", call.place, error=describe(error))
    return None


def _group_name(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if not _mentions(error, "Group name must be a valid unicode string"):
        return None
    calls = project.layer.calls if project.layer else []
    call = next(call for call in reversed(calls) if call.method.startswith("group_"))
    place = place or call.place or project.in_method("connect", "group")
    if call.method != "group_send" and call.given() == "a channel and a text":
        return Fault("C505", place, why=": the two arguments are in the wrong order")
    name, why = repr(call.name), ""
    if "{" in name:
        why = ": the f before the quotation marks is missing"
    elif name.startswith("("):
        why = ": it is a tuple, because of a comma at the end of a line"
    elif len(name) > 101:
        why = f": it has {len(call.name)}"
    return Fault("C503", place, name=name[:110], why=why)


def _wrapping(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """Routers and middleware that are put together in the wrong way."""
    if re.search(r"Middleware\w*' object is not iterable", str(error)):
        return Fault("C324", place or project.in_asgi(r"URLRouter\("))
    if _mentions(error, "'list' object is not callable") and not place:
        return Fault("C327", project.in_asgi("websocket_urlpatterns|websocket"))
    found = re.match(r"(\w+)\.__call__\(\) (?:takes|missing)", str(error))
    if isinstance(error, TypeError) and found:
        where = project.sources.search_all(rf"class {found[1]}\b")
        return Fault("C321", where, name=found[1]) if where else None
    return None


def _scope_key(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A key of the scope that a middleware sets, or a named part of the address."""
    key = error.args[0] if isinstance(error, KeyError) and error.args else ""
    container = project.sources.subscripted(place, key)
    if container.endswith("scope") and key in ("user", "session", "cookies"):
        return Fault("C320", project.in_asgi("websocket"), key=key, used=place)
    if "kwargs" in container:
        return no_room_name_fault(project, key, place)
    return None


def _routing(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An application that ASGI can't call: there is none, or a class or function isn't called."""
    if _mentions(error, "No application configured for scope type 'websocket'") or _mentions(
        error, "not websocket"
    ):
        return no_websocket_fault(project, describe(error))
    found = re.match(r"(?:(\w+)\.)?(\w+)\(\) (?:takes .* but [34] were given|missing)", str(error))
    if not found or not isinstance(error, TypeError):
        return None
    is_call = "but" in str(error) or found[2] == "__call__"
    if found[1] == project.consumer_name and is_call and found[2] in ("__init__", "__call__"):
        return no_as_asgi_fault(project, describe(error))
    name = found[1] if found[2] == "__init__" else found[2]
    line = project.in_asgi(rf"^(?!\s*(?:from|import)\b).*\b{name}\b(?!\s*\()")
    if is_call and line.line:
        return Fault("C326", line, name=name, error=describe(error), fix=f"Call it: {name}(...)")
    return None


def _not_called(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A function is used as if it were its result."""
    pattern = r"'(?:function|method)' object has no attribute '(\w+)'"
    if not isinstance(error, AttributeError) or not re.match(pattern, str(error)):
        return None
    name = getattr(error.obj, "__name__", "a function")
    uncalled = project.sources.search_all(rf"=\s*[\w.]*\b{name}\s*$")
    where = uncalled if uncalled and uncalled != place else place
    return Fault("C326", where, name=name, error=describe(error), fix=f"Call it: {name}(...)")


def _base_class(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A consumer that isn't a class of Channels'."""
    if not isinstance(error, AttributeError) or error.name != "as_asgi":
        return None
    name = getattr(error.obj, "__name__", "?")
    where = project.sources.search_all(rf"(class|def) {re.escape(name)}\b")
    why = "isn't a class" if not isinstance(error.obj, type) else "has none of Channels' bases"
    return Fault("C328", where, name=name, why=why) if where else None


def base_class_fault(project: LearnerProject) -> Fault | None:
    """Return the fault of a consumer that has the methods of a WebSocket's consumer, but whose
    base class, such as AsyncConsumer, doesn't call them.
    """
    consumer = project.consumer
    generic = (WebsocketConsumer, AsyncWebsocketConsumer)
    if not consumer or issubclass(consumer, generic) or not issubclass(consumer, AsyncConsumer):
        return None
    if "websocket_connect" in dir(consumer):
        return None
    bases = (base for base in consumer.__mro__ if base.__module__.startswith("channels."))
    why = f"has the base {next(bases).__name__}, which doesn't call connect, receive and disconnect"
    return Fault("C328", project.consumer_place, name=consumer.__name__, why=why)


def _in_init(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An __init__ that reads what Channels sets later, or that doesn't call the base's."""
    function = project.sources.function(place)
    name = getattr(error, "name", "")
    if isinstance(error, AttributeError) and function and function.name == "__init__":
        return project.fault("C329", place, name=name) if name in CONSUMER_ATTRIBUTES else None
    code = project.method_code("__init__")
    if not code or "super().__init__" in code or place:
        return None
    # The base's __init__ sets ``groups`` to a list.
    is_groups = _mentions(error, "'NoneType' object is not iterable") or name == "groups"
    found = Fault("C316", project.method_place("__init__"), error=describe(error))
    return found if is_groups else None


def _attribute(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An attribute that isn't set, or not yet, perhaps because connect is misspelt."""
    if not isinstance(error, AttributeError) or not isinstance(error.obj, project.consumer or ()):
        return None
    name = error.name or ""
    if fault := misspelt_fault(project, "connect"):
        return fault
    assigned = project.assigned_attributes()
    if name in assigned:
        why = f"is set at {assigned[name]}, which hasn't run by then"
        return project.fault("C315", place, name=name, why=why)
    known = {*assigned, *project.own_methods(), *dir(WebsocketConsumer), *CONSUMER_ATTRIBUTES}
    guess = suggestion(name, known, ". It has {!r}")
    if name in ("group_add", "group_discard", "group_send"):
        guess = f". The channel layer has it: self.channel_layer.{name}"
    if name in ("send_json", "receive_json", "encode_json", "decode_json"):
        guess = f". AsyncJsonWebsocketConsumer and JsonWebsocketConsumer have {name}"
    return project.fault("C315", place, name=name, why=f"is never set{guess}")


def _no_http_fault(project: LearnerProject, seen: str) -> Fault:
    """The fault of a router without "http", which an older tutorial has in routing.py: it says that
    in the place of the note about the file.
    """
    older = [note for note in project.notes if ROUTING_FILE in note]
    project.notes = [note for note in project.notes if note not in older]
    fix = 'Add "http": get_asgi_application() to it (Channels 4 needs it)'
    if older:
        fix = (
            "Channels 2, which older tutorials use, added it. Today's form: in mysite/asgi.py,"
            ' application = ProtocolTypeRouter({"http": get_asgi_application(), ...}), and'
            ' ASGI_APPLICATION = "mysite.asgi.application" in the settings'
        )
    return Fault("C107", project.in_asgi(r"ProtocolTypeRouter\("), error=seen, fix=fix)


def _no_handler(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    found = re.search(r"No handler for message type (\S+)", str(error))
    if not found:
        return None
    type, method = found[1], found[1].replace(".", "_")
    if type.startswith("websocket."):
        if fault := base_class_fault(project):
            return fault
        return Fault("C331", project.consumer_place, method=method)
    guess = suggestion(method, project.own_methods(), " It has {!r}.")
    outside = project.sources.search(project.consumer_file, rf"def {method}\b")
    if not guess and outside.line:
        guess = f" The one at {outside} isn't in the class: check its indentation."
    if not method.isidentifier():
        guess = f" No method can have that name: only a dot becomes an underscore.{guess}"
    place = project.sources.search_all(rf"['\"]{re.escape(type)}['\"]") or project.consumer_place
    return Fault("C507", place, type=type, method=method, guess=guess)


def _awaitable(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An ``await`` before something that isn't asynchronous."""
    if not _mentions(error, "TypeError: object", "can't be used in 'await' expression"):
        return None
    fault = project.fault("C605", place, error=describe(error)) if place else None
    return sync_mismatch_fault(project) or fault


def _parameters(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A method without self, or one that Channels can't call with its arguments."""
    found = re.match(r"(?:[\w<>]+\.)*(\w+)\(\) (takes|missing|got)", str(error))
    if not isinstance(error, TypeError) or not found or not (node := project.method(found[1])):
        return None
    method, own_place = found[1], project.method_place(found[1])
    wanted = "self, event" if method in project.event_handlers() else "self"
    if method == "__init__":
        wanted = "self, *args, **kwargs"
    wanted = PARAMETERS.get(method, wanted)
    facts = {"method": method, "wanted": wanted, "error": describe(error)}
    first = node.args.args[0].arg if node.args.args else ""
    if not node.decorator_list and first in ("", *wanted.split(", ")[1:]):
        return Fault("C311", own_place, why="its first parameter isn't self", **facts)
    if wanted == "self" or method in project.sources.line(place):  # a call of the learner's
        return None
    return Fault("C311", own_place, why=f"Channels calls it with ({wanted})", **facts)


def _coroutine(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A coroutine is used as if it were its result: an await is missing."""
    if not isinstance(error, TypeError | AttributeError) or "coroutine" not in str(error):
        return None
    call = (project.never_awaited() or ("the call", None))[0]
    return project.fault("C601", place, call=call)


def _frame_handler(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    """An event whose type names a method that gets frames."""
    for call in project.layer.completed("group_send") if project.layer else ():
        type = str(call.arguments[-1].get("type") if isinstance(call.arguments[-1], dict) else "")
        if (method := type.replace(".", "_")) in PARAMETERS and project.method(method):
            return Fault("C522", call.place, type=type, method=method)
    return None


def _json(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A consumer that mixes up message and text_data, or a text and what it stands for."""
    line, text = project.sources.line(place), str(error)
    if isinstance(error, KeyError) and (keys := project.message_keys(place, error.args[0])):
        fix = f"What arrives there has {keys}"
    elif isinstance(error, TypeError | AttributeError) and re.search(r"json\.(load|dump)\(", line):
        fix = "json.load and json.dump are for files, json.loads and json.dumps for texts"
    elif isinstance(error, TypeError) and "string indices must be" in text:
        fix = 'Read the JSON first: json.loads(text_data)["message"]'
    elif isinstance(error, TypeError) and re.search(r"\b(send|loads|dumps)\(\) ", text):
        fix = 'Write send(text_data=json.dumps({"message": message}))'
    elif _mentions(error, "TypeError: the JSON object must be str") or _mentions(
        error, "JSONDecodeError"
    ):
        fix = "The parameter of receive is text_data, and its value is JSON: json.loads(text_data)"
    else:
        return None
    if place is None or place.file != project.consumer_file:
        return None
    return project.fault("C310", place, error=describe(error), fix=fix)


#: In this order: the first rule that knows the exception wins. The general ones come last.
RULES: list[Rule] = [
    _syntax,
    _exit,
    _environment,
    _text,
    _import,
    _patterns,
    _undefined,
    _no_layer,
    _layer_call,
    _group_name,
    _event_type,
    _wrapping,
    _scope_key,
    _routing,
    _base_class,
    _not_called,
    _in_init,
    _attribute,
    _no_handler,
    _awaitable,
    _parameters,
    _coroutine,
    _frame_handler,
    _json,
]
