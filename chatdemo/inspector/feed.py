"""The feed: a watcher's WebSocket, with events, the state as it changes, and commands.

It doesn't use the channel layer and isn't recorded. The server sends JSON objects whose ``kind`` is
``hello``, ``events``, ``state`` or ``error``. The watcher sends objects whose ``do`` is ``freeze``,
``step`` or ``thaw`` (with ``group``), ``clear``, or ``got`` with ``n``, the number of the last
event that it has.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from chatdemo import __version__

if TYPE_CHECKING:
    from chatdemo.inspector.application import Inspector

#: The time between two checks for events, and the checks between two for a changed state: while
#: there are events or everything is watched, and in a quiet room. A class has many lessons open.
INTERVAL_SECONDS, STATE_CHECKS, QUIET_STATE_CHECKS = 0.1, 3, 30
#: Events sent at once at most, and events sent before the watcher must have confirmed some.
MAX_BATCH, MAX_UNCONFIRMED = 1000, 5000
#: A watcher that confirms nothing for so long is disconnected with this close code.
MAX_DELAY_SECONDS, TRY_AGAIN_LATER = 10, 1013


class Watcher:
    """Somebody who watches everything, or the connections to one ``path``."""

    def __init__(self, inspector: "Inspector", path: str | None, send: Callable[..., Awaitable]):
        self.inspector, self.path, self.send = inspector, path, send
        self.recording = inspector.recording
        self._next = max(1, self._first_stored())  # number of the next event to send
        self._sent = self._confirmed = self._next - 1
        self._unrecorded = self.recording.unrecorded
        self._delay = 0.0
        self._last_state = ""

    async def run(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        """Send and obey until the watcher leaves, or doesn't read."""
        room = self.path.rstrip("/").rpartition("/")[2] if self.path else None
        limit = self.recording.events.maxlen
        await self._send({"kind": "hello", "version": __version__, "limit": limit, "room": room})
        tasks = [
            asyncio.ensure_future(self._send_changes()),
            asyncio.ensure_future(self._obey_all(receive)),
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
            has_news = await self._send_events() or has_news
            is_quiet = not has_news and self.path is not None
            if checks % (QUIET_STATE_CHECKS if is_quiet else STATE_CHECKS) == 0:
                await self._send_state()
                has_news = False
            checks += 1
            await asyncio.sleep(INTERVAL_SECONDS)
        reason = "Too much waits to be read."
        await self.send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": reason})

    async def _send_events(self) -> bool:
        """Send the next events, unless too many are unconfirmed. Returns whether there were any."""
        if self._sent - self._confirmed >= MAX_UNCONFIRMED:
            self._delay += INTERVAL_SECONDS
            return False
        self._delay = 0.0
        events, dropped = self._take_events()
        if events or dropped:
            await self._send({"kind": "events", "events": events, "dropped": dropped})
        return bool(events)

    def _take_events(self) -> tuple[list[dict[str, Any]], int]:
        """Return the next events for this watcher, and how many it will never get."""
        start = max(self._next, self._first_stored())
        skipped = start - self._next + self.recording.unrecorded - self._unrecorded
        events = self.recording.since(start, MAX_BATCH)
        self._next = start + len(events)
        self._unrecorded = self.recording.unrecorded
        if self.path is not None:
            events = [event for event in events if event.get("path") == self.path]
            skipped = 0
        if events:
            self._sent = events[-1]["n"]
        return events, skipped

    def _first_stored(self) -> int:
        return self.recording.last_number - len(self.recording.events) + 1

    async def _send_state(self) -> None:
        text = json.dumps({"kind": "state", **self.inspector.snapshot(self.path)})
        if text != self._last_state:
            self._last_state = text
            await self.send({"type": "websocket.send", "text": text})

    async def _send(self, content: dict[str, Any]) -> None:
        await self.send({"type": "websocket.send", "text": json.dumps(content)})

    async def _send_error(self, detail: str) -> None:
        await self._send({"kind": "error", "detail": detail})

    async def _obey_all(self, receive: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            try:
                command = json.loads(message.get("text") or "")
                await self._obey(command["do"], command)
            except (ValueError, KeyError, TypeError, RecursionError):
                await self._send_error("The inspector doesn't know that command.")

    async def _obey(self, do: str, command: dict[str, Any]) -> None:
        """Carry out a command. Raises ValueError, KeyError or TypeError for an unknown one."""
        if do == "got":
            self._confirmed = min(int(command["n"]), self._sent)
        elif do == "clear" and self.path is None:
            self.recording.clear()
        elif do in ("freeze", "step", "thaw") and isinstance(command["group"], str):
            await self._change_group(do, command["group"])
        else:
            raise ValueError(do)

    async def _change_group(self, do: str, group: str) -> None:
        layer = self.inspector.find_layer(group, self.path)
        if layer is None:
            await self._send_error(f"There is no group {group} here.")
        elif do == "step":
            await layer.freezer.step(group)
        elif (layer.freezer.freeze if do == "freeze" else layer.freezer.thaw)(group):
            self.recording.record(do, group=group, path=self.path)
