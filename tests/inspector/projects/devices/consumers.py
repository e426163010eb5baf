import asyncio
import json
import threading

from asgiref.sync import async_to_sync
from channels.consumer import AsyncConsumer, SyncConsumer
from channels.exceptions import StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.layers import get_channel_layer

layer = get_channel_layer()


def count():
    event = {"type": "pump.counted", "count": b"\0\1\2"}
    async_to_sync(layer.group_send)("pumps", event)  # hop: from a thread


class Pump(SyncConsumer):
    """Speaks bytes, in threads."""

    def websocket_connect(self, message):
        chosen = next((name for name in self.scope["subprotocols"] if name.startswith("pump.")), None)
        headers = [(b"x-pump", b"7"), (b"set-cookie", b"pump=7; Path=/; HttpOnly")]
        self.send({"type": "websocket.accept", "subprotocol": chosen, "headers": headers})  # hop: pump's accept
        async_to_sync(self.channel_layer.group_add)("pumps", self.channel_name)  # hop: pump's group_add

    def websocket_receive(self, message):  # hop: websocket_receive
        order = message["bytes"]
        if order == b"count":
            thread = threading.Thread(target=count)
            thread.start()
            thread.join()
        elif order == b"weigh":
            job = {"type": "weigh", "grams": [1, 20, 300]}
            async_to_sync(self.channel_layer.send)("scales", job)  # hop: order
        elif order == b"alert":
            alerts = get_channel_layer("alerts")
            async_to_sync(alerts.group_send)("everyone", {"type": "alert.raised", "level": 3})  # hop: alert
        elif order == b"stop":
            self.send({"type": "websocket.close", "code": 4007, "reason": "stopped"})  # hop: pump's close
        else:
            self.send({"type": "websocket.send", "bytes": order * 3})  # hop: tripled

    def pump_counted(self, event):  # hop: pump_counted
        self.send({"type": "websocket.send", "bytes": event["count"]})  # hop: count

    def weighed(self, event):  # hop: weighed
        self.send({"type": "websocket.send", "text": json.dumps(event["grams"])})  # hop: weight

    def websocket_disconnect(self, message):
        async_to_sync(self.channel_layer.group_discard)("pumps", self.channel_name)  # hop: pump's group_discard
        raise StopConsumer


class Panel(AsyncConsumer):
    """Has its own layer, and asks for several things at once."""

    channel_layer_alias = "alerts"

    async def websocket_connect(self, message):
        await self.channel_layer.group_add("everyone", self.channel_name)  # hop: panel's group_add
        await self.send({"type": "websocket.accept"})  # hop: panel's accept
        self.ticking = None

    async def websocket_receive(self, message):  # hop: panel's receive
        if message["text"] == "tick":
            self.ticking = asyncio.create_task(self.tick())
        elif message["text"] == "twice":
            await asyncio.gather(self.tell("one"), self.tell("two"))
        else:
            other = get_channel_layer()
            await other.group_send("pumps", {"type": "pump.counted", "count": b"\xff" * 300})  # hop: across

    async def tick(self):
        await asyncio.sleep(0)
        await self.tell("tock")
        await asyncio.Event().wait()

    async def tell(self, text):
        await self.send({"type": "websocket.send", "text": text})  # hop: tell

    async def alert_raised(self, event):  # hop: alert_raised
        await self.tell(f"level {event['level']}")

    async def websocket_disconnect(self, message):
        self.ticking.cancel()
        await self.channel_layer.group_discard("everyone", self.channel_name)  # hop: panel's group_discard
        raise StopConsumer


class Scales(SyncConsumer):
    """A worker's."""

    def weigh(self, job):
        for grams in job["grams"]:
            async_to_sync(self.channel_layer.group_send)("pumps", {"type": "weighed", "grams": grams})  # hop: weighing


class Stream(AsyncHttpConsumer):
    """What pumps count, as it happens, until one counts what ends it."""

    async def handle(self, body):
        channel = await layer.new_channel()
        await layer.group_add("pumps", channel)  # hop: stream's group_add
        await self.send_headers(headers=[(b"Content-Type", b"text/event-stream"), (b"Cache-Control", b"no-cache")])
        await self.send_body(b": listening\n\n", more_body=True)
        count = b""
        while len(count) < 300:
            count = (await layer.receive(channel)).get("count", b"")
            await self.send_body(b"data: %d\n\n" % len(count), more_body=True)
        await layer.group_discard("pumps", channel)  # hop: stream's group_discard
        await self.send_body(b"data: the end\n\n")


class Download(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_headers(headers=[(b"Content-Type", b"application/octet-stream")])
        for number in range(8):
            await self.send_body(bytes([number]) * 100_000 + body, more_body=True)
        await self.send_body(b"")
