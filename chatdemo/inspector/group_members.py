"""The members of groups: what the consumers of this process have added and discarded."""

import time
import weakref
from typing import Any, NamedTuple

from channels.layers import BaseChannelLayer, InMemoryChannelLayer

from chatdemo.inspector.connection import Connection
from chatdemo.realtime.redis_channel_layer import RedisChannelLayer


class Member(NamedTuple):
    """A channel in a group: since when (seconds since the epoch), and whose it is, if known.

    ``source`` is the line that has added it, as call_stack describes it, if that was recorded.
    """

    since: float
    connection: "weakref.ref[Connection] | None"
    source: dict[str, Any] | None = None

    @property
    def is_gone(self) -> bool:
        """Whether its consumer has ended without leaving the group."""
        connection = self.connection() if self.connection else None
        return self.connection is not None and (connection is None or bool(connection.ended))


class GroupMembers:
    """The groups of one channel layer, as far as consumers of this process are in them.

    A layer in memory has dictionaries of its own: who isn't in these isn't a member any more.
    Others can't be asked, and may have more members in other processes.
    """

    def __init__(self, layer: BaseChannelLayer):
        self._layer: Any = layer
        self.are_in_memory = isinstance(layer, InMemoryChannelLayer)
        #: Whether a group may have members in other processes.
        self.are_shared = not self.are_in_memory or isinstance(layer, RedisChannelLayer)
        self._added: dict[str, dict[str, Member]] = {}

    def add(
        self, group: str, channel: str, connection: Connection | None, source: dict[str, Any] | None
    ) -> None:
        """Note that a channel was added, that of a connection's consumer if there is one."""
        owner = weakref.ref(connection) if connection is not None else None
        self._added.setdefault(group, {})[channel] = Member(time.time(), owner, source)

    def discard(self, group: str, channel: str) -> None:
        """Note that a channel was removed."""
        members = self._added.get(group, {})
        members.pop(channel, None)
        if not members:
            self._added.pop(group, None)

    @property
    def groups(self) -> list[str]:
        """The names of the groups."""
        return list(self._layer.groups if self.are_in_memory else self._added)

    def channels(self, group: str) -> list[str]:
        """Return the channels in a group."""
        return (
            list(self._layer.groups.get(group, ())) if self.are_in_memory else list(self.of(group))
        )

    def of(self, group: str) -> dict[str, Member]:
        """Return the members of a group by their channels."""
        added = self._added.get(group, {})
        if self.are_in_memory:
            current = self._layer.groups.get(group, {}).items()
            added = {channel: added.get(channel, Member(since, None)) for channel, since in current}
        elif seconds := vars(self._layer).get("group_expiry"):
            limit = time.time() - seconds
            added = {channel: one for channel, one in added.items() if one.since >= limit}
        if added:
            self._added[group] = added
        else:
            self._added.pop(group, None)
        return added

    def describe_expiry(self) -> str:
        """Say when the layer itself forgets a member whose consumer has ended; "" if unknown."""
        options = vars(self._layer)
        if self.are_in_memory:
            return f"It leaves the group when an event has waited {options['expiry']} s for it."
        if "group_expiry" in options:
            return f"Redis keeps it in the group for {options['group_expiry']} s after group_add."
        return ""
