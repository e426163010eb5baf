"""The ASGI application: HTTP to Django and its static files, WebSockets to the consumers."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdemo.project.settings")

# First: it loads Django's apps, which importing the consumers needs.
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from django.apps import apps
from django.conf import settings

from chatdemo.chat.routing import websocket_urlpatterns
from chatdemo.course import step_rooms
from chatdemo.inspector import Inspector
from chatdemo.project.listening_address import server_name
from chatdemo.project.proxies import TrustProxies
from chatdemo.project.security import (
    AllowedHostsOriginValidator,
    AllowOwnAddresses,
    StaticFilesHandler,
)
from chatdemo.project.step_routing import StepRouter
from chatdemo.realtime.middleware import FillScope


def describe_server(port: int) -> dict[str, Any]:
    """Return which server of the chat this is, and how many there are."""
    exchange = apps.get_app_config("chat").rooms.exchange
    return {"name": server_name(port), "count": exchange.server_count}


def name_of(scope: dict[str, Any]) -> str | None:
    """Return the name of the person behind a WebSocket, if there is one."""
    return apps.get_app_config("chat").rooms.name_of(scope)


application = ProtocolTypeRouter(
    {
        "http": StaticFilesHandler(django_application),
        "websocket": AllowedHostsOriginValidator(
            FillScope(AuthMiddlewareStack, StepRouter(URLRouter(websocket_urlpatterns)))
        ),
    }
)
if settings.CHATDEMO.inspect != "off":
    config = settings.CHATDEMO
    application = Inspector(
        application,
        config.inspect,
        config.inspect_events,
        step_rooms.watched_paths,
        describe_server if config.redis else None,
        links=[("Chat", "/chat/"), ("Learn", "/learn/")],
        name_of=name_of,
    )
application = AllowOwnAddresses(application)
if settings.CHATDEMO.proxies:
    application = TrustProxies(application, settings.CHATDEMO.proxies)
