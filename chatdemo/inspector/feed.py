"""A watcher's WebSocket: the tape and the state, live, and the watcher's commands.

It goes round the channel layer and is not recorded. Texts of JSON objects, from the server: ``kind`` is ``hello``,
``events``, ``state`` or ``error``. From the watcher: ``do`` is ``freeze``, ``step``, ``thaw`` (with ``group``),
``clear``, or ``got`` with the number ``n`` of the last event that it has.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from chatdemo import __version__

#: Seconds between two looks at the tape, and looks between two at the state; and at that of one room in which nothing
#: has happened: in a class, each has a lesson open.
INTERVAL, LOOKS, IDLE = 0.1, 3, 30
#: Events sent at most at once, and at most without the watcher having said that it has them.
BATCH, UNREAD = 1000, 5000
#: Seconds for which a watcher may have too much unread before it is cut off, and the close code that says why.
PATIENCE, TRY_AGAIN_LATER = 10, 1013


class Watcher:
    """One who looks: at everything, or at the connections to one ``path``."""

    def __init__(self, inspector: Any, path: str | None, send: Callable):
        self.inspector, self.path, self.send = inspector, path, send
        self.tape = inspector.tape
        self.next = max(
            1, self.tape.number - len(self.tape.events) + 1
        )  # number of the next event to send
        self.sent = self.got = self.next - 1
        self.unrecorded = self.tape.unrecorded
        self.late = 0.0
        self.last_state = ""

    async def run(self, receive: Callable) -> None:
        """Until the watcher leaves, or doesn't read what it is sent."""
        room = self.path.rstrip("/").rpartition("/")[2] if self.path else None
        hello = {
            "kind": "hello",
            "version": __version__,
            "limit": self.tape.events.maxlen,
            "room": room,
        }
        await self._tell(hello)
        tasks = {
            asyncio.ensure_future(self._go_on_telling()),
            asyncio.ensure_future(self._go_on_obeying(receive)),
        }
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _go_on_obeying(self, receive: Callable) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            await self._obey(message.get("text") or "")

    async def _go_on_telling(self) -> None:
        looks, news = 0, True
        while self.late < PATIENCE:
            news = await self._tell_events() or news
            if looks % (LOOKS if news or self.path is None else IDLE) == 0:
                await self._tell_state()
                news = False
            looks += 1
            await asyncio.sleep(INTERVAL)
        await self.send(
            {
                "type": "websocket.close",
                "code": TRY_AGAIN_LATER,
                "reason": "Too much waits to be read.",
            }
        )

    async def _tell_events(self) -> bool:
        """Whether there were any."""
        if self.sent - self.got >= UNREAD:
            self.late += INTERVAL
            return False
        self.late = 0.0
        events, dropped = self._take()
        if events or dropped:
            await self._tell({"kind": "events", "events": events, "dropped": dropped})
        return bool(events)

    def _take(self) -> tuple[list[dict], int]:
        """The next events for this watcher, and how many it will never see."""
        first = self.tape.number - len(self.tape.events) + 1
        dropped = max(0, first - self.next) if self.path is None else 0
        since = max(self.next, first)
        new = self.tape.since(since, BATCH)
        self.next = since + len(new)
        if self.path is not None:
            new = [event for event in new if event.get("path") == self.path]
        if new:
            self.sent = new[-1]["n"]
        dropped += self.tape.unrecorded - self.unrecorded if self.path is None else 0
        self.unrecorded = self.tape.unrecorded
        return new, dropped

    async def _tell_state(self) -> None:
        text = json.dumps({"kind": "state", **self.inspector.state(self.path)})
        if text != self.last_state:
            self.last_state = text
            await self._tell_text(text)

    async def _tell(self, content: dict) -> None:
        await self._tell_text(json.dumps(content))

    async def _tell_text(self, text: str) -> None:
        await self.send({"type": "websocket.send", "text": text})

    async def _obey(self, text: str) -> None:
        try:
            command = json.loads(text)
            await self._do(command["do"], command)
        except (ValueError, KeyError, TypeError, RecursionError):
            await self._tell(
                {"kind": "error", "detail": "The inspector doesn't know that command."}
            )

    async def _do(self, do: str, command: dict) -> None:
        if do == "got":
            self.got = min(int(command["n"]), self.sent)
        elif do == "clear" and self.path is None:
            self.tape.clear()
        elif do in ("freeze", "step", "thaw"):
            await self._do_to_group(do, command["group"])
        else:
            raise ValueError(do)

    async def _do_to_group(self, do: str, group: str) -> None:
        if not isinstance(group, str):
            raise TypeError(group)
        layer = self.inspector.layer_of(group, self.path)
        if layer is None:
            return await self._tell({"kind": "error", "detail": f"There is no group {group} here."})
        if do == "freeze" and layer.freezer.freeze(group):
            self.tape.record("freeze", group=group, path=self.path)
        elif do == "thaw" and layer.freezer.thaw(group):
            self.tape.record("thaw", group=group, path=self.path)
        elif do == "step":
            await layer.freezer.step(group)
