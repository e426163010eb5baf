"""Checks of step 1: a Django project that Channels serves."""

import ast
import importlib
import re
import sys
import tokenize
from typing import Any

from chatdemo.course.checker.exception_causes import explain_exception, syntax_fault
from chatdemo.course.checker.older_tutorials import older_forms
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.source_files import settings_module_in, suggestion

#: Packages that a learner's module must not hide.
PACKAGES = (
    *("django", "channels", "channels_redis", "daphne", "asgiref"),
    *("redis", "selenium", "twisted", "autobahn"),
)


def check_settings_file(project: LearnerProject) -> None:
    """Check that the folder has a manage.py, and the settings that it names."""
    project.prepare()
    if not project.settings_file:
        file = f"{project.settings_module.replace('.', '/')}.py"
        raise Fault("C003", Place("manage.py"), error=f"{file} doesn't exist")


def check_syntax(project: LearnerProject) -> None:
    """Check that Python can read each file."""
    for file in project.sources.python:
        try:
            project.sources.tree(file)
        except SyntaxError as error:
            raise syntax_fault(project, error, file) from None
        except ValueError as error:
            raise Fault("C002", Place(file, 1), error=str(error), line="", why="") from None


def note_older_forms(project: LearnerProject) -> None:
    """Add a note, and no fault, for each line that has the form of an older tutorial."""
    for place, what, today in older_forms(project.sources):
        note = f"{place} is from an older tutorial: {what}. Today's form: {today}."
        project.notes.append(note)


def check_hidden_modules(project: LearnerProject) -> None:
    """Check that no module beside manage.py has the name of one of Python's or of a package."""
    for file in project.sources.python:
        name = file.partition("/")[0].removesuffix(".py")
        if name in PACKAGES or (name in sys.stdlib_module_names and "/" not in file):
            raise Fault("C009", Place(file), name=name)


def check_settings_import(project: LearnerProject) -> None:
    """Check that importing the settings raises nothing."""
    try:
        project.import_settings()
    except BaseException as error:
        raise explain_exception(project, error, f"importing {project.settings_file}") from None


def check_missing_commas(project: LearnerProject) -> None:
    """Check that no list in the settings has two strings without a comma, which Python joins."""
    file = project.settings_file
    with tokenize.open(project.folder / file) as opened:
        tokens = [
            token
            for token in tokenize.generate_tokens(opened.readline)
            if token.type not in (tokenize.NL, tokenize.COMMENT)
        ]
    for one, other in zip(tokens, tokens[1:], strict=False):
        if one.type == other.type == tokenize.STRING and one.end[0] < other.start[0]:
            place = Place(file, one.start[0])
            if project.sources.line(place).startswith(one.string):
                raise Fault("C011", place, one=one.string, other=other.string)


def check_daphne(project: LearnerProject) -> None:
    """Check that INSTALLED_APPS has daphne, before staticfiles."""
    apps = list(getattr(project.settings, "INSTALLED_APPS", []))
    daphne = next((app for app in apps if app in ("daphne", "daphne.apps.DaphneConfig")), None)
    if not daphne:
        why = suggestion("daphne", apps, " {!r} is there instead.")
        if "channels" in apps:
            why = (
                " 'channels' is there, which was right for Channels 3. Since Channels 4,"
                " daphne provides runserver."
            )
        raise Fault("C101", project.in_settings("INSTALLED_APPS"), why=why)
    static = next((app for app in apps if app.startswith("django.contrib.staticfiles")), None)
    if static and apps.index(daphne) > apps.index(static):
        raise Fault("C102", project.in_settings("INSTALLED_APPS", "daphne"))


def check_asgi_setting(project: LearnerProject) -> None:
    """Check that the settings have ASGI_APPLICATION."""
    if not getattr(project.settings, "ASGI_APPLICATION", None):
        others = [name for name in project.setting_names if name != "WSGI_APPLICATION"]
        guess = suggestion("ASGI_APPLICATION", others, " They have {!r}.")
        raise Fault("C103", Place(project.settings_file), guess=guess)


def check_asgi_import(project: LearnerProject) -> None:
    """Check that ASGI_APPLICATION names a variable that can be imported."""
    dotted = str(project.settings.ASGI_APPLICATION)
    module, _, name = dotted.rpartition(".")
    place, file = project.in_settings("ASGI_APPLICATION"), project.asgi_file
    if not (project.folder / file).is_file():
        routers = [
            path.removesuffix(".py").replace("/", ".")
            for path in project.sources.python
            if "get_asgi_application" in project.sources.read(path)
        ]
        fix = f'Set it to "{routers[0]}.application"' if routers else ""
        why = "it has a colon instead of a dot" if ":" in dotted else f"{file} doesn't exist"
        raise Fault("C104", place, value=dotted, why=why, fix=fix)
    # The ASGI module names the settings too, for servers that don't use manage.py.
    named = settings_module_in(project.sources.text(file))
    if named and named != project.settings_module:
        where = project.in_asgi("DJANGO_SETTINGS_MODULE")
        raise Fault("C115", where, named=named, right=project.settings_module)
    try:
        loaded = importlib.import_module(module)
    except BaseException as error:
        raise explain_exception(project, error, f"importing {file}") from None
    if not hasattr(loaded, name):
        raise _no_application_fault(project, dotted, vars(loaded))
    project.application = getattr(loaded, name)


def _no_application_fault(project: LearnerProject, dotted: str, known: dict[str, Any]) -> Fault:
    """The fault of a module without the variable that ASGI_APPLICATION, ``dotted``, names."""
    file, name = project.asgi_file, dotted.rpartition(".")[2]
    routers = [other for other, value in known.items() if hasattr(value, "application_mapping")]
    other = routers[0] if routers else suggestion(name, known, "{}")
    why = f"{file} has no {name}" + (f" (it has {other!r})" if other else "")
    if name == "application":
        fix = f"Rename {other!r} to 'application'" if other else ""
        place = project.in_asgi(rf"^{other}\b|^ProtocolTypeRouter")
    else:
        module = dotted.rpartition(".")[0]
        place, fix = project.in_settings("ASGI_APPLICATION"), ""
        if "application" in known or other:
            fix = f'Set it to "{module}.{"application" if "application" in known else other}"'
    return Fault("C104", place, value=dotted, why=why, fix=fix)


def check_setup_order(project: LearnerProject) -> None:
    """Check that the ASGI module sets Django up before it imports a consumer.

    The consumer's module may import a model.
    """
    tree = project.sources.tree(project.asgi_file)
    calls = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in ("get_asgi_application", "setup")
    ]
    own = {file.partition("/")[0].removesuffix(".py") for file in project.sources.python}
    for node in tree.body:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        module = node.names[0].name if isinstance(node, ast.Import) else node.module or ""
        if module.partition(".")[0] in own and calls and node.lineno < min(calls):
            place = Place(project.asgi_file, node.lineno)
            raise Fault("C106", place, error="the import comes first in the file")


def check_system_checks(project: LearnerProject) -> None:
    """Run Django's system checks, as `manage.py check` does."""
    import django
    from django.core import checks

    try:
        django.setup()
        project.copy_database()
        errors = [message for message in checks.run_checks() if message.level >= checks.ERROR]
    except BaseException as error:
        raise explain_exception(project, error, "setting up Django") from None
    if errors:
        raise Fault("C008", Place(project.settings_file), error=f"{errors[0].id}: {errors[0].msg}")


def check_http_route(project: LearnerProject) -> None:
    """Check that the ASGI application isn't Django's own any more."""
    from django.core.handlers.asgi import ASGIHandler

    if isinstance(project.application, ASGIHandler):
        lines = project.sources.read(project.asgi_file).splitlines()
        numbers = [
            number for number, line in enumerate(lines, 1) if re.match(r"application\s*=", line)
        ]
        why = "a later line sets it again" if len(numbers) > 1 else "it has no ProtocolTypeRouter"
        raise Fault("C105", Place(project.asgi_file, numbers[-1] if numbers else 0), why=why)


CHECKS = [
    check_settings_file,
    check_syntax,
    note_older_forms,
    check_hidden_modules,
    check_settings_import,
    check_missing_commas,
    check_daphne,
    check_asgi_setting,
    check_asgi_import,
    check_setup_order,
    check_system_checks,
    check_http_route,
]
