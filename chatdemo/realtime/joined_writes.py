"""Joins what is written to a participant in one iteration of the event loop: one system call."""

import asyncio
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatdemo.realtime.upstream.twisted import Transport

logger = logging.getLogger(__name__)
_unsent: list["JoinedWrites"] = []


class JoinedWrites:
    """What was written to one participant and isn't sent yet.

    It is a small object of its own. A server that has been idle finds nothing in the processor's
    cache, and then fetching each object that a delivery uses takes most of the time.
    """

    __slots__ = ("first", "more", "send", "is_blocked", "transport")

    def __init__(self, transport: "Transport"):
        self.first: bytes | None = None
        self.more: list[bytes] | None = None
        self.send = transport.socket.send
        # The reactor still sends what was written before.
        self.is_blocked = transport.backlog.octets > 0
        self.transport = transport

    def write(self, data: bytes) -> None:
        """Send data, joined with what else is written soon."""
        if self.first is not None:
            if self.more is None:
                self.more = []
            self.more.append(data)
            return
        if not _unsent:
            loop = asyncio.get_running_loop()
            # In two iterations: what the next one reads, and causes to be written, is joined too.
            loop.call_soon(loop.call_soon, flush)  # type: ignore[arg-type]  # has a default
        _unsent.append(self)
        self.first = data


def flush(writers: list[JoinedWrites] = _unsent) -> None:
    """Send now what was written to these participants, or to all.

    For code that has already waited for more to arrive: it saves two iterations of the event loop.
    """
    to_send = writers[:]
    writers.clear()
    for writes in to_send:
        data, more, transport = writes.first, writes.more, writes.transport
        if data is None:  # sent already, when the connection was closed
            continue
        writes.first = writes.more = None
        try:
            if more:
                data = b"".join((data, *more))
            sent = 0 if writes.is_blocked else writes.send(data)
            if sent < len(data):
                transport.send_later(data[sent:])
        except BlockingIOError:
            transport.send_later(data)
        except OSError:  # the participant is gone
            transport.abortConnection()
        except Exception:
            logger.exception("Writing to a participant failed, and its connection is closed")
            transport.abortConnection()
