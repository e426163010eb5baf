"""In the process that serves: notices that a file was saved."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from chatdemo.common.file_watcher import POLL_SECONDS, FileWatcher
from chatdemo.course.checker.source_files import source_files
from chatdemo.realtime.upstream.django import WatchedFiles


class ReloadWatcher:
    """Watches the files that `runserver` watches. A changed template is only read again.

    To be made before the project is loaded: a save during loading counts too. For any other file,
    ``on_save(file)`` is called once, in another thread.
    """

    def __init__(self, folder: Path, on_save: Callable[[Path], None]):
        self.on_save = on_save
        self.while_loading = FileWatcher(lambda: source_files(folder))

    def start(self) -> None:
        """Begin to watch. To be called once the project is loaded."""
        threading.Thread(target=self._run, name="chatdemo-watch", daemon=True).start()

    def _run(self) -> None:
        watched = WatchedFiles()
        watcher = FileWatcher(lambda: watched)
        modified = self.while_loading.modified() & set(watched)
        while True:
            for file in modified:
                if not watched.reread(file):
                    return self.on_save(file)
            time.sleep(POLL_SECONDS)
            modified = watcher.modified()
