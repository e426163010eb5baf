import json

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer, WebsocketConsumer
from django.db import transaction

from tests.inspector.projects.notices.models import Notice, publish


class BoardConsumer(WebsocketConsumer):
    def connect(self):
        self.person, self.board = self.scope["person"], self.scope["url_route"]["kwargs"]["board"]
        if self.person is None:
            return self.close()  # hop: unknown key
        self.group = f"board_{self.board}"
        async_to_sync(self.channel_layer.group_add)(self.group, self.channel_name)  # hop: group_add
        self.accept()  # hop: accept
        for notice in Notice.objects.filter(board=self.board).select_related("by").order_by("pk"):
            self.send(json.dumps(notice.as_json()))  # hop: history

    def disconnect(self, code):
        if self.person is not None:
            async_to_sync(self.channel_layer.group_discard)(self.group, self.channel_name)  # hop: group_discard

    def receive(self, text_data=None, bytes_data=None):  # hop: receive
        content = json.loads(text_data)
        getattr(self, f"do_{content.pop('do')}")(**content)

    def do_pin(self, text):
        with transaction.atomic():
            notice = Notice.objects.create(board=self.board, text=text, by=self.person)
        self.send(json.dumps({"pinned": notice.pk}))  # hop: pinned

    def do_repeat(self, notice):
        publish(Notice.objects.get(pk=notice))

    def do_remind(self, text):
        event = {"type": "reminder", "text": text}
        async_to_sync(self.channel_layer.send)(self.channel_name, event)  # hop: to itself

    def notice_pinned(self, event):  # hop: notice_pinned
        self.send(text_data=json.dumps(event["notice"]))  # hop: notice

    def reminder(self, event):  # hop: reminder
        self.send(bytes_data=event["text"].encode("utf-16-le"))  # hop: reminded


class CountConsumer(AsyncJsonWebsocketConsumer):
    groups = ["board_red"]

    async def receive_json(self, content):  # hop: receive_json
        number = await self.count(content["board"])
        await self.send_json({"board": content["board"], "notices": number})  # hop: counted

    @database_sync_to_async
    def count(self, board):
        return Notice.objects.filter(board=board).count()

    async def notice_pinned(self, event):  # hop: count's notice_pinned
        await self.send_json({"more": await self.count("red")})  # hop: more
