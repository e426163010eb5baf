"""Finds the project's code that sends events and runs in another process than its consumers."""

import ast
import re
from collections.abc import Iterator, Set
from contextlib import suppress

from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import FUNCTIONS, Sources

SENDING = frozenset({"get_channel_layer", "group_send"})
#: Decorators of functions that workers run: Celery's, Huey's, RQ's, Dramatiq's, and
#: django-background-tasks'.
TASK_DECORATORS = re.compile(
    r"(.*\.)?(shared_task|task|db_task|periodic_task|db_periodic_task|job|actor|background)(\(.*)?",
    re.DOTALL,
)
#: Of these words a file has one if it has such code.
_WORDS = re.compile(r"get_channel_layer|group_send|management/commands/|task|job|actor|background")


def find_senders(sources: Sources) -> Iterator[tuple[Place, str]]:
    """Yield the first line of each management command and each task that sends events, and which.

    They send themselves, or call one of the project's functions that does.
    """
    trees = {}
    for file in sources.python:
        text = sources.read(file)
        if _WORDS.search(file) or _WORDS.search(text):
            with suppress(SyntaxError, ValueError):
                trees[file] = ast.parse(text)
    helpers = {
        function.name
        for tree in trees.values()
        for function in tree.body
        if isinstance(function, FUNCTIONS) and _sending_line(function)
    }
    for file, tree in trees.items():
        if "/management/commands/" in f"/{file}":
            if line := _sending_line(tree, helpers):
                yield Place(file, line), "a management command"
            continue
        for function in filter(_is_task, ast.walk(tree)):
            if line := _sending_line(function, helpers):
                yield Place(file, line), "a worker that runs this task"


def _is_task(node: ast.AST) -> bool:
    decorators = node.decorator_list if isinstance(node, FUNCTIONS) else ()
    return any(TASK_DECORATORS.fullmatch(ast.unparse(one)) for one in decorators)


def _sending_line(node: ast.AST, helpers: Set[str] = frozenset()) -> int:
    """Return the first line inside ``node`` that sends, or uses a helper; 0 if there is none."""
    lines = [
        one.lineno
        for one in ast.walk(node)
        if (isinstance(one, ast.Name) and one.id in SENDING | helpers)
        or (isinstance(one, ast.Attribute) and one.attr in SENDING)
    ]
    return min(lines, default=0)
