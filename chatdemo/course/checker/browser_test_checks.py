"""Checks of step 7: the browser tests, without running them. check_command.py runs them."""

import ast
import re
from pathlib import Path

from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.source_files import FUNCTIONS


def check_browser_tests(project: LearnerProject) -> None:
    """Check that tests open WebSockets, with Channels' test case or without a browser."""
    sources = project.sources
    files = [file for file in sources.python if re.search(r"(^|/)tests?(_\w+)?(/|\.py$)", file)]
    for file in files:
        nodes = list(ast.walk(sources.tree(file)))
        bases = {
            ast.unparse(base).rpartition(".")[2]
            for node in nodes
            if isinstance(node, ast.ClassDef)
            for base in node.bases
        }
        if "ChannelsLiveServerTestCase" in bases or "WebsocketCommunicator" in sources.text(file):
            functions = [node.name for node in nodes if isinstance(node, FUNCTIONS)]
            if not any(name.startswith("test") for name in functions):
                raise Fault("C701", Place(file), seen="no method's name starts with test_")
            return
        for wrong in bases & {"LiveServerTestCase", "StaticLiveServerTestCase"}:
            raise Fault("C704", sources.search(file, rf"class .*{wrong}"), base=wrong)
    raise Fault("C701", Place(files[0]) if files else None, seen="no test opens a WebSocket")


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
