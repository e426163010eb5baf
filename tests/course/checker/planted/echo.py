"""Faults of step 3, `echo`."""

from tests.course.checker.planted.plant import ASGI, CONSUMERS, ROUTES, Plant

ELSEWHERE = """import os

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import OriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django_asgi_app = get_asgi_application()

from chat.routing import websocket_urlpatterns

application = ProtocolTypeRouter(
    {"http": django_asgi_app, "websocket": OriginValidator(URLRouter(websocket_urlpatterns), ["example.org"])}
)
"""

MIDDLEWARE = """

class Log:
    def __init__(self, application):
        self.application = application

    def __call__(self, scope):
        return self.application(scope)


application.application_mapping["websocket"] = Log(application.application_mapping["websocket"])
"""
NO_USER = """import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
django_asgi_app = get_asgi_application()

from chat.consumers import ChatConsumer
from chat.routing import websocket_urlpatterns


async def connect(self):
    self.user = self.scope["user"]
    await self.accept()


ChatConsumer.connect = connect
application = ProtocolTypeRouter({"http": django_asgi_app, "websocket": URLRouter(websocket_urlpatterns)})
"""
NEVER_ENDS = """\
    async def websocket_disconnect(self, message):
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def disconnect("""
BARE_CONSUMER = """\
import json

from channels.consumer import SyncConsumer


class ChatConsumer(SyncConsumer):
    def websocket_connect(self, event):
        self.send({"type": "websocket.accept"})

    def websocket_receive(self, event):
        message = json.loads(event["text"])["message"]
        self.send({"type": "websocket.send", "text": json.dumps({"message": message})})
"""
ONE_ROUTE = """\
from django.urls import re_path

from . import consumers

websocket_urlpatterns = (
    re_path(r"^ws/chat/(?P<room_name>\\w+)/$", consumers.ChatConsumer.as_asgi())
)
"""
PLANTS = [
    Plant(
        "URLRouter forgotten",
        "echo",
        ASGI,
        "URLRouter(websocket_urlpatterns)",
        "websocket_urlpatterns",
        "C327",
        "URLRouter",
    ),
    Plant("an instance", "async", ROUTES, "ChatConsumer.as_asgi()", "ChatConsumer()", "C303"),
    Plant(
        "a room that is fixed",
        "async",
        ROUTES,
        ".as_asgi())",
        ".as_asgi(), {'room_name': 'lobby'})",
        "C323",
        "'lobby'",
    ),
    Plant("no user", "async", ASGI, None, NO_USER, "C320", "'user'"),
    Plant(
        "a middleware of Channels 2",
        "echo",
        ASGI,
        "            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))\n        ),\n    }\n)\n",
        "            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))\n        ),\n    }\n)\n"
        + MIDDLEWARE,
        "C321",
        "Log",
    ),
    Plant(
        "it never ends",
        "async",
        CONSUMERS,
        "    async def disconnect(",
        NEVER_ENDS,
        "C322",
        "websocket_disconnect",
    ),
    Plant(
        "nested the wrong way",
        "async",
        ASGI,
        "AuthMiddlewareStack(URLRouter(websocket_urlpatterns))",
        "URLRouter(AuthMiddlewareStack(websocket_urlpatterns))",
        "C324",
    ),
    Plant(
        "include()",
        "async",
        ASGI,
        "URLRouter(websocket_urlpatterns)",
        "URLRouter([__import__('django.urls').urls.path('', __import__('django.urls').urls.include('chat.routing'))])",
        "C325",
    ),
    Plant(
        "get_channel_layer without brackets",
        "async",
        CONSUMERS,
        "        await self.channel_layer.group_add(",
        "        from channels.layers import get_channel_layer\n\n        self.channel_layer = get_channel_layer\n        await self.channel_layer.group_add(",
        "C326",
        "get_channel_layer",
    ),
    Plant(
        "as_asgi forgotten",
        "echo",
        ROUTES,
        ".as_asgi()",
        "",
        "C303",
        "as_asgi() is missing after ChatConsumer",
    ),
    Plant("as_asgi forgotten later", "async", ROUTES, ".as_asgi()", "", "C303"),
    Plant("as_asgi not called", "async", ROUTES, ".as_asgi()", ".as_asgi", "C303"),
    Plant("no websocket in the router", "async", ASGI, '"websocket"', '"ws"', "C301"),
    Plant(
        "websocket misspelt", "echo", ASGI, '"websocket"', '"websockets"', "C301", "'websockets'"
    ),
    Plant("a leading slash", "async", ROUTES, 'r"^ws', 'r"^/ws', "C302", "starts with a slash"),
    Plant(
        "no slash at the end", "async", ROUTES, r"\w+)/$", r"\w+)$", "C302", "no slash at its end"
    ),
    Plant("no end", "async", ROUTES, r"\w+)/$", r"\w+)/", "C314", "no $"),
    Plant("no plus", "async", ROUTES, r"\w+)", r"\w)", "C302", "one character"),
    Plant(
        "path for re_path",
        "async",
        ROUTES,
        "import re_path",
        "import path as re_path",
        "C302",
        "use re_path()",
    ),
    Plant("no room_name", "echo", ROUTES, "?P<room_name>", "", "C304"),
    Plant("another name for room_name", "async", ROUTES, "room_name", "room", "C304"),
    Plant("accept forgotten", "echo", CONSUMERS, "self.accept()", "pass", "C306"),
    Plant(
        "accept forgotten, asynchronous",
        "async",
        CONSUMERS,
        "        await self.accept()\n",
        "",
        "C306",
    ),
    Plant(
        "text_data for message",
        "async",
        CONSUMERS,
        'json.loads(text_data)["message"]',
        'json.loads(text_data)["text_data"]',
        "C337",
        "the page sends 'message'",
    ),
    Plant(
        "message for text_data",
        "groups",
        CONSUMERS,
        "self.send(text_data=",
        "self.send(message=",
        "C310",
    ),
    Plant(
        "receive(message)",
        "async",
        CONSUMERS,
        "receive(self, text_data)",
        "receive(self, message)",
        "C311",
        "self, text_data",
    ),
    Plant(
        "an attribute misspelt",
        "async",
        CONSUMERS,
        "group_send(\n            self.room_group_name",
        "group_send(\n            self.room_grop_name",
        "C315",
        "'room_group_name'",
    ),
    Plant(
        "no super",
        "async",
        CONSUMERS,
        "    async def connect",
        "    def __init__(self, *args, **kwargs):\n        self.messages = []\n\n    async def connect",
        "C316",
    ),
    Plant(
        "the whole frame",
        "async",
        CONSUMERS,
        'json.loads(text_data)["message"]',
        "text_data",
        "C317",
        "json.loads",
    ),
    Plant("no json.loads", "async", CONSUMERS, "json.loads(text_data)[", "text_data[", "C310"),
    Plant(
        "receive outside the class",
        "echo",
        CONSUMERS,
        '    def receive(self, text_data):\n        message = json.loads(text_data)["message"]\n        self',
        'def receive(self, text_data):\n    message = json.loads(text_data)["message"]\n    self',
        "C305",
        "indented",
    ),
    Plant(
        "accept for some",
        "async",
        CONSUMERS,
        "        await self.accept()",
        "        if self.scope['user'].is_authenticated:\n            await self.accept()",
        "C306",
        "always reach",
    ),
    Plant(
        "accept without brackets", "echo", CONSUMERS, "self.accept()", "self.accept", "C306", "()"
    ),
    Plant(
        "connect accepts and closes",
        "async",
        CONSUMERS,
        "await self.accept()",
        "await self.accept()\n        await self.close()",
        "C309",
    ),
    Plant(
        "two routes",
        "async",
        ROUTES,
        "websocket_urlpatterns = [",
        'websocket_urlpatterns = [\n    re_path("ws/chat/(?P<room_name>.+)/$", consumers.ChatConsumer.as_asgi()),',
        "C318",
    ),
    Plant(
        "receive twice",
        "async",
        CONSUMERS,
        "    # An event",
        "    async def receive(self, text_data):\n        await self.send(text_data=text_data)\n\n    # An event",
        "C319",
        "receive",
    ),
    Plant("no receive", "echo", CONSUMERS, "def receive", "def get", "C305"),
    Plant("receive does nothing", "echo", CONSUMERS, "        self.send(", "        dict(", "C307"),
    Plant("an origin that isn't ours", "echo", ASGI, None, ELSEWHERE, "C308"),
    Plant(
        "connect closes", "async", CONSUMERS, "await self.accept()", "await self.close()", "C309"
    ),
    Plant(
        "disconnect without its parameter",
        "async",
        CONSUMERS,
        "disconnect(self, close_code)",
        "disconnect(self)",
        "C311",
        "close_code",
    ),
    Plant(
        "a handler without its parameter",
        "async",
        CONSUMERS,
        "chat_message(self, event)",
        "chat_message(self)",
        "C311",
        "chat_message",
    ),
    Plant(
        "not JSON",
        "echo",
        CONSUMERS,
        'text_data=json.dumps({"message": message})',
        "text_data=message",
        "C312",
        in_browser=True,
    ),
    Plant(
        "another key",
        "async",
        CONSUMERS,
        'json.dumps({"message": event',
        'json.dumps({"text": event',
        "C312",
        "text",
        in_browser=True,
    ),
    Plant("recieve", "async", CONSUMERS, "def receive", "def recieve", "C313", "receive"),
    Plant("disconect", "async", CONSUMERS, "def disconnect", "def disconect", "C313", "disconnect"),
    Plant("conect", "async", CONSUMERS, "def connect", "def conect", "C313", "connect"),
    Plant(
        "a consumer's base class",
        "async",
        CONSUMERS,
        "from channels.generic.websocket import AsyncWebsocketConsumer",
        "from channels.consumer import AsyncConsumer as AsyncWebsocketConsumer",
        "C328",
        "AsyncConsumer, which doesn't call connect",
    ),
    Plant(
        "no base class", "echo", CONSUMERS, "(WebsocketConsumer)", "", "C328", "none of Channels'"
    ),
    Plant(
        "the scope in __init__",
        "async",
        CONSUMERS,
        "    async def connect",
        "    def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        '        self.user = self.scope["user"]\n\n    async def connect',
        "C329",
        "self.scope at chat/consumers.py:9",
    ),
    Plant(
        "websocket_disconnect missing",
        "echo",
        CONSUMERS,
        None,
        BARE_CONSUMER,
        "C331",
        "websocket_disconnect",
    ),
    Plant(
        "StopConsumer missing",
        "echo",
        CONSUMERS,
        None,
        BARE_CONSUMER + "\n    def websocket_disconnect(self, event):\n        print(event)\n",
        "C322",
        "consumers.py:14 must raise StopConsumer",
    ),
    Plant(
        "an exception that is caught",
        "echo",
        CONSUMERS,
        '        self.send(text_data=json.dumps({"message": message}))\n',
        '        try:\n            self.send(text=json.dumps({"message": message}))\n'
        "        except Exception:\n            pass\n",
        "C330",
        "consumers.py:13 raises TypeError",
    ),
    Plant(
        "self forgotten in the parameters",
        "echo",
        CONSUMERS,
        "def receive(self, text_data)",
        "def receive(text_data)",
        "C311",
        "receive at chat/consumers.py:10 can't be called: its first parameter isn't self",
    ),
    Plant(
        "receive closes",
        "async",
        CONSUMERS,
        "        message = json",
        "        await self.close()\n        message = json",
        "C309",
        "chat/consumers.py:19, in receive",
    ),
    Plant(
        "a handler closes",
        "async",
        CONSUMERS,
        'json.dumps({"message": event["message"]}))',
        'json.dumps({"message": event["message"]}), close=True)',
        "C309",
        "chat/consumers.py:26, in chat_message",
    ),
    Plant("no routes", "echo", ROUTES, "    re_path(", "    # re_path(", "C302", "is empty"),
    Plant(
        "a key of the scope misspelt",
        "async",
        CONSUMERS,
        '"url_route"',
        '"url_rout"',
        "C337",
        "self.scope has 'url_route'",
    ),
    Plant(
        "a regular expression that isn't one",
        "echo",
        ROUTES,
        r"\w+)/$",
        r"\w+/$",
        "C302",
        "chat/routing.py:6 isn't a regular expression",
    ),
    Plant(
        "close before accept",
        "async",
        CONSUMERS,
        "        await self.accept()",
        "        await self.close(code=4001)\n        await self.accept()",
        "C309",
        "chat/consumers.py:12, in connect",
    ),
    Plant(
        "a dict that isn't JSON",
        "async",
        CONSUMERS,
        'json.dumps({"message": event["message"]})',
        '{"message": event["message"]}',
        "C312",
        "chat/consumers.py:26",
    ),
    Plant(
        "a route to a view",
        "async",
        ROUTES,
        "consumers.ChatConsumer.as_asgi()",
        "__import__('chat.views').views.room",
        "C333",
        "chat/routing.py:6 leads to room, which isn't a consumer",
    ),
    Plant(
        "a route to a class that isn't a consumer",
        "echo",
        ROUTES,
        "consumers.ChatConsumer.as_asgi()",
        "consumers.json.JSONDecoder",
        "C333",
        "JSONDecoder",
    ),
    Plant(
        "a consumer's class in the router",
        "async",
        ASGI,
        '"websocket": AllowedHostsOriginValidator(\n            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))\n        ),',
        '"websocket": __import__("chat.consumers").consumers.ChatConsumer,',
        "C303",
        "ChatConsumer at mysite/asgi.py:18",
    ),
    Plant(
        "AuthMiddleware for AuthMiddlewareStack",
        "async",
        ASGI,
        "AuthMiddlewareStack",
        "AuthMiddleware",
        "C320",
        "no 'session', which a middleware needs: that must be inside AuthMiddlewareStack (mysite/asgi.py:19)",
    ),
    Plant(
        "SessionMiddleware for AuthMiddlewareStack",
        "async",
        ASGI,
        "import AuthMiddlewareStack",
        "import AuthMiddlewareStack\nfrom channels.sessions import SessionMiddleware as AuthMiddlewareStack",
        "C320",
        "no 'cookies'",
    ),
    Plant(
        "one route in brackets",
        "async",
        ROUTES,
        None,
        ONE_ROUTE,
        "C332",
        "chat/routing.py:5 is a URLPattern",
    ),
    Plant(
        "a module for the list of routes",
        "async",
        ASGI,
        "URLRouter(websocket_urlpatterns)",
        "URLRouter(__import__('chat.routing').routing)",
        "C332",
        "mysite/asgi.py:19 is a module",
    ),
]
