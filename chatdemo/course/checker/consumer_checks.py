"""Checks of the routes and the consumer: steps 3 (echo), 4 (layer), 5 (groups) and 6 (async)."""

import ast
import re
from collections.abc import Iterator

from channels.consumer import AsyncConsumer, SyncConsumer

from chatdemo.course.checker import missing_messages as missing
from chatdemo.course.checker.consumer_causes import misspelt_fault, sync_mismatch_fault
from chatdemo.course.checker.exception_causes import (
    no_as_asgi_fault,
    no_layer_fault,
    no_room_name_fault,
    no_websocket_fault,
)
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.participant import CheckParticipant
from chatdemo.course.checker.project import LearnerProject
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
#: Pairs of rooms that share a group if its name is constant, cut off, or in small letters.
CONFUSABLE_ROOMS = [
    ("room_1", "room_2"),
    ("lobby", "Lobby"),
    ("a_long_name_for_a_room_1", "a_long_name_for_a_room_2"),
]
#: Functions that block.
BLOCKING = (
    r"(time\.sleep|requests\.\w+|urllib\.request\.\w+|urlopen|subprocess\.(run|call|check_\w+)"
    r"|os\.system|input)"
)


def websockets_are_routed(project: LearnerProject) -> None:
    """The ProtocolTypeRouter has "websocket"."""
    mapping = protocol_mapping(project.application)
    if mapping is not None and "websocket" not in mapping:
        names = ", ".join(map(repr, mapping)) or "nothing"
        raise no_websocket_fault(project, f"it has {names}")


def room_has_a_route(project: LearnerProject) -> None:
    """One route matches the room's address, names the room and leads to the consumer."""
    routes = websocket_routes(project.application)
    if not routes:
        return
    place = (
        project.sources.search_all(r"path\(\s*r?['\"][^'\"]*ws")
        or project.sources.search_all(r"^\s*r?['\"]\^?/?ws/")
        or project.sources.search_all(r"websocket_urlpatterns|URLRouter\(\s*\[")
    )
    matches = matching_routes(routes)
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
    if matching_routes(routes, "ws/chat/lobby/and/more/"):
        raise Fault("C314", place, pattern=str(route.pattern))


async def consumer_fits_its_base(project: LearnerProject) -> None:
    """The methods are synchronous or asynchronous as the base's are, and each exists once."""
    await project.record_layer()
    if fault := sync_mismatch_fault(project):
        raise fault
    for file in project.sources.python:
        for node in ast.walk(project.sources.tree(file)):
            if isinstance(node, ast.ClassDef) and node.name == project.consumer_name:
                _require_unique_methods(file, node)


def _require_unique_methods(file: str, node: ast.ClassDef) -> None:
    methods = [method for method in node.body if isinstance(method, FUNCTIONS)]
    names = [method.name for method in methods]
    for method in methods:
        if names.count(method.name) > 1 and not method.decorator_list:
            raise Fault("C319", Place(file, method.lineno), method=method.name)


async def message_comes_back(project: LearnerProject) -> None:
    """A participant receives its own message."""
    [participant] = await _connect(project, "lobby")
    participant.send("hello")
    if not await participant.receives("hello"):
        raise missing.no_answer_fault(project, participant)
    await _disconnect(project, participant)


async def other_sites_are_noted(project: LearnerProject) -> None:
    """Adds a note, not a fault, if a page of another site can open the WebSocket."""
    stranger = project.participant("lobby", origin="https://another.example")
    if await stranger.connect():
        project.notes.append(OTHER_SITES_ALLOWED)
    await stranger.disconnect()


async def layer_is_configured(project: LearnerProject) -> None:
    """CHANNEL_LAYERS has a default, which works."""
    configured = getattr(project.settings, "CHANNEL_LAYERS", None)
    if not isinstance(configured, dict) or "default" not in configured:
        raise no_layer_fault(project, "the settings have no channel layer")
    await project.record_layer()


async def room_receives_a_message(project: LearnerProject) -> None:
    """Both participants of a room receive a message, once."""
    first, second = await _connect(project, "lobby", "lobby")
    first.send("hello")
    if not await first.receives("hello"):
        raise missing.no_answer_fault(project, first)
    if not await second.receives("hello"):
        raise missing.not_shared_fault(project, first, second)
    for participant in (first, second):
        await participant.wait_until_quiet()
        if len(project.recorded.completed("group_send")) > 1:
            raise missing.repeated_event_fault(project)
        times = participant.messages.count("hello")
        if times > 1:
            raise Fault("C510", project.in_method("receive", r"self\.send"), times=times)
    await _disconnect(project, first, second)


async def rooms_are_separate(project: LearnerProject) -> None:
    """A message of one room doesn't reach another, whatever their names."""
    for one, other in CONFUSABLE_ROOMS:
        first, second = await _connect(project, one, other)
        first.send("only here")
        await first.receives("only here")
        await second.wait_until_quiet()
        if "only here" in second.messages:
            groups = sorted({call.name for call in project.recorded.completed("group_send")})
            place = project.in_method("connect", "group_name|group_add")
            raise Fault("C513", place, one=one, other=other, group=groups[-1] if groups else "?")
        if "only here" not in first.messages:
            raise missing.no_answer_fault(project, first)
        await _disconnect(project, first, second)


async def leaving_leaves_the_group(project: LearnerProject) -> None:
    """A consumer whose WebSocket is closed is in no group."""
    first, second = await _connect(project, "lobby", "lobby")
    await _disconnect(project, first)
    members = sorted(project.recorded.members())
    if len(members) > 1:
        if fault := misspelt_fault(project, "disconnect"):
            raise fault
        discarded = [call.name for call in project.recorded.completed("group_discard")]
        why = "group_discard is never called"
        if discarded:
            why = f"it leaves {discarded[-1]!r}, another group or channel"
        place = project.in_method("disconnect", "group_discard|def disconnect")
        raise Fault("C512", place, group=members[0][0], why=why)
    await _disconnect(project, second)


def consumer_is_asynchronous(project: LearnerProject) -> None:
    """The consumer isn't synchronous any more."""
    if project.consumer and issubclass(project.consumer, SyncConsumer):
        bases = (base for base in project.consumer.__mro__ if base.__module__[:9] == "channels.")
        raise Fault("C600", project.consumer_place, base=next(bases).__name__)


def nothing_blocks(project: LearnerProject) -> None:
    """No call has blocked the event loop, and none is known to."""
    if fault := missing.blocked_loop_fault(project):
        raise fault
    for file in project.sources.python:
        for node in _blocking_calls(project.sources.tree(file)):
            seen = "it is called in an `async def` method"
            raise project.fault("C602", Place(file, node.lineno), seen=seen)


def _blocking_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of BLOCKING functions in asynchronous ones, but not in functions inside these."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        for alias in node.names
    }
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in _own_nodes(function):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                is_sleep = called == "sleep" and "sleep" in imported
                if isinstance(node, ast.Call) and (is_sleep or re.fullmatch(BLOCKING, called)):
                    yield node


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            yield node
            yield from _own_nodes(node)


async def _connect(project: LearnerProject, *rooms: str) -> list[CheckParticipant]:
    """Participants of these rooms, with nothing recorded from before. Raises Fault if one is
    refused.
    """
    if project.layer:
        project.layer.calls.clear()
    participants = [project.participant(room) for room in rooms]
    for participant in participants:
        if not await participant.connect():
            raise missing.refused_fault(project, participant)
    return participants


async def _disconnect(project: LearnerProject, *participants: CheckParticipant) -> None:
    """Raises Fault if a consumer doesn't end as it should."""
    for participant in participants:
        await participant.disconnect()
    if fault := missing.disconnect_fault(project, list(participants)):
        raise fault


ECHO_CHECKS = [
    websockets_are_routed,
    room_has_a_route,
    consumer_fits_its_base,
    message_comes_back,
    other_sites_are_noted,
]
LAYER_CHECKS = [layer_is_configured]
GROUP_CHECKS = [room_receives_a_message, rooms_are_separate, leaving_leaves_the_group]
ASYNC_CHECKS = [consumer_is_asynchronous, nothing_blocks]
