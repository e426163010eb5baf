import django

django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.urls import path  # noqa: E402

from tests.inspector.projects.mishaps import consumers  # noqa: E402

SOCKETS = [
    consumers.RaisesInConnect,
    consumers.SyncRaises,
    consumers.RaisesInHandler,
    consumers.NoHandler,
    consumers.RaisesInDisconnect,
    consumers.ClosesWithCode,
    consumers.Refuses,
    consumers.Denies,
    consumers.Accepts,
    consumers.Stops,
    consumers.BadJson,
    consumers.SendsAfterClose,
    consumers.Slow,
    consumers.SyncFlood,
]


def routes(classes):
    return [path(f"{one.__name__}/", one.as_asgi()) for one in classes]


application = ProtocolTypeRouter(
    {
        "http": URLRouter(routes([consumers.BrokenPage])),
        "websocket": AllowedHostsOriginValidator(URLRouter(routes(SOCKETS))),
    }
)
