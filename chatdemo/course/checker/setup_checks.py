"""Checks of step 1: a Django project that Channels serves."""

import ast
import importlib
import re
import sys
from pathlib import Path
from typing import Any

from chatdemo.course.checker.exception_causes import early_import, explain_exception, syntax_fault
from chatdemo.course.checker.older_tutorials import older_forms
from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.source_files import (
    changed_names,
    module_name,
    name_of,
    settings_module_in,
    suggestion,
)

#: The environment variable that manage.py and asgi.py set.
SETTINGS = "DJANGO_SETTINGS_MODULE"
#: Faults of a page or a route that isn't there, or isn't as it should be.
NOT_THERE = {"C108", "C109", "C112", "C201", "C203", "C302", "C304"}
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
        place = project.sources.search("manage.py", re.escape(project.settings_module))
        raise Fault("C003", place, error=f"{file} doesn't exist", fix="")


def check_syntax(project: LearnerProject) -> None:
    """Check that Python can read each file."""
    for file in project.sources.python:
        try:
            project.sources.tree(file)
        except SyntaxError as error:
            raise syntax_fault(project, error, file) from None
        except ValueError as error:
            facts = {"error": error, "line": "", "why": "", "fix": ""}
            raise Fault("C002", Place(file, 1), **facts) from None


def note_older_forms(project: LearnerProject) -> None:
    """Add a note, and no fault, for each line that has the form of an older tutorial."""
    for place, what, today in older_forms(project.sources):
        note = f"{place} is from an older tutorial: {what}. Today's form: {today}."
        project.notes.append(note)


def note_defined_twice(project: LearnerProject) -> None:
    """Add a note, and no fault, for each name that is defined again before it was used."""
    for name, first, last in project.sources.defined_twice():
        note = f"{name} is defined at {first} and once more at {last}: Python uses the last."
        project.notes.append(note)


def check_hidden_modules(project: LearnerProject) -> None:
    """Check that no module beside manage.py has the name of one of Python's or of a package, and
    that none has a package of its name beside it.
    """
    for file in project.sources.python:
        name = file.partition("/")[0].removesuffix(".py")
        if name in PACKAGES or (name in sys.stdlib_module_names and "/" not in file):
            why = f"the module {name!r}, which the project needs too"
            raise Fault("C009", Place(file), why=why, seen=f"{file} is imported instead of {name}")
        package = file.removesuffix(".py")
        if f"{package}/__init__.py" in project.sources.python:
            why = f"the folder {package}/ beside it, which Python imports instead"
            raise Fault("C009", Place(file), why=why, seen=f"both {file} and {package}/ exist")


def check_settings_import(project: LearnerProject) -> None:
    """Check that importing the settings raises nothing."""
    try:
        project.import_settings()
    except BaseException as error:
        raise explain_exception(project, error, f"importing {project.settings_file}") from None


def check_setting_names(project: LearnerProject) -> None:
    """Check that the name of no setting of Django's or Channels' has small letters."""
    from django.conf import global_settings

    known = {*dir(global_settings), "ASGI_APPLICATION", "CHANNEL_LAYERS", "ROOT_URLCONF"}
    for name, value in vars(project.settings).items():
        right, is_value = name.upper(), isinstance(value, str | int | list | tuple | dict | Path)
        if name != right and right in known and is_value and not hasattr(project.settings, right):
            place, why = project.in_settings(name), "isn't in capitals, so Django doesn't read it"
            raise Fault("C014", place, name=name, why=why, seen=name, fix=f"Write {right}")


def check_missing_commas(project: LearnerProject) -> None:
    """Check that no list in the settings has two strings without a comma, which Python joins."""
    file = project.settings_file
    for _, node in project.sources.nodes((ast.List, ast.Tuple), file):
        for entry in node.elts:
            lines = project.sources.lines(file)[entry.lineno - 1 : entry.end_lineno]
            texts = [re.match(r"\s*(['\"][^'\"]+['\"])", line) for line in lines]
            if isinstance(entry, ast.Constant) and len(texts) > 1 and texts[0] and texts[1]:
                one, other = texts[0][1], texts[1][1]
                raise Fault("C011", Place(file, entry.lineno), one=one, other=other)


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
        made = project.sources.find(ast.Call, "get_asgi_application")
        module = module_name(made.file) if made else "mysite.asgi"
        guess, fix = "", f'Add ASGI_APPLICATION = "{module}.application" to the settings'
        if near := suggestion("ASGI_APPLICATION", others, "{}"):
            guess, fix = f" They have {near!r}.", f"Rename {near} to ASGI_APPLICATION"
        raise Fault("C103", Place(project.settings_file), guess=guess, fix=fix)


def check_asgi_import(project: LearnerProject) -> None:
    """Check that ASGI_APPLICATION names a variable that can be imported."""
    dotted = str(project.settings.ASGI_APPLICATION)
    module, _, name = dotted.rpartition(".")
    place, file = project.in_settings("ASGI_APPLICATION"), project.asgi_file
    if not (project.folder / file).is_file():
        made = project.sources.find(ast.Call, "get_asgi_application")
        fix = f'Set it to "{module_name(made.file)}.application"' if made else ""
        why = "it has a colon instead of a dot" if ":" in dotted else f"{file} doesn't exist"
        raise Fault("C104", place, value=dotted, why=why, fix=fix)
    # The ASGI module names the settings too, for servers that don't use manage.py.
    text = project.sources.text(file)
    named, right = settings_module_in(text), project.settings_module
    if named and named != right:
        why = f"names the settings {named!r}, but manage.py has {right!r}"
        place = project.in_asgi(ast.Constant, SETTINGS)
        raise Fault("C115", place, named=named, why=why, fix=right)
    if wrong := suggestion(SETTINGS, re.findall(r"\w+", text), "{}"):
        why = f"sets the variable {wrong!r}, which Django doesn't read"
        place = project.in_asgi(ast.Constant, wrong)
        raise Fault("C115", place, named=wrong, why=why, fix=SETTINGS)
    try:
        loaded = importlib.import_module(module)
    except BaseException as error:
        raise explain_exception(project, error, f"importing {file}") from None
    if not hasattr(loaded, name):
        raise _no_application_fault(project, dotted, vars(loaded))
    project.application = getattr(loaded, name)


def _no_application_fault(project: LearnerProject, dotted: str, known: dict[str, Any]) -> Fault:
    """The fault of a module without the variable that ASGI_APPLICATION, ``dotted``, names."""
    file, (module, _, name) = project.asgi_file, dotted.rpartition(".")
    routers = [other for other, value in known.items() if hasattr(value, "application_mapping")]
    other = routers[0] if routers else suggestion(name, known, "{}")
    why = f"{file} has no {name}" + (f" (it has {other!r})" if other else "")
    if name == "application":
        place = project.in_asgi(ast.Name, f"{other}|ProtocolTypeRouter")
        fix = f"Rename {other!r} to 'application'" if other else ""
    else:
        place = project.in_settings("ASGI_APPLICATION")
        right = "application" if "application" in known else other
        fix = f'Set it to "{module}.{right}"' if right else ""
    return Fault("C104", place, value=dotted, why=why, fix=fix)


def check_setup_order(project: LearnerProject) -> None:
    """Check that the ASGI module sets Django up before it imports a consumer.

    The consumer's module may import a model.
    """
    if place := early_import(project):
        raise Fault("C106", place, error="the import comes first in the file")


def check_system_checks(project: LearnerProject) -> None:
    """Run Django's system checks, as `manage.py check` does."""
    import django
    from django.conf import settings
    from django.core import checks

    try:
        django.setup()
        project.copy_database()
        str(settings.SECRET_KEY)  # Django refuses an empty one only when it is read
        errors = [message for message in checks.run_checks() if message.level >= checks.ERROR]
    except BaseException as error:
        raise explain_exception(project, error, "setting up Django") from None
    for message in errors:
        raise Fault("C008", _error_place(project, message), error=f"{message.id}: {message.msg}")


def _error_place(project: LearnerProject, error: Any) -> Place:
    """The line of the model, or of the setting, that a system check's message is about."""
    model = getattr(getattr(error.obj, "model", error.obj), "__name__", "(?!)")
    place = project.sources.find(ast.ClassDef, model)
    names = [name for name in re.findall(r"[A-Z_]+", error.msg) if name in project.setting_names]
    return place or project.in_settings(names[0] if names else "")


def deeper_cause(project: LearnerProject, fault: Fault) -> Fault:
    """Return the fault of what makes a page or a route missing: ROOT_URLCONF is another module, or
    a name is defined again in the file. If neither is so, return ``fault``.
    """
    if fault.id == "C319":  # which says what the note has said
        project.notes = [note for note in project.notes if f"more at {fault.place}:" not in note]
    if fault.id not in NOT_THERE or not fault.place:
        return fault
    root = project.settings.ROOT_URLCONF
    for file, call in project.sources.nodes(ast.Call) if fault.id in ("C108", "C201") else ():
        named = [part.value for part in ast.walk(call) if isinstance(part, ast.Constant)]
        if name_of(call) == "include" and root in named and module_name(file) != root:
            why = f"is {root!r}, so {file}, which includes that, isn't used"
            facts = {"name": "ROOT_URLCONF", "why": why, "seen": repr(root)}
            place = project.in_settings("ROOT_URLCONF")
            return Fault("C014", place, fix=f"Write {module_name(file)!r}", **facts)
    for name, first, last in project.sources.defined_twice():
        if last.file == fault.place.file or (name == "urlpatterns" and fault.id < "C3"):
            return deeper_cause(project, Fault("C319", last, name=name, first=first))
    return fault


def check_http_route(project: LearnerProject) -> None:
    """Check that the ASGI application isn't Django's own any more."""
    from django.core.handlers.asgi import ASGIHandler

    if isinstance(project.application, ASGIHandler):
        tree = project.sources.tree(project.asgi_file)
        lines = [node.lineno for node in tree.body if "application" in changed_names(node)] or [0]
        why, fix = "a later line sets it again", "Remove that line"
        if len(lines) == 1:
            why = "it has no ProtocolTypeRouter"
            routes = project.sources.find(ast.Name, "websocket_urlpatterns")
            more = ', "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns))'
            entries = f'"http": get_asgi_application(){more if routes else ""}'
            fix = f"Write application = ProtocolTypeRouter({{{entries}}})"
        raise Fault("C105", Place(project.asgi_file, lines[-1]), why=why, fix=fix)


CHECKS = [
    check_settings_file,
    check_syntax,
    note_older_forms,
    note_defined_twice,
    check_hidden_modules,
    check_settings_import,
    check_setting_names,
    check_missing_commas,
    check_daphne,
    check_asgi_setting,
    check_asgi_import,
    check_setup_order,
    check_system_checks,
    check_http_route,
]
