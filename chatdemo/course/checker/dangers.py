"""Finds what isn't a fault of a step, but will surprise those who use the chat: notes, with file
and line.
"""

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from channels.consumer import SyncConsumer

from chatdemo.course.checker.asgi_client import converse
from chatdemo.course.checker.blocking_calls import imported_names, is_blocking, own_nodes
from chatdemo.course.checker.exception_causes import PARAMETERS
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.recording_layer import Calls
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Function, name_of, self_attributes

#: A shorter wait is worth a note in a loop only.
LONG_SECONDS = 1.0
NO_SESSIONS = (
    "The database has no sessions yet. A browser that has a cookie of an earlier project at this"
    " address gets an error instead of a WebSocket. Run python manage.py migrate."
)
ODD_FRAMES = "Any program can open the WebSocket, and send other frames than the page"
#: A browser has a cookie of another project at this address, or of a database that was deleted.
STALE_COOKIE = "sessionid=0123456789abcdefghijklmnopqrstuv"


class Reached(NamedTuple):
    """A method that runs before ``handler`` ends: that itself, or one that it calls."""

    handler: str
    file: str
    function: Function

    def place(self, node: ast.expr | ast.stmt) -> Place:
        """Return the line of a part of the method."""
        return Place(self.file, node.lineno)


def note_dangers(project: LearnerProject) -> None:
    """Add notes about the consumer's code."""
    is_sync = project.consumer and issubclass(project.consumer, SyncConsumer)
    rules = [_blocked_thread if is_sync else _long_wait, _flood, _stored_for_each]
    notes = [
        rule(one, node, project.sources.tree(one.file))
        for one in _reached(project)
        for node in own_nodes(one.function)
        for rule in rules
    ]
    project.notes += filter(None, dict.fromkeys([*notes, _refusal(project)]))


def _reached(project: LearnerProject) -> Iterator[Reached]:
    """The methods that Channels calls, and those that they call or await, not in a task."""
    seen = set[str]()
    todo = [(name, name) for name in (*PARAMETERS, *project.event_handlers())]
    while todo:
        handler, name = todo.pop(0)
        function, place = project.method(name), project.method_place(name)
        if not function or not place or name in seen:
            continue
        seen.add(name)
        yield Reached(handler, place.file, function)
        for part in own_nodes(function):
            waits = isinstance(function, ast.FunctionDef) or isinstance(part, ast.Await)
            call = part.value if isinstance(part, ast.Await) else part
            if waits and isinstance(call, ast.Call):
                todo.append((handler, ast.unparse(call.func).removeprefix("self.")))


def _blocked_thread(one: Reached, node: ast.AST, tree: ast.Module) -> str:
    """A call that blocks the thread that synchronous consumers share."""
    if not isinstance(node, ast.Call) or not is_blocking(node, tree):
        return ""
    return (
        f"{one.place(node)} waits in {ast.unparse(node.func)}. The synchronous consumers of a"
        " server share one thread: meanwhile none of them gets anything, in other rooms too. An"
        " asynchronous consumer that awaits (asyncio.sleep, an asynchronous library) holds up"
        " nobody else."
    )


def _long_wait(one: Reached, node: ast.AST, tree: ast.Module) -> str:
    """A sleep in a handler of an asynchronous consumer, for which events wait meanwhile."""
    call = node.value if isinstance(node, ast.Await) else None
    names = {"asyncio.sleep", *imported_names(tree, "asyncio") & {"sleep"}}
    if not isinstance(call, ast.Call) or ast.unparse(call.func) not in names:
        return ""
    seconds = getattr(call.args[0], "value", 0) if call.args else 0
    is_long = isinstance(seconds, int | float) and seconds >= LONG_SECONDS
    loops = [part for part in own_nodes(one.function) if isinstance(part, ast.For | ast.While)]
    if not is_long and not any(node in own_nodes(loop) for loop in loops):
        return ""
    return (
        f"{one.place(call)} waits before {one.handler} ends. Until then this consumer takes no"
        " other frame and no event, so its own participant gets what is sent to the group only"
        " after it, all at once. asyncio.create_task(...) runs such code beside it."
    )


def _flood(one: Reached, node: ast.AST, _: ast.Module) -> str:
    """A loop that sends more events at once than a channel holds."""
    times = _repetitions(node)
    parts = [part for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    sends = [part for part in parts if part.attr == "group_send"]
    if times <= Calls.capacity or not sends:
        return ""
    return (
        f"{one.place(sends[0])} sends {times} events to a group at once. A channel holds"
        f" {Calls.capacity}, and this consumer takes none out of its own until {one.handler} ends:"
        " its participant doesn't get the others."
    )


def _stored_for_each(one: Reached, node: ast.AST, _: ast.Module) -> str:
    """What an event's handler stores, once for each participant of a room."""
    called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    stores = re.fullmatch(r"\w+\.objects\.(a|bulk_|abulk_)?create", called)
    if one.handler in PARAMETERS or not isinstance(node, ast.Call) or not stores:
        return ""
    return (
        f"{one.place(node)} stores something in {one.handler}, which runs once for each participant"
        " of a room. A method that gets frames runs once for a message."
    )


def _repetitions(loop: ast.AST) -> int:
    """How often a ``for ... in range(...)`` of constants repeats; 0 if that isn't known."""
    if isinstance(loop, ast.For) and name_of(loop.iter) == "range":
        with suppress(ValueError, TypeError, AttributeError):  # no constants, or a step of 0
            return len(range(*map(ast.literal_eval, loop.iter.args)))  # type: ignore[attr-defined]
    return 0


def _refusal(project: LearnerProject) -> str:
    """A disconnect that reads what connect hasn't set when it refuses the WebSocket."""
    connect, disconnect = project.method("connect"), project.method("disconnect")
    if not connect or not disconnect or "hasattr" in ast.unparse(disconnect):
        return ""
    ends = [part.lineno for part in own_nodes(connect) if isinstance(part, ast.Return)]
    set_later = self_attributes(connect, ast.Store)
    for name, line in self_attributes(disconnect, ast.Load).items():
        if ends and set_later.get(name, 0) > ends[0] and not hasattr(project.consumer, name):
            read, end = project.method_place("disconnect"), project.method_place("connect")
            return (
                f"{read and read._replace(line=line)} reads self.{name}, but connect may end at"
                f" {end and end._replace(line=ends[0])}, before it sets that. Channels calls"
                " disconnect for a refused WebSocket too, which then raises AttributeError."
            )
    return ""


async def note_stale_session(project: LearnerProject) -> None:
    """Add a note if a browser with an old session cookie gets an exception, as without a table."""
    participant = project.participant("lobby", cookie=STALE_COOKIE)
    await converse(participant)
    if "django_session" in str(participant.error):
        project.notes.append(NO_SESSIONS)


async def note_odd_frames(project: LearnerProject) -> None:
    """Add a note if a frame that isn't JSON, or a binary one, ends the consumer."""
    seen = []
    for what, frame in (("isn't JSON", "hello"), ("is binary", b"hello")):
        participant = project.participant("lobby", frame=lambda _, frame=frame: frame)
        await converse(participant)
        if error := participant.error:
            own = project.method_place("receive") if project.method("receive") else None
            place = project.sources.last_place(error) or own
            where = f"at {place}" if place else f"in Channels' {project.consumer_base}"
            seen.append(f"one that {what} raises {type(error).__name__} {where}")
    if seen:
        project.notes.append(
            f"{ODD_FRAMES}: {', and '.join(seen)}, which ends the sender's WebSocket. A consumer"
            " can check first what it gets."
        )
