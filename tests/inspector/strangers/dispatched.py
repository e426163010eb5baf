"""Consumers by their handlers alone: bytes, a subprotocol, headers, a task that sends later, a response in chunks."""

import django

django.setup()

import asyncio  # noqa: E402

from channels.consumer import AsyncConsumer  # noqa: E402
from channels.exceptions import StopConsumer  # noqa: E402
from channels.generic.http import AsyncHttpConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path, re_path  # noqa: E402

doorbell = asyncio.Event()


class Meter(AsyncConsumer):
    tasks = ()

    async def websocket_connect(self, message):
        offered = self.scope["subprotocols"]
        chosen = "meter.v2" if "meter.v2" in offered else None
        headers = [(b"x-meter", b"seven"), (b"set-cookie", b"seen=1; Path=/")]
        await self.send({"type": "websocket.accept", "subprotocol": chosen, "headers": headers})  # at: accept
        await self.channel_layer.group_add("meters", self.channel_name)  # at: group_add
        self.tasks = []

    async def websocket_receive(self, message):  # at: websocket_receive
        data = message.get("bytes")
        if data is not None:
            await self.send({"type": "websocket.send", "bytes": data[::-1]})  # at: reversed
        elif message["text"] == "later":
            self.tasks.append(asyncio.create_task(self.tell_later()))
        elif message["text"] == "stop":
            await self.send({"type": "websocket.close", "code": 4321, "reason": "the meter stops: äöü"})  # at: close

    async def tell_later(self):
        await doorbell.wait()
        await self.send({"type": "websocket.send", "text": "later"})  # at: later
        await self.channel_layer.group_send("meters", {"type": "meter.read", "value": b"\0\1"})  # at: group_send

    async def meter_read(self, event):  # at: meter_read
        await self.send({"type": "websocket.send", "bytes": event["value"]})  # at: send

    async def websocket_disconnect(self, message):
        for task in self.tasks:
            task.cancel()
        await self.channel_layer.group_discard("meters", self.channel_name)  # at: group_discard
        raise StopConsumer


class Chunks(AsyncHttpConsumer):
    async def handle(self, body):
        headers = [(b"Content-Type", b"text/plain"), (b"X-Length", str(len(body)).encode())]
        await self.send_headers(status=201, headers=headers)
        await get_channel_layer().group_send("meters", {"type": "meter.read", "value": body})  # at: posted
        for number in range(3):
            await self.send_body(b"chunk %d\n" % number, more_body=True)
            await asyncio.sleep(0)
        await self.send_body(b"", more_body=False)


class Ring(AsyncHttpConsumer):
    async def handle(self, body):
        doorbell.set()
        await self.send_response(202, b"")


class NotFound(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(404, b"nothing here", headers=[(b"Content-Type", b"text/plain")])


application = ProtocolTypeRouter(
    {
        "websocket": URLRouter([path("meter/", Meter.as_asgi())]),
        "http": URLRouter(
            [path("chunks/", Chunks.as_asgi()), path("ring/", Ring.as_asgi()), re_path(r"", NotFound.as_asgi())]
        ),
    }
)
