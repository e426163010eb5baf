"""The learner's files: read, parsed, and searched for the line to point at."""

import ast
import os
import re
import tokenize
from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import TracebackType

from chatdemo.course.checker.faults import Fault, Place

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Folders that hold no code of the learner's.
OTHERS = {"__pycache__", "node_modules", "site-packages", "staticfiles"}


class Sources:
    """The Python files and templates below ``folder`` (resolved), without environments and hidden folders."""

    def __init__(self, folder: Path):
        self.folder = folder

    @cached_property
    def python(self) -> list[str]:
        return sorted(self._files(".py"))

    @cached_property
    def templates(self) -> list[str]:
        return sorted(self._files(".html"))

    def _files(self, suffix: str) -> Iterator[str]:
        for root, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if self.is_theirs(Path(root, name))]
            yield from (
                Path(root, name).relative_to(self.folder).as_posix()
                for name in files
                if name.endswith(suffix)
            )

    @staticmethod
    def is_theirs(folder: Path) -> bool:
        return not (
            folder.name in OTHERS or folder.name.startswith(".") or (folder / "pyvenv.cfg").exists()
        )

    def text(self, file: str) -> str:
        """Its text, by the encoding that it declares. Raises Fault C002 if it isn't text in that encoding."""
        try:
            with tokenize.open(self.folder / file) as opened:
                return opened.read()
        except (SyntaxError, UnicodeDecodeError) as error:
            raise Fault(
                "C002", Place(file, 1), error="it isn't text in UTF-8", line=str(error), why=""
            ) from None

    def html(self, file: str) -> str:
        return (self.folder / file).read_text("utf-8", errors="replace")

    def tree(self, file: str) -> ast.Module:
        """Its syntax tree. Raises SyntaxError."""
        return ast.parse(self.text(file), file)

    @cached_property
    def code(self) -> str:
        """All of the Python code without comments, to look for signs of a step in."""
        return "\n".join(ast.unparse(self.tree(file)) for file in self.python)

    def place(self, path: str | os.PathLike, line: int = 0) -> Place | None:
        """The place in the project, or None if ``path`` is no file of the learner's."""
        if str(path).startswith("<"):  # no file, such as "<frozen importlib._bootstrap>"
            return None
        try:
            relative = Path(path).resolve().relative_to(self.folder)
        except (OSError, ValueError):
            return None
        inside = [
            self.folder.joinpath(*relative.parts[:depth]) for depth in range(1, len(relative.parts))
        ]
        return Place(relative.as_posix(), line) if all(map(self.is_theirs, inside)) else None

    def last_place(self, traceback: TracebackType | None) -> Place | None:
        """Where in the learner's code an exception came through last."""
        found = None
        while traceback:
            found = self.place(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno) or found
            traceback = traceback.tb_next
        return found

    def stack_place(self, frame) -> Place | None:
        """The innermost line of the learner's that a running frame is in."""
        while frame:
            place = self.place(frame.f_code.co_filename, frame.f_lineno)
            if place:
                return place
            frame = frame.f_back
        return None

    def line(self, place: Place | None) -> str:
        """The text of a line, without its indentation."""
        if not place or not place.line:
            return ""
        lines = self.html(place.file).splitlines()
        return lines[place.line - 1].strip() if place.line <= len(lines) else ""

    def search(self, file: str, pattern: str) -> Place:
        """The first line of ``file`` that the regular expression matches, or the file as a whole."""
        text = self.html(file) if (self.folder / file).is_file() else ""
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                return Place(file, number)
        return Place(file)

    def search_all(self, pattern: str) -> Place | None:
        """The first line of any Python file that the regular expression matches."""
        return next(
            (place for file in self.python if (place := self.search(file, pattern)).line), None
        )

    def function(self, place: Place | None) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The innermost function round a line."""
        if not place or place.file not in self.python:
            return None
        nodes = [node for node in ast.walk(self.tree(place.file)) if isinstance(node, FUNCTIONS)]
        return max(
            (node for node in nodes if node.lineno <= place.line <= node.end_lineno),
            key=_start,
            default=None,
        )


def source_files(folder: Path) -> list[Path]:
    """The Python files and templates below ``folder``, as they are now: what to look at for a save."""
    sources = Sources(folder.resolve())
    return [sources.folder / file for file in (*sources.python, *sources.templates)]


def _start(node: ast.AST) -> int:
    return node.lineno


def guess(name: str, known, text: str = " Did you mean {!r}?") -> str:
    """A sentence with the known name that ``name`` is a misspelling of, or nothing."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.7)
    return text.format(close[0]) if close and close[0] != name else ""
