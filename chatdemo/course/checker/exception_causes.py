"""From an exception in the learner's project to the fault that caused it.

A rule gets the project, the exception and the learner's last line in its traceback, and returns the
fault, or None if it doesn't know the exception.
"""

import re
import sys
from collections.abc import Callable

from chatdemo.course.checker import consumer_causes
from chatdemo.course.checker.faults import Fault, Place, describe, mentions
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.source_files import suggestion
from chatdemo.course.checker.websocket_routes import protocol_mapping, websocket_routes

Rule = Callable[[LearnerProject, BaseException, Place | None], Fault | None]


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


def _syntax(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, SyntaxError) and error.filename:
        return syntax_fault(project, error)
    return None


def _exit(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if not isinstance(error, SystemExit):
        return None
    return Fault("C010", place, seen=f"{describe(error)} at {place}")


def _apps_not_ready(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    if not mentions(error, "AppRegistryNotReady"):
        return None
    place = project.in_asgi(r"import.*(routing|consumers|chat)")
    return Fault("C106", place, error=describe(error))


def _import(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A module that doesn't exist, a name that isn't in a module, or a circular import."""
    why = ""
    if mentions(error, "ImportError", "partially initialized module") or mentions(
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


def _undefined_name(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    from channels.generic.websocket import AsyncWebsocketConsumer

    if not isinstance(error, NameError):
        return None
    name = getattr(error, "name", None) or str(error).split("'")[1]
    why = "an import is missing, or the name is misspelt"
    if re.search(rf"include\(\s*{name}\b", project.sources.line(place)):
        why = "the quotation marks are missing"
    elif hasattr(AsyncWebsocketConsumer, name) or name in (
        "channel_layer",
        "channel_name",
        "scope",
    ):
        why = "self. is missing before it"
    return project.fault("C006", place, error=describe(error), name=name, why=why)


def _no_patterns(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
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


def _no_layer(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    is_none = mentions(error, "AttributeError: 'NoneType' object has no attribute")
    if is_none and not project.layer and re.search("'(group_|send|receive)", str(error)):
        return no_layer_fault(project, describe(error))
    return None


def no_layer_fault(project: LearnerProject, seen: str) -> Fault:
    """Return why there is no channel layer: no setting, or a setting without a default."""
    if hasattr(project.settings, "CHANNEL_LAYERS"):
        return Fault("C402", project.in_settings("CHANNEL_LAYERS"), error='it has no "default"')
    place = project.in_settings(r"^\s*CHANNEL_LAYERS\s*=")
    names = [name for name in vars(project.settings) if name.isupper()]
    guess = suggestion("CHANNEL_LAYERS", names, " They have {!r}.")
    if place.line:
        guess = f" The line {place} is never run."
    return Fault("C401", place, error=seen, guess=guess)


def _group_name(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if not mentions(error, "Group name must be a valid unicode string"):
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
    if mentions(error, "'list' object is not callable") and not place:
        return Fault("C327", project.in_asgi("websocket_urlpatterns|websocket"))
    if mentions(error, "include() is not supported in URLRouter"):
        return Fault("C325", project.sources.search_all(r"include\(") or place)
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


def no_room_name_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a route that doesn't name the room."""
    routes = websocket_routes(project.application)
    place = project.sources.search_all(r"re_path\(|[^e]path\(\s*r?['\"]/?\^?ws")
    return Fault("C304", place, error=seen, pattern=str(routes[0].pattern) if routes else "")


def _no_protocol(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    missing = "No application configured for scope type"
    if mentions(error, f"{missing} 'websocket'") or mentions(error, "not websocket"):
        return no_websocket_fault(project, describe(error))
    if mentions(error, f"{missing} 'http'"):
        return Fault("C107", project.in_asgi("ProtocolTypeRouter\\("), error=describe(error))
    return None


def no_websocket_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a router without "websocket"."""
    known = protocol_mapping(project.application) or {}
    guess = suggestion("websocket", known, " It has {!r}.")
    place = project.in_asgi(r"ProtocolTypeRouter\(|application\s*=")
    return Fault("C301", place, error=seen, guess=guess)


def _no_as_asgi(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if mentions(error, "__init__() takes", "but 4 were given") or mentions(
        error, "__call__() missing"
    ):
        return no_as_asgi_fault(project, describe(error))
    return None


def no_as_asgi_fault(project: LearnerProject, seen: str) -> Fault:
    """Return the fault of a route to a consumer without as_asgi()."""
    name = project.consumer_name
    place = project.sources.search_all(rf"path\(.*{name}|{name}\s*\)")
    return Fault("C303", place, name=name, error=seen)


#: In this order: the first rule that knows the exception wins. The consumer's rules are general,
#: so they come last.
RULES: list[Rule] = [
    _syntax,
    _exit,
    _apps_not_ready,
    _import,
    _no_patterns,
    _undefined_name,
    _no_layer,
    _group_name,
    _wrapping,
    _scope_key,
    _no_protocol,
    _no_as_asgi,
    *consumer_causes.RULES,
]
