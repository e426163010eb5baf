"""A small Channels application to look into: its consumers are written as Channels' documentation writes them."""

import asyncio
import json

from asgiref.sync import async_to_sync
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.urls import path

from chatdemo.realtime import base_consumer


class Echo(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send(text_data, bytes_data)  # hop: echo


class Room(AsyncWebsocketConsumer):
    async def connect(self):
        self.group = self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.group, self.channel_name)  # hop: group_add
        await self.accept()  # hop: accept

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data=None, bytes_data=None):  # hop: receive
        if text_data == "later":
            await asyncio.sleep(0)
        await self.channel_layer.group_send(self.group, {"type": "chat.message", "text": text_data})  # hop: group_send

    async def chat_message(self, event):  # hop: layer_receive
        await self.send(json.dumps(event))  # hop: send


class Direct(base_consumer.AsyncWebsocketConsumer):
    """The same on the base class of this project."""

    connect, disconnect = Room.connect, Room.disconnect
    receive, chat_message = Room.receive, Room.chat_message


class SyncRoom(WebsocketConsumer):
    def connect(self):
        self.group = self.scope["url_route"]["kwargs"]["room"]
        async_to_sync(self.channel_layer.group_add)(self.group, self.channel_name)  # sync: group_add
        self.accept()  # sync: accept

    def disconnect(self, code):
        async_to_sync(self.channel_layer.group_discard)(self.group, self.channel_name)

    def receive(self, text_data=None, bytes_data=None):  # sync: receive
        event = {"type": "chat.message", "text": text_data}
        async_to_sync(self.channel_layer.group_send)(self.group, event)  # sync: group_send

    def chat_message(self, event):  # sync: layer_receive
        self.send(json.dumps(event))  # sync: send


class Broken(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await asyncio.sleep(0)
        raise ZeroDivisionError("on purpose")  # hop: error


class Refusing(AsyncWebsocketConsumer):
    async def connect(self):
        try:
            raise PermissionError("you have no ticket")
        except PermissionError:
            await self.close()  # hop: refuse after an error


class Failing(AsyncWebsocketConsumer):
    async def connect(self):
        raise LookupError("no such room")


class Closing(AsyncWebsocketConsumer):
    async def connect(self):
        await self.close(4001, reason="the room is being painted.")


class Silent(AsyncWebsocketConsumer):
    async def connect(self):
        await self.close()  # hop: refuse


ROUTES = {"echo": Echo, "direct": Direct, "sync": SyncRoom, "broken": Broken, "failing": Failing}
ROUTES |= {"refusing": Refusing, "closing": Closing, "silent": Silent, "room": Room}


def make_application():
    """The application, without anything of the inspector."""
    routes = [path(f"ws/{name}/<room>/", consumer.as_asgi()) for name, consumer in ROUTES.items()]
    return ProtocolTypeRouter({"websocket": OriginValidator(URLRouter(routes), ["testserver"])})


def line_of(marker: str) -> int:
    """The number of the line that ends with this comment."""
    with open(__file__, encoding="utf-8") as file:
        return next(number for number, line in enumerate(file, 1) if line.rstrip().endswith(f"# {marker}"))
