"""Twisted's asyncio reactor. Whatever imports anything else of Twisted imports this first."""

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import TypeVar

from twisted.internet import asyncioreactor

from chatdemo.common.signals import handler_set

if "twisted.internet.reactor" not in sys.modules:
    # The selector's loop on Windows too, where asyncio would take another, which Twisted can't use.
    asyncioreactor.install(asyncio.SelectorEventLoop())

from twisted.internet import reactor  # noqa: E402

__all__ = ["reactor", "run_on_reactor"]

T = TypeVar("T")


def run_on_reactor(work: Callable[[], Coroutine[None, None, T]]) -> T:
    """The result of ``work()``, a coroutine that Ctrl-C cancels. The reactor can't be run a second time."""
    tasks: list[asyncio.Task[T]] = []

    def start() -> None:
        tasks.append(asyncio.ensure_future(work()))
        tasks[0].add_done_callback(lambda _: reactor.stop())

    def interrupt() -> None:
        # One turn later, behind the work's first step: a task that is cancelled before that has no result.
        reactor.callLater(0, lambda: [task.cancel() for task in tasks])

    reactor.callLater(0, start)  # and not callWhenRunning: that comes before the event loop runs
    with handler_set(lambda *_: reactor.callFromThread(interrupt)):
        reactor.run(installSignalHandlers=False)
    return tasks[0].result()
