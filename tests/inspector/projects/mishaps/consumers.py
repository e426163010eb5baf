import asyncio
from contextlib import suppress

from asgiref.sync import async_to_sync
from channels.exceptions import AcceptConnection, ChannelFull, DenyConnection, StopConsumer
from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
    WebsocketConsumer,
)


class RaisesInConnect(AsyncWebsocketConsumer):
    async def connect(self):
        raise LookupError("no such table")  # hop: error in connect


class SyncRaises(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):  # hop: sync receive
        self.send("before")  # hop: sync before
        self.divide(0)

    def divide(self, number):
        return 1 / number  # hop: sync error


class RaisesInHandler(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):  # hop: receive before an error
        await self.channel_layer.send(self.channel_name, {"type": "go.wrong", "with": text_data})  # hop: layer_send

    async def go_wrong(self, event):  # hop: go_wrong
        await asyncio.sleep(0)
        raise KeyError(event["with"])  # hop: error in a handler


class NoHandler(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):  # hop: receive before no handler
        await self.channel_layer.send(self.channel_name, {"type": "nobody.handles.this"})  # hop: to no handler


class RaisesInDisconnect(WebsocketConsumer):
    def disconnect(self, code):
        raise OSError(f"disk full at {code}")  # hop: error in disconnect


class ClosesWithCode(WebsocketConsumer):
    def connect(self):
        self.accept()  # hop: accept before a close
        self.close(code=4002, reason="too late")  # hop: close at once


class Refuses(AsyncWebsocketConsumer):
    async def connect(self):
        await self.close(code=4001)  # hop: refuse


class Denies(WebsocketConsumer):
    def connect(self):
        raise DenyConnection  # hop: deny


class Accepts(AsyncWebsocketConsumer):
    async def connect(self):
        raise AcceptConnection  # hop: accept by an exception

    async def receive(self, text_data=None, bytes_data=None):  # hop: receive and close
        await self.send("bye", close=True)  # hop: bye


class Stops(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):  # hop: receive and stop
        await self.send("I stop")  # hop: stop
        raise StopConsumer


class BadJson(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):  # hop: receive_json
        await self.send_json(content)  # hop: json


class SendsAfterClose(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):  # hop: receive and go on
        await self.close()  # hop: close and go on
        with suppress(Exception):  # servers differ in what they say to that
            await self.send("too late")  # hop: too late


class Slow(AsyncWebsocketConsumer):
    """Doesn't look at its events while it is told not to."""

    slow = []

    async def connect(self):
        await self.channel_layer.group_add("slow", self.channel_name)  # hop: group_add
        await self.accept()  # hop: accept
        self.slow.append(self)
        self.go_on = asyncio.Event()

    async def receive(self, text_data=None, bytes_data=None):  # hop: slow's receive
        if text_data == "be slow":
            await self.send("slow")  # hop: slow
            await self.go_on.wait()
        elif text_data == "go on":
            for one in self.slow:
                one.go_on.set()
        else:
            await self.flood()

    async def flood(self):
        for number in range(8):
            await self.channel_layer.group_send("slow", {"type": "drop", "number": number})  # hop: flood
        refused = 0
        for _ in range(2):
            try:
                await self.channel_layer.send(self.slow[0].channel_name, {"type": "drop", "number": 9})  # hop: overfull
            except ChannelFull:
                refused += 1
        await self.send(f"refused {refused}")  # hop: refused

    async def drop(self, event):  # hop: drop
        await self.send(str(event["number"]))  # hop: drip

    async def disconnect(self, code):
        self.slow.remove(self)
        await self.channel_layer.group_discard("slow", self.channel_name)  # hop: group_discard


class SyncFlood(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):  # hop: one of the flood
        async_to_sync(self.channel_layer.send)(self.channel_name, {"type": "again", "text": text_data})  # hop: again

    def again(self, event):  # hop: again's handler
        self.send(event["text"])  # hop: once more


class BrokenPage(AsyncHttpConsumer):
    async def handle(self, body):
        raise RuntimeError("no page")  # hop: page
