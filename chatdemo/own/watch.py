"""Sees, in the process that serves, that a file was saved; and that the process which started it is gone."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from django.utils import autoreload

#: Seconds between two looks.
PERIOD = 0.5


class Watcher(autoreload.StatReloader):
    """Django's own, which knows each module's file and reads changed templates anew, without its end of the process.

    ``on_change(file)`` is called once, from another thread, when a file was saved that the project must be loaded anew
    for: also if that was before the first look and after ``since``, in seconds since the epoch, when loading began.
    """

    SLEEP_TIME = PERIOD

    def __init__(self, since: float, on_change: Callable[[Path], None]):
        super().__init__()
        self.since = since
        self.on_change = on_change

    def start(self) -> None:
        main = threading.main_thread()
        threading.Thread(target=self.run, args=[main], name="chatdemo-watch", daemon=True).start()

    def tick(self) -> Iterator[None]:
        times = dict(self.snapshot_files())
        now = time.time()  # a file from the future, of another machine's clock, is no news
        known = {
            file: min(saved, self.since) if saved <= now else saved for file, saved in times.items()
        }
        while True:
            for file, saved in times.items():
                if saved > known.get(file, saved):
                    self.notify_file_changed(file)
            known = times
            yield
            time.sleep(self.SLEEP_TIME)
            times = dict(self.snapshot_files())

    def notify_file_changed(self, path: Path) -> None:
        results = autoreload.file_changed.send(sender=self, file_path=path)
        if not self.should_stop and not any(handled for _, handled in results):
            self.stop()
            self.on_change(path)


def end_with_parent() -> None:
    """Have this process end when the one that started it does, even without a goodbye: it holds the port."""
    threading.Thread(
        target=_await_parent, args=[os.getppid()], name="chatdemo-parent", daemon=True
    ).start()


def _await_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PERIOD)
    os._exit(1)
