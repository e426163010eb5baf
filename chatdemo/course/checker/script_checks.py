"""Checks of the learner's pages as a browser runs them: the scripts of steps 1 and 2.

A page is right if what a person does there works. If it doesn't, the cause is in what the browser
has recorded: exceptions, the WebSockets, and the frames that went through them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from chatdemo.course.checker.asgi_client import get_page
from chatdemo.course.checker.page_run.run import (
    EndlessScriptError,
    IndexReport,
    PageRecord,
    RoomReport,
    ScriptError,
    SocketRecord,
)
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault
from chatdemo.course.checker.script_errors import explain, place_of, text_of
from chatdemo.course.checker.source_files import suggestion
from chatdemo.course.checker.websocket_routes import websocket_routes

#: What a person does in a page.
WAYS = {"enter": "pressing Enter", "button": "a click on the button"}


async def check_index_script(project: LearnerProject) -> None:
    """Check in the browser, if there is one, that the index page leads to a room."""
    await _run_as_needed(project, room=await _has_room_page(project))
    report = project.pages.index
    if not report or not _is_complete(project, report["records"]):
        return
    if report["isLeft"]:
        raise _left_fault(project, report, "index.html")
    if report["missing"]:
        _require_no_error(project, report)
    _require_elements(project, report, "C109", "index.html")
    room = project.pages.room_path
    wrong = {way: path for way, path in report["opened"].items() if path != room}
    _require_no_error(project, report, with_rejections=bool(wrong))
    if not wrong:
        return _note_errors(project, report["records"])
    way, path = next(iter(wrong.items()))
    place = project.in_template("index.html", r"location|href|action=")
    if path:
        raise Fault("C120", place, address=path, room=room)
    raise Fault("C121", place, way=WAYS[way])


async def check_room_script(project: LearnerProject) -> None:
    """Check in the browser, if there is one, that the room's page sends and shows messages.

    They go through the tutorial's chat, as the project may have no consumer yet. If the page has
    frames of its own, they go through the project's.
    """
    if not project.pages.room:  # the index page's step had no room's page yet
        await _run_as_needed(project, index=False)
    report = project.pages.room
    if not report or not _is_complete(project, report["records"]):
        return
    fault = _room_fault(project, report)
    if fault and fault.id in EXCHANGE_FAULTS and await shows_own_frames(project):
        report = project.pages.room or report
        fault = _room_fault(project, report)
    if fault:
        raise fault
    _note_errors(project, report["records"])


async def _has_room_page(project: LearnerProject) -> bool:
    """Whether there is a room's page: of any room, or else of the room lobby, which may exist."""
    for name in (project.pages.room_name, "lobby"):
        page = await get_page(project.application, f"/chat/{name}/", project.cookie)
        if page.status == 200:
            project.pages.room_name = name
            return True
    return False


async def _run(project: LearnerProject, **options: bool) -> None:
    """Run pages. Raises Fault if a script doesn't end."""
    try:
        await project.pages.run(project, **options)
    except EndlessScriptError as error:
        template = "room.html" if project.pages.room_name in str(error) else "index.html"
        place = project.in_template(template, r"\b(while|for)\s*\(")
        raise Fault("C123", place, path=error) from None


async def _run_as_needed(project: LearnerProject, **options: bool) -> None:
    """Run pages, and again as a user who has signed in if a guest's lack elements."""
    await _run(project, **options)
    if _lacks_elements(project) and await project.sign_in():
        await _run(project, **options)
        project.note_signed_in(not _lacks_elements(project))


def _lacks_elements(project: LearnerProject) -> bool:
    """Whether a page has less than it needs, as one for guests may."""
    reports = (project.pages.index, project.pages.room)
    return any(report and report["missing"] and not report["isLeft"] for report in reports)


async def shows_own_frames(project: LearnerProject) -> bool:
    """Whether the room's page shows what it sends through the project's consumers.

    True without a browser, as then it isn't known.
    """
    if not websocket_routes(project.application):
        return False
    await _run(project, index=False, own=True)
    return bool(project.pages.why_not_run) or _works(project.pages.room)


def _works(report: RoomReport | None) -> bool:
    said = list(report["said"].values()) if report else []
    return bool(said) and all(
        one["isHere"] and one["isThere"] and not one["isEarly"] for one in said
    )


def _is_complete(project: LearnerProject, records: list[PageRecord]) -> bool:
    """Whether the browser could load what the page needs from other sites: a library, perhaps."""
    missing = [url for record in records for url in record["notLoaded"] if _is_elsewhere(url)]
    if missing:
        project.notes.append(
            f"The page {records[0]['path']} needs {missing[0]}, which couldn't be loaded: its"
            " script was not checked."
        )
    return not missing


def _is_elsewhere(url: str) -> bool:
    return urlsplit(url).hostname != "127.0.0.1"


def _note_errors(project: LearnerProject, records: list[PageRecord]) -> None:
    """Add a note for the first promise of a page that was rejected: a sound, perhaps."""
    for error in _errors(records):
        place, text = place_of(project, error) or records[0]["path"], text_of(error)
        project.notes.append(f"The page works, but the browser reports at {place}: {text}")
        return


def _errors(records: list[PageRecord]) -> Iterator[ScriptError]:
    for record in records:
        yield from record["errors"]


def _require_elements(
    project: LearnerProject, report: IndexReport | RoomReport, id: str, template: str
) -> None:
    """Raises Fault ``id`` if an element is missing, or C118 if an unclosed tag hides it."""
    tag = report["inside"]
    if tag:
        place = project.in_template(template, re.escape(tag.rstrip(">")))
        raise Fault("C118", place, tag=tag)
    for missing in report["missing"]:
        close = suggestion(missing, report["ids"], "{}")
        place = project.in_template(template, re.escape(close) if close else r"<body")
        guess, fix = f" It has {close!r}." if close else "", f'Give the element id="{missing}"'
        if place and f'"{missing}"' in project.sources.read(place.file):
            guess, fix = f" The template {place.file} has it, but perhaps isn't what is shown.", ""
        raise Fault(id, place, missing=missing, guess=guess, fix=fix)


def _require_no_error(
    project: LearnerProject, report: IndexReport | RoomReport, with_rejections: bool = True
) -> None:
    """Raises Fault for a script that the server doesn't have, or for the first exception."""
    for record in report["records"]:
        for url in record["notLoaded"] if with_rejections else ():
            path = urlsplit(url).path
            place = project.sources.search_templates(re.escape(path.rpartition("/")[2]))
            raise Fault("C122", place, path=path)
    for error in _errors(report["records"]):
        if with_rejections or not error["isRejection"]:
            place, text = place_of(project, error), text_of(error)
            why, line = explain(project, error, report["ids"]), project.sources.line(place)
            hint = f"It happens in the line: {line}" if line else "The console (F12) has more"
            raise Fault("C113", place, error=text, why=why and f". {why}", hint=hint)


def _room_fault(project: LearnerProject, report: RoomReport) -> Fault | None:
    """Why the room's page doesn't work with the tutorial's chat; None if it does."""
    sockets = [socket for record in report["records"] for socket in record["sockets"]]
    if sockets and (fault := _address_fault(project, sockets[0], report["otherUrl"])):
        return fault
    works = _works(report)
    if report["isLeft"]:
        return _left_fault(project, report, "room.html")
    if report["wasReloaded"]:
        way = WAYS[list(report["said"])[-1]]
        return Fault("C214", project.in_template("room.html", r"<form|submit"), way=way)
    try:
        _require_no_error(project, report, with_rejections=not works)
        _require_elements(project, report, "C202", "room.html")
    except Fault as fault:
        return fault
    if works:
        return _log_fault(project, report)
    if not sockets:
        return Fault("C206", project.in_template("room.html", r"WebSocket|<script"))
    return _sending_fault(project, report, sockets) or _showing_fault(project, report, sockets)


def _left_fault(project: LearnerProject, report: IndexReport | RoomReport, template: str) -> Fault:
    """The fault of a page that opens another one before anybody uses it."""
    path = report["records"][-1]["path"]
    place = project.in_template(template, r"location|submit\(")
    return Fault("C124", place, path=report["records"][0]["path"], opened=path)


def _log_fault(project: LearnerProject, report: RoomReport) -> Fault | None:
    """What is wrong with a log that shows each message."""
    place = project.in_template("room.html", r"innerHTML|insertAdjacentHTML|chat-log['\"]\)")
    if not report["isKept"]:
        return Fault("C216", place)
    return Fault("C213", place) if report["isMarkup"] else None


def _address_fault(
    project: LearnerProject, socket: SocketRecord, other_url: str | None
) -> Fault | None:
    """What is wrong with the address that the page opens. Another room's opens ``other_url``."""
    place = project.in_template("room.html", r"new\s+WebSocket|/ws/")
    url, name = urlsplit(socket["url"]), project.pages.room_name
    path = unquote(url.path)
    if url.scheme == "wss":
        return Fault("C211", place)
    address = f"{url.scheme}://{url.netloc}{path}"
    if url.netloc != project.pages.address:
        why = f"The page's host and port are {project.pages.address}"
        return Fault("C207", place, address=address, why=why)
    if f'"{name}"' in path:
        return Fault("C210", project.in_template("room.html", r"textContent|room_?name"))
    if name not in path and socket["url"] == other_url:
        page = project.pages.texts_by_path.get(project.pages.room_path, "")
        id = "C207" if name in page else "C204"
        why = "It is the same for each room"
        return Fault(id, place, address=address, why=why)
    if not project.is_room_path(path):
        why = "No room's WebSocket has that address"
        return Fault("C207", place, address=address, why=why)
    return None


def _sending_fault(
    project: LearnerProject, report: RoomReport, sockets: list[SocketRecord]
) -> Fault | None:
    """What is wrong with what the page sends."""
    place = project.in_template("room.html", r"\.send\(|stringify")
    sent = [frame for socket in sockets for frame in socket["sent"]]
    if sent and any(socket["isClosedByPage"] for socket in sockets):
        return Fault("C219", project.in_template("room.html", r"\.close\("))
    for way, said in report["said"].items():
        if said["isEarly"]:
            place = project.in_template("room.html", r"Enter|keyup|keydown|keypress")
            return Fault("C217", place)
        if not said["isTyped"]:
            return Fault("C218", project.in_template("room.html", "chat-message-input"))
        if not said["hasSent"]:
            return Fault("C212", place, way=WAYS[way])
        if not said["isSent"]:
            return Fault("C208", place, seen=f"it sends {sent[-1][:100]}")
    wrong = [frame for frame in sent if _key_of(frame) != "message"]
    if wrong:
        return Fault("C208", place, seen=f"it sends {wrong[0][:100]}")
    return None


def _key_of(frame: str) -> str | None:
    """The first key of a JSON object that has a text."""
    try:
        content: Any = json.loads(frame)
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    return "message" if isinstance(content.get("message"), str) else next(iter(content), None)


def _showing_fault(
    project: LearnerProject, report: RoomReport, sockets: list[SocketRecord]
) -> Fault:
    """Why the log doesn't show what the page receives."""
    place = project.in_template("room.html", r"onmessage|['\"]message['\"]|new\s+WebSocket")
    if not any(socket["listens"] for socket in sockets):
        return Fault("C209", place)
    log = report["log"].strip().splitlines()
    if log and re.search(r"undefined|\[object", log[-1]):
        place = project.in_template("room.html", r"\.data\b|onmessage")
        return Fault("C208", place, seen=f"#chat-log shows {log[-1][:60]!r}")
    return Fault("C215", place, log=log[-1][:60] if log else "nothing")


#: Faults of a page that may only have frames of its own.
EXCHANGE_FAULTS = ("C113", "C208", "C215")
