"""What is written to participants, joined within one turn of the event loop."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

logger = logging.getLogger(__name__)
#: Those that have something to send at the end of this turn.
unsent: list["JoinedWrites"] = []
#: Whether it is sent before the end.
_together = False


class JoinedWrites:
    """What was written in this turn.

    A small object apart from the transport: a server that has been idle finds nothing in its processor's cache, and
    what takes time then is to fetch each object that a delivery touches.
    """

    __slots__ = ("first", "more", "send", "held_up", "transport")

    def __init__(self, transport: Any):
        self.first: bytes | None = None
        self.more: list[bytes] | None = None
        self.send = transport.socket.send
        self.held_up = transport.backlog > 0  # by what was written before
        self.transport = transport

    def write(self, data: bytes) -> None:
        if self.first is not None:
            if self.more is None:
                self.more = []
            self.more.append(data)
            return
        if not unsent and not _together:
            loop = asyncio.get_running_loop()
            # In two steps, so that what comes of the next look at the sockets is joined too.
            loop.call_soon(loop.call_soon, _flush_all)
        unsent.append(self)
        self.first = data

    def flush(self) -> None:
        data, more = self.first, self.more
        if data is None:
            return
        if more:
            data = b"".join((data, *more))
        self.first = self.more = None
        sent = 0
        if not self.held_up:
            try:
                sent = self.send(data)
            except BlockingIOError:
                pass
            except OSError:  # the participant is gone
                return self.transport.abortConnection()
        if sent < len(data):
            self.transport.leave_to_reactor(data[sent:])


@contextmanager
def flush_on_exit() -> Iterator[None]:
    """Have what is written meanwhile sent when this ends, and not in a later turn of the event loop.

    For whoever has waited for more to come already: it saves the loop two turns.
    """
    global _together
    _together = True
    try:
        yield
    finally:
        _together = False
        _flush_all()


def _flush_all() -> None:
    this_turn = unsent[:]
    unsent.clear()
    for joined in this_turn:
        try:
            joined.flush()
        except Exception:
            logger.exception("Writing to a participant failed, and its connection is closed")
            joined.transport.abortConnection()
