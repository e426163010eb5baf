"""Calls that hold up the event loop, and with it every participant."""

import ast
import re
from collections.abc import Iterator

from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import FUNCTIONS

#: What is called that blocks, as a regular expression.
BLOCKING = r"(time\.sleep|requests\.\w+|urllib\.request\.\w+|urlopen|subprocess\.(run|call|check_\w+)|os\.system|input)"


def held_up(project: Project) -> Fault | None:
    """A call that was seen to hold up the event loop."""
    for block in project.watchdog.blocks:
        seen = f"it held up every participant for {block.seconds:.1f} s"
        return Fault("C602", block.place, line=project.sources.line(block.place), seen=seen)
    return None


def blocking(project: Project) -> Fault | None:
    """A call that held up the event loop, or one in an asynchronous function that is known to."""
    if fault := held_up(project):
        return fault
    for file in project.sources.python:
        for node in _blocking_calls(project.sources.tree(file)):
            place = Place(file, node.lineno)
            return Fault(
                "C602",
                place,
                line=project.sources.line(place),
                seen="it is called in an `async def` method",
            )
    return None


def _blocking_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls in asynchronous functions, but not in functions defined inside them, of what is known to block."""
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if _is_from(node, "time")
        for alias in node.names
    }
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in _own_nodes(function):
                called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
                if re.fullmatch(BLOCKING, called) or (called == "sleep" and "sleep" in imported):
                    yield node


def _is_from(node: ast.AST, module: str) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == module


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, (*FUNCTIONS, ast.Lambda)):
            yield node
            yield from _own_nodes(node)
