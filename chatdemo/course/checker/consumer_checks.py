"""Checks of the routes and the consumer: steps 3 (echo), 4 (layer), 5 (groups) and 6 (async).

A check that fails looks for the cause in what the participants and the channel layer have recorded.
"""

import ast
import re
from asyncio import iscoroutinefunction
from collections.abc import Sequence
from typing import Any

from channels.consumer import SyncConsumer
from django.urls.resolvers import RegexPattern

from chatdemo.course.checker.asgi_client import HOST, CheckParticipant, converse, message_in
from chatdemo.course.checker.blocking_calls import is_blocking, own_nodes
from chatdemo.course.checker.dangers import note_dangers, note_odd_frames, note_stale_session
from chatdemo.course.checker.exception_causes import (
    PARAMETERS,
    explain_exception,
    misspelt_fault,
    no_layer_fault,
    no_room_name_fault,
    route_place,
    wrapped_call_fault,
)
from chatdemo.course.checker.line_trace import LineTrace
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, catalogue, describe
from chatdemo.course.checker.script_checks import shows_own_frames
from chatdemo.course.checker.source_files import FUNCTIONS, name_of, suggestion
from chatdemo.course.checker.websocket_routes import (
    consumer_class,
    has_empty_router,
    is_application,
    matching_routes,
    protocol_mapping,
    uncalled_consumer,
    websocket_routes,
    why_unmatched,
)

OTHER_SITES_ALLOWED = (
    "Pages of any other site can open your WebSockets too. AllowedHostsOriginValidator(...) around"
    " AuthMiddlewareStack refuses them."
)
ROUTER_ENTRY = (
    'Add "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter('
    "websocket_urlpatterns))) to it"
)
#: How long a consumer may take to answer while it is traced, in which it failed to before.
TRACED_SECONDS = 1.2
#: What the project does when it fails, for the report.
RECEIVING = "receiving a message"
#: What a receive without an answer lacks.
ANSWERS = {
    "send": "Call self.send with the message in JSON, as json.dumps makes it",
    "group_send": "Call channel_layer.group_send in it, with the group and an event such as"
    ' {"type": "chat.message", "message": message}',
}
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
        near = suggestion("websocket", mapping, "{}")
        place = project.in_asgi((ast.Constant, ast.Call), near or "ProtocolTypeRouter")
        seen = f"it has {', '.join(map(repr, mapping)) or 'nothing'}"
        guess, fix = f" It has {near!r}.", f'Write "websocket" for {near!r}'
        facts = {"guess": guess, "fix": fix} if near else {"guess": "", "fix": ROUTER_ENTRY}
        raise Fault("C301", place, error=seen, **facts)
    if found := uncalled_consumer((mapping or {}).get("websocket")):
        place = project.in_asgi((ast.Name, ast.Attribute), found.__name__)
        raise Fault("C303", place, name=found.__name__)


def check_room_route(project: LearnerProject) -> None:
    """Check the WebSocket routes, if there are any.

    Exactly one must match the room's address. It captures ``room_name``, and leads to a consumer.
    """
    routes, place = websocket_routes(project.application), route_place(project)
    if not routes:
        if has_empty_router(project.application):
            facts = {"route": "The list of WebSocket routes", "why": "is empty"}
            raise Fault("C302", place, fix="Put the consumer's route into it", **facts)
        return
    address = project.pages.socket_path("lobby").removeprefix("/").partition("?")[0]
    matches = matching_routes(routes, address)
    if not matches:
        route = f"The WebSocket route '{routes[0].pattern}'"
        raise Fault("C302", place, route=route, why=why_unmatched(routes[0], address), fix="")
    if len(matches) > 1:
        raise _two_routes_fault(project, *(match.route for match in matches[:2]))
    _require_consumer(project, matches[0].route, place)
    if not matches[0].named:
        raise no_room_name_fault(project, "room_name", None)
    if matching_routes(routes, f"{address}and/more/"):
        raise Fault("C314", place, pattern=str(matches[0].route.pattern))


def _two_routes_fault(project: LearnerProject, first: Any, second: Any) -> Fault:
    """The fault of two routes that match the room's address, of which the second is never used."""
    one, other = str(first.pattern), str(second.pattern)
    place = project.sources.find(ast.Constant, re.escape(one)) or route_place(project)
    fix = ""
    if isinstance(first.pattern, RegexPattern) and not one.endswith(("$", r"\Z")):
        fix = "Put $ at the end of the first, so that it matches no longer address"
    elif consumer_class([first]) is consumer_class([second]):
        fix = "Delete one of them"
    return Fault("C318", place, one=one, other=other, fix=fix)


def _require_consumer(project: LearnerProject, route: Any, place: Place | None) -> None:
    """The route leads to a consumer, and leaves the room's name to the address."""
    if found := uncalled_consumer(route.callback):
        raise Fault("C303", place, name=found.__name__)
    if not is_application(route.callback):
        raise Fault("C333", place, name=getattr(route.callback, "__name__", "?"))
    if "room_name" in route.default_args:
        raise Fault("C323", place, name=route.default_args["room_name"])


async def check_base_class(project: LearnerProject) -> None:
    """Check that the consumer's base is one for WebSockets, and that the methods that it calls are
    `async def` if its own are.
    """
    await project.record_layer()
    consumer: Any = project.consumer
    if consumer and "websocket_connect" not in dir(consumer):
        why = f"has the base {project.consumer_base}, which doesn't call connect, receive and"
        name, place = project.consumer_name, project.consumer_place
        raise Fault("C328", place, name=name, why=f"{why} disconnect")
    is_sync = bool(consumer and issubclass(consumer, SyncConsumer))
    for name in (*PARAMETERS, *project.event_handlers()):
        if project.method(name) and iscoroutinefunction(getattr(consumer, name)) == is_sync:
            id, base = "C606" if is_sync else "C603", project.consumer_base
            raise Fault(id, project.method_place(name), method=name, base=base)


def check_methods(project: LearnerProject) -> None:
    """Check that the consumer and each of its methods are defined once."""
    names = {project.consumer_name, *project.own_methods()}
    for name, first, last in project.sources.defined_twice(project.consumer_file):
        if name in names and hasattr(project.consumer, "__mro__"):
            raise Fault("C319", last, name=name, first=first)


async def check_echo(project: LearnerProject) -> None:
    """Check that a participant receives its own message, in a frame that the page can show."""
    [participant] = await _connect(project, "lobby")
    text = project.new_text()
    participant.send(text)
    if not await participant.receives(text):
        if not participant.closed and (fault := _general_fault(project, [participant], RECEIVING)):
            raise fault
        if await _leaves_out_senders(project, participant):
            return await _disconnect(project, participant)
        if _reads_user(project) and await project.sign_in():  # perhaps guests only read
            await check_echo(project)
            return project.note_signed_in(True)
        raise await _unless_caught(project, _no_answer_fault(project, participant))
    [frame, *_] = participant.frames_with(text)
    is_shown = text in str(message_in(frame)) or await shows_own_frames(project)
    is_frame = isinstance(frame, str | bytes)
    if not is_frame or message_in(message_in(frame)) is not None or not is_shown:
        raise _other_answer_fault(project, frame)
    await _disconnect(project, participant)


def _reads_user(project: LearnerProject) -> bool:
    """Whether the consumer's file mentions users."""
    return "user" in ast.unparse(project.sources.tree(project.consumer_file))


async def _leaves_out_senders(project: LearnerProject, participant: CheckParticipant) -> bool:
    """Whether an event goes to the others alone, as the page shows what it sends by itself."""
    sent = project.layer_calls.completed("group_send")
    if participant.error or not sent or project.pages.why_not_run:
        return False
    project.answers_sender = not await shows_own_frames(project)
    return not project.answers_sender


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
    """Check that both participants of a room receive a message, once, and then another one of the
    second.
    """
    first, second = await _connect(project, "lobby", "lobby")
    text = project.new_text()
    first.send(text)
    if project.answers_sender and not await first.receives(text):
        raise await _unless_caught(project, _no_answer_fault(project, first))
    if not await second.receives(text):
        raise await _unless_caught(project, _not_shared_fault(project, first, second))
    for participant in (first, second):
        await participant.wait_until_quiet()
        if fault := _repeated_event_fault(project):
            raise fault
        times = participant.count(text)
        if times > 1:
            raise _repeated_message_fault(project, times)
    text = project.new_text()
    second.send(text)
    if not await first.receives(text):
        raise await _unless_caught(project, _not_shared_fault(project, second, first))
    await _disconnect(project, first, second)


def _repeated_message_fault(project: LearnerProject, times: int) -> Fault:
    """Why a participant gets a message more than once."""
    sends = project.layer_calls.completed("group_send")
    groups = {call.name: call.place for call in sends if project.layer_calls.members(call.name)}
    if len(groups) > 1:
        places = sorted({str(place) for place in groups.values()})
        why = f"receive sends it to the groups {' and '.join(map(repr, groups))}"
        why += f" ({', '.join(places)}), and the consumer is a member of both"
        return Fault("C510", sends[-1].place, times=times, why=why, fix="Send it to one of them")
    place = project.send_place(project.receive_method)
    if place != project.consumer_place and len(sends) == 1:
        why = f"it is sent to the group and, at {place}, straight back"
        fix = f"In {project.receive_method}, send only to the group: its sender is a member, too"
        return Fault("C510", place, times=times, why=why, fix=fix)
    place = sends[-1].place if len(sends) > 1 else project.send_place()
    why = f"what sends it runs {times} times, the last time at {place}"
    return Fault("C510", place, times=times, why=why, fix="")


async def check_separate_rooms(project: LearnerProject) -> None:
    """Check that a message of one room doesn't reach another."""
    for one, other in CONFUSABLE_ROOMS:
        if await _reaches(project, one, other):
            groups = sorted({call.name for call in project.layer_calls.completed("group_send")})
            place = _group_name_place(project)
            raise Fault("C513", place, one=one, other=other, group=groups[-1] if groups else "?")
    if await _reaches(project, *EQUAL_IN_LOWER_CASE):
        one, other = EQUAL_IN_LOWER_CASE
        project.notes.append(f"The rooms {one} and {other} share a group: they are one room.")


async def _reaches(project: LearnerProject, one: str, other: str) -> bool:
    """Whether a message in the room ``one`` reaches a participant of ``other``."""
    first, second = await _connect(project, one, other)
    text = project.new_text()
    first.send(text)
    is_answered = not project.answers_sender or await first.receives(text)
    await second.wait_until_quiet()
    if second.count(text):
        return True
    if not is_answered:
        raise await _unless_caught(project, _no_answer_fault(project, first))
    await _disconnect(project, first, second)
    return False


async def check_leaving(project: LearnerProject) -> None:
    """Check that a consumer whose WebSocket is closed is in no group."""
    [first] = await _connect(project, "lobby")
    joined = project.layer_calls.members()
    await _disconnect(project, first)
    if left := sorted(joined & project.layer_calls.members()):
        fault = misspelt_fault(project, "disconnect") or _not_left_fault(project, left[0][0])
        raise await _unless_caught(project, fault)


def _not_left_fault(project: LearnerProject, group: str) -> Fault:
    """The fault of a consumer that stays in ``group``."""
    joined = {call.arguments[:2] for call in project.layer_calls.completed("group_add")}
    others = [call for call in project.layer_calls.completed("group_discard") if call.place]
    wrong = [call for call in others if call.arguments[:2] not in joined]
    place, why = project.method_place("disconnect"), "group_discard is never called"
    fix = "In disconnect, call channel_layer.group_discard with what group_add was given"
    if elsewhere := [call for call in wrong if call.name != group]:
        place = elsewhere[0].place
        why = f"group_discard leaves {elsewhere[0].name!r}, another group"
    elif wrong:
        place, why = wrong[0].place, "group_discard isn't given its channel"
    elif others:
        why += " for it"
    elif use := project.use_in("disconnect", "group_add"):
        place, why = use, "disconnect calls group_add again, and never group_discard"
    elif use := project.use_in("disconnect", "group_discard"):
        place, why, fix = use, "group_discard isn't reached", ""
    return Fault("C512", place, group=repr(group), why=why, fix=fix)


def check_asynchronous(project: LearnerProject) -> None:
    """Check that the consumer isn't synchronous any more."""
    if project.consumer and issubclass(project.consumer, SyncConsumer):
        raise Fault("C600", project.consumer_place, base=project.consumer_base)


def check_blocking_calls(project: LearnerProject) -> None:
    """Check that no call has blocked the event loop, and that none is known to block it."""
    if fault := _blocked_loop_fault(project):
        raise fault
    for file, function in project.sources.nodes(ast.AsyncFunctionDef):
        for node in own_nodes(function):
            if is_blocking(node, project.sources.tree(file)):
                seen = "it is called in an `async def` method"
                raise project.fault("C602", Place(file, node.lineno), seen=seen)


async def _connect(project: LearnerProject, *rooms: str) -> list[CheckParticipant]:
    """Connect a participant to each of these rooms. Raises Fault if one is refused.

    What the channel layer has recorded before is deleted first.
    """
    project.consumer_calls.clear()
    project.layer_calls.clear()
    participants = []
    for room in rooms:
        participant = project.participant(room)
        is_open = await participant.connect()
        if not is_open or any(call.method == "close" for call in project.consumer_calls):
            if participant.error or participant.accepted is None or not await project.sign_in():
                raise await _unless_caught(project, _refused_fault(project, participant))
            participants = await _connect(project, *rooms)
            project.note_signed_in(True)
            return participants
        participants.append(participant)
    return participants


async def _unless_caught(project: LearnerProject, fault: Fault) -> Fault:
    """Return the fault of an `except` clause that hides an exception, if one does that; otherwise
    ``fault``, which says that something is missing.

    The conversation is repeated for that, and traced.
    """
    missing = catalogue()[fault.id].get("missing")
    if not missing:
        return fault
    async with LineTrace(project.sources) as trace:
        seconds = {"reply_seconds": TRACED_SECONDS}
        await converse(*(project.participant("lobby", **seconds) for _ in range(2)))
    for error, raised, caught, is_broad, guarded in trace.caught:
        if is_broad or missing in guarded:
            return Fault("C330", caught, error=describe(error), raised=raised)
    return fault


async def _disconnect(project: LearnerProject, *participants: CheckParticipant) -> None:
    """Raises Fault if a consumer has closed its WebSocket, or doesn't end as it should."""
    if any(participant.closed for participant in participants):
        fault = _general_fault(project, participants, RECEIVING)
        if fault := fault or _closed_fault(project):
            raise fault
    for participant in participants:
        await participant.disconnect()
    if fault := _general_fault(project, participants, "closing a WebSocket"):
        raise fault
    if not all(participant.task.done() for participant in participants):
        place = project.method_place("websocket_disconnect")
        is_base = project.consumer and hasattr(project.consumer, "disconnect")
        fix = "Override disconnect(self, close_code), not websocket_disconnect"
        raise Fault("C322", place, fix=fix if is_base else "End it with raise StopConsumer()")


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
    for call in project.layer_calls:
        if call.uncarried:
            return project.fault("C517", call.place, why=call.uncarried)
    for participant in participants:
        if participant.error:
            return explain_exception(project, participant.error, doing)
    if fault := _repeated_event_fault(project) or _never_awaited_fault(project):
        return fault
    if fault := _blocked_loop_fault(project):
        return fault
    # An asynchronous method that awaits without end: no other event follows.
    frames = (frame for participant in participants for frame in participant.waiting_frames())
    place = next(filter(None, map(project.sources.stack_place, frames)), None)
    return project.fault("C004", place, doing=doing) if place else None


def _never_awaited_fault(project: LearnerProject) -> Fault | None:
    found = project.never_awaited()
    if not found:
        return None
    call, place = found
    if fault := wrapped_call_fault(project, place):
        return fault
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
    if fault := _closed_fault(project):
        return fault
    if participant.accepted is False:
        place = project.in_asgi((ast.Name, ast.Constant), r"\w+Validator|websocket")
        return Fault("C308", place, host=HOST)
    if fault := misspelt_fault(project, "connect"):
        return fault
    use = project.use_in("connect", "accept")
    is_async = isinstance(project.method("connect"), ast.AsyncFunctionDef)
    why = "never calls self.accept()"
    fix = f"End connect with {'await ' if is_async else ''}self.accept()"
    if use and not re.search(r"accept\W*\(", project.sources.line(use)):
        why, fix = "names self.accept without calling it: () is missing", "Call it: self.accept()"
    elif use:
        why, fix = "doesn't always reach self.accept()", ""
    return Fault("C306", use or project.method_place("connect"), why=why, fix=fix)


def _closed_fault(project: LearnerProject) -> Fault | None:
    """The fault of a consumer that closes its WebSocket, where it does so."""
    calls = [call for call in project.consumer_calls if call.method == "close"]
    if not calls:
        return None
    place = calls[0].place or project.use_in("connect", "DenyConnection")
    function = project.sources.function(place)
    method = function.name if function else "the consumer"
    hint = "Don't close it where the participant is to stay"
    if method == "connect":
        hint = "Close it only for those who may not join, and accept it for the others"
    return Fault("C309", place, method=method, fix=hint)


def _no_answer_fault(project: LearnerProject, participant: CheckParticipant) -> Fault:
    """Why the sender of a message didn't receive it, or received something else."""
    is_closed = participant.closed and not participant.error
    if fault := _closed_fault(project) if is_closed else None:
        return fault
    if fault := _general_fault(project, [participant], RECEIVING):
        return fault
    if participant.answers:
        return _other_answer_fault(project, participant.answers[0])
    if project.layer_calls.completed("group_send"):
        return _lost_event_fault(project)
    if sent := project.layer_calls.completed("send"):
        return project.fault("C520", sent[-1].place, channel=sent[-1].name)
    return _silent_receive_fault(project)


def _silent_receive_fault(project: LearnerProject) -> Fault:
    """The fault of a receive that sends nothing, or of a consumer without one."""
    name = project.receive_method
    if not project.method(name):
        return misspelt_fault(project, "receive") or _no_receive_fault(project)
    is_joined = project.layer_calls.completed("group_add")
    id, missing = ("C514", "group_send") if is_joined else ("C307", "send")
    if use := project.use_in(name, missing):
        return Fault(id, use, why=f"doesn't reach {missing}", fix="")
    why, fix = f"never calls {missing}", ANSWERS[missing]
    return Fault(id, project.method_place(name), why=why, fix=fix)


def _other_answer_fault(project: LearnerProject, frame: str | bytes) -> Fault:
    """The fault of a frame that isn't the tutorial's."""
    if message_in(message_in(frame)) is not None:
        events = project.layer_calls.completed("group_send")
        place = events[-1].place if events else project.send_place()
        fix = 'Send on what is under its key "message"'
        if project.receive_method == "receive":
            fix = 'Take message = json.loads(text_data)["message"] out of it first'
        return Fault("C317", place, seen=repr(frame)[:80], fix=fix)
    fix = 'Write send(text_data=json.dumps({"message": message})), with the message that came in'
    if hasattr(project.consumer, "send_json"):
        fix = 'Write send_json({"message": message}), with the message that came in'
    return project.fault("C312", project.send_place(), seen=repr(frame)[:80], fix=fix)


def _no_receive_fault(project: LearnerProject) -> Fault:
    place, error, why = project.consumer_place, "nothing happens", ""
    fix = "Add def receive(self, text_data): Channels calls it for each frame"
    if project.method("receive_json"):
        place, error = project.method_place("receive_json"), "receive_json isn't called"
        why = ": only JsonWebsocketConsumer and AsyncJsonWebsocketConsumer call receive_json"
        fix = "Make one of these two the consumer's base"
    elif outside := project.sources.find(FUNCTIONS, "receive", project.consumer_file):
        place, error = outside, "it is outside the class"
        why = ": the one there isn't indented into the class"
        fix = "Indent it, and what comes after it, into the class"
    return Fault("C305", place, error=error, why=why, fix=fix)


def _lost_event_fault(project: LearnerProject) -> Fault:
    """Why an event that was sent to a group didn't become a frame."""
    calls = project.layer_calls
    sent, added = calls.completed("group_send")[-1], calls.completed("group_add")
    if not added:
        use = project.use_in("connect", "group_add")
        why, fix = "doesn't call group_add", "In connect, call channel_layer.group_add with the"
        fix = "" if use else f"{fix} group that receive sends to, and self.channel_name"
        why = "doesn't reach group_add" if use else why
        place = use or project.method_place("connect")
        seen = f"the group {sent.name} is empty"
        return Fault("C501", place, why=why, fix=fix, seen=seen)
    if not any("!" in call.arguments[1] for call in added):
        return Fault("C505", added[-1].place, why="")
    if not calls.members():
        left = calls.completed("group_discard")[-1]
        return project.fault("C521", left.place, group=left.name)
    if not calls.members(sent.name):
        joined = ", ".join(sorted({group for group, _ in calls.members()}))
        return Fault("C504", sent.place, sent=sent.name, joined=joined)
    if project.method("connect") and not project.use_in("connect", "group_add"):
        why = f"doesn't call group_add: that is at {added[-1].place}"
        facts = {"fix": "Call it in connect", "seen": "who hasn't sent a message isn't in it"}
        return Fault("C501", project.method_place("connect"), why=why, **facts)
    if use := project.use_in(sent.handler, "send|send_json"):
        return Fault("C516", use, method=sent.handler)
    return Fault("C509", project.method_place(sent.handler), method=sent.handler)


def _not_shared_fault(
    project: LearnerProject, sender: CheckParticipant, other: CheckParticipant
) -> Fault:
    """Why a message reached its sender but not the room's other participant."""
    if fault := _general_fault(project, [sender, other], "sending a message to the room"):
        return fault
    if not project.layer_calls.completed("group_send"):
        return project.fault("C502", project.send_place(), method=project.receive_method)
    groups = sorted({group for group, _ in project.layer_calls.members()})
    if len(groups) > 1:
        return Fault("C511", _group_name_place(project), groups=" and ".join(groups[:2]))
    return _lost_event_fault(project)


def _group_name_place(project: LearnerProject) -> Place | None:
    """The line that makes the name of the group that a consumer joins, or that of group_add."""
    added, assigned = project.layer_calls.completed("group_add"), project.assigned_attributes()
    for node in project.sources.nodes_at(added[-1].place if added else None):
        if isinstance(node, ast.Call) and node.args and name_of(node.args[0]) in assigned:
            return assigned[name_of(node.args[0])]
    return added[-1].place if added else project.method_place("connect")


def _repeated_event_fault(project: LearnerProject) -> Fault | None:
    """The fault of an event's handler that sends the event again, so that there is no end, or of
    more events than a channel holds.
    """
    for call in project.layer_calls.completed("group_send"):
        function = project.sources.function(call.place)
        if function and function.name == call.handler:
            return Fault("C515", call.place, method=function.name)
    if overfull := project.layer_calls.overfull():
        call, times = overfull
        return project.fault("C519", call.place, times=times, group=call.name)
    return None


ECHO_CHECKS = [
    check_websocket_router,
    check_room_route,
    check_base_class,
    check_methods,
    note_dangers,
    check_echo,
    check_origins,
    note_stale_session,
]
GROUPS_CHECKS = [check_group, check_separate_rooms, check_leaving]
ASYNC_CHECKS = [check_asynchronous, check_blocking_calls, note_odd_frames]
