"""Exceptions in a page's script: where they are, and why."""

import re
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urlsplit

from chatdemo.course.checker.page_checks import INDEX_IDS, ROOM_IDS
from chatdemo.course.checker.page_run.run import PageReport, ScriptError, ScriptLine
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.source_files import suggestion

#: Methods, properties and handlers whose names learners misspell.
METHODS = (
    *("parse", "stringify", "send", "close", "querySelector", "getElementById", "focus", "click"),
    *("addEventListener", "appendChild", "createElement", "append", "trim", "replace", "log"),
)
PROPERTIES = ("value", "innerHTML", "textContent", "innerText", "keyCode", "key", "data", "message")
HANDLERS = (
    *("onclick", "onkeyup", "onkeydown", "onkeypress", "onsubmit", "oninput", "onchange", "onload"),
    *("onmessage", "onopen", "onclose", "onerror", "onfocus", "onblur", "ondblclick", "onmouseup"),
)
#: Names of Python's, and those of JavaScript's.
PYTHON_NAMES = {
    **{"True": "true", "False": "false", "None": "null", "print": "console.log()"},
    **{"len": ".length", "str": "String()", "int": "Number()", "self": "this"},
}
#: Names of the browser's.
GLOBALS = {"WebSocket", "JSON", "document", "window", "console", "setTimeout"}
EARLY_SEND = (
    "A message can be sent once the WebSocket is open: in the handler of open, or of a click."
)
#: Gives an event what a function returns, in the place of the function.
CALLED_AT_ONCE = (
    r"\.on\w+\s*=\s*(?!function)([\w.]+)\(\s*\)\s*;?\s*$"
    r"|addEventListener\([^,()]+,\s*(?!function)([\w.]+)\(\s*\)\s*\)"
)
RUNS_AT_ONCE = "{0}() runs at once, when the page is loaded: the handler is {0}, without ()."
COLLECTION = r"\b(\w+)\s*=\s*[\w.]*\.(getElementsBy\w+|querySelectorAll)\([^()]*\)\s*[;,]?\s*$"
COLLECTION_SENTENCE = "{0} returns a collection of elements. querySelector returns one."
LOOKUP = r"(getElementById|querySelector)\(\s*['\"`]([^'\"`]+)['\"`]\s*\)"
COMMENT = r"\s*(//|/\*|\*|<!--)"


class Cause(NamedTuple):
    """A sentence about a cause, and the line to change; None if that isn't sure."""

    why: str
    place: Place | None = None


class PageLines:
    """The lines of a page as the browser got it, and of the project's scripts that it loads.

    ``path`` is its path, and ``report`` is of its run, if it has ended.
    """

    def __init__(self, project: LearnerProject, path: str, report: PageReport | None = None):
        self.project = project
        self.path = path
        self.report: PageReport = report or {}
        self.page = project.pages.texts_by_path.get(path, "")

    @cached_property
    def lines(self) -> list[tuple[Place, str]]:
        """Each line with its place, without those that are only a comment."""
        numbered = enumerate(self.page.splitlines(), 1)
        lines = [(place, line) for number, line in numbered if (place := self._page_place(number))]
        for address in re.findall(r"<script[^>]*\bsrc=[\"']?([^\"'\s>]+)", self.page):
            if script := self.project.static_place(urlsplit(address).path, 0):
                numbered = enumerate(self.project.sources.lines(script.file), 1)
                lines += [(Place(script.file, number), line) for number, line in numbered]
        return [(place, line) for place, line in lines if not re.match(COMMENT, line)]

    @cached_property
    def text(self) -> str:
        """All lines."""
        return "\n".join(line for _, line in self.lines)

    def search(self, *patterns: str) -> Place | None:
        """Return the first line that matches the first of the regular expressions, or else the
        next; without any, the template.
        """
        for pattern in patterns:
            for place, line in self.lines:
                if re.search(pattern, line):
                    return place
        return Place(self.template) if self.template else None

    def all(self, pattern: str) -> list[Place]:
        """Return each line that matches the regular expression."""
        return [place for place, line in self.lines if re.search(pattern, line)]

    def first_place(self, at: list[ScriptLine]) -> Place | None:
        """Return the first of the lines that is the learner's: a library may have called it."""
        return next((place for line in at if (place := self.place_of(line))), None)

    def place_of(self, line: ScriptLine) -> Place | None:
        """Return the learner's line: in a template, or in a static file."""
        path = urlsplit(line["url"]).path
        if path == self.path:
            return self._page_place(line["line"])
        return self.project.static_place(path, line["line"])

    def _page_place(self, number: int) -> Place | None:
        return self.project.sources.rendered_place(self.page, number, self.template)

    @cached_property
    def template(self) -> str:
        """The file from which the most lines of the page were made."""
        rendered = self.project.sources.rendered_place
        numbers = range(1, self.page.count("\n") + 2)
        files = [place.file for number in numbers if (place := rendered(self.page, number))]
        return max(files, key=files.count, default="")


def text_of(error: ScriptError) -> str:
    """Return the browser's words."""
    return error["message"].removeprefix("Uncaught ").rstrip(".")


def explain(lines: PageLines, error: ScriptError) -> Cause:
    """Return the cause of an exception; without a sentence if it isn't sure."""
    text, sources = text_of(error), lines.project.sources
    callers = [place for caller in error["callers"] if (place := lines.place_of(caller))]
    for place in callers:
        if found := re.search(CALLED_AT_ONCE, sources.line(place)):
            return Cause(RUNS_AT_ONCE.format(found[1] or found[2]), place)
    if "Still in CONNECTING state" in text:
        return _why_early(lines, error, callers)
    at = lines.place_of(error)
    if cause := _other_event(lines, error, at):
        return cause
    for pattern, rule in RULES:
        if found := re.search(pattern, text):
            return rule(lines, at, found)
    return Cause("")


def _why_early(lines: PageLines, error: ScriptError, callers: list[Place]) -> Cause:
    """Why the WebSocket isn't open yet: its line has only just run, in the same handler."""
    during = error["during"]
    for socket in lines.report["sockets"]:
        place = lines.first_place(socket["at"])
        if during and place and socket["during"] == during:
            why = f"At {place}, the handler of {during['type']} opens a WebSocket each time"
            return Cause(f"{why}, which isn't open yet. One that the page opens once is.", place)
    if during and during["type"] not in ("load", "DOMContentLoaded"):
        return Cause("")
    return Cause(EARLY_SEND, callers[-1] if callers else None)


def _other_event(lines: PageLines, error: ScriptError, at: Place | None) -> Cause | None:
    """The cause of an exception in a handler that reads the data of an event which has none."""
    during, set_at = error["during"], lines.first_place((error["during"] or {"at": []})["at"])
    if not during or during["type"] == "message" or not set_at:
        return None
    if not re.search(r"\.data\b", lines.project.sources.line(at)):
        return None
    why = f"The handler set at {set_at} is that of {during['type']!r}, whose event has no data"
    return Cause(f"{why}: messages come with the event 'message'.", set_at)


def unread_tag(line: str) -> str:
    """Return what is wrong with a tag of Django's that is in the page, as it isn't one."""
    if found := re.search(r"\{([#%])(?!.*\1\})", line):
        mark = found[1]
        more = ". For several lines there is {% comment %}" if mark == "#" else ""
        return f"Django reads {{{mark} ... {mark}}} only if it begins and ends in one line{more}."
    return ""


def _why_not_json(lines: PageLines, at: Place | None, found: re.Match[str]) -> Cause:
    # The browser's words have any other text that it couldn't parse.
    if (found[1] or "").startswith('"[object HTM'):
        return Cause("JSON.parse is given an element: its text is its textContent.", at)
    is_event = found[1] and ".data" not in lines.project.sources.line(at)
    return Cause("The received text is in the event's data.", at) if is_event else Cause("")


def _why_syntax(lines: PageLines, at: Place | None, found: re.Match[str]) -> Cause:
    if why := unread_tag(lines.project.sources.line(at)):
        return Cause(why, at)
    if re.search(r"(^|\s)#(?!\w+\s*[({])", lines.project.sources.line(at)):
        return Cause("A comment of JavaScript begins with //.", at)
    if re.search("[\u2018\u2019\u201c\u201d]", lines.project.sources.line(at)):
        return Cause("It has typographic quotation marks: JavaScript needs ' or \".", at)
    if "Unexpected end of input" in found.string and (place := _unclosed_brace(lines)):
        return Cause(f"The {{ at {place} isn't closed.", place)
    return Cause("The browser runs none of the script.")


def _unclosed_brace(lines: PageLines) -> Place | None:
    """The line of the last { without a } of its own."""
    open: list[Place] = []
    for place, line in lines.lines:
        code = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`|//.*|\{\{.*?\}\}|\{%.*?%\}", "", line)
        for mark in re.findall(r"[{}]", code):
            if mark == "{":
                open.append(place)
            elif open:
                open.pop()
    return open[-1] if open else None


def _why_undefined(lines: PageLines, at: Place | None, found: re.Match[str]) -> Cause:
    """Why a name is unknown where it is used."""
    is_early, name, project = bool(found[1]), found[2], lines.project
    in_template = re.search(rf"\brender\(.*['\"]{name}['\"]:", project.sources.code)
    if in_template or name == project.pages.room_name:
        why = 'the script reads what {{ room_name|json_script:"room-name" }} puts into the page'
        what = "The browser doesn't know the template's names"
        if not in_template:
            what = "The room's name is in the script without quotation marks, like a variable's"
        return Cause(f"{what}: {why}.", at)
    if name in PYTHON_NAMES:
        return Cause(f"JavaScript has {PYTHON_NAMES[name]}.", at)
    depth = 0
    for place, line in lines.lines:
        before, *after = re.split(rf"\b(?:const|let|var|class|function)\s+{name}\b", line)
        depth += before.count("{") - before.count("}")
        if after and is_early:
            return Cause(f"{name} exists from {place} on, which comes later.")
        if after:
            cause = _why_out_of_scope(lines, name, at, place, depth)
            return cause or _guess(name, _declared_names(lines.text), at)
    guess = _guess(name, _declared_names(lines.text), at)
    return guess if guess.why else Cause(f"No line of the page declares {name}.")


def _why_out_of_scope(
    lines: PageLines, name: str, at: Place | None, declared: Place, depth: int
) -> Cause | None:
    """Why a name is unknown although the page declares it, inside so many braces."""
    if depth > 0:
        why = f"At {declared}, {name} is declared between braces, and exists only between them."
        return Cause(why, declared)
    in_attribute = rf"\bon\w+\s*=\s*['\"][^'\"]*\b{name}\b"
    is_module = re.search(r"<script[^>]*type=['\"]module", lines.page)
    if is_module and re.search(in_attribute, lines.project.sources.line(at)):
        why = f"At {declared}, {name} is declared in a module: only its own script knows it."
        return Cause(f"{why} addEventListener there sets it as a handler.", at)
    return None


def _guess(name: str, known: Iterable[str], at: Place | None) -> Cause:
    """A cause if the name misspells one that is known, or has other capital letters."""
    same = [one for one in known if one.lower() == name.lower() and one != name]
    why = suggestion(name, same or known, "Did you mean {!r}?", cutoff=0.0 if same else 0.8)
    return Cause(why, at if why else None)


def _declared_names(script: str) -> set[str]:
    """The names that a script declares, and those of the browser's that it may need."""
    found = re.findall(r"\b(?:const|let|var|function|class)\s+(\w+)|\((\w+)\)\s*(?:=>|\{)", script)
    return {name for pair in found for name in pair if name} | GLOBALS


def _why_no_function(lines: PageLines, at: Place | None, found: re.Match[str]) -> Cause:
    owner, name = found.groups()
    for place, other in lines.lines:
        lookup = re.search(COLLECTION, other)
        if lookup and lookup[1] == owner:
            return Cause(COLLECTION_SENTENCE.format(lookup[2]), place)
    if name in (*PROPERTIES, *HANDLERS):
        return Cause(f"{name} is a property: it is read without brackets, and set with =.", at)
    return _guess(name, METHODS, at) if name not in METHODS else _guess(owner or "", GLOBALS, at)


def _why_not_new(lines: PageLines, at: Place | None, found: re.Match[str]) -> Cause:
    return Cause("An object is made with new: new WebSocket(...).", at)


def collection_cause(lines: PageLines, line: str) -> str:
    """Return what is wrong with a collection of elements that is used as one element."""
    found = re.search(COLLECTION, line)
    if found and re.search(rf"\b{found[1]}\.(on\w+|value|add|focus|inner|text)", lines.text):
        return COLLECTION_SENTENCE.format(found[2])
    return ""


def _why_nothing(lines: PageLines, at: Place | None, error: re.Match[str]) -> Cause:
    """Why a lookup found no element, whose attribute is used in the line: that has the lookup, or a
    variable that was set with one.
    """
    attribute, line = error[1], lines.project.sources.line(at)
    if found := re.search(rf"{LOOKUP}\.{attribute}\b", line):
        return _why_not_found(lines, found[1], found[2], rf"{LOOKUP}\.{attribute}\b")
    for name in re.findall(rf"\b(\w+)\.{attribute}\b", line):
        assigned = rf"\b{name}\s*=\s*[\w.]*{LOOKUP}"
        if found := re.search(assigned, lines.text):
            return _why_not_found(lines, found[1], found[2], assigned)
    return Cause("")


def _why_not_found(lines: PageLines, method: str, name: str, pattern: str) -> Cause:
    """Why the lookup of ``name`` finds nothing. The line with it matches ``pattern``."""
    id, looked_up, ids = name.lstrip("#."), lines.search(pattern), lines.report["ids"]
    if id in ids and method == "querySelector" and not name.startswith("#"):
        why = f"querySelector({name!r}) doesn't look for an id: that begins with '#'."
        return Cause(why, looked_up)
    if id in ids and method == "getElementById" and id != name:
        return Cause(f"getElementById takes the id without '#': {id!r}.", looked_up)
    if id in ids:
        why = f"The script runs before the element {id!r} exists: it comes first."
        return Cause(f"{why} At the end of <body> it comes last.")
    if re.search(rf"\bid\s*=\s*['\"]?{re.escape(id)}\b", lines.page):
        return Cause(f"The browser hasn't read the element {id!r}: a tag may not be closed.")
    if not re.match(r"[\w-]+$", id):
        return Cause("")
    guess = suggestion(id, ids, " The page has {!r}.")
    why = f"No element of the page has the id {id!r}.{guess}"
    filter = lines.project.sources.search_templates(r"\|\s*json_script")
    if id == "room-name":
        fix = f' Write json_script:"{id}" at {filter}.' if filter else ""
        return Cause(why + fix, filter)
    return Cause(why, None if id in (*INDEX_IDS, *ROOM_IDS) else looked_up)


#: By a pattern of the browser's words: what finds the cause, in the page and the line.
RULES = (
    (r'("\[object .*)?is not valid JSON', _why_not_json),
    (r"SyntaxError", _why_syntax),
    (r"of (?:null|undefined) \((?:reading|setting) '(\w+)'\)", _why_nothing),
    (r"ReferenceError: (Cannot access ')?(\w+)", _why_undefined),
    (r"(?:(\w+)\.)?(\w+) is not a function", _why_no_function),
    (r"without 'new'", _why_not_new),
)
