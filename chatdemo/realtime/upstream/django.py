"""Django's autoreloader, of which only the command that runs it is documented: which files it watches, and what a
change of one does.
"""

from collections.abc import Iterator
from pathlib import Path

from django.urls import get_resolver
from django.utils.autoreload import BaseReloader, autoreload_started, file_changed


class WatchedFiles:
    """The files that `runserver` watches: of each imported module, and what the installed apps add (templates, ...).

    To be made once the project is loaded.
    """

    def __init__(self) -> None:
        get_resolver().urlconf_module  # noqa: B018 -- imports the URLs, which may import more
        self._reloader = BaseReloader()
        autoreload_started.send(sender=self._reloader)  # the apps add their files and folders to it

    def __iter__(self) -> Iterator[Path]:
        return iter(self._reloader.watched_files())

    def reread(self, file: Path) -> bool:
        """Have Django read the changed ``file`` again. Returns whether it could: a template, but not a module."""
        results = file_changed.send(sender=self._reloader, file_path=file)
        return any(result for _, result in results)
