"""Finds out which files were saved, by looking at them now and then."""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

#: Seconds between two looks.
POLL_SECONDS = 0.5


class Changes(NamedTuple):
    """What differs between two looks. Empty (false) if nothing does."""

    modified: list[Path]
    added: list[Path]
    removed: list[Path]

    def __bool__(self) -> bool:
        return any(self)


class FileWatcher:
    """Compares the modification time and size of the files that ``list_files()`` names.

    The first look is taken when the watcher is made.
    """

    def __init__(self, list_files: Callable[[], Iterable[Path]]):
        self.list_files = list_files
        self._seen = self._look()

    def poll(self) -> Changes:
        """Take a look, and return what has changed since the last one."""
        before, self._seen = self._seen, self._look()
        return Changes(
            [file for file, state in self._seen.items() if before.get(file, state) != state],
            [file for file in self._seen if file not in before],
            [file for file in before if file not in self._seen],
        )

    def wait(self) -> Changes:
        """Block until something has changed."""
        while not (changes := self.poll()):
            time.sleep(POLL_SECONDS)
        return changes

    def _look(self) -> dict[Path, tuple[int, int]]:
        found = {}
        for file in self.list_files():
            try:
                status = os.stat(file)
            except OSError:  # removed since it was listed
                continue
            found[file] = (status.st_mtime_ns, status.st_size)
        return found
