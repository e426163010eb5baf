"""Channels' undocumented names.

- ``consumer_class``, ``consumer_initkwargs``: attributes of what ``as_asgi`` returns, as Django's
  class-based views have them. They tell which consumer a step's route leads to.
- ``InMemoryChannelLayer.groups``: for each group, the time at which each channel joined.
- ``InMemoryChannelLayer._remove_from_groups``: a channel whose events expire leaves its groups
  (Channel Layer Specification).
"""

from collections.abc import Callable
from typing import Any

from channels.consumer import AsyncConsumer
from channels.layers import InMemoryChannelLayer

from chatdemo.realtime.upstream import require_names

require_names("channels", InMemoryChannelLayer, "_remove_from_groups", "compile_capacities")


def consumer_of(application: Callable) -> tuple[type[AsyncConsumer], dict[str, Any]]:
    """Return the class and the arguments of the consumers that an ``as_asgi`` application runs."""
    return application.consumer_class, application.consumer_initkwargs  # type: ignore[attr-defined]


def remove_from_groups(layer: InMemoryChannelLayer, channel: str) -> None:
    """Remove a channel from all groups."""
    layer._remove_from_groups(channel)
