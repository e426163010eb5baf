"""What the checks ask of the learner's pages."""

import re

from chatdemo.tutorial.checker import explain, pages
from chatdemo.tutorial.checker.causes.exceptions import shown
from chatdemo.tutorial.checker.faults import Fault, Place
from chatdemo.tutorial.checker.pages import Page
from chatdemo.tutorial.checker.project import Project
from chatdemo.tutorial.checker.sources import guess


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
        raise Fault(missing, url_place(project), path=path, status=page.status, why=_why(page))
    return page


def _view_fault(project: Project, error: BaseException, doing: str, template: str) -> Fault:
    place = project.sources.last_place(error.__traceback__)
    if type(error).__name__ == "TemplateDoesNotExist":
        return Fault("C110", place, template=str(error), why=_where_template(project, str(error)))
    if type(error).__name__ == "TemplateSyntaxError":
        return Fault("C111", template_place(project, template), error=str(error))
    if isinstance(error, ValueError) and "didn't return an HttpResponse" in str(error):
        name = re.search(r"view (?:\w+\.)*(\w+)", str(error))
        return Fault("C112", project.sources.search_all(rf"def {name[1] if name else ''}\b"), error=str(error))
    if isinstance(error, TypeError) and "argument" in str(error) and "views" in shown(error) + str(place):
        return Fault("C203", place or url_place(project), error=shown(error))
    named = re.match(r"(\w+)\(\) (got an unexpected|missing|takes)", str(error))
    if isinstance(error, TypeError) and named:
        return Fault("C203", project.sources.search_all(rf"def {named[1]}\b"), error=shown(error))
    return explain.exception(project, error, doing)


def _where_template(project: Project, name: str) -> str:
    """Where Django would find the template, and where it is instead."""
    apps = getattr(project.settings, "INSTALLED_APPS", [])
    base = name.rpartition("/")[2]
    found = [file for file in project.sources.templates if file.endswith("/" + name) or file == name]
    if found:
        app = found[0].partition("/")[0]
        listed = any(entry.partition(".")[0] == app for entry in apps)
        in_place = found[0] == f"{app}/templates/{name}"
        if not listed:
            return f"{found[0]} is there, but {app!r} isn't in INSTALLED_APPS"
        return "APP_DIRS may be off in TEMPLATES" if in_place else f"it is {found[0]}"
    near = [file for file in project.sources.templates if file.endswith(base)]
    close = guess(name, [file.partition("templates/")[2] for file in project.sources.templates], "there is {!r}")
    return f"it is {near[0]}" if near else close.strip() or "there is no such file"


def _why(page: Page) -> str:
    if page.location:
        return f"it leads on to {page.location}"
    return "no pattern in urls.py matches it" if page.status == 404 else f"the answer has status {page.status}"


def url_place(project: Project) -> Place | None:
    """Where the patterns are."""
    return project.sources.search_all(r"urlpatterns\s*=")


def template_place(project: Project, template: str, pattern: str = r"\A(?!x)x") -> Place | None:
    """The line of the template that matches, or the template."""
    found = [file for file in project.sources.templates if file.endswith(template)]
    return project.sources.search(found[0], pattern) if found else None


def require_ids(project: Project, page: Page, ids: tuple[str, ...], fault: str, template: str) -> None:
    """Raises Fault by the id ``fault`` if an element id that the tutorial's page has isn't there."""
    for id in ids:
        if id not in page.ids:
            close = guess(id, set(page.ids) - set(ids), "{!r}")
            place = template_place(project, template, re.escape(close[1:-1]) if close else r"<body")
            raise Fault(fault, place, missing=id, guess=f" It has {close}." if close else "")


def require_script(project: Project, page: Page, template: str) -> None:
    """Raises Fault C113 or C114 if the page's script looks for what isn't there, or misspells a name of its own."""
    for id in pages.looked_up(page.script):
        if id not in page.ids:
            place = template_place(project, template, re.escape("#" + id) + "|" + re.escape(f"'{id}'") + f'|"{id}"')
            raise Fault("C113", place, element=id, guess=guess(id, page.ids, " The page has {!r}."))
    for id in page.early:
        place = template_place(project, template, "<script>")
        raise Fault("C117", place, element=id)
    wrong = pages.undeclared(page.script)
    if wrong:
        raise Fault("C114", template_place(project, template, rf"\b{wrong[0]}\b"), wrong=wrong[0], right=wrong[1])
