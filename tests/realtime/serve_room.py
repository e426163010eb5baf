"""Serves a room with chatdemo's server, consumer and channel layer: python serve_room.py '{"max_backlog": 1000}'.

The argument has options for the server. It prints its port. A participant's text goes to all, but for these:

- "burst 5 100": 5 texts of 100 characters each, to all
- "mine 5 100": the same to the sender alone
- "bye 5 100": the same, and then a close frame
- "several 5 100": the burst to the sender as several texts at once, and sent when the handler has ended
- "in a task": the same back to the sender, in a task of its own
- "wait": nothing, but the sender's consumer has no time for anything else until somebody says "let in"
- "let in": nothing, but for those and for whoever comes to /late, whose handshake waits for it too
- "peak": the most memory that the server has ever used, in KiB

Every HTTP request gets a response of 4 MB.
"""

import asyncio
import json
import resource
import sys
from typing import ClassVar

from channels.layers import channel_layers
from channels.routing import ProtocolTypeRouter
from django.conf import settings

from chatdemo.project.listening_address import listen
from chatdemo.realtime.base_consumer import AsyncWebsocketConsumer
from chatdemo.realtime.layer import ChannelLayer
from chatdemo.realtime.upstream.daphne import Server
from chatdemo.realtime.write_buffer import flush_all


class Room(AsyncWebsocketConsumer):
    groups = ["room"]
    door: ClassVar = asyncio.Event()

    async def connect(self):
        if self.scope["path"] == "/late":
            await self.door.wait()
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        if bytes_data is not None:
            return await self.send(bytes_data=bytes_data)
        command, *numbers = text_data.split(" ") if len(text_data) < 100 else [text_data]
        if command == "peak":
            unit = 1024 if sys.platform == "darwin" else 1
            await self.send(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // unit))
        elif text_data == "let in":
            self.door.set()  # for those who wait now
            self.door.clear()
        elif text_data == "wait":
            await self.door.wait()
        elif text_data == "in a task":
            await asyncio.create_task(self.send(text_data))
        elif command == "several":
            await self.send_joined("\n".join(texts(*map(int, numbers))), "\n")
            flush_all()
        elif command in ("mine", "bye"):
            await self.send_burst(*map(int, numbers))
            if command == "bye":
                await self.close(4000)
        elif command == "burst":
            await self.channel_layer.group_send(
                "room", {"type": "burst", "numbers": list(map(int, numbers))}
            )
        else:
            await self.channel_layer.group_send("room", {"type": "say", "text": text_data})

    async def say(self, event):
        await self.send(event["text"])

    async def burst(self, event):
        await self.send_burst(*event["numbers"])

    async def send_burst(self, count, size):
        for text in texts(count, size):
            await self.send(text)


def texts(count, size):
    return [f"{number}:".ljust(size, "x") for number in range(count)]


async def download(scope, receive, send):
    """An HTTP response of 4 MB, in parts."""
    headers = [(b"content-length", b"4000000"), (b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for number in range(40):
        part = str(number).ljust(100_000).encode()
        await send({"type": "http.response.body", "body": part, "more_body": number < 39})


if __name__ == "__main__":
    settings.configure()
    channel_layers.set("default", ChannelLayer())
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        application = ProtocolTypeRouter({"http": download, "websocket": Room.as_asgi()})
        Server(
            application, listener, lambda: print(port, flush=True), **json.loads(sys.argv[1])
        ).run()
