"""Modules that can't be read, imported or found, and names that nothing defines."""

import re
import sys

from chatdemo.course.checker.causes.exceptions import Rule, says, shown
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import guess


def _syntax(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    return (
        syntax_fault(project, error) if isinstance(error, SyntaxError) and error.filename else None
    )


def syntax_fault(project: Project, error: SyntaxError) -> Fault:
    """Raised nowhere, for the caller to raise: a file that Python can't read."""
    file = project.sources.place(project.folder / error.filename, error.lineno or 0) or Place(
        error.filename
    )
    why = ""
    if "await" in (error.msg or ""):
        why = ". Only a method that starts with `async def` may await."
    return Fault(
        "C002", file, error=error.msg.rstrip("?."), line=(error.text or "").strip(), why=why
    )


def _exit(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    return (
        Fault("C010", place, seen=f"{shown(error)} at {place}")
        if isinstance(error, SystemExit)
        else None
    )


def _registry(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not says(error, "AppRegistryNotReady"):
        return None
    return Fault(
        "C106",
        project.sources.search(project.asgi_file, r"import.*(routing|consumers|chat)"),
        error=shown(error),
    )


def _import(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """Something that isn't there under that name: a module, a name in a module, or a circle of imports."""
    if says(error, "ImportError", "partially initialized module") or says(
        error, "AttributeError: partially"
    ):
        return Fault(
            "C007", place, error=shown(error), why="The modules import each other in a circle."
        )
    if isinstance(error, ModuleNotFoundError):
        return Fault(
            "C007",
            _import_place(project, error, place),
            error=shown(error),
            why=_why_missing(project, error),
        )
    if isinstance(error, ImportError):
        known = dir(sys.modules.get(error.name or "", None))
        name = re.search(r"cannot import name '(\w+)'", str(error))
        return Fault(
            "C007", place, error=shown(error), why=_what_is_there(name[1], known) if name else ""
        )
    return None


def _what_is_there(name: str, known: list[str]) -> str:
    """A sentence about the names that the module has instead."""
    own = [other for other in known if not other.startswith("_")]
    there = f"There is {', '.join(own[:4])}." if 0 < len(own) <= 4 else ""
    return (
        guess(name, known).strip()
        or there
        or "Older versions may have had it, as older texts show."
    )


def _import_place(
    project: Project, error: ModuleNotFoundError, place: Place | None
) -> Place | None:
    return place or project.sources.search_all(rf"['\"]{re.escape(error.name or '?')}[.'\"]")


def _why_missing(project: Project, error: ModuleNotFoundError) -> str:
    """A sentence about the module that isn't there."""
    own = [
        file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for file in project.sources.python
    ]
    top = (error.name or "").partition(".")[0]
    if top not in {name.partition(".")[0] for name in own} and not guess(error.name or "", own):
        if top in sys.modules:
            return f"This version of {top} has no such module: that is from an older text."
        return f"If it is a package, install it: python -m pip install {top}"
    return (
        guess(error.name or "", own, "Did you mean {!r}?")
        or f"There is no file {error.name.replace('.', '/')}.py."
    )


def _why_undefined(name: str, line: str) -> str:
    from channels.generic.websocket import AsyncWebsocketConsumer

    if re.search(rf"include\(\s*{name}\b", line):
        return "the quotation marks are missing"
    if hasattr(AsyncWebsocketConsumer, name) or name in ("channel_layer", "channel_name", "scope"):
        return "self. is missing in front of it"
    return "an import is missing, or it is misspelt"


def _no_patterns(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    """A module of URLs without the name that Django asks for."""
    found = re.search(
        r"The included URLconf '(?:<module ')?([\w.]+)'.* does not appear to have any patterns",
        str(error),
    )
    if not found:
        return None
    file = found[1].replace(".", "/") + ".py"
    known = vars(sys.modules[found[1]]) if found[1] in sys.modules else ()
    there = guess("urlpatterns", known, " It has {!r}.")
    return Fault("C119", project.sources.search(file, "path\\("), file=file, guess=there)


def _name(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if isinstance(error, NameError):
        name = getattr(error, "name", None) or str(error).split("'")[1]
        line = project.sources.line(place)
        return Fault(
            "C006", place, error=shown(error), name=name, line=line, why=_why_undefined(name, line)
        )
    return None


#: Asked in this order; the first that knows the exception answers.
RULES: list[Rule] = [_syntax, _exit, _registry, _import, _no_patterns, _name]
