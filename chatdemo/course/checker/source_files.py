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
from types import FrameType
from typing import Any

from chatdemo.course.checker.report import Fault, Place

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Function = ast.FunctionDef | ast.AsyncFunctionDef
#: One class of nodes, or several.
Kind = type[ast.AST] | tuple[type[ast.AST], ...]
#: Folders without code of the learner's.
EXCLUDED_FOLDERS = {"__pycache__", "node_modules", "site-packages", "staticfiles"}
_SETTINGS_MODULE = re.compile(r"""DJANGO_SETTINGS_MODULE['"]\s*(?:,|\]\s*=)\s*['"]([\w.]+)['"]""")


class Sources:
    """The Python files and templates below ``folder`` (resolved).

    Virtual environments and hidden folders are left out.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._own_files: dict[str, str | None] = {}
        self._lines: dict[str, list[str]] = {}
        self._trees: dict[str, ast.Module] = {}

    @cached_property
    def python(self) -> list[str]:
        """The paths of the Python files, relative to the folder."""
        return sorted(self._files(".py"))

    @cached_property
    def templates(self) -> list[str]:
        """The paths of the templates, relative to the folder."""
        return sorted(self._files(".html"))

    def files_like(self, name: str) -> list[str]:
        """Return the paths of the files whose names are ``name``, apart from capital letters and
        the end of the suffix, such as index.htm for index.html.
        """
        stem = name.lower().partition(".")[0]
        found = self._files((".html", ".htm", ".HTML", ".txt"))
        near = sorted(file for file in found if stem == _stem(file))
        return sorted(near, key=lambda file: not file.endswith(f"/{name}"))

    def _files(self, suffix: str | tuple[str, ...]) -> Iterator[str]:
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
            facts = {"error": "it isn't text in UTF-8", "line": error, "why": "", "fix": ""}
            raise Fault("C002", Place(file, 1), **facts) from None

    def read(self, file: str) -> str:
        """Return the text of any file. Bytes that aren't UTF-8 are replaced."""
        return (self.folder / file).read_text("utf-8", errors="replace")

    def tree(self, file: str) -> ast.Module:
        """Return the syntax tree of a Python file. Raises SyntaxError."""
        if file not in self._trees:
            self._trees[file] = ast.parse(self.text(file), file)
        return self._trees[file]

    @cached_property
    def code(self) -> str:
        """All of the Python code without comments."""
        return "\n".join(ast.unparse(self.tree(file)) for file in self.python)

    def module_file(self, name: str) -> str:
        """Return the path of the project's module of that name; "" if it has none."""
        path = name.replace(".", "/")
        files = (f"{path}.py", f"{path}/__init__.py")
        return next((file for file in files if file in self.python), "")

    def place(self, path: str | os.PathLike[str], line: int = 0) -> Place | None:
        """Return the place in the project; None if it isn't a line of a file of the learner's.

        Code that exec() runs, and that of frozen modules, has names such as ``<string>``.
        """
        file = self._own_files.get(str(path), "")
        if file == "":
            file = self._own_files[str(path)] = self._own_file(path)
        return Place(file, line) if file and line <= len(self.lines(file)) else None

    def _own_file(self, path: str | os.PathLike[str]) -> str | None:
        """The path in the project's folder, or None if it isn't a file of the learner's."""
        try:
            file = Path(path).resolve()
            relative = file.relative_to(self.folder)
            folders = (self.folder / parent for parent in relative.parents if parent.name)
            is_own = file.is_file() and all(map(self.is_included, folders))
        except (OSError, ValueError):
            return None
        return relative.as_posix() if is_own else None

    def last_place(self, error: BaseException | None) -> Place | None:
        """Return the last line of the learner's in the traceback of an exception, or of those
        that it was raised from.
        """
        for _ in range(20):
            if error is None:
                break
            traceback = walk_tb(error.__traceback__)
            places = [self.place(frame.f_code.co_filename, line) for frame, line in traceback]
            if found := next(filter(None, reversed(places)), None):
                return found
            error = error.__cause__ or error.__context__
        return None

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
        lines = self.lines(place.file)
        return lines[place.line - 1].strip() if place.line <= len(lines) else ""

    def lines(self, file: str) -> list[str]:
        """Return the lines of a file; none if it can't be read."""
        if file not in self._lines:
            is_file = (self.folder / file).is_file()
            # Not splitlines(): Python doesn't count a form feed as the end of a line.
            self._lines[file] = self.read(file).split("\n") if is_file else []
        return self._lines[file]

    def search(self, file: str, pattern: str) -> Place:
        """Return the first line of ``file`` that matches the regular expression, or the file."""
        for number, line in enumerate(self.lines(file), 1):
            if re.search(pattern, line):
                return Place(file, number)
        return Place(file)

    def search_templates(self, pattern: str) -> Place | None:
        """Return the first line of any template that matches the regular expression."""
        places = (self.search(file, pattern) for file in self.templates)
        return next((place for place in places if place.line), None)

    def rendered_place(self, page: str, number: int, template: str = "") -> Place | None:
        """Return the line of a template from which a line of a page was made: of equal lines, the
        one in ``template``, and the one whose number is the nearest.
        """
        lines = page.splitlines()
        text = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        found = []
        for file in self.templates if text else ():
            for at, line in enumerate(self.read(file).splitlines(), 1):
                if re.fullmatch(_rendered(line.strip()), text):
                    found.append(Place(file, at))
        return min(
            found,
            key=lambda place: (place.file != template, abs(place.line - number)),
            default=None,
        )

    def nodes(self, kind: Kind, file: str = "") -> Iterator[tuple[str, Any]]:
        """Yield the nodes of that kind of a Python file, or of all, each with its file."""
        for path in self.python:
            for node in ast.walk(self.tree(path)) if file in ("", path) else ():
                if isinstance(node, kind):
                    yield path, node

    def find(self, kind: Kind, name: str, file: str = "") -> Place | None:
        """Return the first line of a node of that kind whose whole name (see name_of) is the
        regular expression ``name``: in a Python file, or in the first one that has any.
        """
        found = [
            Place(path, node.lineno)
            for path, node in self.nodes(kind, file)
            if re.fullmatch(name, name_of(node), re.DOTALL)
        ]
        return min(found, default=None)

    def uncalled(self, name: str, file: str = "") -> Place | None:
        """Return the first line that uses a function or class of that name without calling it."""
        called = [call.func for _, call in self.nodes(ast.Call, file)]
        found = [
            Place(path, node.lineno)
            for path, node in self.nodes((ast.Name, ast.Attribute), file)
            if name_of(node) == name and node not in called and isinstance(node.ctx, ast.Load)
        ]
        return min(found, default=None)

    def defined_twice(self, file: str = "") -> Iterator[tuple[str, Place, Place]]:
        """Yield the names that a module or a class defines again without having used them, each
        with both lines. Python uses the last.
        """
        for path, scope in self.nodes((ast.Module, ast.ClassDef), file):
            defined: dict[str, Place] = {}
            for node in scope.body:
                used = {name_of(part) for part in ast.walk(node) if not _is_target(part)}
                names = defined_names(node)
                for name in names & defined.keys() - used:
                    yield name, defined[name], Place(path, node.lineno)
                defined = {name: place for name, place in defined.items() if name not in used}
                defined |= dict.fromkeys(names, Place(path, node.lineno))

    def subscripted(self, place: Place | None, key: Any) -> str:
        """Return the code of what the line reads ``key`` of: ``event`` for ``event["message"]``.

        Empty if it doesn't read that key.
        """
        for node in self.nodes_at(place):
            if isinstance(node, ast.Subscript) and getattr(node.slice, "value", None) == key:
                return ast.unparse(node.value)
        return ""

    def unawaited(self, name: str, file: str = "") -> list[Place]:
        """Return the lines of the calls of a function of that name that aren't awaited."""
        awaited = [node.value for _, node in self.nodes(ast.Await, file)]
        calls = [(path, node) for path, node in self.nodes(ast.Call, file) if node not in awaited]
        return [Place(path, node.lineno) for path, node in calls if name_of(node) == name]

    def coroutine_call(self, place: Place | None) -> str:
        """Return the name of the asynchronous function that a line calls without awaiting it: that
        of one of the project's, or of the innermost call.
        """
        nodes = list(self.nodes_at(place))
        awaited = [node.value for node in nodes if isinstance(node, ast.Await)]
        calls = [node for node in nodes if isinstance(node, ast.Call) and node not in awaited]
        own = [call for call in calls if self.find(FUNCTIONS, re.escape(name_of(call)))]
        return f"{name_of((own or calls)[-1])}()" if calls else "what it calls"

    def nodes_at(self, place: Place | None) -> Iterator[ast.expr]:
        """Yield the expressions that begin on a line of a Python file."""
        for _, node in self.nodes(ast.expr, place.file) if place and place.line else ():
            if place and node.lineno == place.line:
                yield node

    def function(self, place: Place | None) -> Function | None:
        """Return the innermost function that contains a line."""
        if not place:
            return None
        around = [
            node
            for _, node in self.nodes(FUNCTIONS, place.file)
            if min(part.lineno for part in (node, *node.decorator_list)) <= place.line
            and place.line <= end_line(node)
        ]
        return max(around, key=lambda node: node.lineno, default=None)


def name_of(node: ast.AST) -> str:
    """Return the last part of the name of what a node defines, uses, calls or imports; the value of
    a constant; for an assignment, the code of what is assigned.
    """
    if isinstance(node, ast.Assign):
        return ast.unparse(node.value)
    if isinstance(node, ast.Import):
        return node.names[0].name
    if isinstance(node, ast.Call):
        node = node.func
    names = (getattr(node, attribute, None) for attribute in ("name", "id", "attr", "module"))
    return str(next(filter(None, names), getattr(node, "value", "")))


def module_name(file: str) -> str:
    """Return the name of the module that is in a file of the project."""
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _stem(file: str) -> str:
    return file.rpartition("/")[2].lower().partition(".")[0]


def end_line(node: ast.stmt | ast.expr) -> int:
    """Return the last line of a node."""
    return node.end_lineno or node.lineno


def self_attributes(node: ast.AST, context: type[ast.expr_context]) -> dict[str, int]:
    """Return the attributes of self that the code sets (Store) or reads (Load), each with its first
    line.
    """
    attributes = [part for part in ast.walk(node) if isinstance(part, ast.Attribute)]
    return {
        part.attr: part.lineno
        for part in sorted(attributes, key=lambda part: -part.lineno)
        if isinstance(part.ctx, context) and ast.unparse(part.value) == "self"
    }


def _is_target(node: ast.AST) -> bool:
    """Whether a node defines or sets its name, instead of using it."""
    is_set = isinstance(getattr(node, "ctx", None), ast.Store)
    return is_set or isinstance(node, (*FUNCTIONS, ast.ClassDef))


def defined_names(statement: ast.stmt) -> set[str]:
    """Return the name that a statement gives to a class, a function or a value.

    One with a decorator may add to what is there, as a property's setter does.
    """
    if isinstance(statement, (*FUNCTIONS, ast.ClassDef)):
        return set() if statement.decorator_list else {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def changed_names(statement: ast.stmt) -> set[str]:
    """Return the names that a statement sets, or changes by a method, a key or an attribute:
    ``X`` for ``X = 1``, ``X["a"] = 1``, ``X += y``, ``del X[0]`` and ``X.append(y)``.
    """
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign | ast.Delete):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign | ast.AnnAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        targets = [statement.value.func] if isinstance(statement.value.func, ast.Attribute) else []
    names = [[part for part in ast.walk(one) if isinstance(part, ast.Name)] for one in targets]
    return {found[0].id for found in names if found}


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
