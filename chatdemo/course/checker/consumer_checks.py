"""Checks of the routes and the consumer: steps 3 (echo), 4 (layer), 5 (groups) and 6 (async).

A check that fails looks for the cause in what the participants and the channel layer have recorded.
"""

import ast
import re
from collections.abc import Sequence

from channels.consumer import AsyncConsumer, SyncConsumer

from chatdemo.course.checker.asgi_client import HOST, CheckParticipant, message_in
from chatdemo.course.checker.blocking_calls import blocking_calls
from chatdemo.course.checker.exception_causes import (
    explain_exception,
    misspelt_fault,
    no_as_asgi_fault,
    no_layer_fault,
    no_room_name_fault,
    no_websocket_fault,
    sync_mismatch_fault,
)
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.script_checks import shows_own_frames
from chatdemo.course.checker.source_files import FUNCTIONS
from chatdemo.course.checker.websocket_routes import (
    matching_routes,
    protocol_mapping,
    websocket_routes,
    why_unmatched,
)

OTHER_SITES_ALLOWED = (
    "Pages of any other site can open your WebSockets too. AllowedHostsOriginValidator(...) around"
    " AuthMiddlewareStack refuses them."
)
#: Pairs of rooms that must not share a group.
CONFUSABLE_ROOMS = [
    ("room_1", "room_2"),  # they do if all rooms have one group
    ("a_long_name_for_a_room_1", "a_long_name_for_a_room_2"),  # or if its name is shortened
]
#: A pair that may share one on purpose.
EQUAL_IN_LOWER_CASE = ("lobby", "Lobby")


def check_websocket_router(project: LearnerProject) -> None:
    """Check that the ProtocolTypeRouter has "websocket"."""
    mapping = protocol_mapping(project.application)
    if mapping is not None and "websocket" not in mapping:
        names = ", ".join(map(repr, mapping)) or "nothing"
        raise no_websocket_fault(project, f"it has {names}")


def check_room_route(project: LearnerProject) -> None:
    """Check the WebSocket routes, if there are any.

    Exactly one must match the room's address. It captures ``room_name``, and leads to a consumer.
    """
    routes = websocket_routes(project.application)
    if not routes:
        return
    place = (
        project.sources.search_all(r"path\(\s*r?['\"][^'\"]*ws")
        or project.sources.search_all(r"^\s*r?['\"]\^?/?ws/")
        or project.sources.search_all(r"websocket_urlpatterns|URLRouter\(\s*\[")
    )
    address = project.pages.socket_path("lobby").removeprefix("/")
    matches = matching_routes(routes, address)
    if not matches:
        why = why_unmatched(routes[0])
        raise Fault("C302", place, pattern=str(routes[0].pattern), why=why)
    (route, named), *others = matches
    if others:
        one, other = str(route.pattern), str(others[0].route.pattern)
        raise Fault("C318", place, one=one, other=other)
    is_class = isinstance(route.callback, type | AsyncConsumer)
    if is_class or getattr(route.callback, "__name__", "") == "as_asgi":
        raise no_as_asgi_fault(project, "the route leads to something else")
    if "room_name" in route.default_args:
        raise Fault("C323", place, name=route.default_args["room_name"])
    if not named:
        raise no_room_name_fault(project, "the pattern names no part of the address")
    if matching_routes(routes, f"{address}and/more/"):
        raise Fault("C314", place, pattern=str(route.pattern))


async def check_methods(project: LearnerProject) -> None:
    """Check that each method is defined once, and is `async def` if the base class's is."""
    await project.record_layer()
    if fault := sync_mismatch_fault(project):
        raise fault
    for file in project.sources.python:
        for node in ast.walk(project.sources.tree(file)):
            if isinstance(node, ast.ClassDef) and node.name == project.consumer_name:
                methods = [method for method in node.body if isinstance(method, FUNCTIONS)]
                names = [method.name for method in methods]
                for method in methods:
                    if names.count(method.name) > 1 and not method.decorator_list:
                        raise Fault("C319", Place(file, method.lineno), method=method.name)


async def check_echo(project: LearnerProject) -> None:
    """Check that a participant receives its own message, in a frame that the page can show."""
    [participant] = await _connect(project, "lobby")
    text = project.new_text()
    participant.send(text)
    if not await participant.receives(text):
        if not participant.error and await project.sign_in():  # perhaps guests only read
            return await check_echo(project)
        raise _no_answer_fault(project, participant)
    [frame, *_] = participant.frames_with(text)
    if message_in(message_in(frame)) is not None:
        pattern = r"json|text_data\W*$|message.*text_data"
        place = project.in_method(project.receive_method, pattern)
        raise Fault("C317", place, seen=repr(frame)[:80])
    if text not in str(message_in(frame)) and not await shows_own_frames(project):
        raise _other_answer_fault(project, frame)
    await _disconnect(project, participant)


async def check_origins(project: LearnerProject) -> None:
    """Add a note, and no fault, if a page of another site can open the WebSocket."""
    participant = project.participant("lobby", origin="https://another.example")
    if await participant.connect():
        project.notes.append(OTHER_SITES_ALLOWED)
    await participant.disconnect()


async def check_channel_layer(project: LearnerProject) -> None:
    """Check that CHANNEL_LAYERS has a default, and that it works."""
    configured = getattr(project.settings, "CHANNEL_LAYERS", None)
    if not isinstance(configured, dict) or "default" not in configured:
        raise no_layer_fault(project, "the settings have no channel layer")
    await project.record_layer()
    if project.layer_fault:
        raise project.layer_fault


async def check_group(project: LearnerProject) -> None:
    """Check that both participants of a room receive a message, once."""
    first, second = await _connect(project, "lobby", "lobby")
    text = project.new_text()
    first.send(text)
    if not await first.receives(text):
        raise _no_answer_fault(project, first)
    if not await second.receives(text):
        raise _not_shared_fault(project, first, second)
    for participant in (first, second):
        await participant.wait_until_quiet()
        times = participant.count(text)
        if times > 1 and len(project.recorded.events_with(text)) > 1:
            raise _repeated_event_fault(project)
        if times > 1:
            raise Fault("C510", project.in_method("receive", r"self\.send"), times=times)
    await _disconnect(project, first, second)


async def check_separate_rooms(project: LearnerProject) -> None:
    """Check that a message of one room doesn't reach another."""
    for one, other in CONFUSABLE_ROOMS:
        if await _reaches(project, one, other):
            groups = sorted({call.name for call in project.recorded.completed("group_send")})
            place = project.in_method("connect", "group_name|group_add")
            raise Fault("C513", place, one=one, other=other, group=groups[-1] if groups else "?")
    if await _reaches(project, *EQUAL_IN_LOWER_CASE):
        one, other = EQUAL_IN_LOWER_CASE
        project.notes.append(f"The rooms {one} and {other} share a group: they are one room.")


async def _reaches(project: LearnerProject, one: str, other: str) -> bool:
    """Whether a message in the room ``one`` reaches a participant of ``other``."""
    first, second = await _connect(project, one, other)
    text = project.new_text()
    first.send(text)
    is_answered = await first.receives(text)
    await second.wait_until_quiet()
    if second.count(text):
        return True
    if not is_answered:
        raise _no_answer_fault(project, first)
    await _disconnect(project, first, second)
    return False


async def check_leaving(project: LearnerProject) -> None:
    """Check that a consumer whose WebSocket is closed is in no group."""
    first, second = await _connect(project, "lobby", "lobby")
    joined = [call.arguments[1] for call in project.recorded.completed("group_add")]
    await _disconnect(project, first)
    left = sorted(group for group, channel in project.recorded.members() if channel == joined[0])
    if left:
        if fault := misspelt_fault(project, "disconnect"):
            raise fault
        discarded = [call.name for call in project.recorded.completed("group_discard")]
        why = "group_discard is never called"
        if discarded:
            why = f"it leaves {discarded[-1]!r}, another group or channel"
        place = project.in_method("disconnect", "group_discard|def disconnect")
        raise Fault("C512", place, group=left[0], why=why)
    await _disconnect(project, second)


def check_asynchronous(project: LearnerProject) -> None:
    """Check that the consumer isn't synchronous any more."""
    if project.consumer and issubclass(project.consumer, SyncConsumer):
        bases = (base for base in project.consumer.__mro__ if base.__module__[:9] == "channels.")
        raise Fault("C600", project.consumer_place, base=next(bases).__name__)


def check_blocking_calls(project: LearnerProject) -> None:
    """Check that no call has blocked the event loop, and that none is known to block it."""
    if fault := _blocked_loop_fault(project):
        raise fault
    for file in project.sources.python:
        for call in blocking_calls(project.sources.tree(file)):
            seen = "it is called in an `async def` method"
            raise project.fault("C602", Place(file, call.lineno), seen=seen)


async def _connect(project: LearnerProject, *rooms: str) -> list[CheckParticipant]:
    """Connect a participant to each of these rooms. Raises Fault if one is refused.

    What the channel layer has recorded before is deleted first.
    """
    if project.layer:
        project.layer.calls.clear()
    participants = []
    for room in rooms:
        participant = project.participant(room)
        if not await participant.connect():
            if participant.error or participant.accepted is None or not await project.sign_in():
                raise _refused_fault(project, participant)
            return await _connect(project, *rooms)
        participants.append(participant)
    return participants


async def _disconnect(project: LearnerProject, *participants: CheckParticipant) -> None:
    """Raises Fault if a consumer doesn't end as it should."""
    for participant in participants:
        await participant.disconnect()
    if fault := _general_fault(project, participants, "closing a WebSocket"):
        raise fault
    if not all(participant.task.done() for participant in participants):
        raise Fault("C322", project.in_method("websocket_disconnect", "def websocket_disconnect"))


def _general_fault(
    project: LearnerProject, participants: Sequence[CheckParticipant], doing: str
) -> Fault | None:
    """What explains any failure: code that doesn't end, an event that Redis doesn't carry, an
    exception, a coroutine that was never awaited, or a blocked event loop.
    """
    # A thread that the project starts for itself may be busy for as long as it likes.
    is_running = not all(participant.task.done() for participant in participants)
    if busy := project.watchdog.busy_place() if is_running else None:
        return project.fault("C004", busy, doing=doing)
    if project.layer and project.layer.uncarried:
        why, sender = project.layer.uncarried[0]
        return project.fault("C517", sender, why=why)
    for participant in participants:
        if participant.error:
            return explain_exception(project, participant.error, doing)
    if fault := _never_awaited_fault(project) or _blocked_loop_fault(project):
        return fault
    return _endless_await_fault(project, participants, doing)


def _endless_await_fault(
    project: LearnerProject, participants: Sequence[CheckParticipant], doing: str
) -> Fault | None:
    """The fault of an asynchronous method that awaits without end, so that no event follows."""
    for participant in participants:
        for frame in participant.waiting_frames():
            if place := project.sources.stack_place(frame):
                return project.fault("C004", place, doing=doing)
    return None


def _never_awaited_fault(project: LearnerProject) -> Fault | None:
    found = project.never_awaited()
    if not found:
        return None
    call, place = found
    is_async = isinstance(project.sources.function(place), ast.AsyncFunctionDef)
    return project.fault("C601" if is_async else "C506", place, call=call)


def _blocked_loop_fault(project: LearnerProject) -> Fault | None:
    """The fault of a call that blocked the event loop."""
    for block in project.watchdog.blocks:
        seen = f"it blocked every participant for {block.seconds:.1f} s"
        return project.fault("C602", block.place, seen=seen)
    return None


def _refused_fault(project: LearnerProject, participant: CheckParticipant) -> Fault:
    """Why the handshake wasn't accepted."""
    if fault := _general_fault(project, [participant], "opening the room's WebSocket"):
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


def _no_answer_fault(project: LearnerProject, participant: CheckParticipant) -> Fault:
    """Why the sender of a message didn't receive it, or received something else."""
    if fault := _general_fault(project, [participant], "receiving a message"):
        return fault
    if participant.closed:
        return Fault("C309", project.in_method("connect", r"close\("))
    if participant.answers:
        return _other_answer_fault(project, participant.answers[0])
    if project.layer and project.layer.completed("group_send"):
        return _lost_event_fault(project)
    name = project.receive_method
    if not project.method(name):
        return misspelt_fault(project, "receive") or _no_receive_fault(project)
    has_joined = project.layer and project.layer.completed("group_add")
    return Fault("C514" if has_joined else "C307", project.in_method(name, rf"def {name}"))


def _other_answer_fault(project: LearnerProject, frame: str | bytes) -> Fault:
    """The fault of a frame that the page doesn't show."""
    senders = (name for name in project.event_handlers() if _sends(project, name))
    place = project.in_method(next(senders, "receive"), r"send\w*\(")
    return project.fault("C312", place, seen=repr(frame)[:80])


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


def _not_shared_fault(
    project: LearnerProject, sender: CheckParticipant, other: CheckParticipant
) -> Fault:
    """Why a message reached its sender but not the room's other participant."""
    if fault := _general_fault(project, [sender, other], "sending a message to the room"):
        return fault
    if not project.recorded.completed("group_send"):
        pattern = r"self\.send|channel_layer\.send|def receive"
        return project.fault("C502", project.in_method(project.receive_method, pattern))
    groups = sorted({group for group, _ in project.recorded.members()})
    if len(groups) > 1:
        place = project.in_method("connect", "group_name|group_add")
        return Fault("C511", place, groups=" and ".join(groups[:2]))
    return _lost_event_fault(project)


def _repeated_event_fault(project: LearnerProject) -> Fault:
    """The fault of one message that became several events."""
    senders = (
        name
        for name in project.event_handlers()
        if project.method_calls(name, r"channel_layer\.group_send")
    )
    method = next(senders, project.receive_method)
    return Fault("C515", project.in_method(method, "group_send"), method=method)


ECHO_CHECKS = [check_websocket_router, check_room_route, check_methods, check_echo, check_origins]
GROUPS_CHECKS = [check_group, check_separate_rooms, check_leaving]
ASYNC_CHECKS = [check_asynchronous, check_blocking_calls]
