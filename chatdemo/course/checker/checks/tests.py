"""Step 7: tests of the chat. Here only what can be seen without running them; ``testing.py`` runs them."""

import ast
import re
from pathlib import Path

from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import FUNCTIONS


def there_are_browser_tests(project: Project) -> None:
    files = [
        file for file in project.sources.python if re.search(r"(^|/)tests?(_\w+)?(/|\.py$)", file)
    ]
    for file in files:
        bases = _bases(project.sources.tree(file))
        if "ChannelsLiveServerTestCase" in bases or "WebsocketCommunicator" in project.sources.text(
            file
        ):
            return _require_test(project, file)
        for wrong in bases & {"LiveServerTestCase", "StaticLiveServerTestCase"}:
            raise Fault("C704", project.sources.search(file, rf"class .*{wrong}"), base=wrong)
    raise Fault("C701", Place(files[0]) if files else None, seen="no test opens a WebSocket")


def _bases(tree: ast.Module) -> set[str]:
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    return {ast.unparse(base).rpartition(".")[2] for node in classes for base in node.bases}


def _require_test(project: Project, file: str) -> None:
    functions = [
        node.name for node in ast.walk(project.sources.tree(file)) if isinstance(node, FUNCTIONS)
    ]
    if not any(name.startswith("test") for name in functions):
        raise Fault("C701", Place(file), seen="no method's name starts with test_")


def the_test_database_is_a_file(project: Project) -> None:
    from django.conf import settings

    database = settings.DATABASES["default"]
    name = str((database.get("TEST") or {}).get("NAME") or "")
    if "ChannelsLiveServerTestCase" not in project.sources.code:
        return
    if database["ENGINE"].endswith("sqlite3") and (not name or "memory" in name):
        raise Fault("C702", project.sources.search(project.settings_file, r"DATABASES\s*="))
    if name == str(project.database):
        project.notes.append(
            f"The tests' database is {Path(name).name}, the project's own: `manage.py test` deletes it."
        )


CHECKS = [there_are_browser_tests, the_test_database_is_a_file]
