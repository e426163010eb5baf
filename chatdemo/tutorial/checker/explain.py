"""From what was seen to its cause: an exception, or a silence, and the learner's line that made it."""

import ast
import re
import sys
from collections.abc import Callable

from chatdemo.tutorial.checker import routes
from chatdemo.tutorial.checker.faults import Fault, Place
from chatdemo.tutorial.checker.project import Project
from chatdemo.tutorial.checker.sources import guess

Rule = Callable[[Project, BaseException, Place | None], Fault | None]


def exception(project: Project, error: BaseException, doing: str) -> Fault:
    """The fault behind an exception that came out of the learner's project while ``doing``, such as "importing x"."""
    place = project.sources.last_place(error.__traceback__)
    for rule in RULES:
        fault = rule(project, error, place)
        if fault:
            return fault
    return Fault("C005", place, error=shown(error), line=project.sources.line(place), doing=doing)


def shown(error: BaseException) -> str:
    """The exception as Python's last line of a traceback has it."""
    text = str(error).strip().splitlines()
    said = re.sub(r" \(/[^()]*\)$", "", text[0]) if text else ""  # where the module is, which the place says
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def _says(error: BaseException, *words: str) -> bool:
    return all(word in f"{type(error).__name__}: {error}" for word in words)


def _syntax(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    return syntax_fault(project, error) if isinstance(error, SyntaxError) and error.filename else None


def syntax_fault(project: Project, error: SyntaxError) -> Fault:
    """Raised nowhere, for the caller to raise: a file that Python can't read."""
    file = project.sources.place(project.folder / error.filename, error.lineno or 0) or Place(error.filename)
    why = ""
    if "await" in (error.msg or ""):
        why = " Only a method that starts with `async def` may await."
    return Fault("C002", file, error=error.msg, line=f": {(error.text or '').strip()}", why=why)


def _exit(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    return Fault("C010", place, seen=f"{shown(error)} at {place}") if isinstance(error, SystemExit) else None


def _registry(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not _says(error, "AppRegistryNotReady"):
        return None
    return Fault(
        "C106", project.sources.search(project.asgi_file, r"import.*(routing|consumers|chat)"), error=shown(error)
    )


def _no_layer(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not _says(error, "AttributeError: 'NoneType' object has no attribute") or project.layer:
        return None
    return layer_missing(project, shown(error)) if re.search("'(group_|send|receive)", str(error)) else None


def layer_missing(project: Project, seen: str) -> Fault:
    """Why there is no channel layer: the setting isn't there, or has no default."""
    if hasattr(project.settings, "CHANNEL_LAYERS"):
        place = project.sources.search(project.settings_file, "CHANNEL_LAYERS")
        return Fault("C402", place, error='it has no "default"')
    names = [name for name in vars(project.settings) if name.isupper()]
    return Fault(
        "C401", Place(project.settings_file), error=seen, guess=guess("CHANNEL_LAYERS", names, " It has {!r}.")
    )


def _no_websocket(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if _says(error, "No application configured for scope type 'websocket'") or _says(error, "not websocket"):
        return no_websocket(project, shown(error))
    if _says(error, "No application configured for scope type 'http'"):
        return Fault("C107", project.sources.search(project.asgi_file, "ProtocolTypeRouter\\("), error=shown(error))
    return None


def no_websocket(project: Project, seen: str) -> Fault:
    keys = routes.mapping(project.application) or {}
    place = project.sources.search(project.asgi_file, r"ProtocolTypeRouter\(|application\s*=")
    return Fault("C301", place, error=seen, guess=guess("websocket", keys, " It has {!r}."))


def _no_handler(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    found = re.search(r"No handler for message type (\S+)", str(error))
    if not found:
        return None
    type, method = found[1], found[1].replace(".", "_")
    line = project.sources.search_all(re.escape(type)) or project.consumer_place
    if type.startswith("websocket."):
        return Fault("C305", project.consumer_place, error=shown(error), why="")
    hint = guess(method, project.handlers(), " It has {!r}.") or _outside(project, method)
    return Fault("C507", line, type=type, method=method, guess=hint)


def _outside(project: Project, method: str) -> str:
    """A sentence about a function of that name which isn't in the consumer's class."""
    found = project.sources.search(project.consumer_file, rf"def {method}\b")
    return f" The one at {found} isn't in the class: mind its indentation." if found.line else ""


def _no_type(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not _says(error, "Incoming message has no 'type' attribute"):
        return None
    place = project.sources.search(project.consumer_file, "group_send")
    return Fault("C508", place, error=shown(error))


def _no_room_name(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    line = project.sources.line(place)
    if isinstance(error, KeyError) and "kwargs" in line:
        return no_room_name(project, shown(error))
    return None


def no_room_name(project: Project, seen: str) -> Fault:
    patterns = [routes.written(route) for route in project.websocket_routes]
    place = project.sources.search_all(r"re_path\(|[^e]path\(\s*r?['\"]/?\^?ws")
    return Fault("C304", place, error=seen, pattern=patterns[0] if patterns else "")


def _mixed_up(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """KeyError and TypeError of a consumer that takes one name for the other."""
    line = project.sources.line(place)
    if isinstance(error, KeyError) and place and place.file == project.consumer_file:
        return Fault("C310", place, error=shown(error), line=line)
    if isinstance(error, TypeError) and re.search(r"\b(send|loads|dumps)\(|\[['\"]message['\"]\]", line):
        return Fault("C310", place, error=shown(error), line=line)
    if _says(error, "JSONDecodeError") and place and place.file == project.consumer_file:
        return Fault("C310", place, error=shown(error), line=line)
    return None


def _signature(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """A method of the consumer that Channels can't call: it takes other arguments."""
    found = re.match(r"(?:\w+\.)*(\w+)\(\) (takes|missing|got an unexpected keyword)", str(error))
    if not isinstance(error, TypeError) or not found or not project.consumer:
        return None
    wanted = SIGNATURES.get(found[1], "self, event" if found[1] in project.handlers() else None)
    if not wanted or (place and "super()" in project.sources.line(place)):
        return None
    return Fault("C311", project.method_place(found[1]), method=found[1], wanted=wanted, error=shown(error))


SIGNATURES = {
    "connect": "self",
    "disconnect": "self, close_code",
    "receive": "self, text_data",
    "receive_json": "self, content",
}


def _not_awaitable(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not _says(error, "TypeError: object", "can't be used in 'await' expression"):
        return None
    return plain_in_async(project) or Fault("C605", place, error=shown(error), line=project.sources.line(place))


def plain_in_async(project: Project) -> Fault | None:
    """A method that Channels awaits and that is a plain ``def``, or the other way round; None if there is neither."""
    from asyncio import iscoroutinefunction

    from channels.consumer import AsyncConsumer, SyncConsumer

    consumer = project.consumer
    if not consumer or not issubclass(consumer, AsyncConsumer):
        return None
    is_sync = issubclass(consumer, SyncConsumer)
    called = [name for name in (*SIGNATURES, *_event_handlers(project)) if project.method(name)]
    for name in called:
        if iscoroutinefunction(getattr(consumer, name)) == is_sync:
            base = consumer.__mro__[1].__name__
            return Fault("C606" if is_sync else "C603", project.method_place(name), method=name, base=base)
    return None


def _event_handlers(project: Project) -> list[str]:
    """The methods that an event's type in the learner's code names."""
    types = re.findall(r"""['"]type['"]\s*:\s*['"]([\w.]+)['"]""", project.sources.code)
    return [name for type in types if (name := type.replace(".", "_")) in project.handlers()]


def _sync_in_async(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if _says(error, "You cannot use AsyncToSync in the same thread"):
        return Fault("C604", place, error=shown(error))
    if _says(error, "SynchronousOnlyOperation"):
        return Fault("C602", place, line=project.sources.line(place), seen=shown(error))
    return None


def _group_name(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not _says(error, "Group name must be a valid unicode string"):
        return None
    names = [call.name for call in project.layer.calls if call.method.startswith("group_")] if project.layer else []
    name = str(names[-1:] or ["?"])[1:-1]
    if "!" in name:
        return Fault(
            "C505", place or project.in_method("connect", "group_add"), why=": the two are the wrong way round"
        )
    why = ": the f in front of the quotes is missing" if "{" in name else ""
    return Fault("C503", place or project.in_method("connect", "group"), name=name, why=why)


def _not_as_asgi(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if _says(error, "__init__() takes", "but 4 were given") or _says(error, "__call__() missing"):
        return not_as_asgi(project, shown(error))
    return None


def not_as_asgi(project: Project, seen: str) -> Fault:
    name = project.consumer.__name__ if project.consumer else "Consumer"
    return Fault("C303", project.sources.search_all(rf"path\(.*{name}|{name}\s*\)"), name=name, error=seen)


def _import(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """Something that isn't there under that name: a module, a name in a module, or a circle of imports."""
    if _says(error, "ImportError", "partially initialized module") or _says(error, "AttributeError: partially"):
        return Fault("C007", place, error=shown(error), why="The modules import each other in a circle.")
    if isinstance(error, ModuleNotFoundError):
        return Fault("C007", _import_place(project, error, place), error=shown(error), why=_why_missing(project, error))
    if isinstance(error, ImportError):
        known = dir(sys.modules.get(error.name or "", None))
        name = re.search(r"cannot import name '(\w+)'", str(error))
        return Fault("C007", place, error=shown(error), why=guess(name[1], known).strip() if name else "")
    return None


def _import_place(project: Project, error: ModuleNotFoundError, place: Place | None) -> Place | None:
    return place or project.sources.search_all(rf"['\"]{re.escape(error.name or '?')}[.'\"]")


def _why_missing(project: Project, error: ModuleNotFoundError) -> str:
    own = [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in project.sources.python]
    top = (error.name or "").partition(".")[0]
    if top not in {name.partition(".")[0] for name in own} and not guess(error.name or "", own):
        return f"If it is a package, install it: python -m pip install {top}"
    return guess(error.name or "", own, "Did you mean {!r}?") or f"There is no file {error.name.replace('.', '/')}.py."


def misspelt(project: Project, method: str) -> Fault | None:
    """The method that Channels calls isn't the learner's own, but one with almost its name is."""
    if project.method(method) or not project.consumer:
        return None
    found = guess(method, [name for name in project.handlers() if name not in SIGNATURES], "{!r}")[1:-1]
    return Fault("C313", project.method_place(found), wrong=found, right=method) if found else None


def _attribute(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """What connect should have set isn't there, as connect is written in another way."""
    found = re.search(r"^'(\w+)' object has no attribute '(\w+)'", str(error))
    if not found or not project.consumer or found[1] != project.consumer.__name__:
        return None
    known = set(re.findall(r"self\.(\w+)", project.sources.code)) - {found[2]}
    attribute = Fault("C315", place, name=found[2], guess=guess(found[2], known, " {!r} is there."))
    return misspelt(project, "connect") or attribute


def _outside_in(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """What stands round the consumers is put together wrongly."""
    if re.search(r"Middleware\w*' object is not iterable", str(error)):
        return Fault("C324", place or project.sources.search(project.asgi_file, r"URLRouter\("))
    if _says(error, "include() is not supported in URLRouter"):
        return Fault("C325", project.sources.search_all(r"include\(") or place)
    found = re.match(r"(\w+)\.__call__\(\) (?:takes|missing)", str(error))
    if isinstance(error, TypeError) and found:
        where = project.sources.search_all(rf"class {found[1]}\b")
        return Fault("C321", where, name=found[1]) if where else None
    return None


def _not_called(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """A function is used as if it were what it returns."""
    found = re.match(r"'(?:function|method)' object has no attribute '(\w+)'", str(error))
    if not isinstance(error, AttributeError) or not found:
        return None
    where = project.sources.search_all(r"=\s*get_channel_layer\s*$") or place
    return Fault("C326", where, name="get_channel_layer" if where != place else "a function", error=shown(error))


def _no_user(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, KeyError) and error.args and error.args[0] in ("user", "session", "cookies"):
        where = project.sources.search(project.asgi_file, "websocket")
        return Fault("C320", where, key=error.args[0], line=project.sources.line(place), used=place)
    return None


def _no_super(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """An __init__ of the learner's that leaves out the base's: what Channels sets there is missing."""
    init = project.method("__init__") if isinstance(error, AttributeError | TypeError) else None
    if not init or "super().__init__" in ast.unparse(init):
        return None
    return Fault("C316", project.method_place("__init__"), error=shown(error))


def _name(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, NameError):
        name = getattr(error, "name", None) or str(error).split("'")[1]
        return Fault("C006", place, error=shown(error), name=name, line=project.sources.line(place))
    return None


#: Asked in this order; the first that knows the exception answers.
RULES: list[Rule] = [
    _syntax,
    _exit,
    _outside_in,
    _not_called,
    _no_user,
    _registry,
    _no_layer,
    _no_websocket,
    _no_super,
    _attribute,
    _no_handler,
    _no_type,
    _no_room_name,
    _not_as_asgi,
    _not_awaitable,
    _sync_in_async,
    _group_name,
    _signature,
    _import,
    _name,
    _mixed_up,
]
