"""The learner's files: read, parsed, and searched for the line that a report points to."""

import ast
import os
import re
import tokenize
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from traceback import walk_tb
from types import FrameType, TracebackType

from chatdemo.course.checker.report import Fault, Place

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
#: Folders without code of the learner's.
EXCLUDED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "staticfiles"}
_SETTINGS_MODULE = re.compile(r"""DJANGO_SETTINGS_MODULE['"]\s*(?:,|\]\s*=)\s*['"]([\w.]+)['"]""")


class Sources:
    """The Python files and templates below ``folder`` (resolved).

    Virtual environments and hidden folders are left out.
    """

    def __init__(self, folder: Path):
        self.folder = folder

    @cached_property
    def python(self) -> list[str]:
        """The paths of the Python files, relative to the folder."""
        return sorted(self._files(".py"))

    @cached_property
    def templates(self) -> list[str]:
        """The paths of the templates, relative to the folder."""
        return sorted(self._files(".html"))

    def _files(self, suffix: str) -> Iterator[str]:
        for root, folders, files in os.walk(self.folder):
            folders[:] = [name for name in folders if self.is_included(Path(root, name))]
            for name in files:
                if name.endswith(suffix):
                    yield Path(root, name).relative_to(self.folder).as_posix()

    @staticmethod
    def is_included(folder: Path) -> bool:
        """Whether the folder can hold code of the learner's."""
        excluded = folder.name in EXCLUDED_FOLDERS or folder.name.startswith(".")
        return not (excluded or (folder / "pyvenv.cfg").exists())

    def text(self, file: str) -> str:
        """Return the text of a Python file. Raises Fault C002 if its encoding is wrong."""
        try:
            with tokenize.open(self.folder / file) as opened:
                return opened.read()
        except (SyntaxError, UnicodeDecodeError) as error:
            facts = {"error": "it isn't text in UTF-8", "line": str(error), "why": ""}
            raise Fault("C002", Place(file, 1), **facts) from None

    def read(self, file: str) -> str:
        """Return the text of any file. Bytes that aren't UTF-8 are replaced."""
        return (self.folder / file).read_text("utf-8", errors="replace")

    def tree(self, file: str) -> ast.Module:
        """Return the syntax tree of a Python file. Raises SyntaxError."""
        return ast.parse(self.text(file), file)

    @cached_property
    def code(self) -> str:
        """All of the Python code without comments."""
        return "\n".join(ast.unparse(self.tree(file)) for file in self.python)

    def place(self, path: str | os.PathLike[str], line: int = 0) -> Place | None:
        """Return the place in the project, or None if ``path`` isn't a file of the learner's."""
        if str(path).startswith("<"):  # not a file, such as "<frozen importlib._bootstrap>"
            return None
        try:
            relative = Path(path).resolve().relative_to(self.folder)
        except (OSError, ValueError):
            return None
        folders = (self.folder / parent for parent in relative.parents if parent.name)
        return Place(relative.as_posix(), line) if all(map(self.is_included, folders)) else None

    def last_place(self, traceback: TracebackType | None) -> Place | None:
        """Return the last line of the learner's in a traceback."""
        places = [self.place(frame.f_code.co_filename, line) for frame, line in walk_tb(traceback)]
        return next(filter(None, reversed(places)), None)

    def stack_place(self, frame: FrameType | None) -> Place | None:
        """Return the innermost line of the learner's that ``frame`` runs."""
        while frame:
            if place := self.place(frame.f_code.co_filename, frame.f_lineno):
                return place
            frame = frame.f_back
        return None

    def line(self, place: Place | None) -> str:
        """Return the text of a line, without its indentation."""
        if not place or not place.line:
            return ""
        lines = self.read(place.file).splitlines()
        return lines[place.line - 1].strip() if place.line <= len(lines) else ""

    def search(self, file: str, pattern: str) -> Place:
        """Return the first line of ``file`` that matches the regular expression, or the file."""
        text = self.read(file) if (self.folder / file).is_file() else ""
        for number, line in enumerate(text.splitlines(), 1):
            if re.search(pattern, line):
                return Place(file, number)
        return Place(file)

    def search_templates(self, pattern: str) -> Place | None:
        """Return the first line of any template that matches the regular expression."""
        places = (self.search(file, pattern) for file in self.templates)
        return next((place for place in places if place.line), None)

    def rendered_place(self, page: str, number: int) -> Place | None:
        """Return the line of a template from which a line of a page was made."""
        lines = page.splitlines()
        text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        found = []
        for file in self.templates if text else ():
            for at, line in enumerate(self.read(file).splitlines(), 1):
                if re.fullmatch(_rendered(line.strip()), text):
                    found.append(Place(file, at))
        # Of equal lines, the one whose number is the nearest.
        return min(found, key=lambda place: abs(place.line - number), default=None)

    def search_all(self, pattern: str) -> Place | None:
        """Return the first line of any Python file that matches the regular expression."""
        places = (self.search(file, pattern) for file in self.python)
        return next((place for place in places if place.line), None)

    def function(self, place: Place | None) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """Return the innermost function that contains a line."""
        if not place or place.file not in self.python:
            return None
        around = [
            node
            for node in ast.walk(self.tree(place.file))
            if isinstance(node, FUNCTIONS) and node.lineno <= place.line <= (node.end_lineno or 0)
        ]
        return max(around, key=lambda node: node.lineno, default=None)


def _rendered(line: str) -> str:
    """A regular expression for what Django makes of a template's line."""
    parts = re.split(r"\{[{%#].*?[}%#]\}", line)
    return ".*".join(map(re.escape, parts)) if any(parts) else r"(?!)"


def source_files(folder: Path) -> list[Path]:
    """Return the Python files and templates that are below ``folder`` now."""
    sources = Sources(folder.resolve())
    return [sources.folder / file for file in (*sources.python, *sources.templates)]


def settings_module_in(text: str) -> str | None:
    """Return the settings module that a manage.py or asgi.py with this text names, if it does."""
    found = _SETTINGS_MODULE.search(text)
    return found and found[1]


def nearby_project(folder: Path) -> Path | None:
    """Return the folder beside or around ``folder`` that has a manage.py, if there is one."""
    found = sorted(folder.glob("*/manage.py")) or [folder.parent / "manage.py"]
    return found[0].parent if found[0].is_file() else None


def suggestion(
    name: str, known: Iterable[str], text: str = " Did you mean {!r}?", cutoff: float = 0.7
) -> str:
    """Return ``text`` with the known name that ``name`` misspells; empty if there is none.

    ``cutoff`` is difflib's: 1 is the same name.
    """
    close = get_close_matches(name, list(known), n=1, cutoff=cutoff)
    return text.format(close[0]) if close and close[0] != name else ""
