"""Why a participant heard nothing: what the consumers did, and didn't, when they should have answered."""

import ast
import re

from chatdemo.course.checker import explain
from chatdemo.course.checker.causes.blocking import held_up
from chatdemo.course.checker.causes.consumer import event_handlers, misspelt
from chatdemo.course.checker.faults import Fault
from chatdemo.course.checker.participant import HOST, Participant, read
from chatdemo.course.checker.project import Project


def general(project: Project, people: list[Participant], doing: str) -> Fault | None:
    """What explains any trouble: code that doesn't end, an exception, a coroutine that was thrown away."""
    # A thread that a project starts for itself may be busy as long as it likes.
    busy = None if all(person.task.done() for person in people) else project.watchdog.busy()
    if busy:
        return Fault("C004", busy, line=project.sources.line(busy), doing=doing)
    for person in people:
        if person.error:
            return explain.exception(project, person.error, doing)
    return forgotten(project) or held_up(project) or _waiting(project, people, doing)


def _waiting(project: Project, people: list[Participant], doing: str) -> Fault | None:
    """An asynchronous method that awaits without end, so that Channels never gets to the next event."""
    for person in people:
        for frame in person.waiting():
            place = project.sources.stack_place(frame)
            if place:
                return Fault("C004", place, line=project.sources.line(place), doing=doing)
    return None


def goodbye(project: Project, people: list[Participant]) -> Fault | None:
    """What is wrong once the participants have closed their WebSockets."""
    fault = general(project, people, "closing a WebSocket")
    if not fault and not all(person.task.done() for person in people):
        return Fault("C322", project.in_method("websocket_disconnect", "def websocket_disconnect"))
    return fault


def forgotten(project: Project) -> Fault | None:
    """A coroutine that was made and never awaited, by the line that made it."""
    found = project.forgotten()
    if not found:
        return None
    call, place = found
    function = project.sources.function(place)
    is_async = isinstance(function, ast.AsyncFunctionDef)
    return Fault("C601" if is_async else "C506", place, call=call, line=project.sources.line(place))


def refused(project: Project, person: Participant) -> Fault:
    """Why the handshake wasn't accepted."""
    doing = "opening the room's WebSocket"
    fault = general(project, [person], doing)
    if fault:
        return fault
    if person.accepted is False and _calls(project, "connect", "close"):
        return Fault("C309", project.in_method("connect", r"close\("))
    if person.accepted is False:
        return Fault(
            "C308", project.sources.search(project.asgi_file, "Validator|websocket"), host=HOST
        )
    return misspelt(project, "connect") or _not_accepted(project)


def _not_accepted(project: Project) -> Fault:
    code = _code(project, "connect")
    if re.search(r"self\.accept\(", code):
        return Fault(
            "C306",
            project.in_method("connect", r"accept\("),
            why="doesn't get to self.accept() every time",
        )
    if "self.accept" in code:
        return Fault(
            "C306",
            project.in_method("connect", "accept"),
            why="names self.accept without calling it: () is missing",
        )
    return Fault(
        "C306", project.in_method("connect", "def connect"), why="never calls self.accept()"
    )


def unanswered(project: Project, person: Participant) -> Fault:
    """Why a message that was sent to the server brought its sender nothing that is right."""
    fault = general(project, [person], "taking a message")
    if fault:
        return fault
    if person.closed:
        return Fault("C309", project.in_method("connect", r"close\("))
    if person.frames and read(read(person.frames[0])) is not None:
        place = project.in_method(_receiver(project), r"json|text_data\W*$|message.*text_data")
        return Fault("C317", place, seen=repr(person.frames[0])[:80])
    if person.frames:
        place = project.in_method(_sender(project), r"send\w*\(")
        return Fault(
            "C312", place, seen=repr(person.frames[0])[:80], line=project.sources.line(place)
        )
    return (
        _lost_in_groups(project)
        if project.layer and project.layer.made("group_send")
        else _does_nothing(project)
    )


def _sender(project: Project) -> str:
    """The method that sends frames: an event's handler, where there is one, or receive."""
    handlers = event_handlers(project)
    return next((name for name in handlers if _calls(project, name, r"send\w*")), "receive")


def _receiver(project: Project) -> str:
    """The method that takes a participant's frames."""
    return "receive_json" if project.method("receive_json") else "receive"


def _does_nothing(project: Project) -> Fault:
    name = _receiver(project)
    if not project.method(name):
        return misspelt(project, "receive") or _no_receive(project)
    joined = project.layer and project.layer.made("group_add")
    return Fault("C514" if joined else "C307", project.in_method(name, rf"def {name}"))


def _no_receive(project: Project) -> Fault:
    outside = project.sources.search(project.consumer_file, r"^(async )?def receive")
    if outside.line:
        return Fault(
            "C305",
            outside,
            error="it is outside the class",
            why=": the one there isn't indented into the class",
        )
    return Fault("C305", project.consumer_place, error="nothing happens", why="")


def _lost_in_groups(project: Project) -> Fault:
    """What became of an event that went to a group."""
    sent = project.layer.made("group_send")[-1]
    place = project.in_method(_receiver(project), "group_send")
    if not project.layer.made("group_add"):
        return Fault("C501", project.in_method("connect", "def connect"), group=sent.name)
    if not any("!" in channel for _, channel in project.layer.members()):
        return Fault("C505", project.in_method("connect", "group_add|channel"), why="")
    if not project.layer.members(sent.name):
        joined = sorted({group for group, _ in project.layer.members()})
        return Fault("C504", place, sent=sent.name, joined=", ".join(joined) or "none")
    handler = str(sent.arguments[1].get("type", "")).replace(".", "_")
    if not _calls(project, handler, r"send\w*"):
        return Fault("C509", project.in_method(handler, f"def {handler}"), method=handler)
    return Fault("C516", project.in_method(handler, "if |return"), method=handler)


def _calls(project: Project, method: str, name: str) -> bool:
    """Whether a method of the learner's consumer, or one of the learner's that it calls, calls ``self.<name>``."""
    own, seen = project.handlers(), set()
    todo = [method]
    while todo:
        current = todo.pop()
        seen.add(current)
        code = _code(project, current)
        if re.search(rf"\bself\.(?:{name})\b|super\(\)\.{name}", code):
            return True
        todo += [
            called
            for called in re.findall(r"self\.(\w+)", code)
            if called in own and called not in seen
        ]
    return False


def _code(project: Project, method: str) -> str:
    node = project.method(method)
    return ast.unparse(node) if node else ""


def alone(project: Project, speaker: Participant, other: Participant) -> Fault:
    """Why a message reached its sender and not the other participant of the room."""
    fault = general(project, [speaker, other], "passing a message on")
    if fault:
        return fault
    if not project.layer.made("group_send"):
        place = project.in_method(_receiver(project), r"self\.send|channel_layer\.send|def receive")
        return Fault("C502", place, line=project.sources.line(place))
    joined = sorted({group for group, _ in project.layer.members()})
    if len(joined) > 1:
        return Fault(
            "C511",
            project.in_method("connect", "group_name|group_add"),
            groups=" and ".join(joined[:2]),
        )
    return _lost_in_groups(project)


def again(project: Project) -> Fault:
    """One message has become more than one event."""
    handlers = [
        name
        for name in event_handlers(project)
        if _calls(project, name, r"channel_layer\.group_send")
    ]
    method = handlers[0] if handlers else _receiver(project)
    return Fault("C515", project.in_method(method, "group_send"), method=method)
