"""The signals that ask a program to stop."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Handler = Callable[[int, Any], Any] | signal.Handlers


class InterruptHandler:
    """A signal handler that raises KeyboardInterrupt, as Python's own does for SIGINT.

    Python ignores an exception in some callbacks, one of them its import's, and packages have
    bare ``except:`` clauses. ``was_called`` tells of a signal that was lost there.
    """

    was_called = False

    def __call__(self, number: int, frame: Any) -> None:
        self.was_called = True
        raise KeyboardInterrupt


#: Ctrl-C, `kill`, and a closed terminal, which Windows doesn't have.
STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


def is_interrupt(error: BaseException | None) -> bool:
    """Whether ``error`` is KeyboardInterrupt, or was raised from it.

    Up to Python 3.11, one that is raised while a class is made becomes RuntimeError.
    """
    while error and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__
    return error is not None


def set_handler(
    handler: Handler, signals: Iterable[signal.Signals] = STOP_SIGNALS
) -> dict[signal.Signals, Any]:
    """Install ``handler`` for ``signals``, and return the handlers that it replaces.

    A signal that is ignored stays ignored: `nohup` ignores SIGHUP, and a shell SIGINT for what it
    starts with `&`. Must be called in the main thread.
    """
    accepted = [number for number in signals if signal.getsignal(number) != signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in accepted}


@contextmanager
def temporary_handler(
    handler: Handler, signals: Iterable[signal.Signals] = STOP_SIGNALS
) -> Iterator[None]:
    """A context with ``set_handler``. Its end restores the previous handlers."""
    before = set_handler(handler, signals)
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
