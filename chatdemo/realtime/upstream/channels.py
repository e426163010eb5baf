"""Channels' undocumented names.

- ``consumer_class``, ``consumer_initkwargs``: attributes of what ``as_asgi`` returns, as Django's
  class-based views have them. They tell which consumer a step's route leads to.
- ``get_handler_name``: the name of the method that handles a type of message.
- ``InMemoryChannelLayer.groups``: for each group, the time at which each channel joined.
- ``InMemoryChannelLayer.channels``: for each channel, the queue of its events.
- ``channels.consumer.await_many_dispatch``: calls a consumer's ``dispatch`` with each message.
- ``InMemoryChannelLayer._remove_from_groups``: a channel whose events expire leaves its groups
  (Channel Layer Specification).
"""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import channels.consumer
from channels.consumer import AsyncConsumer, get_handler_name
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from chatdemo.realtime.observers import HandlerObserver, Message
from chatdemo.realtime.upstream import require_names

__all__ = ["consumer_of", "count_queued", "get_handler_name", "remove_from_groups"]
__all__ += ["report_handlers"]

require_names("channels", InMemoryChannelLayer, "_remove_from_groups", "compile_capacities")
require_names("channels", channels.consumer, "await_many_dispatch")


def consumer_of(application: Callable) -> tuple[type[AsyncConsumer], dict[str, Any]]:
    """Return the class and the arguments of the consumers that an ``as_asgi`` application runs."""
    return application.consumer_class, application.consumer_initkwargs  # type: ignore[attr-defined]


def remove_from_groups(layer: InMemoryChannelLayer, channel: str) -> None:
    """Remove a channel from all groups."""
    layer._remove_from_groups(channel)


def count_queued(layer: BaseChannelLayer, channel: str) -> int:
    """Return the number of events in a channel's queue; 0 for a layer that isn't in memory."""
    queue = getattr(layer, "channels", {}).get(channel)
    return queue.qsize() if queue else 0


def report_handlers() -> None:
    """Report the handlers of Channels' consumers to the HandlerObserver from now on."""
    await_many_dispatch = channels.consumer.await_many_dispatch
    if hasattr(await_many_dispatch, "__wrapped__"):  # it does already
        return

    @wraps(await_many_dispatch)
    def observed(
        sources: list[Callable[[], Awaitable[Message]]], dispatch: Callable[..., Awaitable[None]]
    ) -> Awaitable[None]:
        return await_many_dispatch(sources, _ObservedDispatch(dispatch))

    channels.consumer.await_many_dispatch = observed


class _ObservedDispatch:
    """Calls a consumer's ``dispatch``. ``is_busy``: a handler runs that was reported."""

    def __init__(self, dispatch: Any):
        self.dispatch = dispatch
        # A method, or for a synchronous consumer asgiref's functools.partial.
        self.consumer = getattr(dispatch, "__self__", None) or dispatch.args[0]
        self.is_busy = False

    def __call__(self, message: Message) -> Awaitable[None]:
        observer = HandlerObserver.current
        return self.dispatch(message) if observer is None else self._report(observer, message)

    async def _report(self, observer: HandlerObserver, message: Message) -> None:
        self.is_busy = True
        observer.on_handler_called(self.consumer, message, self)
        try:
            await self.dispatch(message)
        finally:
            self.is_busy = False
