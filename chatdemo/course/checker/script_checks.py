"""Checks of the learner's pages as a browser runs them: the scripts of steps 1 and 2.

A page is right if what a person does there works. If it doesn't, the cause is in what the browser
has recorded: exceptions, the WebSockets, and the frames that went through them.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from chatdemo.course.checker.asgi_client import get_page
from chatdemo.course.checker.page_checks import (
    INDEX_IDS,
    ROOM_IDS,
    as_user,
    missing_element_fault,
    why_not_shown,
)
from chatdemo.course.checker.page_facts import (
    missing_key,
    what_came,
    what_changed,
    what_ran,
    why_idle,
)
from chatdemo.course.checker.page_run.run import (
    EndlessScriptError,
    PageReport,
    Said,
    ScriptError,
    SocketRecord,
)
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, catalogue
from chatdemo.course.checker.script_errors import (
    CALLED_AT_ONCE,
    RUNS_AT_ONCE,
    PageLines,
    explain,
    text_of,
)
from chatdemo.course.checker.source_files import name_of, suggestion
from chatdemo.course.checker.websocket_routes import websocket_routes

#: What a person does in a page.
WAYS = {"enter": "pressing Enter", "button": "a click on the button"}
#: What JavaScript shows of what isn't there.
UNDEFINED = "undefined"
#: Adds to the log: the first of these that is in the page.
ADDED = (r"[lL]og\w*\.\w+\s*\+?=", r"\+=.*(data|message)", r"\+=|append", r"chat-log['\"]\)")
SENDING, KEY_HANDLER = r"\.send\(|stringify", r"onkey\w+|['\"`]key(up|down|press)['\"`]"
#: What is meant to be the end of a line, and is shown as text.
NO_LINE_END = r"[ \t]*([/\\|]r?[/\\]?n|n$|&#?\w+;|</?(br|p|div|li|span|b|hr|td)\b[^<>\n]*>)"


async def check_index_script(project: LearnerProject) -> None:
    """Check in the browser, if there is one, that the index page leads to a room."""
    await _run_as_needed(project, room=await _has_room_page(project))
    report = project.pages.index
    if not report or not _is_complete(project, report):
        return
    lines, room = PageLines(project, report["path"], report), project.pages.room_path
    if report["isLeft"]:
        raise _left_fault(lines, report)
    wrong = {way: path for way, path in report["opened"].items() if path != room}
    _require_page(lines, report, "C109", INDEX_IDS, bool(wrong or not report["opened"]))
    if not wrong or await _is_sent_to(project, wrong):
        return _note_errors(lines, report)
    way, path = next(iter(wrong.items()))
    raise _opening_fault(lines, report, way, path)


async def _is_sent_to(project: LearnerProject, opened: dict[str, str | None]) -> bool:
    """Whether the room's page itself sends everybody to the paths: to a login, perhaps."""
    page = await get_page(project.application, project.pages.room_path, project.cookie)
    place = unquote(urlsplit(page.location or "").path)
    return bool(place) and all(path == place for path in opened.values())


def _opening_fault(lines: PageLines, report: PageReport, way: str, path: str | None) -> Fault:
    """The fault of an index page that doesn't open the room's page but ``path``, or None."""
    if report["isSubmitted"]:
        form = lines.search(r"preventDefault\s*;", r"<form", r"submit")
        why = f"{WAYS[way]} submits the form, which opens the address of its action, or its own"
        facts = {"address": path or "no page", "room": lines.project.pages.room_path}
        hint = "" if "preventDefault" in lines.text else "Use no form, or call preventDefault()"
        why = f". {why[0].upper()}{why[1:]}"
        return Fault("C120", form, **facts, why=why, hint=hint and f"{hint} in its onsubmit")
    if path == f"/chat{lines.project.pages.room_path}":
        why = ". The address has no slash at its start, so it goes on from /chat/"
        place = lines.search(r"['\"`]chat/")
        facts = {"address": path, "room": lines.project.pages.room_path, "hint": ""}
        return Fault("C120", place, **facts, why=why)
    by = next((one for one in report["navigations"][::-1] if one["to"] == path), None)
    place = by and lines.first_place(by["at"]) or lines.search(r"location|href|action=")
    if path:
        room = lines.project.pages.room_path
        return _idle_fault(lines, "C120", place, address=path, room=room)
    # Enter may click the button.
    silent = [one for one, opened in report["opened"].items() if not opened]
    id, use = INDEX_IDS[silent[-1] == "button"], report["uses"][silent[-1]]
    why, handler = what_ran(lines, silent[-1], id, use, "opens no page")
    ways = " or ".join(WAYS[one] for one in silent)
    return _idle_fault(lines, "C121", handler or place, why, way=ways)


async def check_room_script(project: LearnerProject) -> None:
    """Check in the browser, if there is one, that the room's page sends and shows messages.

    They go through the tutorial's chat, as the project may have no consumer yet. If the page has
    frames of its own, they go through the project's.
    """
    if not project.pages.room:  # the index page's step had no room's page yet
        await _run_as_needed(project, index=False)
    report = project.pages.room
    if not report or not _is_complete(project, report):
        return
    fault = _room_fault(project, report)
    # A page that has sent nothing yet hasn't failed for want of its own frames.
    wants_own = fault.id in EXCHANGE_FAULTS if fault else UNDEFINED in report["log"]
    if wants_own and report["said"] and await shows_own_frames(project):
        report = project.pages.room or report
        fault = _room_fault(project, report) or _undefined_fault(project, report)
    if fault:
        raise fault
    _note_errors(PageLines(project, report["path"], report), report)
    for id in report["hidden"]:
        project.notes.append(f"#{id} can't be seen when the page {report['path']} has been opened.")


def _undefined_fault(project: LearnerProject, report: PageReport) -> Fault | None:
    """The fault of a page that shows the messages, and a key that the frames don't have."""
    lines = PageLines(project, report["path"], report)
    missing = missing_key(lines)
    if UNDEFINED not in report["log"] or not missing.why:
        return None
    shown = report["log"].strip().splitlines()[-1][:60]
    return Fault("C224", missing.place, shown=shown, why=missing.why.rstrip("."))


async def _has_room_page(project: LearnerProject) -> bool:
    """Whether there is a room's page: of any room, or else of the room lobby, which may exist.

    A user signs in if guests are refused.
    """
    for name in (project.pages.room_name, "lobby"):
        path = f"/chat/{name}/"
        page = await get_page(project.application, path, project.cookie)
        page = await as_user(project, path, page)
        if page.status == 200 and "<" in page.text:
            project.pages.room_name = name
            return True
    return False


async def _run(project: LearnerProject, **options: bool) -> None:
    """Run pages. Raises Fault if a script doesn't end."""
    try:
        await project.pages.run(project, **options)
    except EndlessScriptError as error:
        path = str(error)
        place = PageLines(project, path).search(r"\b(while|for)\s*\(")
        raise Fault("C123", place, path=path) from None


async def _run_as_needed(project: LearnerProject, **options: bool) -> None:
    """Run pages, and again as a user who has signed in if a guest's lack elements."""
    await _run(project, **options)
    if _lacks_elements(project) and await project.sign_in():
        for path, text in project.pages.texts_by_path.copy().items():
            page = await get_page(project.application, path, project.cookie)
            if page.text != text:
                await _run(project, **options)
                break
        project.note_signed_in(not _lacks_elements(project))


def _lacks_elements(project: LearnerProject) -> bool:
    """Whether a page has less than it needs, as one for guests may."""
    reports = (project.pages.index, project.pages.room)
    return any(
        report["missing"]
        and not report["isLeft"]
        and not (report.get("said") or report.get("opened"))
        for report in filter(None, reports)
    )


async def shows_own_frames(project: LearnerProject) -> bool:
    """Whether the room's page shows what it sends through the project's consumers.

    True without a browser, as then it isn't known.
    """
    if not websocket_routes(project.application):
        return False
    await _run(project, index=False, own=True)
    return bool(project.pages.why_not_run) or _works(project.pages.room)


def _works(report: PageReport | None) -> bool:
    said = list(report["said"].values()) if report else []
    return bool(said) and all(
        one["isHere"] and one["isThere"] and not one["isEarly"] for one in said
    )


def _is_complete(project: LearnerProject, report: PageReport) -> bool:
    """Whether the browser could load what the page needs from other sites: a library, perhaps."""
    missing = [url for url in report["notLoaded"] if urlsplit(url).hostname != "127.0.0.1"]
    if missing:
        project.notes.append(
            f"The page {report['path']} needs {missing[0]}, which couldn't be loaded: its"
            " script was not checked."
        )
    return not missing


def _note_errors(lines: PageLines, report: PageReport) -> None:
    """Add a note for the first promise of a page that was rejected, such as that of a sound, or
    else for a script that the server doesn't have.
    """
    seen = [
        *((lines.place_of(error), text_of(error)) for error in report["errors"]),
        *((None, f"{url} can't be loaded") for url in report["notLoaded"]),
    ]
    for place, text in seen[:1]:
        where = place or lines.path
        lines.project.notes.append(f"The page works, but the browser reports at {where}: {text}")


def _require_page(
    lines: PageLines, report: PageReport, id: str, ids: tuple[str, ...], is_broken: bool
) -> None:
    """Raises Fault for a page that has raised an exception. Of a page that ``is_broken`` also
    elements without one of the ids are faults, with the id ``id``, scripts that the server doesn't
    have, and promises that were rejected.
    """
    errors = [one for one in report["errors"] if is_broken or not one["isRejection"]]
    if (tag := report["inside"]) and is_broken:
        raise Fault("C118", lines.search(re.escape(tag.rstrip(">"))), tag=tag)
    missing = [one for one in ids if one in report["missing"]]
    if missing and not is_broken:
        what = " and ".join(f"#{id}" for id in missing)
        note = (
            f"The page {report['path']} works without {what}, which the tutorial's tests look for."
        )
        lines.project.notes.append(note)
    elif missing:
        # An element that its script should have made is missing for want of the script.
        causes = [explain(lines, error) for error in errors]
        if not causes or f"id {missing[0]!r}" in causes[0].why:
            raise missing_element_fault(lines.project, id, missing[0], report["ids"], lines.search)
    for url in report["notLoaded"] if is_broken else ():
        path = urlsplit(url).path
        place = lines.search(re.escape(path.rpartition("/")[2]))
        raise Fault("C122", place, path=path, **_script_elsewhere(lines.project, path))
    for error in errors:
        raise _exception_fault(lines, error)


def _script_elsewhere(project: LearnerProject, path: str) -> dict[str, str]:
    """The facts of C122 about a file of the same name that the project has in another place."""
    from django.contrib.staticfiles.finders import get_finders

    name = unquote(path.rpartition("/")[2])
    for finder in get_finders():
        for served, _ in finder.list([]):
            if Path(served).name == name:
                address = Path(served).as_posix()
                return {"why": f". It has {address}", "hint": f"Write {{% static '{address}' %}}"}
    own = (file for file in project.folder.rglob(name) if project.sources.place(file))
    if file := next(own, None):
        place = file.relative_to(project.folder).as_posix()
        why = f". {place} isn't in a folder static/ of an installed app"
        return {"why": why, "hint": "Move it to such a folder"}
    return {"why": ""}


def _exception_fault(lines: PageLines, error: ScriptError) -> Fault:
    """The fault of an exception, at the line to change, or else at the one that raised it."""
    cause, at = explain(lines, error), lines.place_of(error)
    place = cause.place or at
    line = lines.project.sources.line(place)
    hint = f"{'Change this line' if cause.place else 'The browser stopped here'}: {line}"
    hint = hint if line else "The console (F12) has more"
    facts = {"error": text_of(error), "at": at or lines.path, "why": cause.why and f". {cause.why}"}
    return Fault("C113", place, **facts, hint=hint)


def _idle_fault(
    lines: PageLines, id: str, place: Place | None, fact: str = "", **facts: str
) -> Fault:
    """The fault ``id`` of a page that doesn't do what it should, with what tells why, or else with
    the ``fact`` that was recorded, and at ``place``.
    """
    cause = why_idle(lines, lines.report)
    why, hint = cause.why or fact, {"hint": ""} if cause.why else _advice(lines, id)
    facts = {"why": why and f". {why.rstrip('.')}", **hint, **facts}
    return Fault(id, cause.place or place, **facts)


def _known_fault(lines: PageLines, id: str, place: Place | None, **facts: str) -> Fault:
    """The fault ``id`` at a line that is sure."""
    return Fault(id, place, **facts, **_advice(lines, id))


def _advice(lines: PageLines, id: str) -> dict[str, str]:
    """No advice about the fault ``id``, as a fact, if the page has all that it says."""
    patterns = catalogue()[id].get("unless", ())
    has_all = patterns and all(re.search(pattern, lines.text) for pattern in patterns)
    return {"hint": ""} if has_all else {}


def _room_fault(project: LearnerProject, report: PageReport) -> Fault | None:
    """Why the room's page doesn't work with the tutorial's chat; None if it does."""
    lines = PageLines(project, report["path"], report)
    sockets = report["sockets"]
    if sockets and (fault := _address_fault(lines, sockets[0], report["otherUrl"])):
        return fault
    if report["isLeft"]:
        return _left_fault(lines, report)
    if report["wasReloaded"] and (fault := _reload_fault(lines, report)):
        return fault
    try:
        _require_page(lines, report, "C202", ROOM_IDS, not _works(report))
    except Fault as fault:
        return fault
    if _works(report):
        return _log_fault(lines, report)
    if not sockets:
        return _no_socket_fault(lines)
    return _sending_fault(lines, report) or _showing_fault(lines, report)


def _left_fault(lines: PageLines, report: PageReport) -> Fault:
    """The fault of a page that opens another one, or itself again, before anybody uses it."""
    places = [place for one in report["navigations"] if (place := lines.first_place(one["at"]))]
    patterns = (CALLED_AT_ONCE, r"http-equiv=['\"]?refresh", r"location|submit\(")
    place = places[0] if places else lines.search(*patterns)
    for at in (at for one in report["navigations"] for at in map(lines.place_of, one["at"])):
        if found := re.search(CALLED_AT_ONCE, lines.project.sources.line(at)):
            hint = RUNS_AT_ONCE.format(found[1] or found[2])
            return Fault("C124", at, path=lines.path, opened=report["last"], hint=hint)
    line = lines.project.sources.line(place)
    is_at_load = not re.search(r"refresh|setTimeout|setInterval", line) and not any(
        one["during"] for one in report["navigations"]
    )
    unsure = {} if is_at_load else {"hint": ""}
    return Fault("C124", place, path=lines.path, opened=report["last"], **unsure)


def _reload_fault(lines: PageLines, report: PageReport) -> Fault | None:
    """The fault of a page that has opened another one, or itself again, while it was used."""
    if not report["said"]:
        return None  # an exception, or a missing element, is the fault
    way = WAYS[list(report["said"])[-1]]
    if report["isSubmitted"]:
        place = lines.search(r"preventDefault\s*;", r"<form|submit")
        return _idle_fault(lines, "C214", place, way=way, what="submits a form")
    by = next((one for one in report["navigations"] if one["during"]), None)
    if not by:
        return _left_fault(lines, report)
    place, what = lines.first_place(by["at"]), f"opens {by['to']}"
    return Fault("C214", place, way=way, what=what, why="", hint="")


def _no_socket_fault(lines: PageLines) -> Fault:
    """The fault of a page that opens no WebSocket."""
    opens = r"new\s+WebSocket"
    if re.search(opens, lines.text):
        other = r"<script[^>]*type=['\"](?!module|(text|application)/(java|ecma)script|.*json)"
        if re.search(other, lines.text):
            seen = "The browser runs no script of such a type"
            return _idle_fault(lines, "C206", lines.search(other), seen)
        return _idle_fault(lines, "C206", lines.search(opens), "The browser hasn't run this line")
    if written := lines.project.sources.search_templates(opens):
        place, why = why_not_shown(lines.project.sources, written)
        return Fault("C206", place, why=f".{why.removesuffix('.')}", hint="")
    return _idle_fault(lines, "C206", lines.search(r"<script"))


def _twice_fault(lines: PageLines, report: PageReport) -> Fault | None:
    """Why a message is sent, or shown, more than once."""
    for way, said in report["said"].items():
        if len(said["sentBy"]) > 1:
            places = _senders(lines, said)
            why = f"it runs {' and '.join(map(str, places))}, and each sends it"
            times = len(said["sentBy"])
            return Fault("C222", places[-1], way=WAYS[way], times=times, why=why)
        if said["timesThere"] > 1:
            handlers = (one for one in report["handlers"] if one["type"] == "message")
            set_at = {place for one in handlers if (place := lines.first_place(one["at"]))}
            place, why, hint = lines.search(*ADDED), "", ""
            if len(set_at) > 1:
                why = f": its handlers of messages are set at {' and '.join(map(str, set_at))}"
                place, hint = max(set_at), "Set one of them only"
            return Fault("C223", place, times=said["timesThere"], why=why, hint=hint)
        if said["timesHere"] > 1:
            why = ": when it sends it, and again when it comes back"
            added = [at for run in said["ran"] if (at := lines.first_place(run["addedAt"]))]
            place = next(iter(added), None) or lines.search(*ADDED)
            return Fault("C223", place, times=said["timesHere"], why=why)
    return None


def _senders(lines: PageLines, said: Said) -> list[Place]:
    """The lines that have made the page send a message: the handlers', and others that only one of
    the times have run.
    """
    runs: list[set[Place]] = [
        {place for line in at if (place := lines.place_of(line))} for at in said["sentBy"]
    ]
    # A handler that has sent all of them has called the others.
    once = (run for run in said["ran"] if 0 < len(run["sent"]) < len(said["sentBy"]))
    handlers = {place for run in once if (place := lines.first_place(run["at"]))}
    every, common = runs[0].union(*runs), runs[0].intersection(*runs)
    return sorted(every - common | handlers or every)


def _log_fault(lines: PageLines, report: PageReport) -> Fault | None:
    """What is wrong with a log that shows each message."""
    if fault := _twice_fault(lines, report):
        return fault
    if not report["isKept"]:
        return _known_fault(lines, "C216", lines.search(r"[lL]og\w*\.\w+\s*=(?!=)", *ADDED))
    if report["isMarkup"]:
        return Fault("C213", lines.search(r"innerHTML|insertAdjacentHTML", *ADDED))
    between = re.split("|".join(lines.project.pages.texts.values()), report["log"])[1:-1]
    if found := re.match(NO_LINE_END, between[0] if between else "\n"):
        mark = re.escape(found[1])
        place = lines.search(rf"['\"`]\s*{mark}\s*['\"`]", rf"{mark}\s*['\"`]", *ADDED)
        return _known_fault(lines, "C220", place, seen=f"{found[1]} after a message")
    if report["isValue"] and "" in between:
        return _known_fault(
            lines, "C220", lines.search(*ADDED), seen="nothing between two messages"
        )
    return None


def _address_fault(lines: PageLines, socket: SocketRecord, other_url: str | None) -> Fault | None:
    """What is wrong with the address that the page opens. Another room's opens ``other_url``."""
    project, place = lines.project, lines.search(r"new\s+WebSocket|/ws/")
    url, name = urlsplit(socket["url"]), project.pages.room_name
    path = unquote(url.path)
    if url.scheme == "wss":
        return Fault("C211", lines.search(r"['\"`]wss:", r"new\s+WebSocket"))
    address = f"{url.scheme}://{url.netloc}{path}"
    if url.netloc != project.pages.address:
        why = f"The page's host and port are {project.pages.address}"
        if "${" in address:
            why = "JavaScript replaces ${...} only in a text between backticks, `...`"
        return Fault("C207", place, address=address, why=why)
    if f'"{name}"' in path:
        return Fault("C210", lines.search(r"textContent|room_?name"))
    if name not in path and socket["url"] == other_url:
        if name not in lines.page or "//" in path or "{{" in path:
            return _no_name_fault(lines, address)
        why = "It is the same for each room"
        return _known_fault(lines, "C207", place, address=address, why=why)
    if not project.is_room_path(path):
        why = "No room's WebSocket has that address"
        return Fault("C207", place, address=address, why=why)
    return None


def _no_name_fault(lines: PageLines, address: str) -> Fault:
    """The fault of an address without the room's name: perhaps the view gives it another name."""
    sources = lines.project.sources
    read = re.findall(r"\{\{\s*(\w+)", sources.read(lines.template)) if lines.template else []
    for file, call in sources.nodes(ast.Call):
        if (
            name_of(call) != "render"
            or len(call.args) < 3
            or not isinstance(call.args[2], ast.Dict)
        ):
            continue
        passed = [str(getattr(key, "value", "")) for key in call.args[2].keys]
        is_of_page = f"/{lines.template}".endswith(f"/{getattr(call.args[1], 'value', '?')}")
        for name in read if is_of_page else ():
            if name not in passed and (near := suggestion(name, passed, "{}")):
                why = f": the template reads {name!r}, and the view passes {near!r}"
                hint = f"Write {name!r} in the view"
                return Fault("C204", Place(file, call.lineno), address=address, why=why, hint=hint)
    place = lines.search(r"roomName\s*=", r"new\s+WebSocket")
    for at in lines.all(r"\{\{"):
        if at.file not in sources.templates:
            why = f": Django replaces {{{{ ... }}}} in templates only, not in the file {at}"
            return _known_fault(lines, "C204", at, address=address, why=why)
    return _known_fault(lines, "C204", place, address=address, why="")


def _sending_fault(lines: PageLines, report: PageReport) -> Fault | None:
    """What is wrong with what the page sends."""
    sockets = report["sockets"]
    sent = [frame for socket in sockets for frame in socket["sent"]]
    sent_at = [at for socket in sockets for at in socket["sentAt"]]
    at = [place for one in sent_at if (place := lines.first_place(one))]
    place = at[-1] if at else lines.search(SENDING)
    if sent and any(socket["isClosedByPage"] for socket in sockets):
        return Fault("C219", lines.search(r"\.close\("))
    for said in report["said"].values():
        if said["isEarly"]:
            return _known_fault(lines, "C217", lines.search(r"Enter", KEY_HANDLER))
        if not said["isTyped"]:
            refused = lines.first_place(report["keysRefusedAt"])
            why = f"The handler set at {refused} calls preventDefault() for each key"
            input = lines.search("chat-message-input")
            return _idle_fault(lines, "C218", refused or input, why if refused else "")
        if not said["hasSent"]:
            silent = [one for one, of in report["said"].items() if not of["hasSent"]]
            # Enter may click the button.
            id, said = ROOM_IDS[1 + (silent[-1] == "button")], report["said"][silent[-1]]
            ran = what_ran(lines, silent[-1], id, said, "sends nothing")
            ways = " or ".join(WAYS[one] for one in silent)
            return _idle_fault(lines, "C212", ran[1] or place, ran[0], way=ways)
        if not said["isSent"]:
            return _wrong_text_fault(lines, place, said, sent[-1])
    wrong = [frame for frame in sent if _key_of(frame) != "message"]
    if wrong:
        return _idle_fault(lines, "C208", place, seen=f"it sends {wrong[0][:100]}")
    return None


def _wrong_text_fault(lines: PageLines, place: Place | None, said: Said, frame: str) -> Fault:
    """The fault of a page that sends ``frame``, which hasn't the typed text."""
    if _key_of(frame) != "message":
        return _idle_fault(lines, "C208", place, seen=f"it sends {frame[:100]}")
    text = json.loads(frame)["message"]
    words = [words for words, known in said["known"].items() if known == text]
    what = f"That is {words[0]}" if words else ""
    if text == {}:
        what = "JSON makes {} of an element: its text is its .value"
    emptied = [at for run in said["ran"] if (at := lines.first_place(run["emptiedAt"]))]
    if not text and emptied:
        place, what = emptied[0], f"{emptied[0]} empties the input before it is read"
    return _idle_fault(lines, "C221", place, what, seen=f"it sends {frame[:100]}")


def _key_of(frame: str) -> str | None:
    """The first key of a JSON object that has a text."""
    try:
        content: Any = json.loads(frame)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    return "message" if "message" in content else next(iter(content), None)


def _showing_fault(lines: PageLines, report: PageReport) -> Fault:
    """Why the log doesn't show what the page receives."""
    if not any(socket["listens"] for socket in report["sockets"]):
        place = lines.search(r"onmessage|['\"]message['\"]", r"new\s+WebSocket")
        opened = [str(at) for one in report["sockets"] if (at := lines.first_place(one["at"]))]
        why = f"It opens several, at {' and '.join(opened)}" if len(opened) > 1 else ""
        return _idle_fault(lines, "C209", place, why)
    log = report["log"].strip().splitlines()
    if log and re.search(r"undefined|\[object", log[-1]):
        place = lines.search(r"=\s*\w+\.data\s*;", *ADDED[:2], r"\.data\b|onmessage")
        seen = f"#chat-log shows {log[-1][:60]!r}"
        is_parsed = re.search(r"\bparse\(", lines.text.partition("onmessage")[2] or lines.text)
        why = f"What it gets is {what_came(report)}"
        if is_parsed and (fault := _undefined_fault(lines.project, report)):
            return fault
        if not is_parsed:
            why = "The data of a message's event is a text, which JSON.parse(event.data) reads"
        return _idle_fault(lines, "C208", place, why, seen=seen)
    why, handler = what_changed(lines, report["runs"])
    place = lines.search(*ADDED[:2], r"onmessage|['\"]message['\"]")
    if not report["isValue"] and re.search(r"log\w*(['\"]\))?\.value\s*\+?=", lines.text, re.I):
        why = "It isn't a textarea, so the browser doesn't show its value"
    ended = log[-1][:60] if log else "nothing"
    return _idle_fault(lines, "C215", handler or place, why, log=ended)


#: Faults of a page that may only have frames of its own.
EXCHANGE_FAULTS = ("C113", "C208", "C215", "C221", "C223")
