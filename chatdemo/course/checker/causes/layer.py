"""The channel layer, and the names of its groups."""

import re

from chatdemo.course.checker.causes.exceptions import Rule, says, shown
from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project
from chatdemo.course.checker.sources import guess


def _no_layer(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not says(error, "AttributeError: 'NoneType' object has no attribute") or project.layer:
        return None
    return (
        layer_missing(project, shown(error))
        if re.search("'(group_|send|receive)", str(error))
        else None
    )


def layer_missing(project: Project, seen: str) -> Fault:
    """Why there is no channel layer: the setting isn't there, or has no default."""
    if hasattr(project.settings, "CHANNEL_LAYERS"):
        place = project.sources.search(project.settings_file, "CHANNEL_LAYERS")
        return Fault("C402", place, error='it has no "default"')
    names = [name for name in vars(project.settings) if name.isupper()]
    line = project.sources.search(project.settings_file, r"^\s*CHANNEL_LAYERS\s*=")
    if line.line:
        return Fault("C401", line, error=seen, guess=f" The one at {line} isn't reached.")
    return Fault(
        "C401",
        Place(project.settings_file),
        error=seen,
        guess=guess("CHANNEL_LAYERS", names, " It has {!r}."),
    )


def _group_name(project: Project, error: BaseException, place: Place | None) -> Fault | None:
    if not says(error, "Group name must be a valid unicode string"):
        return None
    names = (
        [call.name for call in project.layer.calls if call.method.startswith("group_")]
        if project.layer
        else []
    )
    name = repr(names[-1]) if names else "?"
    if "!" in name:
        return Fault(
            "C505",
            place or project.in_method("connect", "group_add"),
            why=": the two are the wrong way round",
        )
    why = ": the f in front of the quotes is missing" if "{" in name else ""
    why = why or (
        ": it is a tuple, as a comma at the end of a line makes one" if name.startswith("(") else ""
    )
    return Fault("C503", place or project.in_method("connect", "group"), name=name, why=why)


#: Asked in this order; the first that knows the exception answers.
RULES: list[Rule] = [_no_layer, _group_name]
