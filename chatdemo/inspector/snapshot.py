"""The present state: connections, groups with their members, and channels with their queues."""

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

from chatdemo.inspector.connection import Connection
from chatdemo.inspector.layers import LayerRecorder
from chatdemo.inspector.recording import Recording

#: At most so many connections, groups, members and channels are listed.
MAX_LISTED = 200
#: A closed connection is listed for so long.
CLOSED_SECONDS = 5


def take(
    connections: Iterable[Connection],
    layers: Iterable[LayerRecorder],
    recording: Recording,
    path: str | None = None,
) -> dict[str, Any]:
    """Return the state as the feed has it: of all, or of the connections to one ``path``."""
    shown = [one for one in connections if path is None or one.path == path]
    by_channel = {one.channel: one for one in shown if one.channel}
    groups, channels = [], []
    for layer in layers:
        groups += _describe_groups(layer, by_channel, path is None)
        channels += _describe_channels(layer, by_channel, path is None)
    return {
        "connections": [_describe_connection(one) for one in shown[-MAX_LISTED:]],
        "groups": groups[:MAX_LISTED],
        "channels": channels[:MAX_LISTED],
        "lost": recording.lost,
        "unrecorded": recording.unrecorded,
    }


def forget_closed(connections: dict[int, Connection], seconds: float = CLOSED_SECONDS) -> None:
    """Remove connections that were closed so long ago."""
    now = time.time()
    for id, one in list(connections.items()):
        if one.ended and now - one.ended >= seconds:
            del connections[id]


def _describe_connection(one: Connection) -> dict[str, Any]:
    return {
        "id": one.id,
        "path": one.path,
        "room": one.room,
        "consumer": one.consumer_name,
        "instance": one.instance,
        "channel": one.channel,
        "client": "{}:{}".format(*one.scope["client"]) if one.scope.get("client") else None,
        "since": one.since,
        "state": one.state,
        "backlog": one.backlog,
        "received": one.frames_in,
        "sent": one.frames_out,
    }


def _describe_groups(
    layer: LayerRecorder, by_channel: dict[str, Connection], all_groups: bool
) -> list[dict[str, Any]]:
    groups = []
    for name, channels in list(getattr(layer.layer, "groups", {}).items()):
        rooms = {by_channel[channel].room for channel in channels if channel in by_channel}
        if not rooms and not all_groups:
            continue
        groups.append(
            {
                "group": name,
                "room": next(iter(rooms)) if len(rooms) == 1 else None,
                "members": [
                    {"channel": channel, "connection": _id_of(by_channel.get(channel))}
                    for channel in islice(channels, MAX_LISTED)
                ],
                "frozen": layer.freezer.is_frozen(name),
                "held": layer.freezer.held(name),
            }
        )
    return groups


def _describe_channels(
    layer: LayerRecorder, by_channel: dict[str, Connection], all_channels: bool
) -> list[dict[str, Any]]:
    names = list(getattr(layer.layer, "channels", {}) if all_channels else by_channel)
    channels = []
    for name in names[:MAX_LISTED]:
        channel = {
            "channel": name,
            "connection": _id_of(by_channel.get(name)),
            "waiting": layer.waiting(name),
        }
        if (capacity := layer.capacity(name)) is not None:
            channel["capacity"] = capacity
        channels.append(channel)
    return channels


def _id_of(connection: Connection | None) -> int | None:
    return connection.id if connection else None
