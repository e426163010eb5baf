"""The message log in SQLite: messages that arrive together are stored in one transaction."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import DatabaseError

from chatdemo.chat import identity
from chatdemo.chat.message_log import (
    MAX_READ_MESSAGES,
    STORING_FAILS,
    STORING_WORKS,
    Appended,
    Draft,
    MessageLog,
    MessageLogError,
    StoredMessage,
    iso_time,
)
from chatdemo.chat.models import Message, Room, Speaker
from chatdemo.chat.name_numbers import NameNumbers, split_number
from chatdemo.chat.retention import Retention
from chatdemo.chat.sqlite_writer import SQLiteWriter
from chatdemo.common.failure_log import FailureLog
from chatdemo.common.sqlite import Cause, cause_of, is_locked
from chatdemo.realtime.write_buffer import flush_all

logger = logging.getLogger(__name__)
#: The time between two attempts while another process has the database locked, and the time after
#: which the senders get an error.
RETRY_SECONDS, MAX_LOCKED_SECONDS = 0.003, 5.0
#: Drafts in one transaction, so that the event loop isn't blocked for long.
MAX_DRAFTS = 200
#: Why messages can't be stored, as their senders are told: part of a sentence.
REASONS = {
    Cause.LOCKED: "the server's database is locked by another program",
    Cause.MISSING: "the server's database file is gone",
    Cause.DISK_FULL: "the server's disk is full",
    Cause.DISK_ERROR: "the server's disk fails",
    Cause.READ_ONLY: "the server's database is read-only",
    Cause.NOT_OPENED: "the server's database can't be opened",
    Cause.OTHER_SCHEMA: "the server's database was replaced by another one",
    Cause.DAMAGED: "the server's database is damaged",
    Cause.UNKNOWN: "the server's database fails",
}
Call = Callable[[], None]
FIELDS = ("seq", "name", "text", "at", "sender", "client_id")


class SQLiteMessageLog(MessageLog):
    """Writes with ``writer`` in the event loop, and reads through Django's ORM.

    Handing a draft to a thread and back would take longer than writing it, and the writer never
    waits: not for a lock, and not for the disk.
    """

    def __init__(self, writer: SQLiteWriter, retention: Retention | None = None):
        super().__init__()
        self.writer, self.retention = writer, retention
        self._pending: list[Draft] = []
        self._locked_since: float | None = None
        self._storing = FailureLog(logger, STORING_FAILS, STORING_WORKS)

    def append(self, draft: Draft) -> None:
        if not self._pending:
            # In two iterations of the event loop: what the server reads in the next one is then
            # stored in the same transaction.
            loop = asyncio.get_running_loop()
            loop.call_soon(loop.call_soon, self._commit)
        self._pending.append(draft)

    def _commit(self) -> None:
        """Store the oldest drafts, and deliver the new messages to their rooms."""
        drafts = self._pending[:MAX_DRAFTS]
        for call in self._store(drafts):
            try:
                call()
            except Exception:
                logger.exception("Messages couldn't be published")
        flush_all()  # the commit has waited for more messages, so the frames need not

    def _store(self, drafts: Sequence[Draft]) -> list[Call]:
        """Store the drafts, if it is possible now. Returns the calls that are to follow."""
        try:
            appended = self.writer.insert(drafts)
        except Exception as error:  # whatever it was, the senders wait for an answer
            return self._retry_or_fail(len(drafts), error)
        self._remove_pending(len(drafts))
        self._storing.note("")
        if self.retention and self.retention.run_if_due(len(drafts)):
            self.writer.clear_speaker_cache()
        return self._calls_for(drafts, appended)

    def _calls_for(self, drafts: Sequence[Draft], appended: Sequence[Appended]) -> list[Call]:
        """Return the calls that are to follow.

        They publish the new messages of a room together, but after a repeated message they start
        again: its sender gets the answers in the order of the drafts.
        """
        calls: list[Call] = []
        new: dict[str, list[Appended]] = {}
        for draft, one in zip(drafts, appended, strict=True):
            if not one.is_new:
                calls.append(partial(draft.context.run, draft.on_repeated, one.message))
                new = {}
            elif draft.room in new:
                new[draft.room].append(one)
            elif publish := self._publishers.get(draft.room):
                new[draft.room] = [one]
                calls.append(partial(publish, new[draft.room]))
        return calls

    def _retry_or_fail(self, count: int, error: Exception) -> list[Call]:
        if is_locked(error):
            now = time.monotonic()
            if self._locked_since is None:
                self._locked_since = now
            if now - self._locked_since < MAX_LOCKED_SECONDS:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, self._commit)
                return []
            count = len(self._pending)  # the rest has waited for the same lock
        failed = self._pending[:count]
        self._remove_pending(count)
        self.writer.close()
        reason = REASONS[cause_of(error)]
        self._storing.note(f"{reason} ({error})")
        return [partial(draft.context.run, draft.on_failed, reason) for draft in failed]

    def _remove_pending(self, count: int) -> None:
        self._locked_since = None
        del self._pending[:count]
        if self._pending:
            asyncio.get_running_loop().call_soon(self._commit)

    def read_after(self, room: str, seq: int) -> list[StoredMessage]:
        with _reading():
            messages = Message.objects.filter(room__name=room, seq__gt=seq).order_by("seq")
            return _stored(messages.values_list(*FIELDS)[:MAX_READ_MESSAGES])

    def read_before(self, room: str, seq: int | None, limit: int) -> list[StoredMessage]:
        with _reading():
            messages = Message.objects.filter(room__name=room)
            if seq is not None:
                messages = messages.filter(seq__lt=seq)
            return _stored(messages.order_by("-seq").values_list(*FIELDS)[:limit])[::-1]

    def last_seq(self, room: str) -> int:
        with _reading():
            deleted = Room.objects.filter(name=room).values_list("deleted", flat=True).first()
            messages = Message.objects.filter(room__name=room).order_by("-seq")
            return max(deleted or 0, messages.values_list("seq", flat=True).first() or 0)

    def epoch(self, room: str) -> str:
        with _reading():
            return Room.objects.filter(name=room).values_list("key", flat=True).first() or ""

    def name_numbers(self, room: str, person: str, name: str) -> NameNumbers:
        with _reading():
            speakers = Speaker.objects.filter(room__name=room, alike=identity.comparison_key(name))
            used = [
                (speaker, split_number(display_name)[1])
                for speaker, display_name in speakers.values_list("person", "name")
            ]
        own = [number for speaker, number in used if speaker == person]
        others = frozenset(number for speaker, number in used if speaker != person)
        return NameNumbers(min(own, default=0), others)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        logger.error("The history of a room can't be read: %s", error)
        raise MessageLogError(str(error)) from error


def _stored(rows: Iterable[tuple[Any, ...]]) -> list[StoredMessage]:
    return [
        StoredMessage(seq, name, text, iso_time(at), sender, id)
        for seq, name, text, at, sender, id in rows
    ]
