"""Diagnoses why a participant received nothing, or not the right thing."""

import ast
import re

from chatdemo.course.checker.consumer_causes import misspelt_fault
from chatdemo.course.checker.exception_causes import explain_exception
from chatdemo.course.checker.faults import Fault
from chatdemo.course.checker.participant import HOST, CheckParticipant, message_in
from chatdemo.course.checker.project import LearnerProject


def general_fault(
    project: LearnerProject, participants: list[CheckParticipant], doing: str
) -> Fault | None:
    """Return what explains any failure: code that doesn't end, an exception, a coroutine that was
    never awaited, or a blocked event loop.
    """
    # A thread that the project starts for itself may be busy for as long as it likes.
    is_running = not all(participant.task.done() for participant in participants)
    if busy := project.watchdog.busy_place() if is_running else None:
        return project.fault("C004", busy, doing=doing)
    for participant in participants:
        if participant.error:
            return explain_exception(project, participant.error, doing)
    if fault := never_awaited_fault(project) or blocked_loop_fault(project):
        return fault
    # An asynchronous method that awaits without end: Channels never gets to the next event.
    for participant in participants:
        for frame in participant.waiting_frames():
            if place := project.sources.stack_place(frame):
                return project.fault("C004", place, doing=doing)
    return None


def never_awaited_fault(project: LearnerProject) -> Fault | None:
    """Return the fault of a coroutine that was created and never awaited."""
    found = project.never_awaited()
    if not found:
        return None
    call, place = found
    is_async = isinstance(project.sources.function(place), ast.AsyncFunctionDef)
    return project.fault("C601" if is_async else "C506", place, call=call)


def blocked_loop_fault(project: LearnerProject) -> Fault | None:
    """Return the fault of a call that blocked the event loop."""
    for block in project.watchdog.blocks:
        seen = f"it blocked every participant for {block.seconds:.1f} s"
        return project.fault("C602", block.place, seen=seen)
    return None


def disconnect_fault(project: LearnerProject, participants: list[CheckParticipant]) -> Fault | None:
    """Return what is wrong after the participants have closed their WebSockets, if anything."""
    fault = general_fault(project, participants, "closing a WebSocket")
    if not fault and not all(participant.task.done() for participant in participants):
        return Fault("C322", project.in_method("websocket_disconnect", "def websocket_disconnect"))
    return fault


def refused_fault(project: LearnerProject, participant: CheckParticipant) -> Fault:
    """Return why the handshake wasn't accepted."""
    fault = general_fault(project, [participant], "opening the room's WebSocket")
    if fault:
        return fault
    if participant.accepted is False and project.method_calls("connect", "close"):
        return Fault("C309", project.in_method("connect", r"close\("))
    if participant.accepted is False:
        return Fault("C308", project.in_asgi("Validator|websocket"), host=HOST)
    if fault := misspelt_fault(project, "connect"):
        return fault
    code = project.method_code("connect")
    pattern, why = "def connect", "never calls self.accept()"
    if re.search(r"self\.accept\(", code):
        pattern, why = r"accept\(", "doesn't always reach self.accept()"
    elif "self.accept" in code:
        pattern, why = "accept", "names self.accept without calling it: () is missing"
    return Fault("C306", project.in_method("connect", pattern), why=why)


def no_answer_fault(project: LearnerProject, participant: CheckParticipant) -> Fault:
    """Return why the sender of a message didn't receive it, or received something else."""
    fault = general_fault(project, [participant], "receiving a message")
    if fault:
        return fault
    if participant.closed:
        return Fault("C309", project.in_method("connect", r"close\("))
    if participant.frames:
        frame = participant.frames[0]
        if message_in(message_in(frame)) is not None:
            pattern = r"json|text_data\W*$|message.*text_data"
            place = project.in_method(project.receive_method, pattern)
            return Fault("C317", place, seen=repr(frame)[:80])
        senders = (name for name in project.event_handlers() if _sends(project, name))
        place = project.in_method(next(senders, "receive"), r"send\w*\(")
        return project.fault("C312", place, seen=repr(frame)[:80])
    if project.layer and project.layer.completed("group_send"):
        return _lost_event_fault(project)
    name = project.receive_method
    if not project.method(name):
        return misspelt_fault(project, "receive") or _no_receive_fault(project)
    has_joined = project.layer and project.layer.completed("group_add")
    return Fault("C514" if has_joined else "C307", project.in_method(name, rf"def {name}"))


def _sends(project: LearnerProject, method: str) -> bool:
    return project.method_calls(method, r"send\w*")


def _no_receive_fault(project: LearnerProject) -> Fault:
    outside = project.sources.search(project.consumer_file, r"^(async )?def receive")
    if not outside.line:
        return Fault("C305", project.consumer_place, error="nothing happens", why="")
    why = ": the one there isn't indented into the class"
    return Fault("C305", outside, error="it is outside the class", why=why)


def _lost_event_fault(project: LearnerProject) -> Fault:
    """Why an event that was sent to a group didn't become a frame."""
    layer = project.recorded
    sent = layer.completed("group_send")[-1]
    if not layer.completed("group_add"):
        return Fault("C501", project.in_method("connect", "def connect"), group=sent.name)
    if not any("!" in channel for _, channel in layer.members()):
        return Fault("C505", project.in_method("connect", "group_add|channel"), why="")
    if not layer.members(sent.name):
        joined = ", ".join(sorted({group for group, _ in layer.members()})) or "none"
        place = project.in_method(project.receive_method, "group_send")
        return Fault("C504", place, sent=sent.name, joined=joined)
    handler = str(sent.arguments[1].get("type", "")).replace(".", "_")
    if not _sends(project, handler):
        return Fault("C509", project.in_method(handler, f"def {handler}"), method=handler)
    return Fault("C516", project.in_method(handler, "if |return"), method=handler)


def not_shared_fault(
    project: LearnerProject, sender: CheckParticipant, other: CheckParticipant
) -> Fault:
    """Return why a message reached its sender but not the room's other participant."""
    fault = general_fault(project, [sender, other], "sending a message to the room")
    if fault:
        return fault
    if not project.recorded.completed("group_send"):
        pattern = r"self\.send|channel_layer\.send|def receive"
        return project.fault("C502", project.in_method(project.receive_method, pattern))
    groups = sorted({group for group, _ in project.recorded.members()})
    if len(groups) > 1:
        place = project.in_method("connect", "group_name|group_add")
        return Fault("C511", place, groups=" and ".join(groups[:2]))
    return _lost_event_fault(project)


def repeated_event_fault(project: LearnerProject) -> Fault:
    """Return the fault of one message that became several events."""
    senders = (
        name
        for name in project.event_handlers()
        if project.method_calls(name, r"channel_layer\.group_send")
    )
    method = next(senders, project.receive_method)
    return Fault("C515", project.in_method(method, "group_send"), method=method)
