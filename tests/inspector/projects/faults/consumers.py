import asyncio
import functools
import gc
import logging
import threading
import time

from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import (
    AsyncJsonWebsocketConsumer,
    AsyncWebsocketConsumer,
    WebsocketConsumer,
)
from django.contrib.auth.models import User

logger = logging.getLogger("faults.consumers")
tasks = set()


def carefully(handler):
    @functools.wraps(handler)
    async def handled(self, *args, **kwargs):
        return await handler(self, *args, **kwargs)

    return handled


class Raises(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        raise ValueError(text_data)  # fault: receive


class Logs(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        try:
            int(text_data)  # fault: caught
        except ValueError as error:
            logger.exception("not a number: %s", text_data)
            if text_data == "raise it":
                raise error
        await self.send("went on")


class Tasks(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        task = asyncio.create_task(self.tick())
        await asyncio.wait([task])
        del task
        gc.collect()
        await self.send("went on")

    async def tick(self):
        raise OSError("the clock stopped")  # fault: task


class NeverAwaited(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        self.channel_layer.group_send("room", {"type": "x"})  # fault: never awaited
        await self.send("went on")


class SyncNeverAwaited(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):
        self.channel_layer.group_add("room", self.channel_name)  # fault: never awaited in a thread
        self.send("went on")


class Keeps(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        greeting = self.greet()  # fault: kept in a variable
        await self.send("went on")
        del greeting

    async def greet(self):
        pass


class AsyncInSync(WebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):  # fault: async in a synchronous consumer
        self.send("never")

    def disconnect(self, code):
        pass


class Threads(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        threading.Thread(target=self.work, name="worker").start()
        await self.send("went on")

    def work(self):
        raise OSError("no disk")  # fault: thread


class NoUser(AsyncWebsocketConsumer):
    async def connect(self):
        self.user = self.scope["user"]  # fault: no user


class NoPart(AsyncWebsocketConsumer):
    async def connect(self):
        self.room = self.scope["url_route"]["kwargs"]["room_name"]  # fault: no part


class NeverAccepts(AsyncWebsocketConsumer):
    async def connect(self):  # fault: never accepts
        self.room = "room"


class SyncNeverAccepts(WebsocketConsumer):
    def connect(self):  # fault: never accepts in a thread
        self.room = "room"


class LongConnect(AsyncWebsocketConsumer):
    async def connect(self):  # fault: long connect
        await asyncio.sleep(3.2)
        await self.accept()


class Counts(AsyncWebsocketConsumer):
    @carefully
    async def receive(self, text_data=None, bytes_data=None):  # fault: long receive
        for number in range(30):
            await self.count(number)
        await self.send("done")

    async def count(self, number):
        await asyncio.sleep(0.1)


class SyncSleeps(WebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):  # fault: long in a thread
        time.sleep(3)
        self.send("done")


class Blocks(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):  # fault: blocks
        time.sleep(3.6)
        await self.send("done")


class Json(AsyncJsonWebsocketConsumer):
    async def receive_json(self, content):  # fault: json
        await self.send_json(content)


class NoHandler(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.send(self.channel_name, {"type": "chat.mesage"})  # fault: no handler

    async def chat_message(self, event):
        await self.send("hello")


class BadGroup(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("chat_Mia & Ben", self.channel_name)  # fault: group name


class NoTable(AsyncWebsocketConsumer):
    async def connect(self):
        await User.objects.acreate(username="Mia")  # fault: no table


class Refuses(AsyncWebsocketConsumer):
    async def connect(self):
        await self.close(4003)  # fault: refuses


class Decorated(AsyncWebsocketConsumer):
    @carefully
    async def receive(self, text_data=None, bytes_data=None):  # fault: decorated
        await self.send("went on")


class DefReceive(AsyncWebsocketConsumer):
    def receive(self, text_data=None, bytes_data=None):  # fault: def receive
        pass


class DefHelper(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        self.greet()
        await self.send("went on")

    def greet(self):
        self.send("never")  # fault: in a function of the loop


class DefHandler(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.send(self.channel_name, {"type": "chat.message"})

    def chat_message(self, event):  # fault: def chat_message
        pass


class ReturnsReply(AsyncJsonWebsocketConsumer):
    async def connect(self):
        return await super().connect()

    def receive_json(self, content):  # fault: def receive_json
        return "a reply"


class FailingPage(AsyncHttpConsumer):
    async def handle(self, body):
        raise RuntimeError("no page")  # fault: page


class BusyPage(AsyncHttpConsumer):
    async def handle(self, body):
        await self.send_response(503, b"later")  # fault: busy page


class ChoosesSubprotocol(AsyncWebsocketConsumer):
    async def connect(self):
        await self.accept("graphql-ws")  # fault: subprotocol


class SendsNothing(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.send("")  # fault: nothing to send
        await self.send("went on")


class InGroup(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        async with asyncio.TaskGroup() as group:  # Python 3.11
            group.create_task(self.work())

    async def work(self):
        raise ValueError("in a group")  # fault: group


class Floods(AsyncWebsocketConsumer):
    async def connect(self):
        await self.channel_layer.group_add("flood", self.channel_name)
        await self.accept()

    async def receive(self, text_data=None, bytes_data=None):
        for _ in range(150):
            await self.channel_layer.group_send("flood", {"type": "drop"})  # fault: flood
        await self.send("went on")

    async def drop(self, event):
        pass


class OddType(AsyncWebsocketConsumer):
    async def receive(self, text_data=None, bytes_data=None):
        await self.channel_layer.send(self.channel_name, {"type": 5})  # fault: odd type


ALL = [
    Raises,
    Logs,
    Tasks,
    NeverAwaited,
    SyncNeverAwaited,
    Keeps,
    AsyncInSync,
    Threads,
    NoUser,
    NoPart,
    NeverAccepts,
    SyncNeverAccepts,
    LongConnect,
    Counts,
    SyncSleeps,
    Blocks,
    Json,
    NoHandler,
    BadGroup,
    NoTable,
    Refuses,
    Decorated,
    ChoosesSubprotocol,
    SendsNothing,
    InGroup,
    Floods,
    OddType,
    DefReceive,
    DefHelper,
    DefHandler,
    ReturnsReply,
]
