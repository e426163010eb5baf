"""What chatdemo is measured against: the tutorial's project as a learner has it at the end of part 3."""

import subprocess
import sys
from pathlib import Path

from tests.support.served import clean_environ

SETTINGS = """
ASGI_APPLICATION = "mysite.asgi.application"
CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
"""

URLS = """\
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("chat/", include("chat.urls")),
    path("admin/", admin.site.urls),
]
"""

ASGI = """\
import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
http = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator

from chat.routing import websocket_urlpatterns

websocket = AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
application = ProtocolTypeRouter({"http": http, "websocket": websocket})
"""

CHAT_URLS = """\
from django.urls import path

from . import views

urlpatterns = [
    path("", views.index, name="index"),
    path("<str:room_name>/", views.room, name="room"),
]
"""

VIEWS = """\
from django.shortcuts import render


def index(request):
    return render(request, "chat/index.html")


def room(request, room_name):
    return render(request, "chat/room.html", {"room_name": room_name})
"""

ROUTING = """\
from django.urls import re_path

from . import consumers

websocket_urlpatterns = [re_path(r"^ws/chat/(?P<room_name>\\w+)/$", consumers.ChatConsumer.as_asgi())]
"""

CONSUMERS = """\
import json

from channels.generic.websocket import AsyncWebsocketConsumer


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.room_group_name = "chat_" + self.scope["url_route"]["kwargs"]["room_name"]
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()

    async def disconnect(self, close_code):
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data):
        event = {"type": "chat.message", "message": json.loads(text_data)["message"]}
        await self.channel_layer.group_send(self.room_group_name, event)

    async def chat_message(self, event):
        await self.send(text_data=json.dumps({"message": event["message"]}))
"""

INDEX = """\
<!doctype html>
<html>
<head><meta charset="utf-8"><title>Rooms</title></head>
<body>
  <label for="room-name-input">Name of the room:</label>
  <input id="room-name-input" type="text" size="60">
  <input id="room-name-submit" type="button" value="Go in">
  <script>
    const name = document.getElementById("room-name-input");
    const submit = document.getElementById("room-name-submit");
    name.focus();
    name.addEventListener("keyup", (event) => { if (event.key === "Enter") submit.click(); });
    submit.addEventListener("click", () => { location.pathname = `/chat/${name.value}/`; });
  </script>
</body>
</html>
"""

ROOM = """\
<!doctype html>
<html>
<head><meta charset="utf-8"><title>Room</title></head>
<body>
  <textarea id="chat-log" cols="80" rows="20"></textarea><br>
  <input id="chat-message-input" type="text" size="80"><br>
  <input id="chat-message-submit" type="button" value="Say it">
  {{ room_name|json_script:"room-name" }}
  <script>
    const room = JSON.parse(document.getElementById("room-name").textContent);
    const log = document.getElementById("chat-log");
    const input = document.getElementById("chat-message-input");
    const submit = document.getElementById("chat-message-submit");
    const chat = new WebSocket(`ws://${location.host}/ws/chat/${room}/`);
    chat.addEventListener("message", (event) => { log.value += JSON.parse(event.data).message + "\\n"; });
    chat.addEventListener("close", () => { console.error("The WebSocket was closed."); });
    input.focus();
    input.addEventListener("keyup", (event) => { if (event.key === "Enter") submit.click(); });
    submit.addEventListener("click", () => {
      chat.send(JSON.stringify({message: input.value}));
      input.value = "";
    });
  </script>
</body>
</html>
"""

#: The files that the tutorial has a learner write, by their paths in the project.
FILES = {
    "mysite/urls.py": URLS,
    "mysite/asgi.py": ASGI,
    "chat/__init__.py": "",
    "chat/views.py": VIEWS,
    "chat/urls.py": CHAT_URLS,
    "chat/routing.py": ROUTING,
    "chat/consumers.py": CONSUMERS,
    "chat/templates/chat/index.html": INDEX,
    "chat/templates/chat/room.html": ROOM,
}


def write(folder: Path) -> Path:
    """Write the project into ``folder``, which is made if it isn't there, and return it. There is no database yet.

    The settings are those that the installed Django's ``startproject`` writes, with the tutorial's changes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "django", "startproject", "mysite", str(folder)]
    subprocess.run(command, check=True, env=clean_environ())
    _change_settings(folder / "mysite" / "settings.py")
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def _change_settings(path: Path) -> None:
    before, opening, after = path.read_text("utf-8").partition("INSTALLED_APPS = [\n")
    assert opening, f"startproject wrote a {path} without the INSTALLED_APPS that are looked for"
    path.write_text(f'{before}{opening}    "daphne",\n    "chat",\n{after}{SETTINGS}', "utf-8")
