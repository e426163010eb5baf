"""What is wrong in the consumer itself."""

import ast
import re

from chatdemo.course.checker.causes.exceptions import Rule, says, shown
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import guess

SIGNATURES = {
    "connect": "self",
    "disconnect": "self, close_code",
    "receive": "self, text_data",
    "receive_json": "self, content",
}


def _not_called(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """A function is used as if it were what it returns."""
    found = re.match(r"'(?:function|method)' object has no attribute '(\w+)'", str(error))
    if not isinstance(error, AttributeError) or not found:
        return None
    where = project.sources.search_all(r"=\s*get_channel_layer\s*$") or place
    return Fault(
        "C326",
        where,
        name="get_channel_layer" if where != place else "a function",
        error=shown(error),
    )


def _no_super(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """An __init__ of the learner's that leaves out the base's: what Channels sets there is missing."""
    init = project.method("__init__") if isinstance(error, AttributeError | TypeError) else None
    if not init or "super().__init__" in ast.unparse(init):
        return None
    return Fault("C316", project.method_place("__init__"), error=shown(error))


def misspelt(project: Project, method: str) -> Fault | None:
    """The method that Channels calls isn't the learner's own, but one with almost its name is."""
    if project.method(method) or not project.consumer:
        return None
    found = guess(method, [name for name in project.handlers() if name not in SIGNATURES], "{!r}")[
        1:-1
    ]
    return Fault("C313", project.method_place(found), wrong=found, right=method) if found else None


def _attribute(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """What connect should have set isn't there, as connect is written in another way."""
    found = re.search(r"^'(\w+)' object has no attribute '(\w+)'", str(error))
    if not found or not project.consumer or found[1] != project.consumer.__name__:
        return None
    known = set(re.findall(r"self\.(\w+)", project.sources.code)) - {found[2]}
    attribute = Fault("C315", place, name=found[2], guess=guess(found[2], known, " {!r} is there."))
    return misspelt(project, "connect") or attribute


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
    if not says(error, "Incoming message has no 'type' attribute"):
        return None
    place = project.sources.search(project.consumer_file, "group_send")
    return Fault("C508", place, error=shown(error))


def _not_awaitable(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not says(error, "TypeError: object", "can't be used in 'await' expression"):
        return None
    return plain_in_async(project) or Fault(
        "C605", place, error=shown(error), line=project.sources.line(place)
    )


def plain_in_async(project: Project) -> Fault | None:
    """A method that Channels awaits and that is a plain ``def``, or the other way round; None if there is neither."""
    from asyncio import iscoroutinefunction

    from channels.consumer import AsyncConsumer, SyncConsumer

    consumer = project.consumer
    if not consumer or not issubclass(consumer, AsyncConsumer):
        return None
    is_sync = issubclass(consumer, SyncConsumer)
    called = [name for name in (*SIGNATURES, *event_handlers(project)) if project.method(name)]
    for name in called:
        if iscoroutinefunction(getattr(consumer, name)) == is_sync:
            base = consumer.__mro__[1].__name__
            return Fault(
                "C606" if is_sync else "C603", project.method_place(name), method=name, base=base
            )
    return None


def event_handlers(project: Project) -> list[str]:
    """The methods that an event's type in the learner's code names."""
    types = re.findall(r"""['"]type['"]\s*:\s*['"]([\w.]+)['"]""", project.sources.code)
    return [name for type in types if (name := type.replace(".", "_")) in project.handlers()]


def _sync_in_async(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if says(error, "You cannot use AsyncToSync in the same thread"):
        return Fault("C604", place, error=shown(error))
    if says(error, "SynchronousOnlyOperation"):
        return Fault("C602", place, line=project.sources.line(place), seen=shown(error))
    return None


def _signature(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """A method of the consumer that Channels can't call: it takes other arguments."""
    found = re.match(r"(?:\w+\.)*(\w+)\(\) (takes|missing|got an unexpected keyword)", str(error))
    if not isinstance(error, TypeError) or not found or not project.consumer:
        return None
    wanted = SIGNATURES.get(found[1], "self, event" if found[1] in project.handlers() else None)
    if not wanted or (place and "super()" in project.sources.line(place)):
        return None
    return Fault(
        "C311", project.method_place(found[1]), method=found[1], wanted=wanted, error=shown(error)
    )


def _coroutine(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """A coroutine is taken for what it would give: nobody awaited it."""
    if not isinstance(error, TypeError | AttributeError) or "coroutine" not in str(error):
        return None
    call = (project.forgotten() or ("the call", None))[0]
    return Fault("C601", place, call=call, line=project.sources.line(place))


def _mixed_up(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """KeyError and TypeError of a consumer that takes one name for the other."""
    line = project.sources.line(place)
    if isinstance(error, KeyError) and place and place.file == project.consumer_file:
        return Fault("C310", place, error=shown(error), line=line)
    if isinstance(error, TypeError) and re.search(
        r"\b(send|loads|dumps)\(|\[['\"]message['\"]\]", line
    ):
        return Fault("C310", place, error=shown(error), line=line)
    if says(error, "JSONDecodeError") and place and place.file == project.consumer_file:
        return Fault("C310", place, error=shown(error), line=line)
    return None


#: Asked in this order; the first that knows the exception answers.
RULES: list[Rule] = [
    _not_called,
    _no_super,
    _attribute,
    _no_handler,
    _no_type,
    _not_awaitable,
    _sync_in_async,
    _signature,
    _coroutine,
    _mixed_up,
]
