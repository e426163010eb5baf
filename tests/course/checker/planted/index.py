"""Faults of step 1, `index`."""

from tests.course.checker.planted.plant import (
    ASGI,
    CHAT_URLS,
    INDEX,
    ROOM,
    SETTINGS,
    URLS,
    VIEWS,
    Plant,
)

EARLY = """import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

import chat.routing

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mysite.settings")
application = ProtocolTypeRouter(
    {"http": get_asgi_application(), "websocket": URLRouter(chat.routing.websocket_urlpatterns)}
)
"""

PLANTS = [
    Plant(
        "url_patterns", "index", CHAT_URLS, "urlpatterns", "url_patterns", "C119", "'url_patterns'"
    ),
    Plant(
        "a template without chat/",
        "index",
        VIEWS,
        '"chat/index.html"',
        '"index.html"',
        "C110",
        "chat/templates/chat/index.html",
    ),
    Plant(
        "no APP_DIRS",
        "index",
        SETTINGS,
        '"APP_DIRS": True',
        '"APP_DIRS": False',
        "C110",
        "APP_DIRS",
    ),
    Plant(
        "a slash in front of chat/",
        "index",
        URLS,
        'path("chat/"',
        'path("/chat/"',
        "C108",
        "starts with a slash",
    ),
    Plant("no slash after chat", "index", URLS, 'path("chat/"', 'path("chat"', "C108", "no slash"),
    Plant("app for application", "index", ASGI, "application = ", "app = ", "C104", "'app'"),
    Plant(
        "the index view without request",
        "index",
        VIEWS,
        "def index(request)",
        "def index()",
        "C203",
        "index",
    ),
    Plant(
        "included without chat/",
        "room",
        URLS,
        'path("chat/", include',
        'path("", include',
        "C108",
        "without chat/",
    ),
    Plant(
        "the application set again",
        "echo",
        ASGI,
        "    }\n)\n",
        "    }\n)\napplication = get_asgi_application()\n",
        "C105",
        "sets it again",
    ),
    Plant("daphne not installed", "async", SETTINGS, '    "daphne",', "    #", "C101"),
    Plant(
        "channels instead of daphne",
        "async",
        SETTINGS,
        '"daphne", ',
        '"channels", ',
        "C101",
        "Channels 3",
    ),
    Plant(
        "daphne after staticfiles",
        "echo",
        SETTINGS,
        '    "daphne",',
        '    "django.contrib.staticfiles", "daphne",',
        "C102",
    ),
    Plant(
        "no ASGI_APPLICATION", "async", SETTINGS, "ASGI_APPLICATION =", "WSGI_APPLICATION =", "C103"
    ),
    Plant(
        "ASGI_APPLICATION misspelt",
        "index",
        SETTINGS,
        "ASGI_APPLICATION",
        "ASGI_APLICATION",
        "C103",
        "APLICATION",
    ),
    Plant("consumer imported early", "async", ASGI, None, EARLY, "C106", "AppRegistryNotReady"),
    Plant(
        "no id in the index",
        "async",
        INDEX,
        'id="room-name-submit"',
        "",
        "C109",
        "room-name-submit",
    ),
    Plant(
        "asgi.py names other settings",
        "index",
        ASGI,
        "mysite.settings",
        "mysite.setting",
        "C115",
        "'mysite.setting'",
    ),
    Plant(
        "a colon in ASGI_APPLICATION",
        "index",
        SETTINGS,
        "asgi.application",
        "asgi:application",
        "C104",
        "colon",
    ),
    Plant(
        "other hosts",
        "async",
        SETTINGS,
        "ALLOWED_HOSTS = []",
        'ALLOWED_HOSTS = ["example.org"]',
        "C116",
    ),
    Plant(
        "not this machine, without DEBUG",
        "async",
        SETTINGS,
        "DEBUG = True",
        "DEBUG = False",
        "C116",
    ),
    Plant(
        "ASGI_APPLICATION of Channels 2",
        "async",
        SETTINGS,
        "mysite.asgi.application",
        "mysite.routing.application",
        "C104",
        "mysite/routing.py",
    ),
    Plant(
        "ASGI_APPLICATION of another name",
        "index",
        SETTINGS,
        "asgi.application",
        "asgi.aplication",
        "C104",
        "'application'",
    ),
    Plant(
        "Django's own application",
        "index",
        ASGI,
        None,
        "from django.core.asgi import get_asgi_application\n\napplication = get_asgi_application()\n",
        "C105",
    ),
    Plant("no http in the router", "index", ASGI, '"http":', '"https":', "C107"),
    Plant(
        "no path to the chat",
        "index",
        URLS,
        'path("chat/",',
        'path("chats/",',
        "C108",
        "no pattern",
    ),
    Plant(
        "a template in the wrong folder",
        "index",
        VIEWS,
        '"chat/index.html"',
        '"chat/chat/index.html"',
        "C110",
        "chat/templates/chat/index.html",
    ),
    Plant("chat isn't installed", "index", SETTINGS, '    "chat",\n', "", "C110", "INSTALLED_APPS"),
    Plant(
        "a template's tag",
        "room",
        ROOM,
        "{{ room_name|json_script",
        "{{ room_name|json_scrip",
        "C111",
        "json_scrip",
    ),
    Plant(
        "a view without return",
        "room",
        VIEWS,
        'return render(request, "chat/room.html"',
        'render(request, "chat/room.html"',
        "C112",
    ),
]
