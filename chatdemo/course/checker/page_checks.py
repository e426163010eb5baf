"""Checks of the learner's pages: the index page of step 1 and the room's page of step 2."""

import asyncio
import re

from chatdemo.course.checker import javascript
from chatdemo.course.checker.asgi_client import Page, get_page
from chatdemo.course.checker.exception_causes import explain_exception
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, describe
from chatdemo.course.checker.source_files import suggestion

#: How the pattern and the view of each template are written.
VIEWS = {
    "index.html": 'path("", views.index) calls def index(request)',
    "room.html": 'path("<str:room_name>/", views.room) calls def room(request, room_name)',
}
INDEX_IDS = ("room-name-input", "room-name-submit")
ROOM_IDS = ("chat-log", "chat-message-input", "chat-message-submit")
#: The line of urls.py on which the patterns begin.
URL_PATTERNS = r"urlpatterns\s*="
#: A room's name that would be a tag in a page that doesn't escape it.
TAG = "<b>bold"


async def check_index_page(project: LearnerProject) -> None:
    """Check that /chat/ is the index page, and that its script leads to a room."""
    page = await _require_page(project, "/chat/", "C108", "index.html")
    if "chat-log" in page.ids and "room-name-input" not in page.ids:
        why = "it is the room's page. Perhaps chat.urls is included without chat/ before it"
        place = project.sources.search_all(r"include\(")
        raise Fault("C108", place, path="/chat/", status=200, why=why)
    _require_ids(project, page, INDEX_IDS, "C109", "index.html")
    _require_script(project, page, "index.html")
    target = javascript.target_address(page.script)
    if target.startswith("/") and not re.fullmatch(r"/chat/\{\}/?(\{\})?", target):
        place = project.in_template("index.html", r"location|href")
        raise Fault("C120", place, address=target.replace("{}", "…"))


async def check_room_page(project: LearnerProject) -> None:
    """Check that /chat/lobby/ is the room's page, and that its script uses the tutorial's JSON."""
    page = await _require_page(project, "/chat/lobby/", "C201", "room.html")
    _require_ids(project, page, ROOM_IDS, "C202", "room.html")
    _require_script(project, page, "room.html")
    await _require_escaped_name(project, page)
    _require_websocket(project, page)
    _require_sent_json(project, page.script)
    _require_read_json(project, page.script)


async def _require_escaped_name(project: LearnerProject, page: Page) -> None:
    """The room's name is in the page, and can't be markup there."""
    if "lobby" not in page.text:
        raise Fault("C204", project.in_template("room.html", "room_?name|roomName"))
    other = await _get_page(project, f"/chat/{TAG}/")
    if other.status == 200 and TAG in other.text:
        raise Fault("C205", project.in_template("room.html", "safe|room_name"), tag=TAG)


def _require_websocket(project: LearnerProject, page: Page) -> None:
    """The script opens ws://<host>/ws/chat/<room>/."""
    if id := javascript.unparsed_json(page.script, page.json_ids):
        place = project.in_template("room.html", rf"{id}['\"].*textContent|{id}['\"]\)")
        raise Fault("C210", place, element=id)
    address = javascript.socket_address(page.script)
    place = project.in_template("room.html", r"new\s+WebSocket|/ws/")
    if address is None and "WebSocket" not in page.script:
        raise Fault("C206", place)
    if address is not None and address.startswith("wss:"):
        raise Fault("C211", place)
    if address is not None and not re.search(r"(^|[^/])/ws/chat/\{\}/$", address):
        raise Fault("C207", place, address=address.replace("{}", "…"))


def _require_sent_json(project: LearnerProject, script: str) -> None:
    sent = re.search(r"JSON\.stringify\(\s*\{([^}]*)\}", script)
    if sent:
        keys = [part.partition(":")[0].strip(" \n'\"") for part in sent[1].split(",")]
        if "message" not in keys:
            place = project.in_template("room.html", "stringify")
            raise Fault("C208", place, seen=f"it sends {keys[0]!r}")
    elif re.search(r"\.send\(\s*(?!JSON|\w*\s*\))", script):
        place = project.in_template("room.html", r"\.send\(")
        raise Fault("C208", place, seen="it sends text that isn't JSON")


def _require_read_json(project: LearnerProject, script: str) -> None:
    if not re.search(r"onmessage|addEventListener\(\s*['\"]message", script):
        raise Fault("C209", project.in_template("room.html", "WebSocket"))
    event = re.search(r"onmessage\s*=\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\w+)", script)
    if event and re.search(rf"JSON\.parse\(\s*{event[1]}\s*\)", script):
        place = project.in_template("room.html", r"JSON\.parse\(\s*\w+\s*\)")
        raise Fault("C208", place, seen=f"it parses the event {event[1]}, not {event[1]}.data")
    reading = re.sub(r"JSON\.stringify\([^)]*\)", "", script)
    if not re.search(r"\.message\b|\[\s*['\"]message['\"]\s*\]|\{\s*message\b", reading):
        place = project.in_template("room.html", r"JSON\.parse\(\w+\.data|onmessage")
        raise Fault("C208", place, seen="it reads another key of the received JSON")


async def _get_page(project: LearnerProject, path: str) -> Page:
    """The page at ``path``. Raises Fault if no answer comes in time."""
    try:
        request = get_page(project.application, path)
        return await asyncio.wait_for(request, project.timeouts.stuck_seconds)
    except asyncio.TimeoutError:
        facts = {"doing": f"requesting the page {path}"}
        raise project.fault("C004", project.watchdog.busy_place(), **facts) from None


async def _require_page(project: LearnerProject, path: str, missing: str, template: str) -> Page:
    """The page at ``path``. Raises Fault, with the id ``missing`` if it doesn't exist."""
    page = await _get_page(project, path)
    if page.error:
        raise _view_fault(project, page.error, f"requesting the page {path}", template)
    if page.status == 400:  # Django doesn't report DisallowedHost by its signal
        raise Fault("C116", project.in_settings("ALLOWED_HOSTS"))
    if page.status != 200:
        place, why = _why_not_found(project, path, page)
        raise Fault(missing, place, path=path, status=page.status, why=why)
    return page


def _why_not_found(project: LearnerProject, path: str, page: Page) -> tuple[Place | None, str]:
    """A line of urls.py, and why it doesn't lead to the page."""
    from django.urls import get_resolver

    first = path.strip("/").partition("/")[0]
    for pattern in get_resolver().url_patterns:
        text = str(pattern.pattern)
        place = project.sources.search_all(rf"path\(\s*r?['\"]{re.escape(text)}['\"]")
        if text.lstrip("^").startswith(f"/{first}"):
            why = "starts with a slash, but Django matches the path without its first slash"
            return place, f"the pattern {text!r} {why}"
        if text == first:
            return place, f"the pattern {text!r} has no slash at its end"
    why = f"the answer has status {page.status}"
    if page.location:
        why = f"it redirects to {page.location}"
    elif page.status == 404:
        why = "no pattern in urls.py matches it"
    return project.sources.search_all(URL_PATTERNS), why


def _view_fault(project: LearnerProject, error: BaseException, doing: str, template: str) -> Fault:
    """The fault behind an exception of a view."""
    place, text = project.sources.last_place(error.__traceback__), str(error)
    if type(error).__name__ == "TemplateDoesNotExist":
        why, fix = _why_template_is_missing(project, text)
        return Fault("C110", place, template=text, why=why, fix=fix)
    if type(error).__name__ == "TemplateSyntaxError":
        return Fault("C111", project.in_template(template), error=text)
    if isinstance(error, ValueError) and "didn't return an HttpResponse" in text:
        name = re.search(r"view (?:\w+\.)*(\w+)", text)
        place = project.sources.search_all(rf"def {name[1] if name else ''}\b")
        return Fault("C112", place, error=text)
    if isinstance(error, TypeError):
        facts = {"error": describe(error), "fix": VIEWS[template]}
        if "argument" in text and "views" in text + str(place):
            return Fault("C203", place or project.sources.search_all(URL_PATTERNS), **facts)
        if named := re.match(r"(\w+)\(\) (got an unexpected|missing|takes)", text):
            return Fault("C203", project.sources.search_all(rf"def {named[1]}\b"), **facts)
    return explain_exception(project, error, doing)


def _why_template_is_missing(project: LearnerProject, name: str) -> tuple[str, str]:
    """Why Django doesn't find the template, and what to do."""
    apps = {app.partition(".")[0] for app in getattr(project.settings, "INSTALLED_APPS", [])}
    files, base = project.sources.templates, name.rpartition("/")[2]
    found = next((file for file in files if f"/{file}".endswith(f"/{name}")), "")
    app = found.partition("/")[0]
    if found and app not in apps:
        why = f"{found} exists, but {app!r} isn't in INSTALLED_APPS"
        return why, f"Add {app!r} to INSTALLED_APPS"
    if found.endswith(f"/templates/{name}"):
        why = f"{found} exists, but TEMPLATES doesn't have APP_DIRS"
        return why, 'Set "APP_DIRS": True in TEMPLATES'
    near = found or next((file for file in files if file.endswith(f"/{base}")), "")
    named = near.partition("/templates/")[2]
    if named and named != name:
        return f"it is {near}", f'Write "{named}" in the view, or move it to chat/templates/{name}'
    known = [file.partition("templates/")[2] for file in files]
    guess = suggestion(name, known, "there is {!r}") or "no such file exists"
    fix = f"Move it to chat/templates/{name}, with APP_DIRS in TEMPLATES"
    return f"it is {near}" if near else guess, fix


def _require_ids(
    project: LearnerProject, page: Page, ids: tuple[str, ...], fault: str, template: str
) -> None:
    """Raises Fault with the id ``fault`` if an element of the tutorial's page is missing."""
    for id in ids:
        if id not in page.ids:
            close = suggestion(id, set(page.ids) - set(ids), "{}")
            place = project.in_template(template, re.escape(close) if close else r"<body")
            raise Fault(fault, place, missing=id, guess=f" It has {close!r}." if close else "")


def _require_script(project: LearnerProject, page: Page, template: str) -> None:
    """Raises Fault if the page's script can't run as it is."""
    what, line = javascript.unbalanced(page.script)
    if what:
        pattern = re.escape(line.strip()) if line.strip() else ""
        raise Fault("C118", project.in_template(template, pattern), what=what)
    for id in javascript.looked_up_ids(page.script):
        if id not in page.ids:
            quoted = re.escape(id)
            place = project.in_template(template, f"#{quoted}|'{quoted}'|\"{quoted}\"")
            guess = suggestion(id, page.ids, " The page has {!r}.")
            raise Fault("C113", place, element=id, guess=guess)
    for id in page.early_ids:
        raise Fault("C117", project.in_template(template, "<script>"), element=id)
    if wrong := javascript.undeclared(page.script):
        place = project.in_template(template, rf"\b{wrong[0]}\b")
        raise Fault("C114", place, wrong=wrong[0], right=wrong[1])
