"""What went wrong: each kind of fault once, with its line, the message it belongs to and its count.

The sources are the connections (connection.py), the process (failures.py) and the handlers that run
for long (handler_watch.py).
"""

import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, fields
from types import FrameType
from typing import TYPE_CHECKING, Any

from chatdemo.inspector import call_stack
from chatdemo.inspector.formatting import hide_secrets, printable
from chatdemo.inspector.journeys import current_cause
from chatdemo.inspector.recording import Recording
from chatdemo.inspector.remedies import find_remedy

if TYPE_CHECKING:
    from chatdemo.inspector.connection import Connection

Line = dict[str, Any]
MAX_PROBLEMS = 50
#: Paths of each problem whose repetitions are counted for those who may watch only some paths.
MAX_PATHS = 300
MAX_TEXT_CHARACTERS, MAX_TRACEBACK_LINES = 600, 12
#: An exception reaches several sources: its consumer's connection, and the log of the server a
#: second later. One that is raised again after this time counts again.
SAME_SECONDS = 5
#: The attribute of an exception that tells when it was reported, and its problem.
REPORTED = "_inspector_reported"


@dataclass
class Problem:
    """One fault, as the page shows it. Times are in seconds since the epoch.

    ``kind`` is "error", "refused", "task", "thread", "log", "http", "coroutine", "accept", "send",
    "slow", "blocked", "full", "unread" or "event". ``source`` and the lines of ``traceback`` are as
    call_stack has them. ``remedy`` says what to do, if that is sure. ``connection`` and ``journey``
    are the newest's. ``saved`` is the time of the save that ended the process in which it happened.
    ``version`` is that of Problems at the last change. ``by_path`` has, of each path, what differs
    from the newest.
    """

    number: int
    kind: str
    text: str
    source: Line | None
    traceback: list[Line]
    remedy: str | None
    connection: int | None
    journey: int | None
    path: str | None
    first: float
    last: float
    count: int = 1
    saved: float | None = None
    version: int = 0
    by_path: dict[str | None, dict[str, Any]] = field(default_factory=dict)

    def note_repetition(self, now: float) -> None:
        """Count what has happened now at the problem's path."""
        own = self.by_path.pop(self.path, None) or {"first": now, "count": 0}
        own |= {name: getattr(self, name) for name in ("text", "connection", "journey", "path")}
        self.by_path[self.path] = own | {"last": now, "count": own["count"] + 1}
        if len(self.by_path) > MAX_PATHS:
            del self.by_path[next(iter(self.by_path))]

    def as_json(self, paths: Collection[str] | None = None) -> dict[str, Any] | None:
        """Return the problem as an object for JSON.

        With ``paths`` it is what has happened at these, None if it is nothing.
        """
        values = {name: value for name, value in vars(self).items() if name != "by_path"}
        if paths is None:
            return values
        own = [one for path, one in self.by_path.items() if path in paths]  # the newest last
        if not own:
            return None
        first, count = min(one["first"] for one in own), sum(one["count"] for one in own)
        return values | own[-1] | {"first": first, "count": count}


class Problems:
    """The newest MAX_PROBLEMS problems. Any thread may report one.

    ``on_new(problem)`` is called for each that isn't a repetition. ``version`` grows with each
    change.
    """

    def __init__(self, recording: Recording):
        self.recording = recording
        self.on_new: Callable[[Problem], None] = lambda problem: None
        self.version = 0
        self._count = 0
        self._problems: dict[Any, Problem] = {}  # by what distinguishes them, the newest last
        self._lock = threading.RLock()

    def report(
        self,
        kind: str,
        text: str,
        source: Line | None = None,
        *,
        connection: "Connection | None" = None,
        same: str = "",
        **more: Any,
    ) -> Problem:
        """Add a problem, or count it if its kind and its line, or its text, are known.

        ``same`` is to be known too, of several problems that a line may have. Without a line it
        takes the text's place. ``more`` are other fields of Problem.
        """
        text = printable(text)[:MAX_TEXT_CHARACTERS]
        line = (source["file"], source["line"]) if source else ()
        key = (kind, *line, same) if source or same else (kind, text)
        now = time.time()
        values: dict[str, Any] = {"text": text, "source": source, "traceback": []}
        values |= {"remedy": None, "journey": None}
        values["connection"] = connection.id if connection else None
        values["path"] = connection.path if connection else None
        values |= more
        with self._lock:
            problem = self._problems.pop(key, None)
            is_new = problem is None
            if problem is None:
                self._count += 1
                problem = Problem(self._count, kind, first=now, last=now, **values)
            else:
                vars(problem).update(values, last=now, count=problem.count + 1)
            problem.note_repetition(now)
            self._problems[key] = problem
            while len(self._problems) > MAX_PROBLEMS:
                del self._problems[next(iter(self._problems))]
            self._note_change(problem)
        if is_new:
            self.on_new(problem)
        return problem

    def change(self, problem: Problem, text: str) -> None:
        """Give a problem another text: of a handler that still runs, for example."""
        with self._lock:
            news = {"text": printable(text)[:MAX_TEXT_CHARACTERS], "last": time.time()}
            vars(problem).update(news)
            problem.by_path[problem.path].update(news)
            self._note_change(problem)

    def report_exception(
        self,
        error: BaseException,
        kind: str = "error",
        before: str = "",
        *,
        connection: "Connection | None" = None,
        **more: Any,
    ) -> None:
        """Report an exception, unless another source has reported it.

        ``before`` is the beginning of the sentence. ``more`` are fields of the entry "error", of
        which ``journey`` is 0 if it has none.
        """
        if not mark_reported(error):
            return
        error = _innermost(error)
        detail = f"{type(error).__name__}: {error}"[:MAX_TEXT_CHARACTERS]
        detail = hide_secrets(printable(detail))
        stack = call_stack.stack_of(error.__traceback__)
        journey = more.pop("journey", None)
        journey = (journey_of(connection) if journey is None else journey) or None
        traceback = call_stack.describe_traceback(error.__traceback__)[-MAX_TRACEBACK_LINES:]
        if not traceback and (line := self._find_cause(stack, journey)):
            traceback = [line]
        source = traceback[-1] if traceback else more.pop("source", None)
        more.pop("source", None)
        record = connection.record if connection else self.recording.record
        if connection or self.recording.resume_if_possible():
            record(
                "error", detail=detail, traceback=traceback, source=source, journey=journey, **more
            )
        self.report(
            kind,
            before + detail,
            source,
            connection=connection,
            traceback=traceback,
            remedy=find_remedy(error, stack),
            journey=journey,
            same=type(error).__name__ if source else "",
        )

    def _find_cause(self, stack: list[FrameType], journey: int | None) -> Line | None:
        """Return the application's line behind an exception that a framework has raised.

        It is the handler of the message: of a frame that isn't JSON, for example. An event without
        a handler has the line that sends it.
        """
        if not (found := call_stack.find_message(stack)):
            return None
        if line := call_stack.describe_handler_of(*found):
            return line
        return self.find_sender(found[1], journey) if journey is not None else None

    def find_sender(self, event: dict[str, Any], journey: int) -> Line | None:
        """Return the line that has sent an event, as far as it is recorded."""
        for entry in reversed(self.recording.entries):
            is_sending = entry["what"] in ("group_send", "layer_send")
            is_its_type = entry.get("type") in (event.get("type"), None)  # only a str is recorded
            if is_sending and is_its_type and entry.get("journey") == journey:
                return entry.get("source")
        return None

    def since(self, version: int, paths: Collection[str] | None = None) -> list[dict[str, Any]]:
        """Return the problems that have changed since, as objects for JSON, the oldest first.

        With ``paths``, only those of the connections to them.
        """
        with self._lock:
            changed = [one for one in self._problems.values() if one.version > version]
            return [known for one in changed if (known := one.as_json(paths)) is not None]

    def clear(self) -> None:
        """Drop all problems. Their numbers aren't used again."""
        with self._lock:
            self._problems.clear()

    def restore(self, stored: list[dict[str, Any]]) -> None:
        """Add what ``since`` returned in an earlier process, whose connections are gone.

        Who may watch only some paths isn't told of it.
        """
        known = {field.name for field in fields(Problem)}
        with self._lock:
            for values in stored:
                self._count += 1
                values = {name: value for name, value in values.items() if name in known}
                problem = Problem(
                    **values | {"number": self._count, "connection": None, "journey": None}
                )
                self._problems[("saved", self._count)] = problem
                self._note_change(problem)

    def _note_change(self, problem: Problem) -> None:
        self.version += 1
        problem.version = self.version


def journey_of(connection: "Connection | None") -> int | None:
    """Return the journey of what runs, or else of the connection's latest handler."""
    cause = current_cause.get() or (connection.journeys.latest if connection else None)
    return (cause.journey or None) if cause else None


def _innermost(error: BaseException) -> BaseException:
    """Return the first exception of a group, such as asyncio.TaskGroup raises (Python 3.11)."""
    while exceptions := getattr(error, "exceptions", None):
        error = exceptions[0]
    return error


def mark_reported(error: BaseException) -> bool:
    """Note that an exception is reported. Returns False if it was a moment ago."""
    now = time.monotonic()
    reported = getattr(error, REPORTED, None)
    with suppress(Exception):  # an exception may refuse attributes: then it may count twice
        setattr(error, REPORTED, now)
    return reported is None or now - reported > SAME_SECONDS
