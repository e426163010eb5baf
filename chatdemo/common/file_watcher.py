"""Finds out which files were saved, by looking at them now and then."""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

#: Seconds between two looks.
POLL_SECONDS = 0.5


class FileWatcher:
    """Compares the modification time and size of the files that ``list_files()`` names.

    The first look is taken when the watcher is made.
    """

    def __init__(self, list_files: Callable[[], Iterable[Path]]):
        self.list_files = list_files
        self._seen = self._look()

    def modified(self) -> set[Path]:
        """Take a look, and return the files that were there before and have changed since."""
        before, self._seen = self._seen, self._look()
        return {file for file, state in self._seen.items() if before.get(file, state) != state}

    def wait(self) -> None:
        """Block until a file is modified, added or removed."""
        while (seen := self._look()) == self._seen:
            time.sleep(POLL_SECONDS)
        self._seen = seen

    def _look(self) -> dict[Path, tuple[int, int]]:
        seen = {}
        for file in self.list_files():
            with suppress(OSError):  # removed since it was listed
                status = os.stat(file)
                seen[file] = (status.st_mtime_ns, status.st_size)
        return seen
