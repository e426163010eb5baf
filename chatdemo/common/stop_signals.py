"""The signals that ask a program to stop."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

Handler = Callable[[int, Any], Any] | signal.Handlers

#: Ctrl-C, `kill`, and a closed terminal, which Windows doesn't have.
STOP_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: That of a closed terminal alone.
HANGUP_SIGNALS = STOP_SIGNALS[2:]


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
