"""Synchronous consumers, behind a middleware of the project's own that reads a token from the address."""

import django

django.setup()

import json  # noqa: E402
from urllib.parse import parse_qs  # noqa: E402

from asgiref.sync import async_to_sync  # noqa: E402
from channels.generic.websocket import (  # noqa: E402
    AsyncWebsocketConsumer,
    JsonWebsocketConsumer,
    WebsocketConsumer,
)
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

TOKENS = {"t-anna": "anna", "t-bob": "bob"}


class TokenMiddleware:
    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        query = parse_qs(scope["query_string"].decode())
        name = TOKENS.get(query.get("token", [""])[0])
        if name is None:
            await receive()
            return await send({"type": "websocket.close", "code": 4401})  # at: no token
        return await self.inner({**scope, "name": name}, receive, send)


class Board(WebsocketConsumer):
    def connect(self):
        self.group = "board." + self.scope["url_route"]["kwargs"]["board"]
        async_to_sync(self.channel_layer.group_add)(self.group, self.channel_name)  # at: group_add
        self.accept()  # at: accept
        self.send(json.dumps({"welcome": self.scope["name"]}))  # at: welcome

    def disconnect(self, code):
        async_to_sync(self.channel_layer.group_discard)(self.group, self.channel_name)  # at: group_discard

    def receive(self, text_data=None, bytes_data=None):  # at: receive
        if text_data == "bye":
            return self.close(code=4000, reason="as you wish")  # at: close
        note = {"type": "board.note", "by": self.scope["name"], "text": text_data, "size": len(bytes_data or b"")}
        self.send(json.dumps({"posted": True}))  # at: posted
        self.post(note)

    def post(self, note):
        async_to_sync(self.channel_layer.group_send)(self.group, note)  # at: group_send

    def board_note(self, event):  # at: board_note
        self.send(json.dumps(event))  # at: send


class Echo(AsyncWebsocketConsumer):
    """Neither has it, nor the next one, a ``connect`` of its own."""

    async def receive(self, text_data=None, bytes_data=None):  # at: receive by the echo
        await self.send(text_data=text_data)  # at: echo


class Sums(JsonWebsocketConsumer):
    def receive_json(self, content):  # at: receive_json
        self.send_json({"sum": sum(content)})  # at: sum


routes = [path("board/<board>/", Board.as_asgi()), path("echo/", Echo.as_asgi()), path("sums/", Sums.as_asgi())]
application = ProtocolTypeRouter({"websocket": TokenMiddleware(URLRouter(routes))})
