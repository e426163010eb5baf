"""What a rule is, and how an exception is shown."""

import re
from collections.abc import Callable

from chatdemo.course.checker.faults import Fault, Place
from chatdemo.course.checker.project import Project

#: Called with an exception and the learner's line that it came through last; None if it is none that the rule knows.
Rule = Callable[[Project, BaseException, Place | None], Fault | None]


def shown(error: BaseException) -> str:
    """The exception as Python's last line of a traceback has it."""
    text = str(error).strip().splitlines()
    said = (
        re.sub(r" \(/[^()]*\)$", "", text[0]) if text else ""
    )  # where the module is, which the place says
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def says(error: BaseException, *words: str) -> bool:
    """Whether the exception, as a traceback names it, has all these words in it."""
    return all(word in f"{type(error).__name__}: {error}" for word in words)
