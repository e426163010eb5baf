"""Finds what isn't a fault of a step, but will surprise those who use the chat: notes, with file
and line.
"""

import ast
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from channels.consumer import SyncConsumer

from chatdemo.course.checker.asgi_client import CheckParticipant
from chatdemo.course.checker.blocking_calls import blocking_calls, imported_names, own_nodes
from chatdemo.course.checker.exception_causes import PARAMETERS
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Function, end_line

#: What a channel holds, unless CHANNEL_LAYERS says otherwise.
CAPACITY_EVENTS = 100
#: A shorter wait is worth a note in a loop only.
LONG_SECONDS = 1.0
NO_SESSIONS = (
    "The database has no sessions yet. A browser that has a cookie of an earlier project at this"
    " address gets an error instead of a WebSocket. Run python manage.py migrate."
)
ODD_FRAMES = "Any program can open the WebSocket, and send other frames than the page"
#: A browser has a cookie of another project at this address, or of a database that was deleted.
STALE_COOKIE = (b"cookie", b"sessionid=0123456789abcdefghijklmnopqrstuv")


class Reached(NamedTuple):
    """A method that runs before ``handler`` ends: that itself, or one that it calls."""

    handler: str
    file: str
    node: Function


def note_dangers(project: LearnerProject) -> None:
    """Add notes about the consumer's code."""
    reached = {one.node: one for one in _reached(project)}
    is_sync = project.consumer and issubclass(project.consumer, SyncConsumer)
    rules = [_blocked_thread if is_sync else _long_waits, _floods, _refusals]
    for rule in rules:
        project.notes += dict.fromkeys(rule(project, reached))


def _reached(project: LearnerProject) -> Iterator[Reached]:
    """The methods that Channels calls, and those that they call or await, not in a task."""
    seen = set[str]()
    todo = [(name, name) for name in (*PARAMETERS, *project.event_handlers())]
    while todo:
        handler, name = todo.pop(0)
        node, place = project.method(name), project.method_place(name)
        if not node or not place or name in seen:
            continue
        seen.add(name)
        yield Reached(handler, place.file, node)
        for part in own_nodes(node):
            waits = isinstance(node, ast.FunctionDef) or isinstance(part, ast.Await)
            call = part.value if isinstance(part, ast.Await) else part
            if waits and isinstance(call, ast.Call):
                todo.append((handler, ast.unparse(call.func).removeprefix("self.")))


def _blocked_thread(project: LearnerProject, reached: dict[Function, Reached]) -> Iterator[str]:
    """Calls that block the thread that synchronous consumers share."""
    for file in {one.file for one in reached.values()}:
        for function, call in blocking_calls(project.sources.tree(file), ast.FunctionDef):
            if function in reached:
                yield (
                    f"{Place(file, call.lineno)} waits in {ast.unparse(call.func)}. The"
                    " synchronous consumers of a server share one thread: meanwhile none of them"
                    " gets anything, in other rooms too. An asynchronous consumer that awaits"
                    " (asyncio.sleep, an asynchronous library) holds up nobody else."
                )


def _long_waits(project: LearnerProject, reached: dict[Function, Reached]) -> Iterator[str]:
    """Handlers of an asynchronous consumer that sleep while events wait for it."""
    for node, (handler, file, _) in reached.items():
        names = {
            "asyncio.sleep",
            *imported_names(project.sources.tree(file), "asyncio") & {"sleep"},
        }
        loops = [part for part in own_nodes(node) if isinstance(part, ast.For | ast.While)]
        for awaited in own_nodes(node):
            call = awaited.value if isinstance(awaited, ast.Await) else None
            if not isinstance(call, ast.Call) or ast.unparse(call.func) not in names:
                continue
            seconds = getattr(call.args[0], "value", 0) if call.args else 0
            is_long = isinstance(seconds, int | float) and seconds >= LONG_SECONDS
            if is_long or any(loop.lineno <= call.lineno <= end_line(loop) for loop in loops):
                yield (
                    f"{Place(file, call.lineno)} waits before {handler} ends. Until then this"
                    " consumer takes no other frame and no event, so its own participant gets what"
                    " is sent to the group only after it, all at once."
                    " asyncio.create_task(...) runs such code beside it."
                )


def _floods(project: LearnerProject, reached: dict[Function, Reached]) -> Iterator[str]:
    """Loops that send more events at once than a channel holds."""
    for node, (handler, file, _) in reached.items():
        for loop in own_nodes(node):
            times = _repetitions(loop)
            attributes = [part for part in ast.walk(loop) if isinstance(part, ast.Attribute)]
            sends = [part for part in attributes if part.attr == "group_send"]
            if times > CAPACITY_EVENTS and sends:
                yield (
                    f"{Place(file, sends[0].lineno)} sends {times} events to a group at once. A"
                    f" channel holds {CAPACITY_EVENTS}, and this consumer takes none out of its"
                    f" own until {handler} ends: its participant doesn't get the others."
                )


def _repetitions(loop: ast.AST) -> int:
    """How often a ``for ... in range(...)`` of constants repeats; 0 if that isn't known."""
    if not isinstance(loop, ast.For) or not isinstance(loop.iter, ast.Call):
        return 0
    bounds = [getattr(argument, "value", None) for argument in loop.iter.args]
    numbers = [bound for bound in bounds if type(bound) is int]
    if ast.unparse(loop.iter.func) != "range" or numbers != bounds:
        return 0
    with suppress(ValueError, TypeError):  # a step of 0, or no argument
        return len(range(*numbers))
    return 0


def _refusals(project: LearnerProject, reached: dict[Function, Reached]) -> Iterator[str]:
    """A disconnect that reads what connect hasn't set when it refuses the WebSocket."""
    connect, disconnect = project.method("connect"), project.method("disconnect")
    if not connect or not disconnect or "hasattr" in ast.unparse(disconnect):
        return
    ends = [part.lineno for part in own_nodes(connect) if isinstance(part, ast.Return)]
    if not ends:
        return
    set_later = _attributes(connect, ast.Store)
    for name, line in _attributes(disconnect, ast.Load).items():
        if set_later.get(name, 0) > ends[0] and not hasattr(project.consumer, name):
            one = reached[disconnect]
            yield (
                f"{Place(one.file, line)} reads self.{name}, but connect may end at"
                f" {Place(reached[connect].file, ends[0])}, before it sets that. Channels calls"
                " disconnect for a refused WebSocket too, which then raises AttributeError."
            )


def _attributes(function: Function, context: type[ast.expr_context]) -> dict[str, int]:
    """The attributes of self that a function reads (Load) or sets (Store), with the first lines."""
    attributes = [node for node in ast.walk(function) if isinstance(node, ast.Attribute)]
    return {
        node.attr: node.lineno
        for node in sorted(attributes, key=lambda node: -node.lineno)
        if isinstance(node.ctx, context) and ast.unparse(node.value) == "self"
    }


async def note_stale_session(project: LearnerProject) -> None:
    """Add a note if a browser with an old session cookie gets an exception, as without a table."""

    async def with_cookie(scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = [*scope["headers"], STALE_COOKIE]
        await project.application({**scope, "headers": headers}, receive, send)

    error = await _error_of(project.participant("lobby", with_cookie))
    if "django_session" in str(error):
        project.notes.append(NO_SESSIONS)


async def note_odd_frames(project: LearnerProject) -> None:
    """Add a note if a frame that isn't JSON, or a binary one, ends the consumer."""
    seen = []
    for what, odd in (("isn't JSON", {"text": "hello"}), ("is binary", {"bytes": b"hello"})):

        async def with_frame(scope: Any, receive: Any, send: Any, odd: Any = odd) -> None:
            async def receive_odd() -> Any:
                event = await receive()
                is_frame = event["type"] == "websocket.receive"
                return {"type": event["type"], **odd} if is_frame else event

            await project.application(scope, receive_odd, send)

        if error := await _error_of(project.participant("lobby", with_frame)):
            place = project.sources.last_place(error) or project.method_place("receive")
            seen.append(f"one that {what} raises {type(error).__name__} at {place}")
    if seen:
        project.notes.append(
            f"{ODD_FRAMES}: {', and '.join(seen)}, which ends the sender's WebSocket. A consumer"
            " can check first what it gets."
        )


async def _error_of(participant: CheckParticipant) -> BaseException | None:
    """The exception that a conversation of one message ends with."""
    if await participant.connect():
        participant.send("hello")
        await participant.wait_until_quiet()
    await participant.disconnect()
    return participant.error
