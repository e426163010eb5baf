"""Catch-up: a participant gets the messages that it has missed, in order, before new ones."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from asgiref.sync import sync_to_async

from chatdemo.chat import frames
from chatdemo.chat.message_log import MessageLogError, StoredMessage, parse_seq

if TYPE_CHECKING:
    from chatdemo.chat.room import Room

#: After so many characters, sending waits until the participant's socket has accepted them.
CHUNK_CHARACTERS = 64 * 1024
#: Close codes, as HTTP has 410 and 500. Codes from 4000 on are for applications (RFC 6455,
#: section 7.4.2).
NEW_HISTORY_CODE, UNREADABLE_CODE = 4410, 4500


def parse_after(scope: dict[str, Any]) -> int | None:
    """Return the ``?after=`` of a WebSocket's URL. Raises ValueError if it is no ``seq``."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
    if "after" not in query:
        return None
    after = parse_seq(query["after"][0])
    if after is None:
        raise ValueError("?after= must be the seq of the last message that you have, or 0.")
    return after


class CatchUpMixin:
    """The part of a consumer that keeps its participant's messages in order and complete.

    ``last_seq`` is the ``seq`` of the last message that was sent, None before the first. What is
    published during a catch-up isn't sent then: the catch-up reads it from the log.
    """

    room: "Room"
    person: str
    wants_page_events: bool
    send: Callable[..., Awaitable[None]]
    close: Callable[..., Coroutine[Any, Any, None]]
    wait_until_sent: Callable[[], Coroutine[Any, Any, None]]
    last_seq: int | None = None
    is_catching_up = False
    _catch_up_task: asyncio.Task[None] | None = None
    _start_seq = 0  # the participant had all messages up to this one when the task started
    _must_read_again = False  # because a message may have been stored after the last read
    _epoch = ""  # of the history that was read; "" if none was, or it has no message yet
    _is_history_replaced = False  # last_seq is a deleted history's

    def start_catch_up(self, after: int) -> None:
        """Send the messages after this ``seq`` from the log, and then those that are published."""
        self._start_seq = after
        self.is_catching_up = True
        self._catch_up_task = asyncio.create_task(self._catch_up(after))

    def stop_catch_up(self) -> None:
        """Stop sending: the participant has left."""
        if self._catch_up_task:
            self._catch_up_task.cancel()

    def check_history(self) -> None:
        """Read the log again: the participant's messages are gone from it."""
        if self.is_catching_up:
            self._must_read_again = True
        elif self.last_seq:
            self._is_history_replaced = not self._epoch
            self.start_catch_up(self.last_seq)

    def handle_gap(self, seq: int) -> bool:
        """Handle a published message that doesn't follow ``last_seq``. Returns whether to send it.

        Messages are missing in between if the channel was full. A ``seq`` that isn't greater than
        ``last_seq`` is of a new history, or the participant has the message from the log.
        """
        if self.is_catching_up:
            self._must_read_again = True
            return False
        if not seq or self.last_seq is None:  # nothing is stored, or this is the first message
            return True
        self._is_history_replaced = seq <= self.last_seq and not self._epoch
        self.start_catch_up(self.last_seq)
        return False

    def catch_up_to(self, seq: int) -> bool:
        """Start a catch-up if messages before the stored message ``seq`` are missing.

        Returns whether none are, and the message can be sent alone. A page reconnects because of a
        missing message, and one that has many messages to send again would do so without end.
        """
        if self.is_catching_up:
            self._must_read_again = True
            return seq <= self._start_seq
        if self.last_seq is None or seq <= self.last_seq:
            return True
        self.start_catch_up(self.last_seq)
        return False

    async def _catch_up(self, after: int) -> None:
        try:
            while True:
                self._must_read_again = False
                stored, is_replaced = await sync_to_async(self._read)(after)
                if is_replaced:
                    if self.wants_page_events and (self.last_seq is not None or after):
                        await self.close(NEW_HISTORY_CODE, "The room's history has started again.")
                        return
                    after = self._start_seq = 0
                elif stored:
                    after = stored[-1].seq
                    await self._send_stored(stored)
                elif not self._must_read_again:
                    self.last_seq, self.is_catching_up = after, False
                    return
        except MessageLogError:
            await self.close(UNREADABLE_CODE, "The history can't be read.")

    def _read(self, after: int) -> tuple[list[StoredMessage], bool]:
        """Return messages from the log, and whether ``after`` is of a deleted history."""
        room, log = self.room.name, self.room.log
        stored = log.read_after(room, after)
        epoch = log.epoch(room)  # not before: the messages are of this history or an older one
        is_replaced = self._is_history_replaced or bool(self._epoch) and epoch != self._epoch
        self._epoch, self._is_history_replaced = epoch, False
        return stored, is_replaced or not stored and after > log.last_seq(room)

    async def _send_stored(self, stored: Sequence[StoredMessage]) -> None:
        characters = 0
        for message in stored:
            frame = frames.encode(message.text, seq=message.seq, name=message.name, at=message.at)
            if message.id and message.sender == self.person:
                frame = frames.with_id(frame, message.id)
            await self.send(frame)
            characters += len(frame)
            if characters > CHUNK_CHARACTERS:
                characters = 0
                await self.wait_until_sent()
        await self.wait_until_sent()
