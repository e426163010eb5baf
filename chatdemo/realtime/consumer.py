"""Channels' AsyncWebsocketConsumer, with the events of its channel handed to it instead of waited for."""

from collections.abc import Callable
from contextlib import suppress

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic import websocket
from channels.layers import get_channel_layer

from chatdemo.realtime.turns import Turns


class AsyncWebsocketConsumer(websocket.AsyncWebsocketConsumer):
    """Channels' own, and written just like it. What differs is how its handlers are called.

    Channels has two more tasks for each consumer, which wait for a frame and for an event, and a thread that looks
    after database connections before each handler. Here a handler is called where its event is sent, and as a rule has
    ended before the next member's is called. It runs in its consumer's own task and context: if it awaits something, it
    goes on there, and until it has ended no other handler of its consumer begins.

    A handler that never had to wait can't have used a database. After one that did, connections that are too old are
    closed, as Channels does before each.

    A channel layer that can't hand over events (channels_redis) is received from, in one more task.
    """

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        self.scope, self.base_send = scope, send
        self.channel_layer = layer = get_channel_layer(self.channel_layer_alias)
        turns, sources = Turns(self.dispatch), [receive]
        if layer is not None:
            self.channel_name = await layer.new_channel()
            if hasattr(layer, "attach"):
                turns.attach(layer, self.channel_name)
            else:
                sources.append(lambda: layer.receive(self.channel_name))
        with suppress(StopConsumer):
            await turns.run(sources)

    async def dispatch(self, message: dict) -> None:
        """Have the handler for the message's type handle it. Raises ValueError if there is none."""
        handler = getattr(self, get_handler_name(message), None)
        if handler is None:
            raise ValueError(f"No handler for message type {message['type']}")
        await handler(message)
