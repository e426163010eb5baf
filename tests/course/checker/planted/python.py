"""Faults of Python code in a finished chat: names, modules, what a function returns, the order of events."""

from tests.course.checker.planted.plant import (
    ASGI,
    CONSUMER_TESTS,
    CONSUMERS,
    ROOM,
    ROUTES,
    SETTINGS,
    TESTS,
    URLS,
    VIEWS,
    Plant,
)

ACCEPT = "        await self.accept()\n"
GROUP_ADD = "        await self.channel_layer.group_add("
CONNECT = "    async def connect(self):\n"
MIDDLEWARE = "MIDDLEWARE = [\n"
TIMING = """\


class Timing:
    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
"""
FACTORY = """\


def timing(get_response):
    def middleware(request):
        response = get_response(request)
        print(response.status_code)

    return middleware
"""
OLDER_CONSUMER = """\


class ChatConsumer(AsyncWebsocketConsumer):
    async def receive(self, text_data):
        await self.send(text_data=text_data)
"""
SECOND_VIEW = """\


def room(request):
    return render(request, "chat/room.html")
"""
IMPORTS = """\
import json

from channels.db import database_sync_to_async
from django.contrib.auth.models import User
"""
IN_ROUTER = "URLRouter(websocket_urlpatterns)"
UNAWAITED_MIDDLEWARE = """\
class Timing:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        self.app(scope, receive, send)


application = P"""
UNAWAITED_TEST = """\
from channels.testing import WebsocketCommunicator
from django.test import TransactionTestCase

from mysite.asgi import application


class ChatTests(TransactionTestCase):
    async def test_answer(self):
        headers = [(b"origin", b"http://testserver")]
        communicator = WebsocketCommunicator(application, "/ws/chat/lobby/", headers)
        await communicator.connect()
        await communicator.send_json_to({"message": "hello"})
        answer = communicator.receive_json_from()
        assert answer["message"] == "hello"
"""


def in_connect(what: str, lines: str, id: str, cause: str) -> Plant:
    """Lines of code before accept()."""
    code = "".join(f"        {line}\n" for line in lines.splitlines())
    return Plant(what, "async", CONSUMERS, ACCEPT, code + ACCEPT, id, cause)


PLANTS = [
    in_connect(
        "send before accept",
        'await self.send(text_data="{}")',
        "C334",
        "consumers.py:12 sends before self.accept() has run",
    ),
    in_connect(
        "accept twice", "await self.accept()", "C334", "consumers.py:13 accepts the WebSocket again"
    ),
    Plant(
        "send before accept, synchronous",
        "echo",
        CONSUMERS,
        "        self.accept()\n",
        '        self.send(text_data="{}")\n        self.accept()\n',
        "C334",
        "sends before",
    ),
    in_connect(
        "the query's bytes",
        'from urllib.parse import parse_qs\nname = parse_qs(self.scope["query_string"])["name"]',
        "C335",
        "scope['query_string'] is bytes, but is used as a text at chat/consumers.py:13",
    ),
    in_connect(
        "the query's bytes in a variable",
        'query = self.scope["query_string"]\nquery.split("&")',
        "C335",
        "consumers.py:13",
    ),
    in_connect(
        "the bytes of headers",
        'headers = dict(self.scope["headers"])\nself.agent = headers["user-agent"]',
        "C335",
        "scope['headers'] is bytes",
    ),
    in_connect(
        "a method that returns nothing",
        "async def find(name):\n    room = name.upper()\nroom = await find(self.room_name)\nself.title = room.title()",
        "C126",
        "find at chat/consumers.py:12 has no `return`",
    ),
    in_connect(
        "a coroutine in a variable",
        "async def find():\n    return {}\nfound = find()\nself.title = found['title']",
        "C601",
        "before find() at chat/consumers.py:14",
    ),
    Plant(
        "a local variable",
        "async",
        CONSUMERS,
        "        self.room_name = ",
        "        room_name = ",
        "C315",
        "consumers.py:8 sets a local variable: self. is missing before room_name",
    ),
    Plant(
        "the scope as a parameter",
        "async",
        CONSUMERS,
        CONNECT,
        "    def __init__(self, scope):\n        super().__init__()\n\n" + CONNECT,
        "C311",
        "sets self.scope later",
    ),
    Plant(
        "an older consumer below",
        "async",
        CONSUMERS,
        'json.dumps({"message": event["message"]}))\n',
        'json.dumps({"message": event["message"]}))\n' + OLDER_CONSUMER,
        "C319",
        "ChatConsumer is defined at chat/consumers.py:6 and once more at chat/consumers.py:29",
    ),
    Plant(
        "a view twice",
        "async",
        VIEWS,
        '"room_name": room_name})\n',
        '"room_name": room_name})\n' + SECOND_VIEW,
        "C319",
        "room is defined at chat/views.py",
    ),
    Plant(
        "urlpatterns twice",
        "async",
        URLS,
        "\n]\n",
        "\n]\nurlpatterns = []\n",
        "C319",
        "urlpatterns is defined at mysite/urls.py",
    ),
    Plant(
        "the consumers' routes for the pages'",
        "async",
        URLS,
        "chat.urls",
        "chat.routing",
        "C119",
        "chat/routing.py has no list called urlpatterns, which include() looks for. mysite/urls.py:5",
    ),
    Plant(
        "ROOT_URLCONF of the app",
        "async",
        SETTINGS,
        'ROOT_URLCONF = "mysite.urls"',
        'ROOT_URLCONF = "chat.urls"',
        "C014",
        "so mysite/urls.py, which includes that, isn't used",
    ),
    Plant(
        "a middleware that returns nothing",
        "async",
        VIEWS,
        '"room_name": room_name})\n',
        '"room_name": room_name})\n' + TIMING,
        "C126",
        "Timing.__call__",
        also=(SETTINGS, MIDDLEWARE, MIDDLEWARE + '    "chat.views.Timing",\n'),
    ),
    Plant(
        "a middleware's function that returns nothing",
        "async",
        VIEWS,
        '"room_name": room_name})\n',
        '"room_name": room_name})\n' + FACTORY,
        "C126",
        "timing.middleware",
        also=(SETTINGS, MIDDLEWARE, MIDDLEWARE + '    "chat.views.timing",\n'),
    ),
    Plant(
        "a group of everybody, too",
        "async",
        CONSUMERS,
        GROUP_ADD,
        '        await self.channel_layer.group_add("all", self.channel_name)\n' + GROUP_ADD,
        "C510",
        "the groups 'chat_lobby' and 'all'",
        also=(
            CONSUMERS,
            "    # An event",
            '        await self.channel_layer.group_send("all", {"type": "chat.message", "message": message})\n'
            "\n    # An event",
        ),
    ),
    Plant(
        "hosts as a text",
        "async",
        SETTINGS,
        "ALLOWED_HOSTS = []",
        'ALLOWED_HOSTS = "*"',
        "C014",
        "must be a list or a tuple",
    ),
    Plant(
        "await forgotten in a test",
        "tests",
        CONSUMER_TESTS,
        None,
        UNAWAITED_TEST,
        "C703",
        "receive_json_from() at",
        without=TESTS,
    ),
    Plant("http misspelt", "async", ASGI, '"http"', '"https"', "C107"),
    Plant(
        "a list in a list",
        "async",
        ASGI,
        IN_ROUTER,
        "URLRouter([websocket_urlpatterns])",
        "C332",
        "a list of lists",
    ),
    Plant("accept isn't called", "async", CONSUMERS, "accept()", "accept", "C326", "after accept"),
    Plant(
        "a method isn't called",
        "async",
        CONSUMERS,
        CONNECT,
        CONNECT + "        import asyncio\n\n        asyncio.create_task(self.receive)\n",
        "C326",
        "after receive",
    ),
    Plant(
        "a channel's name is called",
        "async",
        CONSUMERS,
        "self.channel_name)\n        await self.accept",
        "self.channel_name())\n        await self.accept",
        "C336",
        "self.channel_name at chat/consumers.py:11 is a str",
    ),
    Plant(
        "a method of its own without self",
        "async",
        CONSUMERS,
        "    # An event",
        "    def read(text_data):\n        return json.loads(text_data)\n\n    # An event",
        "C311",
        "read at chat/consumers.py:24 can't be called: its first parameter isn't self",
        also=(CONSUMERS, "json.loads(text_data)[", "self.read(text_data)["),
    ),
    Plant(
        "an event isn't an object", "async", CONSUMERS, 'event["message"]', "event.message", "C310"
    ),
    Plant(
        "what the event has",
        "async",
        CONSUMERS,
        '{"message": event["message"]}',
        '{"message": message}',
        "C006",
        'event["message"] has it',
    ),
    Plant("no backslash", "async", ROUTES, r"\w+", "w+", "C302", r"a backslash is missing, \w+"),
    Plant(
        "a route for all that begins like it",
        "async",
        ROUTES,
        "    re_path(",
        '    re_path(r"^ws/", consumers.ChatConsumer.as_asgi()),\n    re_path(',
        "C318",
        "'^ws/' and",
    ),
    Plant(
        "the result of what is to be wrapped",
        "async",
        CONSUMERS,
        ACCEPT,
        ACCEPT + "        await database_sync_to_async(User.objects.count())\n",
        "C607",
        "User.objects.count(), which has run before",
        also=(CONSUMERS, "import json\n", IMPORTS),
    ),
    Plant(
        "the result of what is to be wrapped, synchronous",
        "groups",
        CONSUMERS,
        "group_send)(",
        "group_send(",
        "C607",
        "async_to_sync at chat/consumers.py:25",
        also=(CONSUMERS, '"message": message}\n        )', '"message": message}\n        ))'),
    ),
    Plant(
        "a QuerySet in the event loop",
        "async",
        CONSUMERS,
        ACCEPT,
        ACCEPT + "        users = User.objects.all()\n        print(len(users))\n",
        "C608",
        "users at chat/consumers.py:17 is a QuerySet",
        also=(CONSUMERS, "import json\n", IMPORTS),
    ),
    Plant(
        "what an imported module has",
        "async",
        ASGI,
        "from chat.routing import websocket_urlpatterns",
        "from chat import routing",
        "C006",
        "it is routing.websocket_urlpatterns",
    ),
    Plant(
        "a space after a filter's colon",
        "async",
        ROOM,
        'json_script:"room-name"',
        'json_script: "room-name"',
        "C111",
        "room.html:13",
    ),
    Plant(
        "another name of Django's test case",
        "tests",
        TESTS,
        "from channels.testing import ChannelsLiveServerTestCase",
        "from django.test import LiveServerTestCase as ChannelsLiveServerTestCase",
        "C704",
        "LiveServerTestCase",
        without=CONSUMER_TESTS,
    ),
    Plant(
        "an id that no page has",
        "tests",
        TESTS,
        "room-name-input",
        "room-name",
        "C703",
        "The pages have 'room-name-input'",
    ),
    Plant(
        "a user in JSON",
        "async",
        CONSUMERS,
        '{"message": event["message"]}',
        '{"message": event["message"], "user": self.scope["user"]}',
        "C338",
        "of the type AnonymousUser",
    ),
    Plant(
        "a URL's name",
        "async",
        ROOM,
        "<body>",
        """<body><a href="{% url 'chat_index' %}">All rooms</a>""",
        "C127",
        "room.html:8. There is 'index'",
    ),
    Plant(
        "a key of the layer's CONFIG",
        "async",
        SETTINGS,
        '"channels.layers.InMemoryChannelLayer"',
        '"channels_redis.core.RedisChannelLayer", "CONFIG": {"host": []}',
        "C402",
        "the key 'host', which the layer doesn't take. Did you mean 'hosts'?",
        needs="channels_redis",
    ),
    Plant(
        "pages with TLS only",
        "async",
        SETTINGS,
        "DEBUG = True",
        "DEBUG = True\nSECURE_SSL_REDIRECT = True",
        "C014",
        "SECURE_SSL_REDIRECT at mysite/settings.py:9",
    ),
    Plant(
        "a middleware that doesn't await",
        "async",
        ASGI,
        "application = P",
        UNAWAITED_MIDDLEWARE,
        "C601",
        "app() at mysite/asgi.py:20",
        in_browser=True,
        also=(ASGI, "AuthMiddlewareStack(URL", "Timing(URL"),
    ),
]
