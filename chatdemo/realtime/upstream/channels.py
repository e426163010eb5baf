"""Channels' undocumented names.

- ``consumer_class``, ``consumer_initkwargs``: attributes of what ``as_asgi`` returns, as Django's
  class-based views have them. They tell which consumer a step's route leads to.
- ``get_handler_name``: the name of the method that handles a type of message.
- ``InMemoryChannelLayer.groups``: for each group, the time at which each channel joined.
- ``InMemoryChannelLayer.channels``: for each channel, the queue of its events.
- ``InMemoryChannelLayer._remove_from_groups``: a channel whose events expire leaves its groups
  (Channel Layer Specification).
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from channels.consumer import AsyncConsumer, get_handler_name
from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from chatdemo.realtime.upstream import require_names

__all__ = ["consumer_of", "count_queued", "get_handler_name", "groups_of", "remove_from_groups"]

require_names("channels", InMemoryChannelLayer, "_remove_from_groups", "compile_capacities")


def consumer_of(application: Callable) -> tuple[type[AsyncConsumer], dict[str, Any]]:
    """Return the class and the arguments of the consumers that an ``as_asgi`` application runs."""
    return application.consumer_class, application.consumer_initkwargs  # type: ignore[attr-defined]


def remove_from_groups(layer: InMemoryChannelLayer, channel: str) -> None:
    """Remove a channel from all groups."""
    layer._remove_from_groups(channel)


def groups_of(layer: BaseChannelLayer) -> Mapping[str, Collection[str]]:
    """Return the channels of each group: the layer's own dictionary, or an empty one."""
    return getattr(layer, "groups", {})


def count_queued(layer: BaseChannelLayer, channel: str) -> int:
    """Return the number of events in a channel's queue; 0 for a layer that isn't in memory."""
    queue = getattr(layer, "channels", {}).get(channel)
    return queue.qsize() if queue else 0
