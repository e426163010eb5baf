"""Every planted fault, by the step at which it matters."""

from tests.course.checker.planted import (
    asynchronous,
    browser_tests,
    echo,
    groups,
    index,
    layer,
    project,
    python,
    room,
    scripts,
)
from tests.course.checker.planted.plant import Plant

MODULES = (project, index, room, scripts, echo, layer, groups, asynchronous, browser_tests, python)
PLANTED: list[Plant] = [plant for module in MODULES for plant in module.PLANTS]
