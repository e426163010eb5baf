"""Whether the line to a page still carries anything, asked by the server and seen by both.

Browsers answer WebSocket pings by themselves, and tell a page nothing of them: neither a page that hangs nor, for the
page, a line that is dead can be told by those. The server asks, as a background tab's own timers run once a minute.
"""

import asyncio
import time
from contextvars import Context, copy_context
from typing import Any

from chatdemo.realtime.tasks import spawn

#: Seconds between two beats. A page takes a line without one for dead after 10, and the server a page after 15.
BEAT, DEAD = 4.0, 14.0
#: Of the range for applications (RFC 6455, section 7.4.2).
NO_ANSWER = 4408


class Heart:
    """Beats for every page of one event loop. A page's consumer has ``heard``, the time of its last frame, and
    gets ``context``, that in which it came.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self.loop = loop
        self.pages: set[Any] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, page: Any) -> None:
        page.heard, page.context = time.monotonic(), copy_context()
        self.pages.add(page)
        if self._timer is None:
            self._timer = self.loop.call_later(BEAT, self._beat, context=Context())

    def remove(self, page: Any) -> None:
        self.pages.discard(page)

    def _beat(self) -> None:
        self._timer = (
            self.loop.call_later(BEAT, self._beat, context=Context()) if self.pages else None
        )
        for page in list(self.pages):
            if time.monotonic() - page.heard > DEAD:
                self.pages.discard(page)
                spawn(page.close(NO_ANSWER, "This page doesn't answer."))
            else:
                page.context.run(
                    spawn, page.send_event("beat")
                )  # what it did last hasn't caused this


_hearts: dict[asyncio.AbstractEventLoop, Heart] = {}


def heart() -> Heart:
    """That of the event loop which runs."""
    loop = asyncio.get_running_loop()
    if loop not in _hearts:
        _hearts.clear()  # of loops that have ended, as tests have them
        _hearts[loop] = Heart(loop)
    return _hearts[loop]
