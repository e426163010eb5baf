"""From an exception in the learner's consumer to the fault that caused it."""

import re
from asyncio import iscoroutinefunction

from channels.consumer import AsyncConsumer, SyncConsumer

from chatdemo.course.checker.faults import Fault, Place, describe, mentions
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.source_files import suggestion

#: The methods that Channels calls, and their parameters.
PARAMETERS = {
    "connect": "self",
    "disconnect": "self, close_code",
    "receive": "self, text_data",
    "receive_json": "self, content",
}


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
            base = consumer.__mro__[1].__name__
            id = "C606" if is_sync else "C603"
            return Fault(id, project.method_place(name), method=name, base=base)
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


def _no_type(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    if not mentions(error, "Incoming message has no 'type' attribute"):
        return None
    place = project.sources.search(project.consumer_file, "group_send")
    return Fault("C508", place, error=describe(error))


def _not_awaitable(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    if not mentions(error, "TypeError: object", "can't be used in 'await' expression"):
        return None
    return sync_mismatch_fault(project) or project.fault("C605", place, error=describe(error))


def _sync_in_async(
    project: LearnerProject, error: BaseException, place: Place | None
) -> Fault | None:
    if mentions(error, "You cannot use AsyncToSync in the same thread"):
        return Fault("C604", place, error=describe(error))
    if mentions(error, "SynchronousOnlyOperation"):
        return project.fault("C602", place, seen=describe(error))
    return None


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


def _mixed_up(project: LearnerProject, error: BaseException, place: Place | None) -> Fault | None:
    """A consumer that mixes up message and text_data, or the key of an event and of the JSON."""
    in_consumer = place is not None and place.file == project.consumer_file
    line = project.sources.line(place)
    uses_json = re.search(r"\b(send|loads|dumps)\(|\[['\"]message['\"]\]", line)
    if (in_consumer and (isinstance(error, KeyError) or mentions(error, "JSONDecodeError"))) or (
        isinstance(error, TypeError) and uses_json
    ):
        return project.fault("C310", place, error=describe(error))
    return None


#: In this order: the first rule that knows the exception wins.
RULES = [
    _not_called,
    _no_super,
    _attribute,
    _no_handler,
    _no_type,
    _not_awaitable,
    _sync_in_async,
    _parameters,
    _coroutine,
    _mixed_up,
]
