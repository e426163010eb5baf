"""Collects what is written to a participant for a moment: one system call sends all of it."""

import asyncio
import logging
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatdemo.realtime.upstream.twisted import Transport

logger = logging.getLogger(__name__)
#: The buffers that were written to since the last ``flush_all``. One that was flushed alone may be
#: empty.
_unsent: list["WriteBuffer"] = []


class WriteBuffer:
    """What was written to one participant and isn't sent yet.

    It is separate from the transport and small, so that a delivery uses little memory. After the
    server has been idle, that memory isn't in the processor's cache, and fetching it takes most of
    the time of a delivery.
    """

    __slots__ = ("first", "following", "send", "has_backlog", "transport")

    def __init__(self, transport: "Transport"):
        self.first: bytes | None = None
        self.following: list[bytes] | None = None  # there is seldom anything: it needs no list
        self.send = transport.socket.send
        self.has_backlog = transport.backlog.octets > 0  # the reactor sends this before
        self.transport = transport

    def write(self, data: bytes) -> None:
        """Send data, together with what is written before ``flush``."""
        if self.first is not None:
            if self.following is None:
                self.following = []
            self.following.append(data)
            return
        if not _unsent:
            loop = asyncio.get_running_loop()
            # In two iterations: this includes what the next one reads, and causes to be written.
            loop.call_soon(loop.call_soon, flush_all)
        _unsent.append(self)
        self.first = data


def flush(buffers: list[WriteBuffer]) -> None:
    """Send now what is in these buffers, and empty the list."""
    to_send = buffers[:]
    buffers.clear()
    for buffer in to_send:
        data, following, transport = buffer.first, buffer.following, buffer.transport
        if data is None:  # it was flushed alone
            continue
        buffer.first = buffer.following = None
        try:
            if following:
                data = b"".join((data, *following))
            sent = 0 if buffer.has_backlog else buffer.send(data)
            if sent < len(data):
                transport.send_later(data[sent:])
        except BlockingIOError:
            transport.send_later(data)
        except OSError:  # the participant is gone
            transport.abortConnection()
        except Exception:
            logger.exception("Writing to a participant failed, and its connection is closed")
            transport.abortConnection()


#: ``flush`` for all participants. A caller that has already waited for more to be written saves two
#: iterations of the event loop with it.
flush_all = partial(flush, _unsent)
