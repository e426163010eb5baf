"""Keeps what went wrong over a reload: in a file that belongs to the supervisor."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from chatdemo.inspector import Inspector


@contextmanager
def kept_problems(application: Callable, file: Path | None) -> Iterator[None]:
    """Begin with the problems in ``file``, and write them all to it at the end.

    Those of this process get the time of the save that ends it. Nothing happens without an
    inspector or a file.
    """
    if not isinstance(application, Inspector) or file is None:
        yield
        return
    if file.exists():
        application.problems.restore(json.loads(file.read_text("utf-8")))
    try:
        yield
    finally:
        now = time.time()
        problems = application.problems.since(0)
        stored = [problem | {"saved": problem["saved"] or now} for problem in problems]
        file.write_text(json.dumps(stored), "utf-8")
