"""The checks, in the order in which they are made. Each is a function that raises Fault where it fails.

An asynchronous one is run in an event loop, as the project's server would; the others are run as `manage.py` would.
"""

from collections.abc import Awaitable, Callable

from chatdemo.course.checker.checks import asynchronous, echo, groups, index, layer, room, tests
from chatdemo.course.checker.project import Project

Check = Callable[[Project], Awaitable[None] | None]

CHECKS: dict[str, list[Check]] = {
    "index": index.CHECKS,
    "room": room.CHECKS,
    "echo": echo.CHECKS,
    "layer": layer.CHECKS,
    "groups": groups.CHECKS,
    "async": asynchronous.CHECKS,
    "tests": tests.CHECKS,
}
