"""Names of the learner's own modules that stand in the way of others."""

import sys

from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project

PACKAGES = {
    "django",
    "channels",
    "channels_redis",
    "daphne",
    "asgiref",
    "redis",
    "selenium",
    "twisted",
    "autobahn",
}


def shadowing(project: Project) -> None:
    """Raises Fault C009 if a module beside manage.py has the name of one that Python or a package has."""
    for file in project.sources.python:
        name = file.partition("/")[0].removesuffix(".py")
        if name in PACKAGES or (name in sys.stdlib_module_names and file.count("/") == 0):
            raise Fault("C009", Place(file), name=name)
