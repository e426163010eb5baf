"""Exceptions in a page's script: their line in the project, and their cause if it is sure."""

import re
from urllib.parse import urlsplit

from chatdemo.course.checker.page_run.run import ScriptError
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import suggestion

#: Methods whose names learners misspell.
METHODS = (
    *("parse", "stringify", "send", "close", "querySelector", "getElementById", "focus", "click"),
    *("addEventListener", "appendChild", "createElement", "append", "trim", "replace", "log"),
)
#: Names of the browser's.
GLOBALS = {"WebSocket", "JSON", "document", "window", "console", "setTimeout"}
#: Sentences about exceptions with one cause.
EXPLANATIONS = (
    (
        "Still in CONNECTING state",
        "A message can be sent once the WebSocket is open: in an event handler.",
    ),
    (r'"\[object .* is not valid JSON', "The received text is in the event's data."),
    ("is not valid JSON", ""),  # the browser's words have the text that it couldn't parse
)


def text_of(error: ScriptError) -> str:
    """Return the browser's words."""
    return error["message"].removeprefix("Uncaught ").rstrip(".")


def place_of(project: LearnerProject, error: ScriptError) -> Place | None:
    """Return the learner's line that raised it: in a template, or in a static file."""
    path = urlsplit(error["url"]).path
    if text := project.pages.texts_by_path.get(path):
        return project.sources.rendered_place(text, error["line"])
    return project.static_place(path, error["line"])


def explain(project: LearnerProject, error: ScriptError, ids: list[str]) -> str:
    """Return a sentence about the cause, in a page with these ids; empty if it isn't sure."""
    text = text_of(error)
    for pattern, sentence in EXPLANATIONS:
        if re.search(pattern, text):
            return sentence
    page = project.pages.texts_by_path.get(urlsplit(error["url"]).path, "")
    place = place_of(project, error)
    line, script = project.sources.line(place), project.sources.read(place.file) if place else page
    if found := re.search(r"of null \((?:reading|setting) '(\w+)'\)", text):
        return _why_null(script, line, found[1], page, ids)
    if found := re.match(r"ReferenceError: (\w+) is not defined", text):
        return suggestion(found[1], _declared_names(script), "Did you mean {!r}?", cutoff=0.8)
    if found := re.search(r"(\w+) is not a function", text):
        return suggestion(found[1], METHODS, "Did you mean {!r}?", cutoff=0.8)
    if "SyntaxError" in text and re.search(r"(^|\s)#", line):
        return "A comment of JavaScript begins with //."
    return "The browser runs none of the script." if "SyntaxError" in text else ""


def _declared_names(script: str) -> set[str]:
    """The names that a script declares, and those of the browser's that it may need."""
    found = re.findall(r"\b(?:const|let|var|function|class)\s+(\w+)|\((\w+)\)\s*(?:=>|\{)", script)
    return {name for pair in found for name in pair if name} | GLOBALS


def _why_null(script: str, line: str, attribute: str, page: str, ids: list[str]) -> str:
    """Why a lookup found no element, whose ``attribute`` is used in ``line``: that has the lookup,
    or a variable that was set with one.
    """
    lookup = r"(getElementById|querySelector)\(\s*['\"`]([^'\"`]+)['\"`]\s*\)"
    names = re.findall(rf"\b(\w+)\.{attribute}\b", line)
    assigned = [rf"\b{name}\s*=\s*[\w.]*{lookup}" for name in names]
    for pattern, text in [
        (rf"{lookup}\.{attribute}\b", line),
        *((one, script) for one in assigned),
    ]:
        if found := re.search(pattern, text):
            return _why_not_found(found[1], found[2], page, ids)
    return ""


def _why_not_found(method: str, name: str, page: str, ids: list[str]) -> str:
    id = name.lstrip("#.")
    if id in ids and method == "querySelector" and not name.startswith("#"):
        return f"querySelector({name!r}) doesn't look for an id: that begins with '#'."
    if id in ids and method == "getElementById" and id != name:
        return f"getElementById takes the id without '#': {id!r}."
    if id in ids:
        return f"The script runs before the element {id!r} exists: it comes first in the page."
    if re.search(rf"\bid\s*=\s*['\"]?{re.escape(id)}\b", page):
        return f"The browser hasn't read the element {id!r}: a tag before it may not be closed."
    guess = suggestion(id, ids, " The page has {!r}.")
    return f"No element of the page has the id {id!r}.{guess}" if re.match(r"[\w-]+$", id) else ""
