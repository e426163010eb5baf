"""The ASGI application: HTTP to Django and its static files, WebSockets to the consumers."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatdemo.project.settings")

# First: it loads Django's apps, which importing the consumers needs.
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from chatdemo.chat.routing import websocket_urlpatterns  # noqa: E402
from chatdemo.course import pinned_rooms# noqa: E402
from chatdemo.inspector import Inspector  # noqa: E402
from chatdemo.project.allowed_hosts import (  # noqa: E402
    AllowedHostsOriginValidator,
    AllowOwnAddresses,
)
from chatdemo.project.middleware import StaticFilesHandler  # noqa: E402
from chatdemo.project.step_routing import StepRouter  # noqa: E402
from chatdemo.realtime.middleware import FillScope  # noqa: E402

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
        application, config.inspect, config.inspect_events, pinned_rooms.watched_path
    )
application = AllowOwnAddresses(application)
