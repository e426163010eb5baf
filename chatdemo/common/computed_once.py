"""Values that are computed at first use, in a server with several threads."""

from collections.abc import Callable, Hashable
from functools import wraps
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


def computed_once(function: Callable[..., T]) -> Callable[..., T]:
    """Like functools.cache, but ``function`` runs only once for the same arguments.

    functools.cache lets several threads run it at the same time. That breaks a function that
    imports a package with lazy imports, changes ``sys.modules``, or returns objects that are
    compared by identity. Here the first thread computes the value, and the others wait for it.
    """
    values: dict[Hashable, T] = {}
    lock = RLock()

    @wraps(function)
    def computed(*arguments: Any) -> T:
        if arguments not in values:
            with lock:
                if arguments not in values:
                    values[arguments] = function(*arguments)
        return values[arguments]

    return computed
