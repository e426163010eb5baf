"""Whether Daphne's own command can import the project's ASGI module: `manage.py` forgives more."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from chatdemo.course.checker.source_files import Sources, settings_module_in
from chatdemo.own_project.django_project import SETTINGS_VARIABLE, DjangoProject
from chatdemo.own_project.startup_notes import Note

#: Imports that need no set-up of Django, besides Python's own modules.
EARLY_IMPORTS = re.compile(r"(django|channels|django\.(conf|core|urls)\b.*|channels\..*)$")
#: Seconds that an import may take which takes one on an idle machine.
IMPORT_SECONDS = 10.0
IMPORT = "import importlib, sys; importlib.import_module(sys.argv[1])"


@contextmanager
def first_import(named: str, project: DjangoProject) -> Iterator[Callable[[], list[Note]]]:
    """Import the application's module meanwhile as `daphne` does, if that may fail.

    `manage.py` sets Django up first. `daphne` doesn't, nor does it know the settings: both is left
    to the module. Call what this returns for the notes.
    """
    module = named.rpartition(".")[0]
    if not _may_need_setup(project, module):
        yield list
        return
    environ = {name: value for name, value in os.environ.items() if name != "RUN_MAIN"}
    if project.named_in == "manage.py":  # and not in the user's environment
        del environ[SETTINGS_VARIABLE]
    with subprocess.Popen(
        [sys.executable, "-c", IMPORT, module],
        cwd=project.folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        try:
            yield lambda: list(_explain_import(process, named, project))
        finally:
            process.kill()


def _may_need_setup(project: DjangoProject, module: str) -> bool:
    """Whether importing the module may fail unless Django is set up, or the settings are known."""
    file = project.folder / f"{module.replace('.', '/')}.py"
    if not file.is_file():
        return False
    text = file.read_text("utf-8", errors="replace")
    if not settings_module_in(text):
        return True
    with suppress(SyntaxError):  # reported when the application is loaded
        for statement in ast.parse(text).body:
            if any(_is_setup(node) for node in ast.walk(statement)):
                return False
            if not all(map(_is_early, _modules_of(statement))):
                return True
    return True


def _is_setup(node: ast.AST) -> bool:
    names = ("get_asgi_application", "setup")
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in names


def _modules_of(statement: ast.stmt) -> list[str]:
    """Return the modules that a statement imports."""
    if isinstance(statement, ast.ImportFrom):
        return ["." * statement.level + (statement.module or "")]
    return [alias.name for alias in statement.names] if isinstance(statement, ast.Import) else []


def _is_early(module: str) -> bool:
    top = module.partition(".")[0]
    return top in sys.stdlib_module_names or bool(EARLY_IMPORTS.match(module))


def _explain_import(
    process: subprocess.Popen, named: str, project: DjangoProject
) -> Iterator[Note]:
    """Return a note with the lines of the project that lead to the exception, if there was one."""
    try:
        _, output = process.communicate(timeout=IMPORT_SECONDS)
    except subprocess.TimeoutExpired:
        return
    if process.returncode == 0:
        return
    calls = re.findall(r'^  File "(.+)", line (\d+)', output, re.MULTILINE)
    sources = Sources(project.folder)
    own = [
        str(place) for place in (sources.place(file, int(line)) for file, line in calls) if place
    ]
    way = ", ".join(dict.fromkeys([*own[:1], *own[-1:]]))  # the module's line, and the last
    errors = re.findall(r"^[\w.]+(?:: .*)?$", output, re.MULTILINE)
    error = errors[-1] if errors else f"exit code {process.returncode}"
    text = f"daphne {':'.join(named.rsplit('.', 1))} doesn't start ({way}): {error}"
    if own and "AppRegistryNotReady" in error:
        text += f" Call get_asgi_application() before {own[0]}."
    elif own and "settings are not configured" in error:
        line = f'os.environ.setdefault("{SETTINGS_VARIABLE}", "{project.settings}")'
        text = f"{text.partition(' You must')[0]} Write {line} before {own[0]}."
    yield "Daphne", text
