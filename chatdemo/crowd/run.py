"""A run of the crowd: join, send messages at the given rate, wait for the last ones, leave."""

import asyncio
import gc
import math
import time
from array import array
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from chatdemo.common.errors import ChatdemoError
from chatdemo.common.stop_signals import temporary_handler
from chatdemo.crowd.address import Address
from chatdemo.crowd.connection import Connector
from chatdemo.crowd.deliveries import (
    DELIVERY_TIMEOUT_SECONDS,
    Deliveries,
    DeliveryCounts,
    percentile,
)
from chatdemo.crowd.join_errors import JoinError, explain, find_ip
from chatdemo.crowd.messages import RunMessages
from chatdemo.crowd.participants import Crowd, SimulatedParticipant
from chatdemo.realtime.file_limit import raise_file_limit

#: Handshakes at a time. With more, the server's queue is too long for the last one.
MAX_HANDSHAKES = 50
#: Files that this process opens besides its WebSockets, and some to spare.
RESERVED_FILES = 40
#: How often the run looks whether it can go on, and how often it reports its progress.
POLL_SECONDS, PROGRESS_SECONDS = 0.02, 0.25
CLOSE_TIMEOUT_SECONDS = 2.0
#: How often the event loop's delay is measured.
DELAY_PERIOD_SECONDS = 0.02
#: Above one of these, the figures say more about this process than about the server: the 90th
#: percentile of the event loop's delay, and the share of a core that the process uses.
MAX_DELAY_SECONDS, MAX_CPU_SHARE = 0.05, 0.9
T = TypeVar("T")
#: Shows the progress: of which crowd, now, and when sending ends (None before and after).
Show = Callable[[Crowd, float, float | None], None]


@dataclass(frozen=True)
class Plan:
    """``people`` participants send ``rate`` messages per second in total, for ``seconds``.

    ``drop`` is the share of their connections that is cut each second, from 0 to 1. With 0 they
    don't reconnect either. ``timeout`` is the number of seconds without a delivery after which
    missing ones are lost.
    """

    people: int
    rate: float
    seconds: float
    drop: float = 0.0
    timeout: float = DELIVERY_TIMEOUT_SECONDS

    @property
    def messages(self) -> int:
        """How many are due. The first one is due at once."""
        return max(1, math.ceil(self.rate * self.seconds - 1e-6))


class EventLoopDelay:
    """Measures how late the event loop runs a timer, and the share of a core the process uses."""

    def __init__(self) -> None:
        self.delays = array("d")
        self.cpu_share = 0.0

    async def measure(self) -> None:
        """Measure until cancelled."""
        start, start_cpu = time.perf_counter(), time.process_time()
        try:
            while True:
                due = time.perf_counter() + DELAY_PERIOD_SECONDS
                await asyncio.sleep(DELAY_PERIOD_SECONDS)
                self.delays.append(max(0.0, time.perf_counter() - due))
        finally:
            elapsed = time.perf_counter() - start
            self.cpu_share = (time.process_time() - start_cpu) / elapsed if elapsed > 0 else 0.0

    @property
    def is_bottleneck(self) -> bool:
        """Whether the crowd was too slow to measure the server."""
        delay = percentile(self.delays, 90) or 0.0
        return delay > MAX_DELAY_SECONDS or self.cpu_share > MAX_CPU_SHARE


@dataclass(frozen=True)
class RunResult:
    """What a run measured, until Ctrl-C if it was ``interrupted``."""

    plan: Plan
    crowd: Crowd
    counts: DeliveryCounts
    event_loop_delay: EventLoopDelay
    interrupted: bool = False

    @property
    def is_good(self) -> bool:
        """Whether all joined, stayed or came back, and received all messages once and in order."""
        crowd, counts = self.crowd, self.counts
        disconnected = crowd.disconnections and not crowd.reconnects
        faults = counts.lost, counts.out_of_order, counts.duplicated, crowd.away_count
        return not any((*faults, crowd.failed_joins, crowd.refused_messages, disconnected))

    @property
    def exit_code(self) -> int:
        return 130 if self.interrupted else 0 if self.is_good else 1


def run(address: Address, messages: RunMessages, plan: Plan, show: Show) -> RunResult:
    """Run the crowd until it is done or interrupted.

    Raises ChatdemoError if the first participant can't join or there can't be enough open files.
    """
    limit = raise_file_limit(plan.people + RESERVED_FILES)
    if limit is not None and limit < plan.people + RESERVED_FILES:
        raise ChatdemoError(
            f"A program may open {limit} files here, too few for {plan.people} participants.",
            f"Give --people {max(1, limit - RESERVED_FILES)} or fewer, or raise the system's limit"
            " (ulimit -n) first.",
        )
    connector = Connector(address, find_ip(address))
    return run_until_interrupted(CrowdRun(connector, messages, plan, show).go)


def run_until_interrupted(function: Callable[[], Coroutine[None, None, T]]) -> T:
    """Return the result of the coroutine that ``function`` makes, which Ctrl-C cancels.

    Unlike asyncio.run, it never cancels before the first step, which would leave no result.
    """
    task: asyncio.Task[T] | None = None
    is_interrupted = False

    def interrupt(*_: object) -> None:
        nonlocal is_interrupted
        is_interrupted = True
        if task:
            loop.call_soon_threadsafe(task.cancel)

    with temporary_handler(interrupt):
        loop = asyncio.new_event_loop()
        try:
            task = loop.create_task(function())
            if is_interrupted:
                loop.call_soon(task.cancel)
            return loop.run_until_complete(task)
        finally:
            loop.close()


class CrowdRun:
    """The steps of a run, in the event loop."""

    def __init__(self, connector: Connector, messages: RunMessages, plan: Plan, show: Show):
        self.address, self.plan = connector.address, plan
        deliveries = Deliveries(plan.people, plan.timeout)
        self.crowd = Crowd(connector, messages, deliveries, reconnects=plan.drop > 0)
        self.event_loop_delay = EventLoopDelay()
        self.end: float | None = None
        self._show = show

    async def go(self) -> RunResult:
        """Do all steps. If cancelled, return the result so far."""
        background = _start(self.event_loop_delay.measure(), self._show_progress())
        interrupted = False
        try:
            await self._join()
            await self._talk()
            await self._wait_for_last()
        except asyncio.CancelledError:
            interrupted = True
        finally:
            counts = self.crowd.deliveries.counts(time.perf_counter(), finished=not interrupted)
            await _cancel(background)
            with suppress(asyncio.CancelledError):  # a second Ctrl-C doesn't wait for close frames
                await self._leave()
            await self._disconnect()
        return RunResult(self.plan, self.crowd, counts, self.event_loop_delay, interrupted)

    async def _join(self) -> None:
        """The first participant joins alone: what keeps it out keeps out all others."""
        first, *others = self.crowd.participants
        try:
            await first.join()
        except JoinError as error:
            raise explain(error, self.address) from None
        if not await first.probe_history(self.plan.timeout):
            raise ChatdemoError(
                f"{self.address.host_and_port} has no history: its messages have no seq, so"
                " participants can't ask for those that they missed.",
                "Leave out --drop, or use a server with a history: chatdemo serve without --step"
                " and with history = true.",
            )
        handshakes = asyncio.Semaphore(MAX_HANDSHAKES)

        async def join(participant: SimulatedParticipant) -> None:
            async with handshakes:
                try:
                    await participant.join()
                except JoinError as error:
                    self.crowd.failed_joins[str(error)] += 1

        await asyncio.gather(*map(join, others))
        gc.freeze()  # garbage collection needn't examine thousands of connections again and again

    async def _talk(self) -> None:
        """Send messages until the time is over or nobody is connected."""
        self.end = time.perf_counter() + self.plan.seconds
        tasks = sending, _ = _start(
            self._send_messages(self.end), self.crowd.cut_connections(self.plan.drop)
        )
        try:
            while self.crowd.recipient_count and not sending.done():
                await asyncio.wait([sending], timeout=POLL_SECONDS)
            if sending.done():
                sending.result()
        finally:
            await _cancel(tasks)

    async def _send_messages(self, end: float) -> None:
        """Send each message when it is due, or as soon as possible after that until ``end``."""
        start, senders = end - self.plan.seconds, self._senders()
        for number in range(self.plan.messages):
            await asyncio.sleep(max(0.0, start + number / self.plan.rate - time.perf_counter()))
            is_too_late = number and time.perf_counter() >= end
            if is_too_late or not (sender := next(senders, None)):
                return
            sender.send_message()
        await asyncio.sleep(max(0.0, end - time.perf_counter()))

    def _senders(self) -> Iterator[SimulatedParticipant]:
        """Yield the participants that accept messages to send, in turns."""
        while any(participant.accepts_messages for participant in self.crowd.participants):
            yield from (one for one in self.crowd.participants if one.accepts_messages)

    async def _wait_for_last(self) -> None:
        """Wait as long as messages arrive, and then for those that are catching up."""
        self.end = None
        crowd = self.crowd
        while crowd.recipient_count and not crowd.deliveries.is_finished(time.perf_counter()):
            await asyncio.sleep(POLL_SECONDS)
        deadline = time.perf_counter() + self.plan.timeout
        while crowd.away_count and time.perf_counter() < deadline:
            await asyncio.sleep(POLL_SECONDS)

    async def _leave(self) -> None:
        """Close all connections, and wait until the server has closed them too."""
        for participant in self.crowd.participants:
            participant.is_leaving = True
        await _cancel(self.crowd.reconnecting)
        present = [one.connection for one in self.crowd.participants if one.connection]
        closing = [connection.closed for connection in present if connection.is_open]
        for connection in present:
            connection.close()
        if closing:
            await asyncio.wait(closing, timeout=CLOSE_TIMEOUT_SECONDS)

    async def _disconnect(self) -> None:
        for participant in self.crowd.participants:
            if participant.connection:
                participant.connection.abort()
        await asyncio.sleep(0)  # transports report their end in the next iteration
        gc.unfreeze()

    async def _show_progress(self) -> None:
        while True:
            self._show(self.crowd, time.perf_counter(), self.end)
            await asyncio.sleep(PROGRESS_SECONDS)


def _start(*coroutines: Coroutine) -> list[asyncio.Task]:
    return [asyncio.create_task(coroutine) for coroutine in coroutines]


async def _cancel(tasks: Iterable[asyncio.Task]) -> None:
    for task in list(tasks):
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
