"""Which journey an event or a frame belongs to that the running code sends.

- A handler's, in whatever tasks and threads, is that of the message that it handles, until the
  handler has returned.
- What a task still sends then, if it has sent nothing before, belongs to that journey until the
  task waits. After that, each time that it sends something begins a journey: such as a tick of a
  game.
- So does an event from anywhere else: a request, ``connect``, ``disconnect``, a thread, another
  process. The journey's first entry, ``start``, says where it comes from.

A context variable has the cause of what runs. Tasks inherit it, and asgiref passes it to threads.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any, NamedTuple
from weakref import WeakSet

from chatdemo.inspector import call_stack
from chatdemo.inspector.recording import Recording
from chatdemo.realtime.observers import Message, Runner
from chatdemo.realtime.upstream.asgiref import has_waiting_thread

#: The journey of a message that arrived while recording paused.
UNRECORDED = 0
#: How many messages may have arrived that no handler has got: Channels receives a frame and an
#: event before it handles either. Workers have more channels.
MAX_CONSUMER_MESSAGES, MAX_WORKER_MESSAGES = 4, 64


class Origin(NamedTuple):
    """Where a journey begins that no frame has begun."""

    kind: str  # "HTTP request", "connect", "disconnect", "task", "thread" or "another process"
    detail: str = ""
    source: dict[str, Any] | None = None  # a line of code, as call_stack describes it


class Cause:
    """Why code runs: a message that a handler handles, a request, or nothing that is known.

    ``journey`` is None until something is sent that begins one. ``runner`` runs the handler; a
    request has none, and sets ``has_ended``.
    """

    __slots__ = (
        "journey",
        "origin",
        "runner",
        "has_ended",
        "_senders",
        "_last_task",
        "_late_sendings",
    )

    def __init__(
        self, journey: int | None = None, origin: Origin | None = None, runner: Runner | None = None
    ):
        self.journey, self.origin, self.runner = journey, origin, runner
        self.has_ended = False
        self._senders: WeakSet[asyncio.Task[Any]] | None = None  # while it wasn't over
        self._last_task: asyncio.Task[Any] | None = None  # the one whose sendings it claims then
        self._late_sendings: int | None = 0  # None when that task has waited

    @property
    def is_over(self) -> bool:
        """Whether its handler has returned."""
        return self.has_ended or (self.runner is not None and not self.runner.is_busy)

    def claim(self, task: "asyncio.Task[Any] | None") -> bool:
        """Note that ``task`` sends something, None for a callback. Return whether it belongs here.

        Once this is over, one task that hasn't sent anything belongs to it until it waits.
        """
        if not self.is_over:
            if task is not None:
                self._senders = self._senders or WeakSet()
                self._senders.add(task)
            return True
        if task is None:
            return bool(self.journey)
        if self._late_sendings is None or task in (self._senders or ()):
            return False
        self._last_task = self._last_task or task
        self._late_sendings += 1
        return self._last_task is task

    def end_when_task_waits(self) -> None:
        """Claim nothing any more when the running task has waited, if it sends nothing before."""
        if self._late_sendings:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._end_unless_more_is_sent, self._late_sendings)

    def _end_unless_more_is_sent(self, sendings: int) -> None:
        if self._late_sendings == sendings:
            self._late_sendings = self._last_task = None


current_cause: ContextVar[Cause | None] = ContextVar("cause", default=None)


def find_cause() -> Cause:
    """Return the cause of what is being sent, a new one if none is known."""
    cause, task = current_cause.get(), None
    with suppress(RuntimeError):  # no event loop runs in this thread
        task = asyncio.current_task()
    if cause is None or not cause.claim(task):
        cause = Cause()
        cause.has_ended = True
        if task is not None:
            cause.claim(task)
            current_cause.set(cause)
    return cause


def note_sent() -> None:
    """Report that the running code has sent something."""
    if (cause := current_cause.get()) is not None:
        cause.end_when_task_waits()


class Arrivals:
    """The messages that have arrived and that no handler has got, each with its handler's cause.

    ``latest`` is the cause of the handler that was called last.
    """

    __slots__ = ("maximum", "latest", "_waiting")

    def __init__(self, maximum: int):
        self.maximum = maximum
        self.latest: Cause | None = None
        self._waiting: list[tuple[Message, Cause]] = []  # a deque takes 760 bytes

    def add(self, message: Message, cause: Cause) -> None:
        """Remember the cause of the handler that will get a message."""
        self._waiting.append((message, cause))
        del self._waiting[: -self.maximum]

    def take(self, message: Message) -> Cause | None:
        """Return the cause of a handler that gets a message, None if that hasn't arrived.

        If a middleware has replaced the message, it is the first one of the same type.
        """
        waiting = self._waiting
        found = next((pair for pair in waiting if pair[0] is message), None) or next(
            (pair for pair in waiting if pair[0].get("type") == message.get("type")), None
        )
        if found is None:
            return None
        waiting.remove(found)
        self.latest = found[1]
        return self.latest

    def clear(self) -> None:
        """Forget them: recording pauses. What the latest handler sends isn't recorded."""
        self._waiting.clear()
        if self.latest is not None:
            self.latest.journey = UNRECORDED
        self.latest = None


def find_journey(
    recording: Recording, stack: list[FrameType], record: Callable[..., None]
) -> int | None:
    """Return the journey of an event that is being sent, and begin one if it has none.

    ``record`` records an entry about the sender.
    """
    cause = find_cause()
    if cause.journey is None and (journey := recording.new_journey()):
        cause.journey = journey
        if origin := cause.origin or _describe_origin(stack):
            source = origin.source or call_stack.describe_entry(stack)
            parts = (origin.detail, call_stack.describe_signal(stack))
            detail = ", ".join(filter(None, parts)) or None
            record("start", type=origin.kind, detail=detail, source=source, journey=journey)
    return cause.journey or None


def _describe_origin(stack: list[FrameType]) -> Origin | None:
    """Describe the application's task or thread that runs. None if it is a framework's."""
    if any(map(has_waiting_thread, stack)):
        return Origin("thread")
    with suppress(RuntimeError, AttributeError):
        coroutine: Any = asyncio.current_task().get_coro()  # type: ignore[union-attr]
        if not call_stack.is_framework(coroutine.cr_code.co_filename):
            return Origin("task", coroutine.__qualname__)
    return None
