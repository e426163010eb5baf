"""Finds the fault that caused an exception in the learner's project.

A rule gets the project, the exception and the learner's last line in its traceback, and returns the
fault, or None if it doesn't know the exception.
"""

import re
import sys
from asyncio import iscoroutinefunction
from collections.abc import Callable

from channels.consumer import AsyncConsumer, SyncConsumer
from channels.generic.websocket import AsyncWebsocketConsumer

from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, describe
from chatdemo.course.checker.source_files import suggestion
from chatdemo.course.checker.websocket_routes import protocol_mapping, websocket_routes

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


def explain_exception(project: LearnerProject, error: BaseException, doing: str) -> Fault:
    """Return the fault behind an exception that the learner's project raised while ``doing``
    something, such as "importing x".
    """
    place = project.sources.last_place(error.__traceback__)
    for rule in RULES:
        if fault := rule(project, error, place):
            return fault
    return project.fault("C005", place, error=describe(error), doing=doing)


def syntax_fault(project: LearnerProject, error: SyntaxError) -> Fault:
    """Return the fault of a file that Python can't read."""
    name = error.filename or ""
    place = project.sources.place(project.folder / name, error.lineno or 0) or Place(name)
    why = ""
    if "await" in error.msg:
        why = ". `await` is only allowed in a method that starts with `async def`."
    line = (error.text or "").strip()
    return Fault("C002", place, error=error.msg.rstrip("?."), line=line, why=why)


def no_layer_fault(project: LearnerProject, seen: str) -> Fault:
    """Return why there is no channel layer: no setting, or a setting without a default."""
    if hasattr(project.settings, "CHANNEL_LAYERS"):
        return Fault("C402", project.in_settings("CHANNEL_LAYERS"), error='it has no "default"')
    place = project.in_settings(r"^\s*CHANNEL_LAYERS\s*=")
    guess = suggestion("CHANNEL_LAYERS", project.setting_names, " They have {!r}.")
    if place.line:
        guess = f" The line {place} is never run."
    return Fault("C401", place, error=seen, guess=guess)


def no_websocket_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a router without "websocket"."""
    known = protocol_mapping(project.application) or {}
    guess = suggestion("websocket", known, " It has {!r}.")
    place = project.in_asgi(r"ProtocolTypeRouter\(|application\s*=")
    return Fault("C301", place, error=seen, guess=guess)


def no_as_asgi_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a route to a consumer without as_asgi()."""
    name = project.consumer_name
    place = project.sources.search_all(rf"path\(.*{name}|{name}\s*\)")
    return Fault("C303", place, name=name, error=seen)


def no_room_name_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a route that doesn't name the room."""
    routes = websocket_routes(project.application)
    place = project.sources.search_all(r"re_path\(|[^e]path\(\s*r?['\"]/?\^?ws")
    return Fault("C304", place, error=seen, pattern=str(routes[0].pattern) if routes else "")


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
        return syntax_fault(project, error)
    return None


def _exit(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, SystemExit):
        return Fault("C010", place, seen=f"{describe(error)} at {place}")
    return None


def _text(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An exception whose text has one cause."""
    seen, sources = describe(error), project.sources
    if _mentions(error, "AppRegistryNotReady"):
        return Fault("C106", project.in_asgi(r"import.*(routing|consumers|chat)"), error=seen)
    if _mentions(error, "No application configured for scope type 'http'"):
        return Fault("C107", project.in_asgi(r"ProtocolTypeRouter\("), error=seen)
    if _mentions(error, "include() is not supported in URLRouter"):
        return Fault("C325", sources.search_all(r"include\(") or place)
    if _mentions(error, "Incoming message has no 'type' attribute"):
        return Fault("C508", sources.search(project.consumer_file, "group_send"), error=seen)
    if _mentions(error, "You cannot use AsyncToSync in the same thread"):
        return Fault("C604", place, error=seen)
    if _mentions(error, "SynchronousOnlyOperation"):
        return project.fault("C602", place, seen=seen)
    return None


def _import(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A module that doesn't exist, a name that isn't in a module, or a circular import."""
    why = ""
    if _mentions(error, "ImportError", "partially initialized module") or _mentions(
        error, "AttributeError: partially"
    ):
        why = "The modules import each other in a circle."
    elif isinstance(error, ModuleNotFoundError):
        why = _why_missing(project, error.name or "")
        pattern = rf"['\"]{re.escape(error.name or '?')}[.'\"]"
        place = place or project.sources.search_all(pattern)
    elif isinstance(error, ImportError):
        name = re.search(r"cannot import name '(\w+)'", str(error))
        why = _existing_names(name[1], error.name or "") if name else ""
    else:
        return None
    return Fault("C007", place, error=describe(error), why=why)


def _existing_names(name: str, module: str) -> str:
    """A sentence about the names that the module has."""
    known = dir(sys.modules.get(module, None))
    public = [other for other in known if not other.startswith("_")]
    there = f"It has {', '.join(public[:4])}." if 0 < len(public) <= 4 else ""
    return suggestion(name, known).strip() or there or "Older versions may have had it."


def _why_missing(project: LearnerProject, name: str) -> str:
    """A sentence about a module that doesn't exist."""
    own = [
        file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for file in project.sources.python
    ]
    top = name.partition(".")[0]
    if top not in {other.partition(".")[0] for other in own} and not suggestion(name, own):
        if top in sys.modules:
            return f"This version of {top} has no such module: older tutorials use it."
        return f"If it is a package, install it: python -m pip install {top}"
    missing = f"The file {name.replace('.', '/')}.py doesn't exist."
    return suggestion(name, own, "Did you mean {!r}?") or missing


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
    if not isinstance(error, NameError):
        return None
    name = error.name or str(error).split("'")[1]
    why = "an import is missing, or the name is misspelt"
    if re.search(rf"include\(\s*{name}\b", project.sources.line(place)):
        why = "the quotation marks are missing"
    elif hasattr(AsyncWebsocketConsumer, name) or name in CONSUMER_ATTRIBUTES:
        why = "self. is missing before it"
    return project.fault("C006", place, error=describe(error), name=name, why=why)


def _no_layer(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    is_none = _mentions(error, "AttributeError: 'NoneType' object has no attribute")
    if is_none and not project.layer and re.search("'(group_|send|receive)", str(error)):
        return no_layer_fault(project, describe(error))
    return None


def _group_name(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if not _mentions(error, "Group name must be a valid unicode string"):
        return None
    calls = project.layer.calls if project.layer else []
    names = [call.name for call in calls if call.method.startswith("group_")]
    name = repr(names[-1]) if names else "?"
    if "!" in name:
        place = place or project.in_method("connect", "group_add")
        return Fault("C505", place, why=": the two arguments are in the wrong order")
    why = ""
    if "{" in name:
        why = ": the f before the quotation marks is missing"
    elif name.startswith("("):
        why = ": it is a tuple, because of a comma at the end of a line"
    return Fault("C503", place or project.in_method("connect", "group"), name=name, why=why)


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
    if key in ("user", "session", "cookies"):
        return Fault("C320", project.in_asgi("websocket"), key=key, used=place)
    if isinstance(error, KeyError) and "kwargs" in project.sources.line(place):
        return no_room_name_fault(project, describe(error))
    return None


def _routing(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if _mentions(error, "No application configured for scope type 'websocket'") or _mentions(
        error, "not websocket"
    ):
        return no_websocket_fault(project, describe(error))
    if _mentions(error, "__init__() takes", "but 4 were given") or _mentions(
        error, "__call__() missing"
    ):
        return no_as_asgi_fault(project, describe(error))
    return None


def _not_called(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A function is used as if it were its result."""
    pattern = r"'(?:function|method)' object has no attribute '(\w+)'"
    if not isinstance(error, AttributeError) or not re.match(pattern, str(error)):
        return None
    layer = project.sources.search_all(r"=\s*get_channel_layer\s*$")
    name = "get_channel_layer" if layer and layer != place else "a function"
    return Fault("C326", layer or place, name=name, error=describe(error))


def _no_super(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An __init__ that doesn't call the base's: attributes of Channels' are missing."""
    code = project.method_code("__init__")
    if not isinstance(error, AttributeError | TypeError) or not code or "super().__init__" in code:
        return None
    return Fault("C316", project.method_place("__init__"), error=describe(error))


def _attribute(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An attribute that nothing sets, perhaps because connect is misspelt."""
    found = re.search(r"^'(\w+)' object has no attribute '(\w+)'", str(error))
    if not found or not project.consumer or found[1] != project.consumer_name:
        return None
    known = set(re.findall(r"self\.(\w+)", project.sources.code)) - {found[2]}
    guess = suggestion(found[2], known, " It has {!r}.")
    return misspelt_fault(project, "connect") or Fault("C315", place, name=found[2], guess=guess)


def _no_handler(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    found = re.search(r"No handler for message type (\S+)", str(error))
    if not found:
        return None
    type, method = found[1], found[1].replace(".", "_")
    if type.startswith("websocket."):
        return Fault("C305", project.consumer_place, error=describe(error), why="")
    guess = suggestion(method, project.own_methods(), " It has {!r}.")
    outside = project.sources.search(project.consumer_file, rf"def {method}\b")
    if not guess and outside.line:
        guess = f" The one at {outside} isn't in the class: check its indentation."
    place = project.sources.search_all(re.escape(type)) or project.consumer_place
    return Fault("C507", place, type=type, method=method, guess=guess)


def _awaitable(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """An ``await`` before something that isn't asynchronous."""
    if not _mentions(error, "TypeError: object", "can't be used in 'await' expression"):
        return None
    return sync_mismatch_fault(project) or project.fault("C605", place, error=describe(error))


def _parameters(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A method that Channels can't call with its arguments."""
    found = re.match(r"(?:\w+\.)*(\w+)\(\) (takes|missing|got an unexpected keyword)", str(error))
    if not isinstance(error, TypeError) or not found or not project.consumer:
        return None
    method = found[1]
    wanted = PARAMETERS.get(method, "self, event" if method in project.own_methods() else None)
    if not wanted or "super()" in project.sources.line(place):
        return None
    facts = {"method": method, "wanted": wanted, "error": describe(error)}
    return Fault("C311", project.method_place(method), **facts)


def _coroutine(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A coroutine is used as if it were its result: an await is missing."""
    if not isinstance(error, TypeError | AttributeError) or "coroutine" not in str(error):
        return None
    call = (project.never_awaited() or ("the call", None))[0]
    return project.fault("C601", place, call=call)


def _json(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A consumer that mixes up message and text_data, or the key of an event and of the JSON."""
    in_consumer = place is not None and place.file == project.consumer_file
    line = project.sources.line(place)
    uses_json = re.search(r"\b(send|loads|dumps)\(|\[['\"]message['\"]\]", line)
    if (in_consumer and (isinstance(error, KeyError) or _mentions(error, "JSONDecodeError"))) or (
        isinstance(error, TypeError) and uses_json
    ):
        return project.fault("C310", place, error=describe(error))
    return None


#: In this order: the first rule that knows the exception wins. The general ones come last.
RULES: list[Rule] = [
    _syntax,
    _exit,
    _text,
    _import,
    _patterns,
    _undefined,
    _no_layer,
    _group_name,
    _wrapping,
    _scope_key,
    _routing,
    _not_called,
    _no_super,
    _attribute,
    _no_handler,
    _awaitable,
    _parameters,
    _coroutine,
    _json,
]
