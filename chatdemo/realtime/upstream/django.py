"""Django's autoreloader, and its lazy objects.

- ``BaseReloader``, ``autoreload_started``, ``file_changed``: which files the autoreloader watches,
  and what a change of one does. Only the command that runs it is documented. Apps, Django's own
  too, add their files to it with its signals, which our reload of a learner's project has to send.
- ``LazyObject._wrapped``: what a lazy object, such as ``scope["user"]``, stands for.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.urls import get_resolver
from django.utils.autoreload import BaseReloader, autoreload_started, file_changed
from django.utils.functional import LazyObject, empty


class WatchedFiles:
    """The files of each imported module, and those that apps add, such as templates.

    To be made once the project is loaded.
    """

    def __init__(self) -> None:
        get_resolver().urlconf_module  # noqa: B018  # imports the URLs, which may import more
        self._reloader = BaseReloader()
        autoreload_started.send(sender=self._reloader)  # apps add their files and folders

    def __iter__(self) -> Iterator[Path]:
        return iter(self._reloader.watched_files())

    def reread(self, file: Path) -> bool:
        """Return whether an app has read the changed ``file`` again: a template, but no module."""
        results = file_changed.send(sender=self._reloader, file_path=file)
        return any(result for _, result in results)


def resolved(value: Any) -> Any:
    """Return what a lazy object stands for, None if it hasn't been needed yet.

    Any other value is returned as it is.
    """
    while issubclass(type(value), LazyObject):
        value = value._wrapped
        if value is empty:
            return None
    return value
