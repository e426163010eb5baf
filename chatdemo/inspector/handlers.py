"""Tells what runs in a handler which message it handles."""

from typing import Any

from chatdemo.inspector.call_stack import has_websocket
from chatdemo.inspector.connection import current_connection
from chatdemo.inspector.journeys import (
    MAX_WORKER_MESSAGES,
    UNRECORDED,
    Arrivals,
    Cause,
    current_cause,
)
from chatdemo.inspector.recording import never_raises
from chatdemo.realtime.observers import HandlerObserver, Message, Runner


class Handlers(HandlerObserver):
    """Sets the connection and the cause in the context of each handler that is called.

    ``arrivals`` are the events for consumers that aren't participants': workers', HTTP requests'.
    """

    def __init__(self) -> None:
        self.arrivals = Arrivals(MAX_WORKER_MESSAGES)

    @never_raises
    def on_handler_called(self, consumer: Any, message: Message, runner: Runner) -> None:
        connection = current_connection.get()
        if connection is not None and not has_websocket(consumer):
            # A worker whose task a participant's consumer has started, and so inherits.
            connection = None
            current_connection.set(None)
        if connection is not None and connection.consumer is None:
            connection.consumer = consumer
        previous = current_cause.get()
        if previous is not None and previous.runner is runner:
            previous.has_ended = True
        if str(message.get("type")).startswith("http."):  # the cause is the request
            return
        arrivals = connection.journeys if connection is not None else self.arrivals
        cause = arrivals.take(message)
        if cause is None and connection is not None:  # it is a consumer within another one
            cause = connection.journeys.latest
        cause = cause or Cause(UNRECORDED)
        cause.runner = cause.runner or runner
        current_cause.set(cause)
