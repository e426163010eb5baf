"""What the checks ask of the learner's pages."""

import re

from chatdemo.course.checker import explain, pages, scripts
from chatdemo.course.checker.causes.exceptions import shown
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.pages import Page
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import guess

#: How the view of each template is written.
VIEWS = {
    "index.html": 'path("", views.index) calls def index(request)',
    "room.html": 'path("<str:room_name>/", views.room) calls def room(request, room_name)',
}


async def require(project: Project, path: str, missing: str, template: str) -> Page:
    """The page at ``path``. Raises Fault, by the id ``missing`` where nothing is there."""
    page = await pages.get(project, path)
    doing = f"asking for the page {path}"
    if page is None:
        busy = project.watchdog.busy()
        raise Fault("C004", busy, line=project.sources.line(busy), doing=doing)
    if page.error:
        raise _view_fault(project, page.error, doing, template)
    if page.status == 400:  # Django tells nobody of a DisallowedHost
        raise Fault("C116", project.sources.search(project.settings_file, "ALLOWED_HOSTS"))
    if page.status != 200:
        place, why = _bad_pattern(project, path) or (url_place(project), _why(page))
        raise Fault(missing, place, path=path, status=page.status, why=why)
    return page


def _view_fault(project: Project, error: BaseException, doing: str, template: str) -> Fault:
    place = project.sources.last_place(error.__traceback__)
    if type(error).__name__ == "TemplateDoesNotExist":
        why, fix = _where_template(project, str(error))
        return Fault("C110", place, template=str(error), why=why, fix=fix)
    if type(error).__name__ == "TemplateSyntaxError":
        return Fault("C111", template_place(project, template), error=str(error))
    if isinstance(error, ValueError) and "didn't return an HttpResponse" in str(error):
        name = re.search(r"view (?:\w+\.)*(\w+)", str(error))
        return Fault(
            "C112",
            project.sources.search_all(rf"def {name[1] if name else ''}\b"),
            error=str(error),
        )
    if (
        isinstance(error, TypeError)
        and "argument" in str(error)
        and "views" in shown(error) + str(place)
    ):
        return Fault("C203", place or url_place(project), error=shown(error), fix=VIEWS[template])
    named = re.match(r"(\w+)\(\) (got an unexpected|missing|takes)", str(error))
    if isinstance(error, TypeError) and named:
        return Fault(
            "C203",
            project.sources.search_all(rf"def {named[1]}\b"),
            error=shown(error),
            fix=VIEWS[template],
        )
    return explain.exception(project, error, doing)


def _where_template(project: Project, name: str) -> tuple[str, str]:
    """Why Django doesn't find the template, and what to do."""
    apps = getattr(project.settings, "INSTALLED_APPS", [])
    found = [
        file for file in project.sources.templates if file.endswith("/" + name) or file == name
    ]
    if found and not any(entry.partition(".")[0] == found[0].partition("/")[0] for entry in apps):
        app = found[0].partition("/")[0]
        return (
            f"{found[0]} is there, but {app!r} isn't in INSTALLED_APPS",
            f"Add {app!r} to INSTALLED_APPS",
        )
    near = found or [
        file for file in project.sources.templates if file.endswith("/" + name.rpartition("/")[2])
    ]
    named = near[0].partition("/templates/")[2] if near else ""
    if found and project.sources.templates and found[0].endswith(f"/templates/{name}"):
        return (
            f"{found[0]} is there, but TEMPLATES doesn't have APP_DIRS",
            'Set "APP_DIRS": True in TEMPLATES',
        )
    if named and named != name:
        return (
            f"it is {near[0]}",
            f'Write "{named}" in the view, or move the file to chat/templates/{name}',
        )
    known = [file.partition("templates/")[2] for file in project.sources.templates]
    why = (
        f"it is {near[0]}"
        if near
        else guess(name, known, "there is {!r}").strip() or "there is no such file"
    )
    return why, f"It belongs in chat/templates/{name}, with APP_DIRS in TEMPLATES"


def _bad_pattern(project: Project, path: str) -> tuple[Place | None, str] | None:
    """A pattern of urls.py that was meant for the path, and why it doesn't match."""
    from django.urls import get_resolver

    first = path.strip("/").partition("/")[0]
    for pattern in get_resolver().url_patterns:
        text = str(pattern.pattern)
        place = project.sources.search_all(rf"path\(\s*r?['\"]{re.escape(text)}['\"]")
        if text.lstrip("^").startswith(f"/{first}"):
            return (
                place,
                f"the pattern {text!r} starts with a slash, and Django matches the path without its first one",
            )
        if text == first:
            return place, f"the pattern {text!r} has no slash at its end"
    return None


def _why(page: Page) -> str:
    if page.location:
        return f"it leads on to {page.location}"
    return (
        "no pattern in urls.py matches it"
        if page.status == 404
        else f"the answer has status {page.status}"
    )


def url_place(project: Project) -> Place | None:
    """Where the patterns are."""
    return project.sources.search_all(r"urlpatterns\s*=")


def template_place(project: Project, template: str, pattern: str = r"\A(?!x)x") -> Place | None:
    """The line of the template that matches, or the template."""
    found = [file for file in project.sources.templates if file.endswith(template)]
    return project.sources.search(found[0], pattern) if found else None


def require_ids(
    project: Project, page: Page, ids: tuple[str, ...], fault: str, template: str
) -> None:
    """Raises Fault by the id ``fault`` if an element id that the tutorial's page has isn't there."""
    for id in ids:
        if id not in page.ids:
            close = guess(id, set(page.ids) - set(ids), "{!r}")
            place = template_place(project, template, re.escape(close[1:-1]) if close else r"<body")
            raise Fault(fault, place, missing=id, guess=f" It has {close}." if close else "")


def require_script(project: Project, page: Page, template: str) -> None:
    """Raises Fault C113 or C114 if the page's script looks for what isn't there, or misspells a name of its own."""
    _require_balance(project, page, template)
    for id in scripts.looked_up(page.script):
        if id not in page.ids:
            place = template_place(
                project, template, re.escape("#" + id) + "|" + re.escape(f"'{id}'") + f'|"{id}"'
            )
            raise Fault("C113", place, element=id, guess=guess(id, page.ids, " The page has {!r}."))
    for id in page.early:
        place = template_place(project, template, "<script>")
        raise Fault("C117", place, element=id)
    wrong = scripts.undeclared(page.script)
    if wrong:
        raise Fault(
            "C114",
            template_place(project, template, rf"\b{wrong[0]}\b"),
            wrong=wrong[0],
            right=wrong[1],
        )


def _require_balance(project: Project, page: Page, template: str) -> None:
    what, line = scripts.unbalanced(page.script)
    if what:
        raise Fault(
            "C118",
            template_place(project, template, re.escape(line.strip()) if line.strip() else ""),
            what=what,
        )
