"""What a participant gets who has missed something: all of it, in order, before what is said now."""

import asyncio
import logging

from django.db import DatabaseError

from chatdemo.chat import messages
from chatdemo.chat.history import reader
from chatdemo.realtime.tasks import spawn

logger = logging.getLogger(__name__)
#: Characters that are sent before the participant's socket must have taken them.
MUCH = 64 * 1024
#: Of the range for applications (RFC 6455, section 7.4.2), as HTTP has 500 and 410: stock Daphne closes with no others.
CANT_READ, RESTART = 4500, 4410


class CatchingUp:
    """For a consumer with ``room_name``, ``person``, ``is_page``; ``seen`` is the last ``seq`` that was sent, or None.

    What is said while it is catching up is in the history too, before it comes here: nothing has to wait in memory.
    """

    _catching_up: asyncio.Task | None = None
    _after = 0  # the ``seq`` after which it is catching up
    _more = False  # something was said meanwhile

    def catch_up(self, after: int) -> None:
        """Send what was kept after this ``seq``, and then what is said."""
        self._after = after
        self._catching_up = asyncio.create_task(self._send_what_is_kept(after))

    def stop_catching_up(self) -> None:
        """The participant is gone."""
        if self._catching_up:
            self._catching_up.cancel()

    def is_next(self, seq: int) -> bool:
        """Whether the message, which doesn't follow the last one that was sent, is to be sent all the same.

        If some are missing, as the channel was full for them, they come from the history.
        """
        if self._catching_up:
            self._more = True
            return False
        if not seq or self.seen is None:  # nothing is kept, or this is the first
            return True
        if seq == 1:
            return self._begin_anew()
        if seq > self.seen:
            self.catch_up(self.seen)
        return False

    def _begin_anew(self) -> bool:
        """The room was forgotten, and its first message is said again. A page learns that when it comes back."""
        if self.is_page:
            spawn(self.close(RESTART, "The room's history has begun anew."))
        return not self.is_page

    def has(self, seq: int) -> bool:
        """Whether the participant has got the message of this ``seq``, which is kept. If not, it comes in its turn.

        Ahead of its turn it would be a gap, for which a page asks again: a page with much to send again would for ever.
        """
        if self._catching_up:
            self._more = True
            return seq <= self._after
        if self.seen is None or seq <= self.seen:
            return True
        self.catch_up(self.seen)
        return False

    async def _send_what_is_kept(self, after: int) -> None:
        try:
            if after > await reader.last(
                self.room_name
            ):  # what the participant has is of a history before this one
                after = self._after = 0
            self.seen = await self._send_all_after(after)
        except DatabaseError as error:
            logger.error(
                "The history of a room can't be read, and a participant is disconnected: %s", error
            )
            await self.close(CANT_READ, "The history can't be read.")
        finally:
            self._catching_up = None

    async def _send_all_after(self, seq: int) -> int:
        """The ``seq`` of the last one."""
        while True:
            self._more = False
            past = await reader.after(self.room_name, seq)
            if past:
                seq = past[-1].seq
                await self._send_past(past)
            elif not self._more:
                return seq

    async def _send_past(self, past: list[reader.Past]) -> None:
        waiting = 0
        for message in past:
            frame = messages.encode(message.text, seq=message.seq, name=message.name, at=message.at)
            if message.id and message.sender == self.person:
                frame = messages.with_id(frame, message.id)
            await self.send(frame)
            waiting += len(frame)
            if waiting > MUCH:
                waiting = 0
                await self.drained()
        await self.drained()
