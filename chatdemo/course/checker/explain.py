"""From an exception to its cause, and to the learner's line that made it."""

from chatdemo.course.checker.causes import consumer, imports, layer, routing
from chatdemo.course.checker.causes.exceptions import Rule, shown
from chatdemo.course.checker.faults import Fault
from chatdemo.course.checker.project import Project

#: From the outside in, as a general rule of the consumer's would take what is another's.
RULES: list[Rule] = [*imports.RULES, *layer.RULES, *routing.RULES, *consumer.RULES]


def exception(project: Project, error: BaseException, doing: str) -> Fault:
    """The fault behind an exception that came out of the learner's project while ``doing``, such as "importing x"."""
    place = project.sources.last_place(error.__traceback__)
    for rule in RULES:
        fault = rule(project, error, place)
        if fault:
            return fault
    return Fault("C005", place, error=shown(error), line=project.sources.line(place), doing=doing)
