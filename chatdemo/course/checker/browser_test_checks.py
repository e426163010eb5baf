"""Checks of step 7: the browser tests, without running them. check_command.py runs them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from chatdemo.course.checker.project import LearnerProject
from chatdemo.course.checker.report import Fault, Place
from chatdemo.course.checker.source_files import FUNCTIONS, name_of

#: Test cases that run each test in a transaction.
TRANSACTION_CASES = {"TestCase", "test.TestCase", "django.test.TestCase"}
#: Test cases of Django's whose server has no WebSockets.
LIVE_SERVER_CASES = {"LiveServerTestCase", "StaticLiveServerTestCase"}
#: Calls that store something in the database.
STORES = r"\.objects\.(a?create|a?get_or_create|a?bulk_create|create_user)|\.a?save\("


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
    for file in files:
        uses_chat = not found or re.search("chat-(log|message)", sources.text(file))
        for wrong in bases[file] & LIVE_SERVER_CASES if uses_chat else ():
            raise Fault("C704", sources.search(file, rf"class .*{wrong}"), base=wrong)
    if not found:
        raise Fault("C701", Place(files[0]) if files else None, seen="no test opens a WebSocket")
    names = [n.name for file in files for n in nodes[file] if isinstance(n, FUNCTIONS)]
    if not any(name.startswith("test") for name in names):
        raise Fault("C701", Place(found[0]), seen="no method's name starts with test_")


def _base_classes(nodes: list[ast.AST]) -> Iterator[str]:
    """The names of the base classes, as their modules have them."""
    imports = (alias for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names)
    imported = {alias.asname: alias.name for alias in imports}
    for node in nodes:
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            name = ast.unparse(base).rpartition(".")[2]
            yield imported.get(name, name)


def check_test_database(project: LearnerProject) -> None:
    """Check that the test database isn't in memory, where the tests' server can't reach it."""
    from django.conf import settings

    if "ChannelsLiveServerTestCase" not in project.sources.code:
        return
    database = settings.DATABASES["default"]
    name = str((database.get("TEST") or {}).get("NAME") or "")
    if database["ENGINE"].endswith("sqlite3") and (not name or "memory" in name):
        raise Fault("C702", project.in_settings("DATABASES"))
    if name == str(project.database):
        project.notes.append(
            f"The tests use {Path(name).name}, the project's own database: `manage.py test`"
            " deletes it."
        )


def check_communicators(project: LearnerProject) -> None:
    """Check that each test opens a consumer's application, and gives it a route if its connect
    reads one.

    A note says where a transaction hides a test's data from the consumer.
    """
    reads_route = "url_route" in project.sources.read(project.consumer_file)
    for file in project.sources.python:
        text, tree = project.sources.text(file), project.sources.tree(file)
        if "WebsocketCommunicator(" not in text:
            continue
        _require_application(project, file)
        if reads_route and "url_route" not in text and not _has_router(text):
            raise Fault("C705", project.sources.search(file, r"WebsocketCommunicator\("))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                project.notes += _hidden_data(file, node)


def _require_application(project: LearnerProject, file: str) -> None:
    """Raises Fault for a test that opens the consumer's class instead of its application."""
    name = project.consumer_name
    for _, call in project.sources.nodes(ast.Call, file):
        given = call.args[0] if call.args and "Communicator" in name_of(call) else call
        if name_of(given) == name and not isinstance(given, ast.Call):
            raise Fault("C303", Place(file, call.lineno), name=name)


def _has_router(text: str) -> bool:
    """Whether a test has something that may route: the application, a router, or a middleware."""
    return bool(re.search(r"import.*application|URLRouter|ProtocolTypeRouter|Middleware", text))


def _hidden_data(file: str, test_case: ast.ClassDef) -> Iterator[str]:
    """A note about the first line that stores data in the transaction of a TestCase."""
    code = ast.unparse(test_case)
    if not {ast.unparse(base) for base in test_case.bases} & TRANSACTION_CASES:
        return
    if "WebsocketCommunicator(" in code and re.search(STORES, code):
        yield (
            f"{Place(file, test_case.lineno)}: TestCase rolls back what a test stores, and a"
            " consumer, which may use another connection to the database, doesn't see it."
            " TransactionTestCase really stores it."
        )


CHECKS = [check_browser_tests, check_communicators, check_test_database]
