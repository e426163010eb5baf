"""What the terminal says about a project's faults, and what is kept of them over a reload."""

import json
import logging
import re
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatdemo.inspector.call_stack import is_framework, package_of
from chatdemo.inspector.problems import Problem, Problems

logger = logging.getLogger(__name__)
#: The kinds of problems that neither Python, Django nor Daphne logs.
UNLOGGED = ("accept", "blocked", "coroutine", "event", "full", "slow", "unread")
_FRAME = re.compile(r'[ |+]*File "(.+?)", line \d+')


def print_problem(problem: Problem) -> None:
    """Print a problem, unless something else does."""
    if problem.kind in UNLOGGED:
        line = problem.source
        where = f" ({line['file']}:{line['line']})" if line else ""
        remedy = f" {problem.remedy}" if problem.remedy else ""
        logger.warning("%s%s%s", problem.text, where, remedy)


@contextmanager
def kept_problems(problems: Problems, file: Path | None) -> Iterator[None]:
    """Begin with the problems in ``file``, and write them all to it at the end.

    Those of this process get the time of the save that ends it. The file is the supervisor's.
    """
    if file is not None and file.exists():
        problems.restore(json.loads(file.read_text("utf-8")))
    try:
        yield
    finally:
        if file is not None:
            now = time.time()
            stored = [problem | {"saved": problem["saved"] or now} for problem in problems.since(0)]
            file.write_text(json.dumps(stored), "utf-8")


def shorten_tracebacks() -> None:
    """From now on, fold the frames of frameworks in the tracebacks that are logged."""
    make_record = logging.getLogRecordFactory()

    def make_short_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = format_exception(record.exc_info[1])  # which formatters then use
        return record

    logging.setLogRecordFactory(make_short_record)


def format_exception(error: BaseException) -> str:
    """Return the traceback of an exception with its own lines, and one line for others in a row.

    A traceback without lines of the project has its last line.
    """
    shown: list[str] = []
    folded: list[str] = []
    packages: list[str] = []
    has_own = False
    for part in traceback.TracebackException.from_exception(error).format():
        frame = _FRAME.match(part)
        if frame and is_framework(frame[1]):
            folded.append(part)
            packages.append(package_of(frame[1]))
            continue
        if folded:
            last = [] if has_own or frame else [folded.pop()]
            if folded:
                names = ", ".join(dict.fromkeys(packages[: len(folded)]))
                shown.append(f"  … {len(folded)} line{'s'[: len(folded) > 1]} of {names}\n")
            shown += last
            folded, packages = [], []
        has_own = bool(frame) or (has_own and part.startswith("  "))
        shown.append(part)
    return "".join(shown).rstrip("\n")
