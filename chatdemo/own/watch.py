"""In the process that serves: notices that a file was saved, and that the process which started it is gone."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from chatdemo.common.watch import POLL_SECONDS, FileWatcher
from chatdemo.course.checker.sources import source_files
from chatdemo.realtime.upstream.django import WatchedFiles


class ReloadWatcher:
    """Watches what Django's `runserver` watches. A changed template is read again, and the process goes on.

    To be made before the project is loaded: a file that is saved meanwhile counts too. ``on_change(file)`` is called
    once, from another thread, when a file was saved for which the project must be loaded again.
    """

    def __init__(self, folder: Path, on_change: Callable[[Path], None]):
        self.on_change = on_change
        self.while_loading = FileWatcher(lambda: source_files(folder))

    def start(self) -> None:
        """Begin to watch. To be called once the project is loaded."""
        threading.Thread(target=self._run, name="chatdemo-watch", daemon=True).start()

    def _run(self) -> None:
        watched = WatchedFiles()
        watcher = FileWatcher(lambda: watched)
        modified = set(self.while_loading.poll().modified) & set(watched)
        while True:
            for file in modified:
                if not watched.reread(file):
                    return self.on_change(file)
            time.sleep(POLL_SECONDS)
            modified = set(watcher.poll().modified)


def end_with_parent() -> None:
    """Have this process end when the one that started it does, even if that was killed: it has the port open."""
    threading.Thread(
        target=_await_parent, args=[os.getppid()], name="chatdemo-parent", daemon=True
    ).start()


def _await_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(1)
