"""A run of the crowd: all join, messages are sent at their rate, the stragglers are waited for, all leave."""

import asyncio
import gc
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from chatdemo.crowd.address import Address
from chatdemo.crowd.connection import Door, JoinError
from chatdemo.crowd.lag import Lag
from chatdemo.crowd.loop import run_on_reactor
from chatdemo.crowd.messages import Messages
from chatdemo.crowd.participants import Crowd, Participant
from chatdemo.crowd.progress import Progress, Progressing
from chatdemo.crowd.reach import explain, reach
from chatdemo.crowd.result import Plan, Result
from chatdemo.crowd.returning import ReturningCrowd, check_history
from chatdemo.crowd.tally import PATIENCE, Counts
from chatdemo.common.errors import ChatdemoError
from chatdemo.realtime.files import raise_file_limit

#: How many shake hands at a time: a server that is asked by more at once has too long a queue for the last.
JOINING = 50
#: Files of this process beside its WebSockets, with room to spare.
OTHER_FILES = 40
#: Seconds: between two looks at how a wait goes, between two live lines, for a closing handshake.
LOOK, LINE, GOODBYE = 0.02, 0.25, 2.0


def run(
    address: Address, messages: Messages, plan: Plan, show: Callable[[Progress], None]
) -> Result:
    """Run the crowd until it is done or interrupted, once in a process; ``show`` gets its progress now and then.

    Raises ChatdemoError if not even the first participant can join, or if this process may not open enough files.
    """
    limit = raise_file_limit(plan.people + OTHER_FILES)
    if limit is not None and limit < plan.people + OTHER_FILES:
        hint = f"Give --people {max(1, limit - OTHER_FILES)} or fewer, or raise the system's limit (ulimit -n) first."
        raise ChatdemoError(
            f"A program may open {limit} files here, too few for {plan.people} participants.", hint
        )
    run = Run(address, reach(address), messages, plan, show)
    return run_on_reactor(run.go)


class Run:
    """The course of a run, in the event loop."""

    def __init__(self, address: Address, ip: str, messages: Messages, plan: Plan, show: Callable):
        self.address, self.plan = address, plan
        self.show = show
        kind = ReturningCrowd if plan.drop else Crowd
        self.crowd = kind(Door(address, ip), messages, plan.people)
        self.lag = Lag()
        self.progressing = Progressing(self.crowd)

    async def go(self) -> Result:
        """All of it. Cancelling it ends it early, with the result so far. Raises ChatdemoError if nobody can join."""
        asides = [asyncio.ensure_future(self.lag.watch()), asyncio.ensure_future(self._show())]
        interrupted = False
        try:
            await self._join()
            await self._talk()
            await self._settle()
        except asyncio.CancelledError:
            interrupted = True
        counts = self.crowd.tally.counts(time.perf_counter(), finished=not interrupted)
        await _end(asides)
        with suppress(asyncio.CancelledError):  # Ctrl-C once more: without a goodbye, then
            await self._leave()
        return self._result(counts, interrupted)

    def _result(self, counts: Counts, interrupted: bool) -> Result:
        crowd, plan = self.crowd, self.plan
        lists = crowd.joined, crowd.absent, crowd.closed, crowd.refused
        cuts = (crowd.cuts, crowd.away, crowd.caught_up) if plan.drop else ()
        return Result(plan, counts, crowd.tally.latencies, *lists, self.lag, interrupted, *cuts)

    async def _join(self) -> None:
        """The first alone: what keeps it out would keep out all."""
        first, *others = self.crowd.people
        try:
            await first.join()
        except JoinError as error:
            raise explain(error, self.address) from None
        if self.plan.drop:
            await check_history(first, self.address)
        gate = asyncio.Semaphore(JOINING)

        async def join(participant: Participant) -> None:
            async with gate:
                await participant.try_to_join()

        await asyncio.gather(*map(join, others))
        gc.freeze()  # thousands of connections, which a collection need not look through again and again

    async def _talk(self) -> None:
        """Until the time is over, or nobody is left."""
        self.progressing.until = time.perf_counter() + self.plan.seconds
        talking = asyncio.ensure_future(self._say_all(self.progressing.until))
        cutting = [asyncio.ensure_future(self.crowd.cut(self.plan.drop))] if self.plan.drop else []
        try:
            while self.crowd.present and not talking.done():
                await asyncio.wait([talking], timeout=LOOK)
            if talking.done():
                talking.result()
        finally:
            await _end([talking, *cutting])

    async def _say_all(self, end: float) -> None:
        """Each message when it is due, or as soon as this process comes to it; what can't be sent by the end is not."""
        start = end - self.plan.seconds
        speakers = self._turns()
        for number in range(self.plan.messages):
            await asyncio.sleep(max(0.0, start + number / self.plan.rate - time.perf_counter()))
            too_late = number and time.perf_counter() >= end
            if too_late or not (speaker := next(speakers, None)):
                return
            speaker.say()
        await asyncio.sleep(max(0.0, end - time.perf_counter()))

    def _turns(self) -> Iterator[Participant]:
        """One after the other, of those who are there, or will be again."""
        while there := [participant for participant in self.crowd.people if participant.may_speak]:
            yield from (participant for participant in there if participant.may_speak)

    async def _settle(self) -> None:
        """Wait for the stragglers, for as long as deliveries go on arriving, and for those who are away."""
        self.progressing.until = None
        crowd = self.crowd
        while crowd.present and not crowd.tally.settled(time.perf_counter()):
            await asyncio.sleep(LOOK)
        until = time.perf_counter() + PATIENCE
        while crowd.away and time.perf_counter() < until:
            await asyncio.sleep(LOOK)

    async def _leave(self) -> None:
        if self.plan.drop:
            await _end(self.crowd.stay_away())
        there = [participant for participant in self.crowd.people if participant.is_present]
        for participant in there:
            participant.leave()
        if there:
            await asyncio.wait(
                [participant.connection.ended for participant in there], timeout=GOODBYE
            )

    async def _show(self) -> None:
        while True:
            self.show(self.progressing.now(time.perf_counter()))
            await asyncio.sleep(LINE)


async def _end(tasks: list[asyncio.Task]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
