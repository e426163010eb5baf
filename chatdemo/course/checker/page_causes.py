"""Finds why a page isn't served: the cause of a 404, or of an exception in a view."""

import re
from pathlib import Path
from typing import Any

from chatdemo.course.checker.asgi_client import Page
from chatdemo.course.checker.exception_causes import explain_exception
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place, describe
from chatdemo.course.checker.source_files import FUNCTIONS, suggestion

#: How the pattern and the view of each template are written.
VIEWS = {
    "index.html": 'path("", views.index) calls def index(request)',
    "room.html": 'path("<str:room_name>/", views.room) calls def room(request, room_name)',
}
#: What to do about a mistake in a template, by Django's words.
TEMPLATE_FIXES = {
    r"remainder: ' ?:": 'Write no space beside the colon of a filter: {{ value|name:"argument" }}',
    r"remainder: ' \|": "Write no space before the | of a filter",
    r"Invalid block tag.*'static'": "Write {% load static %} at the top of the template",
}
ONLY_WITH_TLS = "Set it only where the server has TLS"
#: What leads to the page of each fault.
NEEDED_PATTERNS = {
    "C108": 'mysite/urls.py needs path("chat/", include("chat.urls")), and chat/urls.py'
    ' path("", views.index, name="index")',
    "C201": 'chat/urls.py needs path("<str:room_name>/", views.room, name="room")',
}


def not_found_fault(project: LearnerProject, id: str, path: str, page: Page) -> Fault:
    """Return the fault ``id``, C108 or C201, of a page that isn't served: why, and a line of a
    urls.py.
    """
    if page.location.startswith("https:") and "SECURE_SSL_REDIRECT" in project.setting_names:
        why = "sends the browser to https, which the development server doesn't have"
        facts = {"why": why, "seen": f"{path} redirects to {page.location}", "fix": ONLY_WITH_TLS}
        setting = project.in_settings("SECURE_SSL_REDIRECT")
        return Fault("C014", setting, name="SECURE_SSL_REDIRECT", **facts)
    place, why = _why_not_found(project, path, page)
    fix = NEEDED_PATTERNS[id] if page.status == 404 else ""
    return Fault(id, place, path=path, status=page.status, why=why, fix=fix)


def _why_not_found(project: LearnerProject, path: str, page: Page) -> tuple[Place | None, str]:
    """A line of a urls.py, and why it doesn't lead to the page."""
    file, patterns, rest = _innermost_patterns(path)
    for pattern in patterns:
        if why := _why_unmatched(pattern, rest):
            text = str(pattern.pattern)
            return project.sources.search(file, rf"['\"]{re.escape(text)}['\"]"), why
    why = f"the answer has status {page.status}"
    if page.location:
        why = f"it redirects to {page.location}"
    elif page.status == 404:
        known = " and ".join(repr(str(pattern.pattern)) for pattern in patterns[:4])
        why = f"no pattern in {file} matches {rest!r}. It has {known or 'none'}"
    included = project.sources.search(file, r"include\(.*chat\.urls")
    return included if included.line else project.sources.search(file, r"^urlpatterns\s*="), why


def _innermost_patterns(path: str) -> tuple[str, list[Any], str]:
    """The file and the patterns to which include() leads, and the part of the path that is left
    for them.
    """
    from django.conf import settings
    from django.urls import get_resolver

    file = settings.ROOT_URLCONF.replace(".", "/") + ".py"
    patterns, rest = list(get_resolver().url_patterns), path.lstrip("/")
    while True:
        includes = [one for one in patterns if hasattr(one, "url_patterns")]
        matches = [(one, match[0]) for one in includes if (match := one.pattern.match(rest))]
        if not matches or matches[0][1].startswith("/"):
            return file, patterns, rest
        include, rest = matches[0]
        module = getattr(include.urlconf_name, "__name__", "")
        file = module.replace(".", "/") + ".py" if module else file
        patterns = list(include.url_patterns)


def _why_unmatched(pattern: Any, rest: str) -> str:
    """Why a pattern that looks right doesn't match the rest of the path; empty if it doesn't."""
    from django.urls.resolvers import RoutePattern

    text, match = str(pattern.pattern), pattern.pattern.match(rest)
    if text.lstrip("^").startswith("/"):
        why = "starts with a slash, but Django matches the path without its first slash"
        return f"the pattern {text!r} {why}"
    is_open = match and match[0].startswith("/")
    if is_open or (rest.rstrip("/") and pattern.pattern.match(rest.rstrip("/"))):
        return f"the pattern {text!r} has no slash at its end"
    if "(?P<" in text and isinstance(pattern.pattern, RoutePattern):
        return f"{text!r} is a regular expression, but path() reads it literally"
    return ""


def view_fault(project: LearnerProject, error: BaseException, doing: str, template: str) -> Fault:
    """Return the fault behind an exception of a view."""
    place, text = project.sources.last_place(error), str(error)
    if fault := _template_fault(project, error, place, template):
        return fault
    if isinstance(error, ValueError) and "didn't return an HttpResponse" in text:
        name = re.search(r"view (?:\w+\.)*(\w+)", text)
        place = project.sources.find(FUNCTIONS, name[1]) if name else None
        return Fault("C112", place, error=text, why="`return` is missing before render()")
    if isinstance(error, AttributeError) and not place and isinstance(error.obj, str | tuple):
        where = project.sources.find(FUNCTIONS, template.removesuffix(".html"))
        return Fault("C112", where, error=text, why=f"it returns a {type(error.obj).__name__}")
    if re.search(r"\brender\((?!\s*request)", project.sources.line(place)) and (
        isinstance(error, TypeError | AttributeError)
    ):
        return project.fault("C125", place, error=describe(error))
    named = re.match(r"(\w+)\(\) (?:got|missing|takes)", text)
    if isinstance(error, TypeError) and named and not place:
        # Django's call of the view fails, so no line of the learner's is in the traceback.
        view = project.sources.find(FUNCTIONS, named[1])
        if view:
            return Fault("C203", view, error=describe(error), fix=VIEWS[template])
    return explain_exception(project, error, doing)


def _template_fault(
    project: LearnerProject, error: BaseException, view: Place | None, template: str
) -> Fault | None:
    """The fault of a template that isn't there, or that has a mistake."""
    kind, text = type(error).__name__, str(error)
    if kind == "TemplateDoesNotExist":
        why, fix = _why_template_is_missing(project, text, view)
        return Fault("C110", view, template=text, why=why, fix=fix)
    if kind == "TemplateSyntaxError":
        debug = getattr(error, "template_debug", {"name": "", "line": 0})
        where = project.sources.place(debug["name"], debug["line"])
        fixes = (fix for pattern, fix in TEMPLATE_FIXES.items() if re.search(pattern, text))
        fix = next(fixes, "Look at the {{ }} and {% %} tags there")
        return Fault("C111", where or project.in_template(template), error=text, fix=fix)
    if kind == "NoReverseMatch" and (name := re.search(r"'([\w:.-]+)'", text)):
        return _no_url_name_fault(project, name[1], view, text)
    return None


def _no_url_name_fault(project: LearnerProject, name: str, view: Place | None, text: str) -> Fault:
    """The fault of a {% url %}, or a reverse(), with a name that no pattern has."""
    from django.urls import get_resolver

    resolver = get_resolver()
    known = [key for key in resolver.reverse_dict if isinstance(key, str)]
    for namespace, (_, inner) in resolver.namespace_dict.items():
        known += [f"{namespace}:{key}" for key in inner.reverse_dict if isinstance(key, str)]
    near = suggestion(name, known, "{!r}") or next(
        (repr(one) for one in known if one.partition(":")[2] == name or one in name.split("_")), ""
    )
    guess = f" There is {near}." if near else f" There are {', '.join(map(repr, known))}."
    place = project.sources.search_templates(rf"url\s+['\"]{re.escape(name)}['\"]") or view
    fix = f"Write {near} there" if near else ""
    return Fault("C127", place, name=name, guess=guess if known else "", error=text, fix=fix)


def _why_template_is_missing(
    project: LearnerProject, name: str, view: Place | None
) -> tuple[str, str]:
    """Why Django doesn't find the template that the view names, and what to do."""
    base, app = name.rpartition("/")[2], (view or Place("chat")).file.partition("/")[0]
    files = project.sources.files_like(base)
    exact = [file for file in files if f"/{file}".endswith(f"/{name}")]
    found = next(iter(exact or files), "")
    wanted = f"{app}/templates/{name}"
    if not found:
        known = [file.partition("templates/")[2] for file in project.sources.templates]
        guess = suggestion(name, known, "{}")
        why = f"there is {guess!r}" if guess else "no such file exists"
        return why, f'Write "{guess}" in the view' if guess else f"Make the file {wanted}"
    folder, _, inside = f"/{found}".rpartition("/templates/")
    folder = folder.lstrip("/")
    if inside == name and (project.folder / folder / "views.py").is_file():
        installed = {re.sub(r"\.apps\.\w+$", "", app) for app in project.settings.INSTALLED_APPS}
        if folder.replace("/", ".") not in installed:
            why = f"{found} exists, but {folder!r} isn't in INSTALLED_APPS"
            return why, f"Add {folder.replace('/', '.')!r} to INSTALLED_APPS"
        why = f"{found} exists, but TEMPLATES doesn't have APP_DIRS"
        return why, 'Set "APP_DIRS": True in TEMPLATES'
    if folder and inside and inside != name and Path(inside).name == base:
        fix = f'Write "{inside}" in the view, or move it to {wanted}'
        return f"it is {found}", fix
    if Path(found).name != base:
        return f"it is {found}", f"Rename it to {base}"
    fix = f"Move it to {wanted}"
    if exact and not found.startswith(f"{app}/"):
        outer = found.removesuffix(name).rstrip("/")
        fix += f', or add its folder to TEMPLATES: "DIRS": [BASE_DIR / "{outer}"]'
    return f"it is {found}{_looked_in(project)}", fix


def _looked_in(project: LearnerProject) -> str:
    """Which folders DIRS names, as a clause."""
    entries = getattr(project.settings, "TEMPLATES", None) or [{}]
    folders = ", ".join(map(str, entries[0].get("DIRS") or ()))
    return f", and DIRS of TEMPLATES has {folders}" if folders else ""
