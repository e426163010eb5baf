"""Step 1: a Django project that Channels serves, with an index page."""

import ast
import importlib
import re
import tokenize

from chatdemo.course.checker import explain, markup, scripts
from chatdemo.course.checker.causes.imports import syntax_fault
from chatdemo.course.checker.checks.modules import shadowing
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import guess

#: Tokens that say nothing.
BLANK = (tokenize.NL, tokenize.COMMENT)


def is_a_django_project(project: Project) -> None:
    project.prepare()
    if not project.settings_file:
        raise Fault(
            "C003",
            Place("manage.py"),
            error=f"there is no {project.settings_module.replace('.', '/')}.py",
        )


def every_file_can_be_read(project: Project) -> None:
    for file in project.sources.python:
        try:
            project.sources.tree(file)
        except SyntaxError as error:
            raise syntax_fault(project, error) from None
        except ValueError as error:
            raise Fault("C002", Place(file, 1), error=str(error), line="", why="") from None
    shadowing(project)


def settings_can_be_imported(project: Project) -> None:
    try:
        project.settings  # noqa: B018
    except (Exception, SystemExit) as error:
        raise explain.exception(project, error, f"importing {project.settings_file}") from None


def no_comma_is_missing(project: Project) -> None:
    """In a list of names, two strings without a comma between are one name."""
    file = project.settings_file
    with tokenize.open(project.folder / file) as opened:
        tokens = [
            token for token in tokenize.generate_tokens(opened.readline) if token.type not in BLANK
        ]
    for one, other in zip(tokens, tokens[1:], strict=False):
        if one.type == other.type == tokenize.STRING and one.end[0] < other.start[0]:
            if project.sources.line(Place(file, one.start[0])).startswith(one.string):
                raise Fault("C011", Place(file, one.start[0]), one=one.string, other=other.string)


def daphne_serves_it(project: Project) -> None:
    place = project.sources.search(project.settings_file, "INSTALLED_APPS")
    apps = list(getattr(project.settings, "INSTALLED_APPS", []))
    daphne = next((app for app in apps if app in ("daphne", "daphne.apps.DaphneConfig")), None)
    if not daphne:
        old = " 'channels' is there, as texts for Channels 3 have it: since Channels 4, runserver is Daphne's."
        close = guess("daphne", apps, " {!r} is there instead.")
        raise Fault("C101", place, why=old if "channels" in apps else close)
    static = next((app for app in apps if app.startswith("django.contrib.staticfiles")), None)
    if static and apps.index(daphne) > apps.index(static):
        raise Fault("C102", project.sources.search(project.settings_file, "daphne"))


def asgi_application_is_named(project: Project) -> None:
    names = [
        name for name in vars(project.settings) if name.isupper() and name != "WSGI_APPLICATION"
    ]
    if not getattr(project.settings, "ASGI_APPLICATION", None):
        hint = guess("ASGI_APPLICATION", names, " It has {!r}.")
        raise Fault("C103", Place(project.settings_file), guess=hint)


def asgi_application_can_be_imported(project: Project) -> None:
    dotted = str(project.settings.ASGI_APPLICATION)
    module, _, name = dotted.rpartition(".")
    place = project.sources.search(project.settings_file, "ASGI_APPLICATION")
    if not (project.folder / project.asgi_file).is_file():
        why = (
            "a colon stands where a dot belongs"
            if ":" in dotted
            else f"there is no {project.asgi_file}"
        )
        raise Fault("C104", place, value=dotted, why=why)
    _same_settings(project)
    try:
        loaded = importlib.import_module(module)
    except (Exception, SystemExit) as error:
        raise explain.exception(project, error, f"importing {project.asgi_file}") from None
    if not hasattr(loaded, name):
        routers = [
            known for known, value in vars(loaded).items() if hasattr(value, "application_mapping")
        ]
        why = f"{project.asgi_file} has no {name}" + (f", but {routers[0]!r}" if routers else "")
        raise Fault("C104", place, value=dotted, why=why)
    project.application = getattr(loaded, name)


def _same_settings(project: Project) -> None:
    """The ASGI module names the settings too, for servers that don't start from manage.py."""
    pattern = r"""DJANGO_SETTINGS_MODULE['"]\s*(?:,|\]\s*=)\s*['"]([\w.]+)['"]"""
    named = re.search(pattern, project.sources.text(project.asgi_file))
    if named and named[1] != project.settings_module:
        place = project.sources.search(project.asgi_file, "DJANGO_SETTINGS_MODULE")
        raise Fault("C115", place, named=named[1], right=project.settings_module)


def django_is_set_up_before_the_consumers(project: Project) -> None:
    """The order in the ASGI module: it matters once a consumer, or what it imports, uses a model."""
    tree = project.sources.tree(project.asgi_file)
    calls = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_set_up(node)
    ]
    own = {file.partition("/")[0].removesuffix(".py") for file in project.sources.python}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom) and _module(node).partition(".")[0] in own:
            if calls and node.lineno < min(calls):
                raise Fault(
                    "C106",
                    Place(project.asgi_file, node.lineno),
                    error="the import comes first in the file",
                )


def _is_set_up(node: ast.Call) -> bool:
    return ast.unparse(node.func).rpartition(".")[2] in ("get_asgi_application", "setup")


def _module(node: ast.Import | ast.ImportFrom) -> str:
    return node.names[0].name if isinstance(node, ast.Import) else node.module or ""


def django_finds_no_fault(project: Project) -> None:
    import django
    from django.core import checks

    try:
        django.setup()
        project.spare_database()
        errors = [message for message in checks.run_checks() if message.level >= checks.ERROR]
    except (Exception, SystemExit) as error:
        raise explain.exception(project, error, "setting Django up") from None
    if errors:
        raise Fault("C008", Place(project.settings_file), error=f"{errors[0].id}: {errors[0].msg}")


def channels_routes_http(project: Project) -> None:
    from django.core.handlers.asgi import ASGIHandler

    if isinstance(project.application, ASGIHandler):
        places = [
            number
            for number, line in enumerate(project.sources.html(project.asgi_file).splitlines(), 1)
            if re.match(r"application\s*=", line)
        ]
        why = "a later line sets it anew" if len(places) > 1 else "there is no ProtocolTypeRouter"
        raise Fault("C105", Place(project.asgi_file, places[-1] if places else 0), why=why)


async def the_index_page_is_there(project: Project) -> None:
    page = await markup.require(project, "/chat/", "C108", "index.html")
    if "chat-log" in page.ids and "room-name-input" not in page.ids:
        why = "the room's page is there, so that chat.urls seems to be included without chat/ in front"
        raise Fault(
            "C108", project.sources.search_all(r"include\("), path="/chat/", status=200, why=why
        )
    markup.require_ids(project, page, ("room-name-input", "room-name-submit"), "C109", "index.html")
    markup.require_script(project, page, "index.html")
    target = scripts.target_address(page.script)
    if target.startswith("/") and not re.fullmatch(r"/chat/\{\}/?(\{\})?", target):
        place = markup.template_place(project, "index.html", r"location|href")
        raise Fault("C120", place, address=target.replace("{}", "…"))


CHECKS = [
    is_a_django_project,
    every_file_can_be_read,
    settings_can_be_imported,
    no_comma_is_missing,
    daphne_serves_it,
    asgi_application_is_named,
    asgi_application_can_be_imported,
    django_is_set_up_before_the_consumers,
    django_finds_no_fault,
    channels_routes_http,
    the_index_page_is_there,
]
