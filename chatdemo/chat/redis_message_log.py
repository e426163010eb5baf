"""The message log in Redis: several servers append to it, and publish each message to their rooms.

A room is four keys (redis_keys.py). A script appends a batch of drafts and publishes it
(redis_append.lua), so that all servers get a room's messages in one order. Redis doesn't repeat
what it publishes: a server that has missed something reads it from the log. All servers get the
messages of all rooms: a server has no channel to join when a room opens, and none to miss.
"""

import asyncio
import json
import logging
import math
import secrets
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from asgiref.sync import sync_to_async

from chatdemo.chat import identity
from chatdemo.chat.message_log import (
    MAX_READ_MESSAGES,
    STORING_FAILS,
    STORING_WORKS,
    Appended,
    Draft,
    MessageLog,
    MessageLogError,
    Publish,
    ReportLost,
    StoredMessage,
    ignore_lost,
)
from chatdemo.chat.name_numbers import NameNumbers, split_number
from chatdemo.chat.redis_keys import (
    CHANNEL,
    ROOMS_KEY,
    SEPARATOR,
    RoomKeys,
    client_id,
    stored_message,
    wire_time,
)
from chatdemo.chat.redis_retention import RUN_SECONDS, RedisRetention
from chatdemo.common.failure_log import FailureLog
from chatdemo.common.redis import (
    TIMEOUT_SECONDS,
    channel_for,
    open_async_client,
    open_client,
    why_failed,
)
from chatdemo.realtime.background_tasks import OwnedTasks
from chatdemo.realtime.redis_subscriber import RedisSubscriber
from chatdemo.realtime.write_buffer import flush_all

logger = logging.getLogger(__name__)
APPEND = Path(__file__).with_name("redis_append.lua").read_text("utf-8")
#: Drafts in one call of the script, which blocks the Redis server.
MAX_DRAFTS = 200
#: The time between two attempts while Redis is away, and the time after which senders get an error.
RETRY_SECONDS, MAX_AWAY_SECONDS = 0.1, 5.0
#: What is logged when the log can't be read, with the reason, and when it can again.
READING_FAILS = "Other servers' messages can't be received: %s"
READING_WORKS = "Other servers' messages are received again."
#: How often the last ``seq`` of each room is compared: nothing else shows that the last message was
#: missed, or that Redis has lost its data.
CHECK_SECONDS = 2.0


@dataclass
class Subscription:
    """A room of this server. ``seq`` is the last one that it has, None before that is known."""

    name: str
    publish: Publish
    start_new_history: Callable[[], None]
    report_lost: ReportLost
    seq: int | None = None
    epoch: str = ""
    lost: str = ""  # as the log has it
    newest: int = 0  # the last seq that the log is known to have
    is_catching_up: bool = False


class RedisMessageLog(MessageLog):
    """Appends and listens in the event loop, each in a task, and reads with a client for threads.

    A call of the script may fail without a sign whether it was made. It is repeated, and stores
    nothing twice: a draft without a client's id gets one from here.
    """

    def __init__(self, url: str, retention: RedisRetention | None = None) -> None:
        super().__init__()
        self.url, self.retention = url, retention
        self.server, self.channel = secrets.token_hex(8), channel_for(url, CHANNEL)
        self._subscriptions: dict[str, Subscription] = {}
        self._pending: list[Draft] = []
        self._tasks = OwnedTasks()
        self._is_writing = False
        self._subscriber: RedisSubscriber | None = None
        self._batch = 0
        # The last batches, to find the draft that a published message was.
        self._batches: deque[tuple[int, Sequence[Draft]]] = deque(maxlen=8)
        # Since when tries fail, and the time of the last one.
        self._away_since, self._failed_at = 0.0, -math.inf
        self._clock_offset: float | None = None  # seconds by which Redis' clock is ahead
        self._next_retention = 0.0
        self._storing = FailureLog(logger, STORING_FAILS, STORING_WORKS)
        self._reading = FailureLog(logger, READING_FAILS, READING_WORKS)

    @cached_property
    def _async_client(self) -> Any:
        return open_async_client(self.url)

    @cached_property
    def _client(self) -> Any:
        return open_client(self.url)

    async def close(self) -> None:
        await self._tasks.cancel()
        if self._subscriber:
            await self._subscriber.close()
        await self._async_client.aclose()
        self._client.close()

    def append(self, draft: Draft) -> None:
        self._pending.append(draft)
        if not self._is_writing:
            self._is_writing = True
            self._tasks.start(self._write())

    async def _write(self) -> None:
        """Append all pending drafts. What arrives during a call is in the next one."""
        try:
            while self._pending:
                # What the server reads in this iteration of the event loop is in the same call: in
                # a busy room of 30, 1.3 times as many deliveries a second.
                await asyncio.sleep(0)
                drafts = self._pending[:MAX_DRAFTS]
                self._batch += 1
                self._batches.append((self._batch, drafts))
                try:
                    await self._append_batch(drafts)
                finally:
                    del self._pending[: len(drafts)]
        finally:
            self._is_writing = False

    async def _append_batch(self, drafts: Sequence[Draft]) -> None:
        """Append the drafts, and answer their senders: those of a repeated or of a failed one."""
        rooms = {draft.room for draft in drafts}
        began = time.time()
        is_first_try = True
        if time.monotonic() - self._failed_at > MAX_AWAY_SECONDS:
            self._away_since = time.monotonic()
        while True:
            try:
                deadline = began + MAX_AWAY_SECONDS + TIMEOUT_SECONDS
                results = await self._run_script(rooms, drafts, deadline)
            except Exception as error:  # whatever it was, the senders wait for an answer
                reason = why_failed(error)
                is_first_try, self._failed_at = False, time.monotonic()
                if self._failed_at - self._away_since < MAX_AWAY_SECONDS:
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                self._storing.note(reason)
                for draft in drafts:
                    _answer(draft, draft.on_failed, reason)
                return
            self._failed_at = -math.inf
            self._storing.note("")
            # A try that seemed to fail may have stored them: those are published as all others.
            offset = self._clock_offset or 0
            since = math.inf if is_first_try else (began + offset) * 1000
            self._answer_repeated(drafts, results, since)
            return

    def _answer_repeated(
        self, drafts: Sequence[Draft], results: Sequence[Sequence[Any]], since: float
    ) -> None:
        """Answer the senders of drafts that were stored before ``since``, in milliseconds."""
        for draft, stored in zip(drafts, results, strict=True):
            if stored and draft.id and stored[-1] < since:
                seq, name, text, at = stored
                message = StoredMessage(seq, name, text, wire_time(at), draft.sender, draft.id)
                _answer(draft, draft.on_repeated, message)

    async def _run_script(
        self, rooms: Collection[str], drafts: Sequence[Draft], deadline: float = 0
    ) -> list[Any]:
        """Call the script, which does nothing after ``deadline``: a Redis server that was held up
        may get it when the senders have been told that it failed.

        Raises TimeoutError then, and what redis-py does.
        """
        offset = self._clock_offset
        milliseconds = 0 if not deadline or offset is None else int((deadline + offset) * 1000)
        keys, arguments = self._script_arguments(list(rooms), drafts, milliseconds)
        now, *results = await self._async_client.eval(APPEND, len(keys), *keys, *arguments)
        self._clock_offset = now / 1000 - time.time()
        if not results:
            raise TimeoutError
        return results[0]

    def _script_arguments(
        self, rooms: list[str], drafts: Sequence[Draft], deadline: int
    ) -> tuple[list[str], list[str]]:
        numbers = {name: number for number, name in enumerate(rooms)}
        arguments = [self.channel, self.server, str(self._batch), secrets.token_hex(8)]
        arguments += [str(deadline), str(len(rooms))]
        for name in rooms:
            subscription = self._subscriptions.get(name)
            known = subscription and subscription.seq or 0
            arguments += [subscription.epoch if subscription else "", str(known)]
        for index, draft in enumerate(drafts):
            number = numbers[draft.room]
            id = draft.id or f"{SEPARATOR}{self.server}{self._batch}.{index}"
            alike = identity.comparison_key(split_number(draft.name)[0])
            speaker = SEPARATOR.join((alike, draft.sender, draft.name)) if draft.name else ""
            arguments += [str(number), draft.sender, id, draft.name, draft.text, speaker]
        keys = [ROOMS_KEY]
        for name in rooms:
            keys += RoomKeys.of(name)
        return keys, arguments

    def subscribe(
        self,
        room: str,
        publish: Publish,
        start_new_history: Callable[[], None],
        report_lost: ReportLost = ignore_lost,
    ) -> None:
        self._subscriptions[room] = Subscription(room, publish, start_new_history, report_lost)
        if self._subscriber is None:
            self._subscriber = RedisSubscriber(
                self.url, [self.channel], self._receive, self._check_all
            )
            self._tasks.start(self._check_regularly())
        self._tasks.start(self._check([room]))

    async def wait_until_subscribed(self, room: str) -> int:
        if self._subscriber:
            await self._subscriber.wait_until_connected()
        subscription = self._subscriptions.get(room)
        if subscription and subscription.seq is None:
            await self._check([room])
        return subscription.seq or 0 if subscription else 0

    def unsubscribe(self, room: str) -> None:
        self._subscriptions.pop(room, None)

    async def _check_regularly(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self._check_all()
            if self.retention and time.monotonic() >= self._next_retention:
                self._next_retention = time.monotonic() + RUN_SECONDS
                self._tasks.start(self._delete_old(self.retention))

    async def _delete_old(self, retention: RedisRetention) -> None:
        try:
            await sync_to_async(retention.run_if_due, thread_sensitive=False)()
        except Exception as error:
            logger.warning("Old messages couldn't be deleted: %s", why_failed(error))

    def _is_open(self, subscription: Subscription) -> bool:
        """Whether the room hasn't been closed. Another one may have its name then."""
        return self._subscriptions.get(subscription.name) is subscription

    async def _check_all(self) -> None:
        await self._check(list(self._subscriptions))

    async def _check(self, names: Sequence[str]) -> None:
        """Compare the rooms with the log: their epoch, and their last ``seq``."""
        subscriptions = [self._subscriptions[name] for name in names if name in self._subscriptions]
        epochs = [subscription.epoch for subscription in subscriptions]
        try:
            async with self._async_client.pipeline(transaction=False) as pipeline:
                for subscription in subscriptions:
                    pipeline.hmget(RoomKeys.of(subscription.name).room, "seq", "epoch", "lost")
                states = await pipeline.execute()
        except Exception as error:  # the next check tries again
            self._reading.note(why_failed(error))
            return
        self._reading.note("")
        for subscription, epoch, (seq, *state) in zip(subscriptions, epochs, states, strict=True):
            # It is still open, and no newer message has come meanwhile.
            if self._is_open(subscription) and subscription.epoch == epoch:
                self._compare(subscription, int(seq or 0), *(text or "" for text in state))

    def _compare(self, subscription: Subscription, seq: int, epoch: str, lost: str) -> None:
        if subscription.seq is None:
            subscription.seq, subscription.epoch, subscription.lost = seq, epoch, lost
        self._update_epoch(subscription, epoch)
        if lost != subscription.lost:
            subscription.lost = lost
            self._report_lost(subscription)
        subscription.newest = max(subscription.newest, seq)
        if seq > subscription.seq:
            self._catch_up(subscription)
        elif seq < subscription.seq:
            self._tasks.start(self._keep_numbers(subscription.name))

    async def _keep_numbers(self, room: str) -> None:
        """Have the next message follow the last one that this server has: Redis has lost some."""
        try:
            await self._run_script([room], [])
        except Exception as error:  # the next check tries again
            self._reading.note(why_failed(error))

    def _report_lost(self, subscription: Subscription) -> None:
        first, _, last = subscription.lost.partition("-")
        if last:
            message = "Redis was restarted and has lost the messages %s to %s of the room %r"
            logger.error(message, first, last, subscription.name)
            subscription.report_lost(int(first), int(last))

    def _receive(self, channel: str, data: bytes) -> None:
        """Publish the messages of one room, or read those first that are missing before them."""
        batch = json.loads(data)
        subscription = self._subscriptions.get(batch["room"].removeprefix("chatdemo:room:"))
        if subscription is None:
            return
        first, last = batch["messages"][0][0], batch["messages"][-1][0]
        if subscription.seq is None:
            subscription.seq, subscription.epoch = first - 1, batch["epoch"]
        self._update_epoch(subscription, batch["epoch"])
        subscription.newest = max(subscription.newest, last)
        if first == subscription.seq + 1 and not subscription.is_catching_up:
            drafts = self._find_batch(batch["server"], batch["batch"])
            self._publish(subscription, [_appended(row, drafts) for row in batch["messages"]])
        elif last > subscription.seq:
            self._catch_up(subscription)

    def _find_batch(self, server: str, batch: int) -> Sequence[Draft]:
        """Return the drafts of a batch if it was sent from here, to publish in their contexts."""
        sent = (drafts for number, drafts in self._batches if number == batch)
        return next(sent, ()) if server == self.server else ()

    def _publish(self, subscription: Subscription, appended: Sequence[Appended]) -> None:
        subscription.seq = appended[-1].message.seq
        try:
            subscription.publish(appended)
        except Exception:
            logger.exception("Messages couldn't be published")
        flush_all()  # the batch has waited for more messages, so the frames need not

    def _update_epoch(self, subscription: Subscription, epoch: str) -> None:
        """Start a new history if Redis has another one: it was deleted, or its data was lost."""
        if epoch != subscription.epoch:
            subscription.lost = ""
            if subscription.epoch:
                subscription.start_new_history()
                subscription.seq = subscription.newest = 0
            subscription.epoch = epoch

    def _catch_up(self, subscription: Subscription) -> None:
        if not subscription.is_catching_up:
            subscription.is_catching_up = True
            self._tasks.start(self._read_missing(subscription))

    async def _read_missing(self, subscription: Subscription) -> None:
        """Read and publish messages until the subscription has the newest one."""
        log = RoomKeys.of(subscription.name).log
        try:
            while subscription.seq is not None and subscription.seq < subscription.newest:
                if not self._is_open(subscription):
                    return
                epoch, after = subscription.epoch, f"({subscription.seq}-0"
                entries = await self._async_client.xrange(log, after, count=MAX_READ_MESSAGES)
                # The entries may be of the old history.
                if subscription.epoch != epoch or not self._is_open(subscription):
                    continue
                if entries:
                    stored = [
                        Appended(stored_message(*entry), True, Context()) for entry in entries
                    ]
                    self._publish(subscription, stored)
                else:  # they were deleted for their age
                    subscription.seq = subscription.newest
        except Exception as error:  # the next check tries again
            self._reading.note(why_failed(error))
        finally:
            subscription.is_catching_up = False

    def read_after(self, room: str, seq: int) -> list[StoredMessage]:
        with _reading():
            entries = self._client.xrange(
                RoomKeys.of(room).log, f"({seq}-0", count=MAX_READ_MESSAGES
            )
            return [stored_message(*entry) for entry in entries]

    def read_before(self, room: str, seq: int | None, limit: int) -> list[StoredMessage]:
        with _reading():
            last = "+" if seq is None else f"({seq}-0"
            entries = self._client.xrevrange(RoomKeys.of(room).log, last, count=limit)
            return [stored_message(*entry) for entry in reversed(entries)]

    def last_seq(self, room: str) -> int:
        with _reading():
            return int(self._client.hget(RoomKeys.of(room).room, "seq") or 0)

    def epoch(self, room: str) -> str:
        with _reading():
            return self._client.hget(RoomKeys.of(room).room, "epoch") or ""

    def name_numbers(self, room: str, person: str, name: str) -> NameNumbers:
        alike = identity.comparison_key(name)
        with _reading():
            speakers = [
                key.split(SEPARATOR) for key in self._client.hkeys(RoomKeys.of(room).speakers)
            ]
        used = [(who, split_number(shown)[1]) for same, who, shown in speakers if same == alike]
        own = [number for speaker, number in used if speaker == person]
        others = frozenset(number for speaker, number in used if speaker != person)
        return NameNumbers(min(own, default=0), others)


def _answer(draft: Draft, answer: Callable[[Any], None], value: object) -> None:
    """Call a function of the draft in its context."""
    try:
        draft.context.run(answer, value)
    except Exception:
        logger.exception("A message's sender couldn't be answered")


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # redis-py's errors, and those of the socket
        logger.error("The history of a room can't be read: %s", why_failed(error))
        raise MessageLogError(why_failed(error)) from error


def _appended(row: Sequence[Any], drafts: Sequence[Draft]) -> Appended:
    """Return a published message, in the context of its draft if that is one of this server."""
    seq, index, sender, id, name, text, at = row
    message = StoredMessage(seq, name, text, wire_time(at), sender, client_id(id))
    return Appended(message, True, drafts[index].context if drafts else Context())
