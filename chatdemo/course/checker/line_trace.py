"""Records which of the learner's lines run, and which exceptions their ``except`` clauses catch."""

import ast
import asyncio
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, NamedTuple

from asgiref.sync import sync_to_async

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import Sources

#: How Python ends loops, generators and tasks: no mistakes.
_ORDINARY = (StopIteration, StopAsyncIteration, GeneratorExit, asyncio.CancelledError)


class Caught(NamedTuple):
    """An exception that the learner's code caught.

    ``raised`` is the first line of the learner's that it came from, and ``caught`` that of the
    ``except`` clause or of suppress(). ``is_broad`` says whether the clause catches any exception,
    and ``guarded`` are the attributes that the code under it uses, such as ``group_send``.
    """

    error: BaseException
    raised: Place
    caught: Place
    is_broad: bool
    guarded: frozenset[str]


class LineTrace:
    """Traces the thread that enters the block, and with ``async with`` the one of synchronous
    consumers too, which all share one.

    ``lines`` are the lines that ran, each with a number that is the greater the later it ran.
    """

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.lines: dict[Place, int] = {}
        self.caught: list[Caught] = []
        self._steps = 0
        #: By frame, the exception that was raised in it last.
        self._raised: dict[FrameType, BaseException] = {}
        #: By its id, an exception (which may not be hashable) and the line that raised it first.
        self._origins: dict[int, tuple[BaseException, Place]] = {}

    def __enter__(self) -> "LineTrace":
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    async def __aenter__(self) -> "LineTrace":
        await sync_to_async(sys.settrace)(self._on_call)
        return self.__enter__()

    async def __aexit__(self, *_: object) -> None:
        self.__exit__()
        await sync_to_async(sys.settrace)(None)

    def _on_call(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._on_event if self.sources.place(frame.f_code.co_filename) else None

    def _on_event(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = self.sources.place(frame.f_code.co_filename, frame.f_lineno)
        error = self._raised.pop(frame, None)
        if place and event == "line":
            self._steps += 1
            self.lines[place] = self._steps
            if error:
                self._look_for_clause(error, place)
        elif place and event == "exception" and not isinstance(argument[1], _ORDINARY):
            self._raised[frame] = argument[1]
            self._origins.setdefault(id(argument[1]), (argument[1], place))
        return self._on_event

    def _look_for_clause(self, error: BaseException, place: Place) -> None:
        """Record the exception if the line that runs after it is one that catches it."""
        for _, node in self.sources.nodes((ast.Try, ast.With), place.file):
            if isinstance(node, ast.Try):
                for handler in node.handlers:
                    if handler.lineno <= place.line <= (handler.end_lineno or 0):
                        types = [handler.type] if handler.type else []
                        self._add(error, Place(place.file, handler.lineno), types, node)
            elif node.lineno == place.line:
                for types in _suppressed(node):
                    self._add(error, place, types, node)

    def _add(
        self, error: BaseException, place: Place, types: list[ast.expr], node: ast.Try | ast.With
    ) -> None:
        names = {name.id for name in _descendants(types) if isinstance(name, ast.Name)}
        is_broad = not types or bool(names & {"Exception", "BaseException"})
        guarded = {part.attr for part in _descendants(node.body) if isinstance(part, ast.Attribute)}
        _, origin = self._origins[id(error)]
        self.caught.append(Caught(error, origin, place, is_broad, frozenset(guarded)))


def _descendants(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    for node in nodes:
        yield from ast.walk(node)


def _suppressed(node: ast.With) -> Iterator[list[ast.expr]]:
    """Yield the arguments of each suppress() of a ``with``."""
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("suppress"):
            yield call.args
