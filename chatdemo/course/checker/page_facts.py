"""Why a page does nothing: what the browser has recorded of its handlers and elements, and lines
that do nothing.
"""

import json
import re

from chatdemo.course.checker.page_run.run import HandlerRun, PageReport, Use
from chatdemo.course.checker.report import Place
from chatdemo.course.checker.script_errors import (
    CALLED_AT_ONCE,
    HANDLERS,
    PROPERTIES,
    RUNS_AT_ONCE,
    Cause,
    PageLines,
    collection_cause,
    unread_tag,
)
from chatdemo.course.checker.source_files import suggestion

#: Lines that do nothing, or not what they look like. The last two are about keys.
IDLE = (
    (
        r"^\s*[\w.]+\.(click|focus|submit|preventDefault)\s*;?\s*$",
        "Without brackets, {0} isn't called: {0}().",
    ),
    (
        r"'[^'\"`]*\$\{[^'\"`]*'|\"[^'\"`]*\$\{[^'\"`]*\"",
        "JavaScript replaces ${{...}} only in a text between backticks, `...`.",
    ),
    (r"\.(key|code)\s*={2,3}\s*['\"`\d]", "The {0} of Enter is 'Enter'."),
    (r"\.(keyCode|which)\s*={2,3}", "The {0} of Enter is the number 13."),
)
#: What a script has that compares a key with Enter.
ENTER = (
    r"(={2,3}|case|includes\()\s*['\"`](Numpad)?Enter['\"`]|['\"`]Enter['\"`]\s*={2,3}"
    r"|(keyCode|which)\s*={2,3}\s*13\b"
)
#: What the browser runs of its own accord, once.
STARTING = ("load", "DOMContentLoaded", "open")
#: What a directive of a Content-Security-Policy keeps from the page.
REFUSED = {"script-src": "a script of the page", "connect-src": "the page's WebSocket"}
MAX_SHOWN_CHARACTERS = 80
#: A line that asks whether something is there.
CONDITION = r"\bif\s*\(|\bswitch\s*\(|\?|&&|\|\|"
USES = {"enter": "Enter in #{0}", "button": "A click on #{0}"}
EVENTS = {"enter": ("keydown", "keypress", "keyup"), "button": ("click",)}
#: An element's tag, by its id.
ID = r"\bid\s*=\s*['\"]?{0}(?![\w-])"


def why_idle(lines: PageLines, report: PageReport) -> Cause:
    """Return why a page that raises no exception doesn't do what it should: what is sure first.

    Without a sentence if nothing tells it.
    """
    for find in (_refused, _ignored, _handler_cause, _repeated_id, _idle_line, _not_begun):
        cause = find(lines, report)
        if cause.why:
            return cause
    return Cause("")


def _refused(lines: PageLines, report: PageReport) -> Cause:
    for directive in report["refused"]:
        kind = next((REFUSED[one] for one in REFUSED if directive.startswith(one)), "")
        if kind:
            found = lines.all(r"Content-Security-Policy")
            at = f"at {found[0]}" if found else "that the server sends"
            why = f"The browser refuses {kind}, because of the Content-Security-Policy {at}."
            return Cause(why, next(iter(found), None))
    return Cause("")


def _ignored(lines: PageLines, report: PageReport) -> Cause:
    for address in report["ignored"]:
        why = f"The script with src={address!r} has a text, too: the browser runs only the file."
        return Cause(why, lines.search(r"<script[^>]*\bsrc\s*="))
    return Cause("")


def _handler_cause(lines: PageLines, report: PageReport) -> Cause:
    """A handler that can't be called: another one has replaced it, or the browser has no such
    event.
    """
    for handler in report["handlers"]:
        at, type = lines.first_place(handler["at"]), handler["type"]
        if not at:
            continue
        if again := lines.first_place(handler["replacedAt"] or []):
            name = f"{handler['target']}.on{type}"
            return Cause(f"{name} is set at {at} and again at {again}: the last one counts.", again)
        if not handler["isFunction"]:
            called = re.search(CALLED_AT_ONCE, lines.project.sources.line(at))
            why = f"What the event {type!r} of {handler['target']} gets isn't a function."
            return Cause(RUNS_AT_ONCE.format(called[1] or called[2]) if called else why, at)
        if not handler["isKnown"]:
            right = suggestion(type.removeprefix("on"), _events(), " It is called {!r}.")
            if type.removeprefix("on") in _events():
                right = f" It is called {type.removeprefix('on')!r}."
            return Cause(f"The browser has no event {type!r}.{right}", at)
    return Cause("")


def _events() -> list[str]:
    return [name.removeprefix("on") for name in HANDLERS]


def _repeated_id(lines: PageLines, report: PageReport) -> Cause:
    for id in report["repeated"]:
        places = lines.all(ID.format(id))
        where = f" ({' and '.join(map(str, places))})" if places else ""
        why = f"Several elements have the id {id!r}{where}: a script gets the first of them."
        return Cause(why, next(iter(places), None))
    return Cause("")


def _not_begun(lines: PageLines, report: PageReport) -> Cause:
    for handler in report["handlers"]:
        at = lines.first_place(handler["at"])
        if at and handler["type"] in STARTING and not handler["hasRun"]:
            why = f"The handler of {handler['type']!r} that is set at {at} never ran."
            return Cause(why, at)
    return Cause("")


def _idle_line(lines: PageLines, report: PageReport) -> Cause:
    rules = IDLE[:2] if re.search(ENTER, lines.text) else IDLE
    for place, line in lines.lines:
        for pattern, why in rules:
            if found := re.search(pattern, line):
                return Cause(why.format(*filter(None, found.groups())), place)
        causes = (collection_cause(lines, line), _misspelt(line), unread_tag(line))
        if why := next(filter(None, causes), ""):
            return Cause(why, place)
    return Cause("")


def _misspelt(line: str) -> str:
    """A property that the browser has in other letters."""
    for name in re.findall(r"\.(\w+)\b(?!\s*\()", line):
        known = [*PROPERTIES, *HANDLERS]
        right = next((one for one in known if one.lower() == name.lower()), "")
        if not right and name.startswith("on"):
            right = suggestion(name, known, "{}", cutoff=0.8)
        if right not in ("", name):
            return f"The browser calls it {right!r}, not {name!r}."
    return ""


def what_ran(
    lines: PageLines, way: str, id: str, use: Use, missing: str
) -> tuple[str, Place | None]:
    """Return which handlers Enter or a click has run, and the line of the last, or of the element
    without any. ``missing`` is what they haven't done: "sends nothing".
    """
    for other in use["disabled"]:
        why = f"#{other} is disabled, so it gets no events"
        for at in lines.all(r"setAttribute\(\s*['\"`]disabled['\"`]"):
            why += f": the attribute that {at} sets disables it, whatever its value is"
            return f"{why}. Write .disabled = false.", at
        return f"{why}.", _element(lines, other)
    name = USES[way].format(id)
    if not use["isSet"]:
        elsewhere = [one for one in lines.report["handlers"] if one["type"] in EVENTS[way]]
        for handler in elsewhere:
            if place := lines.first_place(handler["at"]):
                where = f"the one at {place} is set on {handler['target']}"
                return f"{name} runs no handler: {where}.", place
        return f"{name} runs no handler: none was set.", _element(lines, id)
    places = [place for run in use["ran"] if (place := lines.first_place(run["at"]))]
    if not places:
        return "", None
    where = " and ".join(map(str, dict.fromkeys(places)))
    handlers, which = ("handler", "which") if len({*places}) == 1 else ("handlers", "and that")
    return f"{name} runs the {handlers} set at {where}, {which} {missing}.", places[-1]


def _element(lines: PageLines, id: str) -> Place | None:
    return next(iter(lines.all(ID.format(id))), None)


def what_changed(lines: PageLines, runs: list[HandlerRun]) -> tuple[str, Place | None]:
    """Return what the handler of messages has changed instead of the log, and where it was set."""
    for run in runs:
        if not (place := lines.first_place(run["at"])):
            continue
        if "chat-log" in run["changed"]:
            return "", place
        for one in lines.report["unattached"][-1:]:
            if at := lines.first_place(one["at"]):
                made = f"makes a <{one['tag']}> at {at}, and doesn't put it into the page"
                return f"The handler of messages {made}.", at
        changed = " and ".join(f"#{id}" for id in run["changed"]) or "no element with an id"
        ran = f"The handler of messages set at {place} ran with {what_came(lines.report)}"
        missing = missing_key(lines, CONDITION)
        why = f"{ran}, and has changed {changed}. {missing.why}".rstrip()
        return why, missing.place or place
    return "", None


def missing_key(lines: PageLines, pattern: str = rf"^(?!.*({CONDITION}))") -> Cause:
    """Return which key the page reads that the last frame hasn't, and where: by default outside of
    conditions, else in the lines that match the regular expression.
    """
    try:
        frame = json.loads(_last_frame(lines.report))
    except ValueError:
        return Cause("")
    names = re.findall(r"\b(\w+)\s*=\s*JSON\.parse\(\s*\w+\.data", lines.text)
    matching = [(place, line) for place, line in lines.lines if re.search(pattern, line)]
    for place, line in matching if isinstance(frame, dict) else ():
        for name in names:
            for key in re.findall(rf"\b{name}\.(\w+)\b(?!\s*\()", line):
                if key not in frame:
                    has = " and ".join(map(repr, frame))
                    return Cause(
                        f"It reads {name}.{key} at {place}, and the frame has {has}.", place
                    )
    return Cause("")


def what_came(report: PageReport) -> str:
    """Return the beginning of the last frame that the page has received."""
    return _last_frame(report)[:MAX_SHOWN_CHARACTERS] or "a frame"


def _last_frame(report: PageReport) -> str:
    got = [text for socket in report["sockets"] for text in socket["received"][-1:]]
    return got[-1] if got else ""
