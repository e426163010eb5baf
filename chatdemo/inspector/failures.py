"""Failures outside of a WebSocket's own task, which only the process learns of.

They are exceptions in the log, of requests, tasks and threads, and coroutines that nothing awaits.
"""

import asyncio
import logging
import re
import sys
import threading
import warnings
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from inspect import CO_COROUTINE
from types import FrameType
from typing import Any

from channels.consumer import SyncConsumer
from django.core.signals import got_request_exception

from chatdemo.inspector import call_stack
from chatdemo.inspector.connection import current_connection
from chatdemo.inspector.formatting import printable
from chatdemo.inspector.journeys import current_cause
from chatdemo.inspector.problems import Problems, journey_of
from chatdemo.inspector.recording import never_raises
from chatdemo.realtime.upstream.asyncio import context_of, get_running_loop_or_none

NEVER_AWAITED = re.compile(r"coroutine '(.+?)' was never awaited")
AWAIT = "Nothing has run the call: write await before it."
ASYNC_TO_SYNC = "Nothing has run the call: a function without async needs async_to_sync(…)."
MAKE_ASYNC = "Nothing has run the call: make this function async def, and await its calls."
MAX_LOGGED_CHARACTERS = 200


class CurrentRequest:
    """The HTTP request that is answered, and whether an exception was reported for it."""

    __slots__ = ("method", "path", "has_failed")

    def __init__(self, method: str, path: str):
        self.method, self.path, self.has_failed = method, printable(path), False

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


#: The request whose application runs. Its tasks and threads inherit it.
current_request: ContextVar[CurrentRequest | None] = ContextVar("request", default=None)


class ProcessFailures:
    """Reports to ``problems`` what fails in this process. Each hook calls the one before it.

    There is one for the process. The last Inspector gets what it reports.
    """

    def __init__(self) -> None:
        self.problems: Problems | None = None
        self._make_record: Callable[..., logging.LogRecord] | None = None
        self._show_warning: Callable[..., None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._handle_loop_error: Callable[..., Any] | None = None
        self._handle_thread_error: Callable[[threading.ExceptHookArgs], Any] | None = None
        self._awaited_nowhere: set[tuple[str, int]] = set()

    @never_raises
    def report_to(self, problems: Problems) -> None:
        """Report to these from now on. To be called in the event loop, for each connection.

        Daphne and others replace the hooks when they start, which is after the project was loaded.
        """
        self.problems = problems
        if warnings.showwarning != self._on_warning:
            self._show_warning, warnings.showwarning = warnings.showwarning, self._on_warning
            # Otherwise Python tells only of the first coroutine of each line.
            warnings.filterwarnings("always", NEVER_AWAITED.pattern, RuntimeWarning)
        loop = asyncio.get_running_loop()
        if loop is not self._loop or loop.get_exception_handler() != self._on_loop_error:
            self._loop, self._handle_loop_error = loop, loop.get_exception_handler()
            loop.set_exception_handler(self._on_loop_error)
        if self._make_record is None:
            # A handler would end Python's last resort, which prints what no handler gets, and
            # logging.basicConfig().
            self._make_record = logging.getLogRecordFactory()
            logging.setLogRecordFactory(self._on_record)
            got_request_exception.connect(self._on_request_exception)
            self._handle_thread_error = threading.excepthook
            threading.excepthook = self._on_thread_error

    def _on_record(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        assert self._make_record is not None
        record = self._make_record(*args, **kwargs)
        if record.exc_info and record.exc_info[1] is not None:
            self._report_record(record, record.exc_info[1])
        return record

    @never_raises
    def _report_record(self, record: logging.LogRecord, error: BaseException) -> None:
        name = record.name.partition(".")[0]
        # Django warns of requests that it refuses, such as those without permission.
        least = logging.ERROR if name == "django" else logging.WARNING
        if record.levelno < least or record.name.startswith("chatdemo.inspector"):
            return
        where = None
        if not call_stack.is_framework(record.pathname):
            where = call_stack.describe_caller(call_stack.current_stack())
        text = record.getMessage().partition("\n")[0][:MAX_LOGGED_CHARACTERS]
        at = f" at {where['file']}:{where['line']}" if where else f" of {record.name}"
        self._report(error, "log", f"In the log{at}: {text}: ", source=where)

    @never_raises
    def _on_request_exception(self, sender: Any, request: Any = None, **kwargs: Any) -> None:
        """Django's signal, which it sends where the exception is handled."""
        error = sys.exc_info()[1]
        if error is not None and (answered := current_request.get()):
            self.report_request(answered, error)

    @never_raises
    def report_request(self, request: CurrentRequest, error: BaseException) -> None:
        """Report the exception that a request has led to."""
        request.has_failed = True
        if self.problems is not None:
            method, path = request.method, request.path
            before = f"{request} failed: "
            self.problems.report_exception(error, "http", before, method=method, path=path)

    @never_raises
    def report_status(self, request: CurrentRequest, status: int) -> None:
        """Report a response that tells of a failure, unless its exception was reported.

        To be called while it is sent, so that the line or the view that sends it is known.
        """
        if status < 500 or request.has_failed or self.problems is None:
            return
        stack = call_stack.current_stack()
        where, text = call_stack.describe_caller(stack), f"{request} was answered with {status}"
        if where is None and (where := call_stack.describe_view(stack)):
            text += f". The view of this path is {where['function']}"
        same = text.replace(request.path, "…")
        self.problems.report("http", f"{text}.", where, same=same)

    def _on_thread_error(self, arguments: threading.ExceptHookArgs) -> None:
        self._report_thread_error(arguments)
        if self._handle_thread_error is not None:
            self._handle_thread_error(arguments)

    @never_raises
    def _report_thread_error(self, arguments: threading.ExceptHookArgs) -> None:
        error, thread = arguments.exc_value, arguments.thread
        if error is not None and not isinstance(error, SystemExit):
            name = thread.name if thread else "without a name"
            self._report(error, "thread", f"The thread {name} failed: ")

    def _on_loop_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        self._report_loop_error(context)
        if self._handle_loop_error is not None:
            self._handle_loop_error(loop, context)
        else:
            loop.default_exception_handler(context)

    @never_raises
    def _report_loop_error(self, context: dict[str, Any]) -> None:
        task, error = context.get("task") or context.get("future"), context.get("exception")
        inherited: Mapping[Any, Any] = context_of(task) if task is not None else {}
        connection = inherited.get(current_connection)
        cause = inherited.get(current_cause)
        coroutine = task.get_coro() if isinstance(task, asyncio.Task) else None
        name = getattr(coroutine, "__qualname__", None)
        subject = f"The task of {name}" if name else "A task"
        if error is not None:
            journey = (cause.journey or None) if cause else None
            # Not the connection whose code runs now: that may only have dropped the task.
            if self.problems is not None:
                before = f"{subject} failed: "
                self.problems.report_exception(
                    error, "task", before, connection=connection, journey=journey or 0
                )
        elif self.problems and isinstance(task, asyncio.Task):
            code = getattr(coroutine, "cr_code", None)
            where = None
            if code is not None and not call_stack.is_framework(code.co_filename):
                where = call_stack.describe_start(code)
            self.problems.report("task", f"{subject}: {context.get('message')}", where)

    def _on_warning(
        self, message: Any, category: type, filename: str, lineno: int, *args: Any, **kwargs: Any
    ) -> None:
        is_repeated = False
        if found := NEVER_AWAITED.match(str(message)):
            place = (filename, lineno)
            is_repeated = place in self._awaited_nowhere
            self._awaited_nowhere.add(place)
            self._report_coroutine(found[1])
        if self._show_warning is not None and not is_repeated:
            self._show_warning(message, category, filename, lineno, *args, **kwargs)

    @never_raises
    def _report_coroutine(self, name: str) -> None:
        """Report a coroutine that is deleted now: most often by the line that has made it."""
        if self.problems is None:
            return
        stack = call_stack.current_stack()
        where, remedy = _find_call(stack, name)
        # Otherwise the garbage collector may have deleted it while something else runs.
        connection = current_connection.get() if where else None
        self.problems.report(
            "coroutine",
            # The methods of a layer without hooks have the inspector's in their place.
            f"The coroutine {name.removeprefix('_RecordedMethods.')} was never awaited.",
            where,
            connection=connection,
            journey=journey_of(connection) if where else None,
            remedy=remedy,
        )

    def _report(self, error: BaseException, kind: str, before: str, **fields: Any) -> None:
        if self.problems is not None:
            connection = current_connection.get()
            self.problems.report_exception(error, kind, before, connection=connection, **fields)


def _find_call(stack: list[FrameType], name: str) -> tuple[dict[str, Any] | None, str]:
    """Return the line that has called a coroutine function in vain, if it is sure, and a remedy.

    The coroutine may have been kept in a variable until its function has ended, or longer.
    """
    method = name.rpartition(".")[2]
    own = (frame for frame in stack if not call_stack.is_framework(frame.f_code.co_filename))
    if frame := next(own, None):
        where = call_stack.describe_line(frame.f_code, frame.f_lineno)
        if f"{method}(" in where["code"].replace(" ", ""):
            if frame.f_code.co_flags & CO_COROUTINE:
                return where, AWAIT
            in_loop = get_running_loop_or_none() is not None  # where async_to_sync raises
            return where, MAKE_ASYNC if in_loop else ASYNC_TO_SYNC
    if handled := call_stack.find_message(stack):
        handler = call_stack.describe_handler_of(*handled)
        is_sync = isinstance(handled[0], SyncConsumer)
        if is_sync and handler and handler["function"] == method:  # Channels has called it
            return handler, f"{type(handled[0]).__name__} is synchronous: write def, not async def."
        if where := call_stack.find_call(*handled, method):
            return where, ASYNC_TO_SYNC if is_sync else AWAIT
    return None, "Nothing has run the call."


#: What this process's hooks report to.
failures = ProcessFailures()
