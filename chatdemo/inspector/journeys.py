"""Which journey a line of code belongs to: that of the message that is being handled."""

import asyncio
from collections import deque
from contextlib import suppress
from contextvars import ContextVar
from types import FrameType
from typing import Any

from chatdemo.inspector import call_stack
from chatdemo.realtime.dispatcher import Dispatcher

#: What the running handler handles. The tasks that it starts inherit it.
current_message: ContextVar["CurrentMessage | None"] = ContextVar("message", default=None)
#: How many messages the workers, or a participant's consumer, may be handling: Channels receives
#: the next frame and the next event while a handler runs.
MAX_WORKER_MESSAGES, MAX_CONSUMER_MESSAGES = 64, 4


class CurrentMessage:
    """The message that a handler handles, or the next one before it arrives, with its journey."""

    __slots__ = ("journey", "has_arrived")

    def __init__(self, journey: int | None = None, has_arrived: bool = True):
        self.journey, self.has_arrived = journey, has_arrived


class Journeys:
    """The journeys of the events that workers may be handling: tasks outside of any WebSocket.

    ``find`` looks for a message among the first arguments of the methods on the call stack: one is
    the handler. A task that the handler has started has another call stack, and inherits
    ``current_message`` instead. So does a worker without a consumer, which receives an event in
    the task that handles it.
    """

    __slots__ = ("_delivered",)
    maximum = MAX_WORKER_MESSAGES

    def __init__(self) -> None:
        self._delivered: list[tuple[dict[str, Any], int | None]] = []  # a deque takes 760 bytes

    def add(self, message: dict[str, Any], journey: int | None) -> None:
        """Remember the journey of a message that is about to be handled."""
        self._delivered.append((message, journey))
        del self._delivered[: -self.maximum]
        self._set_current(journey)

    def _set_current(self, journey: int | None) -> None:
        current_message.set(CurrentMessage(journey))

    def find(self, stack: list[FrameType]) -> int | None:
        """Return the journey of the code whose call stack this is, None if it has none."""
        for frame in stack:
            if frame.f_code.co_argcount >= 2:
                argument = frame.f_locals.get(frame.f_code.co_varnames[1])
                for message, journey in self._delivered:
                    if message is argument:
                        return journey
        return self._find_inherited(stack)

    def _find_inherited(self, stack: list[FrameType]) -> int | None:
        message = current_message.get()
        return message.journey if message and call_stack.find_consumer(stack) is None else None


class ConsumerJourneys(Journeys):
    """The journeys of the frames and events that a participant's consumer may be handling.

    With a Dispatcher, handlers run in the context of the consumer's task. Any other consumer asks
    for the next message before it arrives: in Channels, from the task in which handlers run.
    """

    __slots__ = ("dispatcher", "_latest", "_task", "_expected", "_arrived_early")
    maximum = MAX_CONSUMER_MESSAGES

    def __init__(self) -> None:
        super().__init__()
        self.dispatcher: Dispatcher | None = None
        self._latest: int | None = None  # the journey of the message that arrived last
        self._task = asyncio.current_task()  # the application's
        self._expected: CurrentMessage | None = None  # that the application has asked for
        # The journeys of messages that arrived before the application asked for them.
        self._arrived_early: deque[int | None] | tuple[()] = ()

    def clear(self) -> None:
        """Forget the messages so far."""
        self._delivered.clear()
        self._latest, self._arrived_early = None, ()

    def expect_message(self) -> None:
        """Prepare for the next message, which the application asks for now."""
        if asyncio.current_task() is not self._task:
            # A middleware's task asks for it: when a handler starts is unknown.
            self._task = self._expected = None
        if self._task is None:
            return
        if self._arrived_early:
            self._expected = CurrentMessage(self._arrived_early.popleft())
        else:
            self._expected = CurrentMessage(has_arrived=False)
        current_message.set(self._expected)

    def _set_current(self, journey: int | None) -> None:
        self._latest = journey
        if self.dispatcher and self.dispatcher.context is not None:
            with suppress(RuntimeError):  # it is in use by something else than a handler
                self.dispatcher.context.run(current_message.set, CurrentMessage(journey))
        if self._expected is None:
            return
        if not self._expected.has_arrived:
            self._expected.journey, self._expected.has_arrived = journey, True
        else:
            early = (*self._arrived_early, journey)
            self._arrived_early = deque(early, maxlen=self.maximum)

    def _find_inherited(self, stack: list[FrameType]) -> int | None:
        message = current_message.get() if self._task else None
        return message.journey if message else self._latest
