"""Finds handlers that run for long, what blocks the event loop, and a connect without accept()."""

import asyncio
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from channels.consumer import SyncConsumer

from chatdemo.inspector import call_stack
from chatdemo.inspector.connection import Connection
from chatdemo.inspector.problems import Problem, Problems, journey_of
from chatdemo.inspector.recording import never_raises
from chatdemo.realtime.upstream.asgiref import waits_for_thread
from chatdemo.realtime.upstream.asyncio import suspended_frames

#: How often the watch looks, and for how long a handler may run.
INTERVAL_SECONDS, LONG_SECONDS = 0.5, 2.0
#: The share of the time that it may look. With many connections it looks less often.
MAX_SHARE = 0.01
#: A consumer should accept or close in this time.
ACCEPT_SECONDS = 1.0


class _Run:
    """A handler that was running when the watch looked: since when, and its problem."""

    def __init__(self, frame: FrameType, since: float):
        self.frame, self.since = frame, since
        self.problem: Problem | None = None

    def seconds(self) -> int:
        return int(time.monotonic() - self.since)


class HandlerWatch:
    """A thread that looks twice a second while there are connections.

    It reads what the connections' tasks wait for: nothing is measured when a message is handled.
    It is a thread of its own because a handler may block the event loop.
    """

    def __init__(self, connections: dict[int, Connection], problems: Problems):
        self.connections, self.problems = connections, problems
        self._thread: threading.Thread | None = None
        self._runs: dict[object, _Run] = {}  # by connection, and of the event loop
        self._waiting: set[int] = set()  # the connections that neither accept nor close

    def start(self) -> None:
        """Start the thread unless it runs. To be called in the thread of the event loop."""
        if self._thread is not None and self._thread.is_alive():
            return
        loop, loop_thread = asyncio.get_running_loop(), threading.get_ident()
        self._asked = self._answered = 0.0
        self._thread = threading.Thread(
            target=self._run, args=(loop, loop_thread), name="inspector", daemon=True
        )
        self._thread.start()

    def _run(self, loop: asyncio.AbstractEventLoop, loop_thread: int) -> None:
        with suppress(RuntimeError):  # the loop is closed
            pause = INTERVAL_SECONDS
            while self.connections:
                self._asked = time.monotonic()
                loop.call_soon_threadsafe(self._on_answer)
                time.sleep(pause)
                start = time.thread_time()
                self._look(loop_thread)
                pause = max(INTERVAL_SECONDS, (time.thread_time() - start) / MAX_SHARE)
        self._runs.clear()
        self._waiting.clear()

    def _on_answer(self) -> None:
        self._answered = time.monotonic()

    @never_raises
    def _look(self, loop_thread: int) -> None:
        threads = sys._current_frames()
        now = time.monotonic()
        found: dict[object, list[FrameType]] = {}
        if self._answered < self._asked:
            found[loop_thread] = _stack_from(threads.get(loop_thread))
        for connection in list(self.connections.values()):
            found[connection] = _running_stack(connection, threads)
        for key, stack in found.items():
            self._note_run(key, stack, now)
        for key in [key for key in self._runs if key not in found]:
            self._end_run(key)
        for connection in [one for one in found if isinstance(one, Connection)]:
            self._check_accepted(connection, found[connection])

    def _note_run(self, key: object, stack: list[FrameType], now: float) -> None:
        handler = _find_handler(stack, must_be_consumers=isinstance(key, Connection))
        run = self._runs.get(key)
        if run is not None and run.frame is not handler:
            self._end_run(key)
            run = None
        if handler is None:
            return
        if run is None:
            run = self._runs[key] = _Run(handler, now)
            return
        if now - run.since >= LONG_SECONDS:
            self._report_run(run, key, stack)

    def _report_run(self, run: _Run, key: object, stack: list[FrameType]) -> None:
        text = _describe_run(run, key, stack)
        if run.problem is not None:
            return self.problems.change(run.problem, text)
        connection = key if isinstance(key, Connection) else self._find_connection(run.frame)
        run.problem = self.problems.report(
            "slow" if isinstance(key, Connection) else "blocked",
            text,
            _describe_start(run.frame, stack),
            connection=connection,
            journey=journey_of(connection),
        )
        return None

    def _end_run(self, key: object) -> None:
        run = self._runs.pop(key)
        if run.problem is not None:
            text = run.problem.text.replace(" has been running for ", " ran for ", 1)
            self.problems.change(run.problem, text.replace(" has blocked ", " blocked ", 1))

    def _find_connection(self, frame: FrameType) -> Connection | None:
        consumer = call_stack.get_local(frame, "self")
        for connection in list(self.connections.values()):
            if consumer is not None and connection.consumer is consumer:
                return connection
        return None

    def _check_accepted(self, connection: Connection, stack: list[FrameType]) -> None:
        """Report a connection whose consumer waits for frames, but hasn't accepted it."""
        is_late = connection.state == "connecting" and (
            time.time() - connection.since > ACCEPT_SECONDS
        )
        if not is_late or connection.id in self._waiting or connection.consumer is None:
            return
        if _find_handler(stack, must_be_consumers=True) is not None:  # perhaps it still will
            return
        self._waiting.add(connection.id)
        consumer = type(connection.consumer)
        where = call_stack.describe_method(consumer, "connect", "websocket_connect")
        self.problems.report(
            "accept",
            f"connect of {connection.consumer_name} has ended without accept() or close():"
            " the browser waits, until the server refuses the connection.",
            where,
            connection=connection,
            remedy="Call accept() in connect, or close() to refuse the connection.",
        )


def _running_stack(connection: Connection, threads: dict[int, FrameType]) -> list[FrameType]:
    """Return the call stack of what a connection's task waits for, the nearest call first.

    A synchronous handler runs in a thread, while the task waits for its result.
    """
    if connection.task is None or connection.is_waiting:
        return []
    stack = suspended_frames(connection.task)[::-1]
    consumer = connection.consumer
    if consumer is not None and any(map(waits_for_thread, stack)):
        for frame in threads.values():
            in_thread = _stack_from(frame)
            if any(call_stack.get_local(one, "self") is consumer for one in in_thread):
                return [*in_thread, *stack]
    return stack


def _stack_from(frame: FrameType | None) -> list[FrameType]:
    stack = []
    while frame is not None:
        stack.append(frame)
        frame = frame.f_back
    return stack


def _find_handler(stack: list[FrameType], must_be_consumers: bool) -> FrameType | None:
    """Return the outermost frame of the application's: its handler, or what blocks the loop."""
    own = [frame for frame in stack if not call_stack.is_framework(frame.f_code.co_filename)]
    handlers = [
        frame
        for frame in own
        if call_stack.consumer_of(frame) and frame.f_code.co_name != "__call__"
    ]
    if handlers or must_be_consumers:
        return handlers[-1] if handlers else None
    return own[0] if own else None


def _describe_start(handler: FrameType, stack: list[FrameType]) -> dict[str, Any]:
    """Describe where a handler starts: the method, and not a function that decorates it."""
    found = call_stack.find_message(stack) if call_stack.consumer_of(handler) else None
    line = call_stack.describe_handler_of(*found) if found else None
    return line or call_stack.describe_start(handler.f_code)


def _describe_run(run: _Run, key: object, stack: list[FrameType]) -> str:
    start = _describe_start(run.frame, stack)
    here = call_stack.describe_caller(stack) or start
    name = f"{start['function']} at {start['file']}:{start['line']}"
    at = f"at line {here['line']}: {here['code']}"
    if here["file"] != start["file"]:
        at = f"at {here['file']}:{here['line']}: {here['code']}"
    if not isinstance(key, Connection):
        return (
            f"{name} has blocked the event loop for {run.seconds()} s, {at}. Meanwhile no other"
            " consumer can run, and no page is answered."
        )
    others = "this consumer handles no other frame or event"
    if isinstance(key.consumer, SyncConsumer):
        others = "no other synchronous consumer can run: all of them share one thread"
    return f"{name} has been running for {run.seconds()} s, {at}. Meanwhile {others}."
