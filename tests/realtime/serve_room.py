"""Serves a room with chatdemo's server, consumer and channel layer: python serve_room.py '{"max_backlog": 1000}'.

The argument has options for the server. It prints its port. A participant's text goes to all, but for these:

- "burst 5 100": 5 texts of 100 characters each, to all
- "mine 5 100": the same to the sender alone
- "bye 5 100": the same, and then a close frame
- "peak": the most memory that the server has ever used, in KiB
"""

import json
import resource
import sys

from channels.layers import channel_layers
from django.conf import settings

from chatdemo.project.listener import listen
from chatdemo.realtime.consumer import AsyncWebsocketConsumer
from chatdemo.realtime.layer import ChannelLayer
from chatdemo.realtime.server import Server


class Room(AsyncWebsocketConsumer):
    groups = ["room"]

    async def receive(self, text_data=None, bytes_data=None):
        if bytes_data is not None:
            return await self.send(bytes_data=bytes_data)
        command, *numbers = text_data.split(" ") if len(text_data) < 100 else [text_data]
        if command == "peak":
            await self.send(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
        elif command in ("mine", "bye"):
            await self.send_burst(*map(int, numbers))
            if command == "bye":
                await self.close(4000)
        elif command == "burst":
            await self.channel_layer.group_send("room", {"type": "burst", "numbers": list(map(int, numbers))})
        else:
            await self.channel_layer.group_send("room", {"type": "say", "text": text_data})

    async def say(self, event):
        await self.send(event["text"])

    async def burst(self, event):
        await self.send_burst(*event["numbers"])

    async def send_burst(self, count, size):
        for number in range(count):
            await self.send(f"{number}:".ljust(size, "x"))


if __name__ == "__main__":
    settings.configure()
    channel_layers.set("default", ChannelLayer())
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        Server(Room.as_asgi(), listener, lambda: print(port, flush=True), **json.loads(sys.argv[1])).run()
