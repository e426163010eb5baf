import asyncio

import django

django.setup()

from channels.layers import get_channel_layer  # noqa: E402
from channels.routing import ChannelNameRouter, ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.worker import Worker  # noqa: E402
from django.urls import path  # noqa: E402

from tests.inspector.projects.devices.consumers import Download, Panel, Pump, Scales, Stream  # noqa: E402


class Noted:
    """Counts the frames of a connection, and hands on copies of them."""

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        counts = {"in": 0, "out": 0}

        async def noted_receive():
            message = await receive()
            counts["in"] += 1
            return {**message}

        async def noted_send(message):
            counts["out"] += 1
            await send({**message})

        return await self.application({**scope, "counts": counts}, noted_receive, noted_send)


class Beside:
    """Runs the worker beside the first connection: in one process, as the layer is in memory."""

    worker = None

    def __init__(self, application):
        self.application = application

    async def __call__(self, scope, receive, send):
        if self.worker is None:
            worker = Worker(channels, ["scales"], get_channel_layer())
            self.worker = asyncio.create_task(worker.handle())
        return await self.application(scope, receive, send)


channels = ProtocolTypeRouter({"channel": ChannelNameRouter({"scales": Scales.as_asgi()})})
application = ProtocolTypeRouter(
    {
        "http": URLRouter([path("stream/", Stream.as_asgi()), path("download/", Download.as_asgi())]),
        "websocket": Beside(Noted(URLRouter([path("pump/", Pump.as_asgi()), path("panel/", Panel.as_asgi())]))),
    }
)
