"""The feed: a watcher's WebSocket, with recorded entries, the state as it changes, and commands.

It doesn't use the channel layer and isn't recorded. The server sends JSON objects whose ``kind`` is
``hello``, ``events`` (the entries), ``state``, ``problems`` (those that have changed) or ``error``.
The watcher sends objects whose ``do``
is ``freeze``, ``step`` or ``thaw`` (with ``group``), ``clear``, or ``got`` with ``n``, the number
of the last entry that it has.
"""

import asyncio
import json
from collections.abc import Collection
from itertools import islice
from typing import TYPE_CHECKING, Any

from chatdemo import __version__
from chatdemo.inspector.connection import Connection, Receive, Send
from chatdemo.inspector.group_members import Member
from chatdemo.inspector.layers import LayerRecorder
from chatdemo.inspector.lost_events import is_consumers_own
from chatdemo.inspector.process import describe_process
from chatdemo.inspector.refusals import describe_code

if TYPE_CHECKING:
    from chatdemo.inspector.application import Inspector

#: How often the feed looks for new entries.
INTERVAL_SECONDS = 0.1
#: It looks for a changed state each third time, but each 30th time for a watcher of some paths if
#: there are no entries: a class has many lessons open.
CHECKS_PER_STATE, CHECKS_PER_QUIET_STATE = 3, 30
#: Entries in one message, and entries that may be sent before the watcher confirms some.
MAX_BATCH_ENTRIES, MAX_UNCONFIRMED_ENTRIES = 1000, 5000
#: A watcher that confirms nothing for so long is disconnected, with this close code.
MAX_DELAY_SECONDS, TRY_AGAIN_LATER = 10, 1013
#: The most connections, groups, members of a group, and channels that a state has.
MAX_LISTED = 400


class Watcher:
    """A WebSocket to ``port`` that watches everything, or the connections to ``paths``."""

    def __init__(
        self, inspector: "Inspector", paths: Collection[str] | None, send: Send, port: int = 0
    ):
        self.inspector, self.paths, self.send, self.port = inspector, paths, send, port
        self.recording = inspector.recording
        self._next = max(1, self.recording.first_number)  # number of the next entry to send
        self._sent = self._confirmed = self._next - 1
        self._unrecorded = self.recording.unrecorded
        self._delay = 0.0
        self._last_state = ""
        self._problems_version = 0

    async def run(self, receive: Receive) -> None:
        """Send changes and carry out commands until the watcher leaves or reads too slowly."""
        limit = self.recording.entries.maxlen
        await self._send({"kind": "hello", "version": __version__, "limit": limit})
        tasks = [
            asyncio.ensure_future(self._send_changes()),
            asyncio.ensure_future(self._carry_out_commands(receive)),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send_changes(self) -> None:
        checks, has_news = 0, True
        while self._delay < MAX_DELAY_SECONDS:
            has_news = await self._send_entries() or has_news
            is_quiet = not has_news and self.paths is not None
            if checks % (CHECKS_PER_QUIET_STATE if is_quiet else CHECKS_PER_STATE) == 0:
                await self._send_state()
                has_news = False
            checks += 1
            await asyncio.sleep(INTERVAL_SECONDS)
        reason = "Too much waits to be read."
        await self.send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": reason})

    async def _send_entries(self) -> bool:
        """Send the next ones, unless too many are unconfirmed. Returns whether there were any."""
        if self._sent - self._confirmed >= MAX_UNCONFIRMED_ENTRIES:
            self._delay += INTERVAL_SECONDS
            return False
        self._delay = 0.0
        entries, dropped = self._take_entries()
        if entries or dropped:
            await self._send({"kind": "events", "events": entries, "dropped": dropped})
        return bool(entries)

    def _take_entries(self) -> tuple[list[dict[str, Any]], int]:
        """Return the next entries for this watcher, and how many it will never get."""
        start = max(self._next, self.recording.first_number)
        dropped = start - self._next + self.recording.unrecorded - self._unrecorded
        entries = self.recording.since(start, MAX_BATCH_ENTRIES)
        self._next = start + len(entries)
        self._unrecorded = self.recording.unrecorded
        if self.paths is not None:
            entries = [entry for entry in entries if entry.get("path") in self.paths]
            dropped = 0
        if entries:
            self._sent = entries[-1]["n"]
        return entries, dropped

    async def _send_state(self) -> None:
        state = {"kind": "state", **describe_state(self.inspector, self.paths)}
        if self.paths is None:
            state |= {"notes": self.inspector.notes, "process": describe_process()}
            if self.inspector.describe_server:
                state["server"] = self.inspector.describe_server(self.port)
        if problems := self.inspector.problems.since(self._problems_version, self.paths):
            self._problems_version = max(problem["version"] for problem in problems)
            await self._send({"kind": "problems", "problems": problems})
        text = json.dumps(state)
        if text != self._last_state:
            self._last_state = text
            await self.send({"type": "websocket.send", "text": text})

    async def _send(self, content: dict[str, Any]) -> None:
        await self.send({"type": "websocket.send", "text": json.dumps(content)})

    async def _send_error(self, detail: str) -> None:
        await self._send({"kind": "error", "detail": detail})

    async def _carry_out_commands(self, receive: Receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            try:
                command = json.loads(message.get("text") or "")
                await self._carry_out(command["do"], command)
            except (ValueError, KeyError, TypeError, RecursionError):
                await self._send_error("The inspector doesn't know that command.")

    async def _carry_out(self, do: str, command: dict[str, Any]) -> None:
        """Carry out a command. Raises ValueError, KeyError or TypeError for an unknown one."""
        if do == "got":
            self._confirmed = min(int(command["n"]), self._sent)
        elif do == "clear" and self.paths is None:
            self.recording.clear()
            self.inspector.problems.clear()
        elif do in ("freeze", "step", "thaw") and isinstance(command["group"], str):
            await self._change_group(do, command["group"])
        else:
            raise ValueError(do)

    async def _change_group(self, do: str, group: str) -> None:
        layer = self.inspector.find_layer(group, self.paths)
        if layer is None:
            await self._send_error(f"There is no group {group} here.")
        elif layer.why_unfreezable:
            await self._send_error(f"{group} can't be frozen: {layer.why_unfreezable}")
        elif do == "step":
            await layer.frozen_groups.deliver_one(group)
        elif (layer.frozen_groups.freeze if do == "freeze" else layer.frozen_groups.thaw)(group):
            members = (layer.connections.get(channel) for channel in layer.members.channels(group))
            path = next((one.path for one in members if one), None) if self.paths else None
            self.recording.record(do, group=group, path=path)


def describe_state(inspector: "Inspector", paths: Collection[str] | None = None) -> dict[str, Any]:
    """Describe connections, groups and channels: all, or those of the connections to ``paths``."""
    inspector.forget_closed()
    connections = [
        one for one in inspector.connections.values() if paths is None or one.path in paths
    ]
    by_channel = {one.channel: one for one in connections if one.channel}
    groups, channels = [], []
    for layer in inspector.layers:
        groups += _describe_groups(layer, by_channel, paths is None)
        channels += _describe_channels(layer, by_channel, paths is None)
    return {
        "connections": [
            {**_describe_connection(one), "name": inspector.find_name(one)}
            for one in connections[-MAX_LISTED:]
        ],
        "groups": groups[:MAX_LISTED],
        "channels": channels[:MAX_LISTED],
        "lost": inspector.recording.lost,
        "unrecorded": inspector.recording.unrecorded,
    }


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
        "user": one.user,
        "code": one.close_code,
        "closed_by": one.closed_by,
        "meaning": describe_code(one.close_code) if one.closed_by else None,
        "backlog": one.backlog,
        "received": one.frames_in,
        "sent": one.frames_out,
    }


def _describe_groups(
    layer: LayerRecorder, by_channel: dict[str, Connection], all_groups: bool
) -> list[dict[str, Any]]:
    groups = []
    for name in layer.members.groups:
        members = layer.members.of(name)
        rooms = {by_channel[channel].room for channel in members if channel in by_channel}
        if not members or not rooms and not all_groups:
            continue
        gone = any(member.is_gone for member in members.values())
        groups.append(
            {
                "group": name,
                "room": next(iter(rooms)) if len(rooms) == 1 else None,
                "members": [
                    _describe_member(channel, member, by_channel)
                    for channel, member in islice(members.items(), MAX_LISTED)
                ],
                "shared": layer.members.are_shared,
                "expiry": layer.members.describe_expiry() if gone else None,
                "unfreezable": layer.why_unfreezable,
                "frozen": layer.frozen_groups.is_frozen(name),
                "held": layer.frozen_groups.count_held(name),
            }
        )
    return groups


def _describe_member(
    channel: str, member: Member, by_channel: dict[str, Connection]
) -> dict[str, Any]:
    described: dict[str, Any] = {"channel": channel, "connection": _id_of(by_channel.get(channel))}
    if member.is_gone:
        described["gone"] = True
        if member.source:
            described["joined"] = "{file}:{line}".format(**member.source)
    return described


def _describe_channels(
    layer: LayerRecorder, by_channel: dict[str, Connection], all_channels: bool
) -> list[dict[str, Any]]:
    known = getattr(layer.layer, "channels", {})  # none, if the queues are in Redis
    names = list(known) if all_channels else [name for name in by_channel if name in known]
    channels = []
    for name in names[:MAX_LISTED]:
        channel = {
            "channel": name,
            "connection": _id_of(by_channel.get(name)),
            "waiting": layer.count_waiting(name),
        }
        if (capacity := layer.capacity(name)) is not None:
            channel["capacity"] = capacity
        if not is_consumers_own(name):
            channel["read"] = layer.last_read.get(name)
        channels.append(channel)
    return channels


def _id_of(connection: Connection | None) -> int | None:
    return connection.id if connection else None
