"""Checks of the learner's pages as the server answers them: the index page and the room's page.

script_checks.py checks what their scripts do.
"""

import asyncio
import re

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
#: What a page that refuses guests answers: a redirection to the login, or an error.
REFUSED = (301, 302, 303, 401, 403)
#: The line of urls.py on which the patterns begin.
URL_PATTERNS = r"urlpatterns\s*="
#: A room's name that would be a tag in a page that doesn't escape it.
TAG = "<b>bold"


async def check_index_page(project: LearnerProject) -> None:
    """Check that /chat/ is the index page."""
    page = await _require_page(project, "/chat/", "C108", "index.html")
    if "chat-log" in page.ids and "room-name-input" not in page.ids:
        why = "it is the room's page. Perhaps chat.urls is included without chat/ before it"
        place = project.sources.search_all(r"include\(")
        raise Fault("C108", place, path="/chat/", status=200, why=why)
    _require_ids(project, page, INDEX_IDS, "C109", "index.html")


async def check_room_page(project: LearnerProject) -> None:
    """Check that /chat/lobby/ is the room's page, and that a room's name can't be markup there."""
    page = await _require_page(project, "/chat/lobby/", "C201", "room.html")
    _require_ids(project, page, ROOM_IDS, "C202", "room.html")
    other = await _get_page(project, f"/chat/{TAG}/")
    if other.status == 200 and TAG in other.text:
        raise Fault("C205", project.in_template("room.html", "safe|room_name"), tag=TAG)


async def _get_page(project: LearnerProject, path: str) -> Page:
    """The page at ``path``. Raises Fault if no answer comes in time."""
    try:
        request = get_page(project.application, path, project.cookie)
        return await asyncio.wait_for(request, project.timeouts.stuck_seconds)
    except asyncio.TimeoutError:
        facts = {"doing": f"requesting the page {path}"}
        raise project.fault("C004", project.watchdog.busy_place(), **facts) from None


async def _require_page(project: LearnerProject, path: str, missing: str, template: str) -> Page:
    """The page at ``path``. Raises Fault, with the id ``missing`` if it doesn't exist."""
    page = await _get_page(project, path)
    if page.status in REFUSED and await project.sign_in():
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
    """Raises Fault with the id ``fault`` if an element of the tutorial's page is missing.

    A browser knows better: there a script may add it, or a tag that isn't closed may hide it.
    """
    for id in ids:
        if id not in page.ids and project.pages.why_not_run:
            close = suggestion(id, page.ids - set(ids), "{}")
            place = project.in_template(template, re.escape(close) if close else r"<body")
            raise Fault(fault, place, missing=id, guess=f" It has {close!r}." if close else "")
