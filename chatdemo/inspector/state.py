"""What is there now: connections, groups and their members, queues."""

import time
from collections.abc import Iterable
from itertools import islice
from typing import Any

from chatdemo.inspector.connection import Connection

#: Of each kind, at most so many are listed; and for so many seconds a closed connection still is.
MOST, LINGER = 200, 5


def describe(
    connections: Iterable[Connection], layers: Iterable[Any], tape: Any, path: str | None = None
) -> dict:
    """The state as the feed has it, of all or of the connections to one ``path`` and their groups."""
    shown = [one for one in connections if path is None or one.path == path]
    by_channel = {one.channel: one for one in shown if one.channel}
    groups = [group for layer in layers for group in _groups(layer, by_channel, path is None)]
    channels = [
        channel for layer in layers for channel in _channels(layer, by_channel, path is None)
    ]
    return {
        "connections": [_connection(one) for one in shown[-MOST:]],
        "groups": groups[:MOST],
        "channels": channels[:MOST],
        "lost": tape.lost,
        "unrecorded": tape.unrecorded,
    }


def _connection(one: Connection) -> dict:
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


def _groups(layer: Any, by_channel: dict[str, Connection], everything: bool) -> list[dict]:
    groups = []
    for name, channels in list(getattr(layer, "groups", {}).items()):
        members = [
            {"channel": channel, "connection": _id(by_channel.get(channel))}
            for channel in islice(channels, MOST)
        ]
        known = [by_channel[channel].room for channel in channels if channel in by_channel]
        if known or everything:
            room = known[0] if len(set(known)) == 1 else None
            frozen, held = layer.freezer.holds(name), layer.freezer.held(name)
            groups.append(
                {"group": name, "room": room, "members": members, "frozen": frozen, "held": held}
            )
    return groups


def _channels(layer: Any, by_channel: dict[str, Connection], everything: bool) -> list[dict]:
    names = list(getattr(layer, "channels", {})) if everything else list(by_channel)
    return [
        {
            "channel": name,
            "connection": _id(by_channel.get(name)),
            "waiting": layer.waiting(name),
            **({} if (most := layer.most(name)) is None else {"capacity": most}),
        }
        for name in names[:MOST]
    ]


def _id(connection: Connection | None) -> int | None:
    return connection.id if connection else None


def forget_closed(connections: dict[int, Connection], linger: float = LINGER) -> None:
    """Drop those that have been closed for so many seconds."""
    now = time.time()
    for id, one in list(connections.items()):
        if one.ended and now - one.ended >= linger:
            del connections[id]
