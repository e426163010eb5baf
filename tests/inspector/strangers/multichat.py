"""Several rooms on one socket, for those who have logged in; and ordinary pages of Django beside it."""

import django

django.setup()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.exceptions import DenyConnection  # noqa: E402
from channels.generic.websocket import AsyncJsonWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402

from tests.inspector.strangers.people import session_of  # noqa: E402


class UnknownRoom(Exception):
    def __init__(self, name):
        super().__init__(name)
        self.name = name


class MultiChat(AsyncJsonWebsocketConsumer):
    async def connect(self):
        if self.scope["user"].is_anonymous:
            await self.close()  # at: anonymous
        else:
            await self.accept()  # at: accept
        self.rooms = set()

    async def receive_json(self, content):  # at: receive_json
        try:
            match content.get("command"):
                case "join":
                    await self.join(content["room"])
                case "leave":
                    await self.leave(content["room"])
                case "send":
                    await self.say(content["room"], content["message"])
        except UnknownRoom as error:
            await self.send_json({"error": f"You aren't in {error.name}."})  # at: error

    async def disconnect(self, code):
        for name in sorted(self.rooms):
            await self.leave(name, tell=False)

    async def join(self, name):
        event = {"type": "chat.joined", "room": name, "who": self.scope["user"].username}
        await self.channel_layer.group_send(f"room-{name}", event)  # at: tell joined
        self.rooms.add(name)
        await self.channel_layer.group_add(f"room-{name}", self.channel_name)  # at: group_add
        await self.send_json({"joined": name})  # at: send joined

    async def leave(self, name, tell=True):
        self.rooms.discard(name)
        await self.channel_layer.group_discard(f"room-{name}", self.channel_name)  # at: group_discard
        if tell:
            await self.send_json({"left": name})  # at: send left

    async def say(self, name, message):
        if name not in self.rooms:
            raise UnknownRoom(name)
        who = self.scope["user"].username
        event = {"type": "chat.message", "room": name, "who": who, "message": message}
        await self.channel_layer.group_send(f"room-{name}", event)  # at: group_send

    async def chat_joined(self, event):  # at: chat_joined
        await self.send_json({"room": event["room"], "joined": event["who"]})  # at: send who joined

    async def chat_message(self, event):  # at: chat_message
        await self.send_json({"room": event["room"], "who": event["who"], "message": event["message"]})  # at: send


class Denying(AsyncJsonWebsocketConsumer):
    async def connect(self):
        await self.check()

    async def check(self):
        raise DenyConnection("closed for today")  # at: deny


def index(request):
    return HttpResponse(f"Hello, {request.GET.get('name', 'stranger')}!", headers={"X-Theirs": "yes"})


def login(request):
    request.session.update(session_of(int(request.GET["user"])))
    return HttpResponse("Welcome.")


urlpatterns = [path("", index), path("login/", login)]
routes = [path("chat/stream/", MultiChat.as_asgi()), path("chat/closed/", Denying.as_asgi())]
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": AuthMiddlewareStack(URLRouter(routes))},
)
