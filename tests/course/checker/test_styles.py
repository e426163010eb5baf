"""Projects that are right in another way than the course's are right too."""

import pytest

from benchmarks import stock
from chatdemo.course import outline
from tests.course.checker.planted.plant import ASGI, CONSUMERS, ROOM, ROUTES, SETTINGS, VIEWS
from tests.course.checker.projects import check_folder, write

pytestmark = pytest.mark.usefixtures("warm")

JSON_CONSUMER = '''\
from channels.generic.websocket import AsyncJsonWebsocketConsumer


class Talk(AsyncJsonWebsocketConsumer):
    """Another name, another base, and helpers of its own."""

    async def connect(self):
        name = self.scope["url_route"]["kwargs"]["room_name"]
        self.group = "chat_%s" % name
        await self._join()
        await self.accept()

    async def _join(self):
        await self.channel_layer.group_add(group=self.group, channel=self.channel_name)

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive_json(self, content, **kwargs):
        await self.channel_layer.group_send(self.group, {"type": "said", "text": content["message"]})

    async def said(self, event):
        await self._answer(event["text"])

    async def _answer(self, text):
        await self.send_json({"message": text, "more": 1})
'''
TALK_ROUTES = """\
from django.urls import path
from chat.consumers import Talk

websocket_urlpatterns = [path("ws/chat/<str:room_name>/", Talk.as_asgi())]
"""
NESTED = '''\
"""The routes in the ASGI module itself, one inside the other."""
import os

import django
from django.core.asgi import get_asgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.sessions import SessionMiddlewareStack
from django.urls import path, re_path

from chat import consumers

inner = URLRouter([re_path(r"^(?P<room_name>[^/]+)/$", consumers.ChatConsumer.as_asgi())])
application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": SessionMiddlewareStack(URLRouter([path("ws/chat/", inner)])),
    }
)
'''
GREETS = '''\
    async def greet(self):
        """What else is sent to a newcomer does no harm."""
        await self.send(text_data=json.dumps({"notice": "welcome"}))

    async def disconnect('''
AWAITS = """\
        await self.accept()
        import asyncio

        await asyncio.sleep(0.2)
"""
EVERYONE = """\
        await self.channel_layer.group_add("everyone", self.channel_name)
        await self.accept()

    async def websocket_disconnect(self, message):
        await self.channel_layer.group_discard("everyone", self.channel_name)
        await super().websocket_disconnect(message)
"""
QUIT = """\
        if message == "/quit":
            await self.close()
        await self.channel_layer.group_send"""
EXPECTED = """\
        try:
            self.token = self.scope["token"]
        except KeyError:
            self.token = ""
        await self.accept()
"""
TWO_EVENTS = """\
    async def websocket_receive(self, message):
        await super().websocket_receive(message)
        await self.channel_layer.group_send(self.room_group_name, {"type": "rest"})

    async def rest(self, event):
        await self.send(text_data=json.dumps({"resting": True}))

    async def disconnect("""
THREAD = """
import threading
import time


def work():
    while True:
        time.sleep(0.01)


threading.Thread(target=work, daemon=True).start()
"""
CALLED_BY_A_FUNCTION = """\
from django.urls import re_path

from . import consumers


def application(scope, receive, send):
    return consumers.ChatConsumer.as_asgi()(scope, receive, send)


websocket_urlpatterns = [re_path(r"^ws/chat/(?P<room_name>\\w+)/$", application)]
"""
DECORATOR = """\
    def logged(method):
        @__import__("functools").wraps(method)
        async def logs(self, event):
            return await method(self, event)

        return logs

"""
STYLES = {
    "a thread of its own": {ASGI: outline.find_step("async").project()[ASGI] + THREAD},
    "a JSON consumer of another name": {CONSUMERS: JSON_CONSUMER, ROUTES: TALK_ROUTES},
    "routers in routers": {ASGI: NESTED},
    "one ws route for wss too": {
        ROOM: ("scheme + window.location.host", "'//' + window.location.host")
    },
    "an address in a constant": {
        ROOM: (
            "new WebSocket(\n      scheme + window.location.host + '/ws/chat/' + roomName + '/'\n    )",
            "new WebSocket(`${scheme}${location.host}/ws/chat/${encodeURIComponent(roomName)}/`)",
        )
    },
    "jinja-free escaping": {
        ROOM: (
            '{{ room_name|json_script:"room-name" }}',
            '<p id="room-name" hidden>"{{ room_name|escapejs }}"</p>',
        )
    },
    "a shorter view": {
        VIEWS: ('"chat/room.html", {"room_name": room_name}', '"chat/room.html", locals()')
    },
    "a greeting": {CONSUMERS: ("    async def disconnect(", GREETS)},
    "an await in connect": {CONSUMERS: ("        await self.accept()\n", AWAITS)},
    "two groups": {CONSUMERS: ("        await self.accept()\n", EVERYONE)},
    "a command that closes": {CONSUMERS: ("        await self.channel_layer.group_send", QUIT)},
    "an exception that is expected": {CONSUMERS: ("        await self.accept()\n", EXPECTED)},
    "two events for one message": {CONSUMERS: ("    async def disconnect(", TWO_EVENTS)},
    "settings that are changed": {
        SETTINGS: ("USE_TZ = True", "USE_TZ = True\nINSTALLED_APPS += ['django.contrib.humanize']")
    },
    "hosts that are named": {
        SETTINGS: ("ALLOWED_HOSTS = []", 'ALLOWED_HOSTS = ["localhost", "127.0.0.1"]')
    },
    "strings joined on purpose": {
        SETTINGS: (
            "ALLOWED_HOSTS = []",
            'ALLOWED_HOSTS = []\nX = ("a"\n     "b")\nY = (\n    "a "\n    "b"\n)',
        )
    },
    "small letters for a value that a setting gets": {
        SETTINGS: ("DEBUG = True", "debug = True\nDEBUG = debug")
    },
    "a function that calls the consumer": {ROUTES: CALLED_BY_A_FUNCTION},
    "a middleware around one route": {
        ROUTES: (
            "consumers.ChatConsumer.as_asgi()",
            "__import__('channels.auth').auth.AuthMiddlewareStack(consumers.ChatConsumer.as_asgi())",
        )
    },
    "decorated methods": {
        CONSUMERS: (
            "    async def chat_message(",
            DECORATOR + "    @logged\n    async def chat_message(",
        )
    },
}


@pytest.mark.parametrize("style", STYLES)
def test_another_style_is_no_fault(style, tmp_path):
    files = outline.find_step("async").project()
    for file, change in STYLES[style].items():
        if isinstance(change, tuple):
            assert change[0] in files[file]
            files[file] = files[file].replace(*change)
        else:
            files[file] = change
    result = check_folder(write(tmp_path / "project", files), "async")
    assert result.done[-1] == "async", result.fault


def test_a_project_typed_by_hand_from_startproject_is_no_fault(tmp_path):
    result = check_folder(stock.write(tmp_path / "project"))
    assert (result.done[-1], result.begun, result.passes(None)) == ("async", "async", True), (
        result.fault
    )
