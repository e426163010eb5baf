"""Finds out which files were saved, by polling."""

import os
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

#: Seconds between two scans.
POLL_SECONDS = 0.5


class FileWatcher:
    """Compares the modification time and size of the files that ``list_files()`` names.

    The first scan happens when the watcher is created.
    """

    def __init__(self, list_files: Callable[[], Iterable[Path]]):
        self.list_files = list_files
        self._seen = self._scan()

    def modified(self) -> set[Path]:
        """Return the files that have changed since the previous scan, without new ones."""
        before, self._seen = self._seen, self._scan()
        return {file for file, state in self._seen.items() if before.get(file, state) != state}

    def wait(self) -> None:
        """Block until a file is modified, added or removed."""
        while (seen := self._scan()) == self._seen:
            time.sleep(POLL_SECONDS)
        self._seen = seen

    def _scan(self) -> dict[Path, tuple[int, int]]:
        seen = {}
        for file in self.list_files():
            with suppress(OSError):  # removed since it was listed
                status = os.stat(file)
                seen[file] = (status.st_mtime_ns, status.st_size)
        return seen
