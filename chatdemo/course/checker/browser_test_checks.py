"""Checks of step 7: the browser tests, without running them. check_command.py runs them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.source_files import FUNCTIONS


def check_browser_tests(project: LearnerProject) -> None:
    """Check that tests open WebSockets, with Channels' test case or without a browser."""
    sources = project.sources
    files = [file for file in sources.python if re.search(r"(^|/)tests?(_\w+)?(/|\.py$)", file)]
    nodes = {file: list(ast.walk(sources.tree(file))) for file in files}
    bases = {file: set(_base_classes(nodes[file])) for file in files}
    found = [
        file
        for file in files
        if "ChannelsLiveServerTestCase" in bases[file]
        or "WebsocketCommunicator" in sources.text(file)
    ]
    for file in files if not found else []:
        for wrong in bases[file] & {"LiveServerTestCase", "StaticLiveServerTestCase"}:
            raise Fault("C704", sources.search(file, rf"class .*{wrong}"), base=wrong)
    if not found:
        raise Fault("C701", Place(files[0]) if files else None, seen="no test opens a WebSocket")
    names = [n.name for file in files for n in nodes[file] if isinstance(n, FUNCTIONS)]
    if not any(name.startswith("test") for name in names):
        raise Fault("C701", Place(found[0]), seen="no method's name starts with test_")


def _base_classes(nodes: list[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from (ast.unparse(base).rpartition(".")[2] for base in node.bases)


def check_test_database(project: LearnerProject) -> None:
    """Check that the test database isn't in memory, where the tests' server can't reach it."""
    from django.conf import settings

    if "ChannelsLiveServerTestCase" not in project.sources.code:
        return
    database = settings.DATABASES["default"]
    name = str((database.get("TEST") or {}).get("NAME") or "")
    if database["ENGINE"].endswith("sqlite3") and (not name or "memory" in name):
        raise Fault("C702", project.in_settings(r"DATABASES\s*="))
    if name == str(project.database):
        project.notes.append(
            f"The tests use {Path(name).name}, the project's own database: `manage.py test`"
            " deletes it."
        )


CHECKS = [check_browser_tests, check_test_database]
