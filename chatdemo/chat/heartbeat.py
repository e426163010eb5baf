"""Heartbeats: they tell the server and a page whether their connection still works.

A browser answers WebSocket pings by itself and doesn't tell the page. So a ping doesn't tell the
server that the page hangs, nor the page that its connection is lost. The server sends the
heartbeats, as the timers of a background tab run once a minute.
"""

import asyncio
import time
from contextvars import Context, copy_context
from typing import TYPE_CHECKING

from chatdemo.realtime.background_tasks import run_in_background

if TYPE_CHECKING:
    from chatdemo.chat.consumers import ChatConsumer

#: The time between two heartbeats, and the time without a frame after which the server closes the
#: connection. A page that gets none for 10 seconds reconnects.
INTERVAL_SECONDS, TIMEOUT_SECONDS = 4.0, 14.0
#: The close code of a page that doesn't answer. Codes from 4000 on are for applications (RFC 6455,
#: section 7.4.2).
NO_ANSWER_CODE = 4408


class Heartbeat:
    """Sends heartbeats to the pages in a room, and closes those that don't answer.

    A page's consumer notes in ``last_frame_at`` when a frame has come, by the monotonic clock.
    """

    def __init__(self) -> None:
        self.pages: dict[ChatConsumer, Context] = {}  # with the contexts in which they joined
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, page: "ChatConsumer") -> None:
        """Send heartbeats to the page from now on."""
        self.pages[page] = copy_context()
        if self._timer is None:
            self._schedule()

    def remove(self, page: "ChatConsumer") -> None:
        """Stop sending them, if the page gets any."""
        self.pages.pop(page, None)
        if not self.pages and self._timer:
            self._timer.cancel()
            self._timer = None

    def _schedule(self) -> None:
        self._timer = self._loop.call_later(INTERVAL_SECONDS, self._beat, context=Context())

    def _beat(self) -> None:
        self._schedule()
        for page, context in list(self.pages.items()):
            if time.monotonic() - page.last_frame_at > TIMEOUT_SECONDS:
                self.remove(page)
                run_in_background(page.close(NO_ANSWER_CODE, "This page doesn't answer."))
            else:  # in the page's own context: no frame has caused it, so it is of no journey
                context.run(run_in_background, page.send_page_event("beat"))
