from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application
from django.urls import path

pages = get_asgi_application()  # sets Django up, which the imports below need

from tests.inspector.projects.faults import consumers  # noqa: E402

websocket_urlpatterns = [path(f"ws/{one.__name__}/", one.as_asgi()) for one in consumers.ALL]
websocket_urlpatterns += [path("ws/without_as_asgi/", consumers.Raises), path("/ws/slash/", consumers.Raises.as_asgi())]
http_urlpatterns = [path("consumer/", consumers.FailingPage.as_asgi()), path("busy/", consumers.BusyPage.as_asgi()), path("<path:rest>", pages), path("", pages)]
application = ProtocolTypeRouter(
    {
        "http": URLRouter(http_urlpatterns),
        "websocket": AllowedHostsOriginValidator(URLRouter(websocket_urlpatterns)),
    }
)
