"""Checks of the learner's pages as the server answers them: the index page and the room's page.

script_checks.py checks what their scripts do.
"""

import ast
import asyncio
import inspect
import re
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve

from chatdemo.course.checker.asgi_client import Page, get_page
from chatdemo.course.checker.page_causes import not_found_fault, view_fault
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.source_files import Sources, suggestion

INDEX_IDS = ("room-name-input", "room-name-submit")
ROOM_IDS = ("chat-log", "chat-message-input", "chat-message-submit")
#: What a page that refuses guests answers: a redirection to the login, or an error.
REFUSED = (301, 302, 303, 401, 403)
#: Tags of templates, with the name that they have.
EXTENDS, BLOCK = r"\{%\s*extends\s+['\"]([^'\"]+)", r"\{%-?\s*block\s+(\w+)"
#: A room's name that would be a tag in a page that doesn't escape it.
TAG = "<b>bold"


async def check_index_page(project: LearnerProject) -> None:
    """Check that /chat/ is the index page."""
    page = await _require_page(project, "/chat/", "C108", "index.html")
    if "chat-log" in page.ids and "room-name-input" not in page.ids:
        why = "it is the room's page. Perhaps chat.urls is included without chat/ before it"
        place = project.sources.find(ast.Call, "include")
        raise Fault("C108", place, path="/chat/", status=200, why=why, fix="")
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


async def as_user(project: LearnerProject, path: str, page: Page) -> Page:
    """Return the page at ``path``: as it is for a user who has signed in, if guests are refused."""
    if page.status not in REFUSED or not await project.sign_in():
        return page
    sent_to = urlsplit(page.location).path
    page = await _get_page(project, path)
    project.note_signed_in(page.status == 200)
    if page.status == 200 and sent_to and (await _get_page(project, sent_to)).status == 404:
        project.notes.append(f"Guests are sent to {sent_to}, where there is no page (status 404).")
    return page


async def _require_page(project: LearnerProject, path: str, missing: str, template: str) -> Page:
    """The page at ``path``. Raises Fault, with the id ``missing`` if it doesn't exist."""
    page = await as_user(project, path, await _get_page(project, path))
    if page.error:
        raise view_fault(project, page.error, f"requesting the page {path}", template)
    if page.status == 400:  # Django doesn't report DisallowedHost by its signal
        raise Fault("C116", project.in_settings("ALLOWED_HOSTS"))
    if page.status != 200:
        raise not_found_fault(project, missing, path, page)
    return page


def _require_ids(
    project: LearnerProject, page: Page, ids: tuple[str, ...], fault: str, template: str
) -> None:
    """Raises Fault with the id ``fault`` if an element of the tutorial's page is missing.

    A browser knows better: there a script may add it, or a tag that isn't closed may hide it.
    """
    for id in ids:
        if id not in page.ids and project.pages.why_not_run:
            search = partial(project.in_template, template)
            raise missing_element_fault(project, fault, id, page.ids, search)


def missing_element_fault(
    project: LearnerProject,
    fault: str,
    id: str,
    ids: Iterable[str],
    search: Callable[..., Place | None],
) -> Fault:
    """Return the fault of a page that has elements with ``ids``, but none with ``id``.

    ``search`` finds the line of the page that matches a regular expression.
    """
    close = suggestion(id, {*ids} - {*INDEX_IDS, *ROOM_IDS}, "{}")
    place = search(re.escape(close) if close else rf"(name|class)=['\"]?{id}\b")
    place = place if place and place.line else search("<body")
    guess, fix = f" It has {close!r}." if close else "", f'Give the element id="{id}"'
    written = project.sources.search_templates(rf"\bid\s*=\s*['\"]?{id}['\"\s>]")
    if written:
        shown = place.file if place else ""
        place, guess = why_not_shown(project.sources, written)
        fix = ""
        if place == written and (view := _view_of(project, fault, shown)):
            name = written.file.partition("templates/")[2]
            place, guess = view, f" {written} has it, but the view renders another template."
            fix = f"Write {name!r} in the view"
    return Fault(fault, place, missing=id, guess=guess, fix=fix)


def _view_of(project: LearnerProject, fault: str, template: str) -> Place | None:
    """The line of the page's view that names this template; None if it doesn't."""
    path = "/chat/" if fault == "C109" else project.pages.room_path
    try:
        view = resolve(path).func
    except Resolver404:
        return None
    code = getattr(inspect.unwrap(view), "__code__", None)
    place = project.sources.place(code.co_filename, code.co_firstlineno) if code else None
    for node in ast.walk(project.sources.function(place) or ast.Pass()):
        value = getattr(node, "value", None)
        if isinstance(node, ast.Constant) and f"/{template}".endswith(f"/{value}") and place:
            return Place(place.file, node.lineno)
    return None


def why_not_shown(sources: Sources, written: Place) -> tuple[Place, str]:
    """Why a line of a template isn't in the page: the line that is the cause, and a sentence.

    Of a template that extends another, only what is in that one's blocks is shown.
    """
    extends = sources.search(written.file, EXTENDS)
    blocks = [
        (Place(written.file, number), found[1])
        for number, line in enumerate(sources.lines(written.file)[: written.line], 1)
        if (found := re.search(BLOCK, line))
    ]
    before = "\n".join(sources.lines(written.file)[: written.line])
    if extends.line and len(blocks) <= len(re.findall(r"\{%-?\s*endblock", before)):
        return written, f" {written} has it outside of the blocks, which alone are shown."
    known = _parent_blocks(sources, written.file)
    if known is not None and blocks and not {name for _, name in blocks} & known:
        place, name = blocks[-1]
        has = " and ".join(map(repr, sorted(known))) or "no blocks"
        why = f" It is in the block {name!r} at {place}, which the template that is extended"
        return place, f"{why} doesn't have: that has {has}."
    return written, f" {written} has it, but the page that was shown doesn't."


def _parent_blocks(sources: Sources, file: str) -> set[str] | None:
    """The blocks of the templates that a template extends; None if one isn't of the project's."""
    blocks: set[str] = set()
    seen = {file}
    while found := re.search(EXTENDS, sources.read(file)):
        parents = [one for one in sources.templates if f"/{one}".endswith(f"/{found[1]}")]
        if not parents or parents[0] in seen:
            return None
        file = parents[0]
        seen.add(file)
        blocks |= set(re.findall(BLOCK, sources.read(file)))
    return blocks if len(seen) > 1 else None
