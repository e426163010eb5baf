"""Waits until the learner saves a file."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from chatdemo.course.checker.sources import Sources

#: Seconds between two looks.
PERIOD = 0.3


def changes(folder: Path) -> Iterator[None]:
    """Yields at first, and then whenever a Python file or template of the project was changed, made or removed."""
    known = None
    while True:
        seen = state(folder)
        if seen != known:
            known = seen
            yield
        time.sleep(PERIOD)


def state(folder: Path) -> dict[str, tuple[int, int]]:
    """Each file, with the time of its last change in nanoseconds and its size."""
    sources, found = Sources(folder.resolve()), {}
    for file in (*sources.python, *sources.templates):
        try:
            status = os.stat(sources.folder / file)
        except OSError:  # removed in between
            continue
        found[file] = (status.st_mtime_ns, status.st_size)
    return found
