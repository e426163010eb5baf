"""A named channel, whose worker runs in this process from the first connection on, and a layer that a module keeps."""

import django

django.setup()

import asyncio  # noqa: E402

from asgiref.sync import async_to_sync  # noqa: E402
from channels.consumer import AsyncConsumer, SyncConsumer  # noqa: E402
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.worker import Worker  # noqa: E402
from django.urls import path  # noqa: E402

layer = get_channel_layer()


class Gallery(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await layer.group_add("gallery", self.channel_name)  # at: group_add
        await self.accept()  # at: accept

    async def disconnect(self, code):
        await layer.group_discard("gallery", self.channel_name)  # at: group_discard

    async def receive_json(self, content):  # at: receive_json
        if "picture" in content:
            order = {"type": "make.thumbnail", "picture": content["picture"]}
            await self.channel_layer.send("thumbnails", order)  # at: layer_send
        elif "caption" in content:
            order = {"type": "make.caption", "text": content["caption"]}
            await layer.send("captions", order)  # at: layer_send a caption
        else:
            await layer.send("tally", {"type": "count.up", "by": content["by"]})  # at: layer_send by the module's

    async def thumbnail_made(self, event):  # at: thumbnail_made
        await self.send_json({"thumbnail": event["name"]})  # at: send

    async def tally_is(self, event):  # at: tally_is
        await self.send_json({"tally": event["count"]})  # at: send tally


class Thumbnailer(AsyncConsumer):
    async def make_thumbnail(self, message):
        name = f"small-{message['picture']}"
        await layer.group_send("gallery", {"type": "thumbnail.made", "name": name})  # at: group_send


class Captioner(SyncConsumer):
    def make_caption(self, message):
        made = {"type": "thumbnail.made", "name": message["text"].title()}
        async_to_sync(self.channel_layer.group_send)("gallery", made)  # at: group_send a caption


async def go_on_counting():
    """What some write instead of a consumer."""
    count = 0
    while True:
        message = await layer.receive("tally")
        count += message["by"]
        await layer.group_send("gallery", {"type": "tally.is", "count": count})  # at: group_send by the loop


class WithWorkers:
    """Starts the workers with the first connection: an ASGI application isn't told of a start by every server."""

    def __init__(self, application):
        self.application, self.tasks = application, []

    async def __call__(self, scope, receive, send):
        if not self.tasks:
            worker = Worker(application, ["thumbnails", "captions"], layer)
            self.tasks = [asyncio.create_task(worker.handle()), asyncio.create_task(go_on_counting())]
        return await self.application(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "websocket": WithWorkers(URLRouter([path("gallery/", Gallery.as_asgi())])),
        "channel": ChannelNameRouter({"thumbnails": Thumbnailer.as_asgi(), "captions": Captioner.as_asgi()}),
    }
)
