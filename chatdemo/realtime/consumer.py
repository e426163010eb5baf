"""Channels' AsyncWebsocketConsumer, with the events of its channel handed to it instead of waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from inspect import iscoroutinefunction
from typing import ClassVar

from channels.consumer import AsyncConsumer, get_handler_name
from channels.exceptions import StopConsumer
from channels.generic import websocket
from channels.layers import get_channel_layer

from chatdemo.realtime.inbox import pump
from chatdemo.realtime.tasks import run_eagerly, run_in_background
from chatdemo.realtime.turns import Handler, Turns


class AsyncWebsocketConsumer(websocket.AsyncWebsocketConsumer):
    """Channels' own, and written just like it. What differs is how its handlers are called.

    Channels has two more tasks for each consumer, which wait for a frame and for an event, and a thread that looks
    after database connections before each handler. Here a handler is called where its event is sent, and as a rule has
    ended before the next member's is called. It runs in its consumer's own task and context: if it awaits something, it
    goes on there, and until it has ended no other handler of its consumer begins.

    A handler that never had to wait can't have used a database. After one that did, connections that are too old are
    closed, as Channels does before each.

    A server or a channel layer that can't hand over what it has (another server, channels_redis) is received from.
    """

    _handlers: ClassVar[dict[str, Handler]] = {}

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls._handlers = {}

    async def __call__(self, scope: dict, receive: Callable, send: Callable) -> None:
        self.scope, self.base_send = scope, send
        self.text_sender = (
            send if hasattr(send, "text") else None
        )  # a server's that has a shorter way for texts
        self.channel_layer = layer = get_channel_layer(self.channel_layer_alias)
        self._turns, self._pumps = Turns(self, self._handlers), []
        if layer is not None:
            self.channel_name = await layer.new_channel()
            self._listen_to_layer()
        self._listen(receive)
        try:
            with suppress(StopConsumer):
                await self._turns.run()
        finally:
            await self._stop_listening()

    def _listen(self, receive: Callable) -> None:
        if hasattr(receive, "attach"):
            receive.attach(self._turns)
        else:
            self._pumps.append(asyncio.create_task(pump(receive, self._turns)))

    def _listen_to_layer(self) -> None:
        if hasattr(self.channel_layer, "attach"):
            self.channel_layer.attach(self.channel_name, self._turns)
        else:
            self._listen(partial(self.channel_layer.receive, self.channel_name))

    async def _stop_listening(self) -> None:
        if hasattr(self.channel_layer, "detach"):
            self.channel_layer.detach(self.channel_name)
        for task in self._pumps:
            task.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def find_handler(self, message: dict) -> Handler:
        """What handles the message's type, kept for all of this class unless it is this consumer's alone.

        Raises ValueError if there is nothing.
        """
        if type(self).dispatch is not AsyncConsumer.dispatch:
            method = self.dispatch
        else:
            method = getattr(self, get_handler_name(message), None)
        if method is None:
            raise ValueError(f"No handler for message type {message['type']}")
        if getattr(method, "__self__", None) is not self or not iscoroutinefunction(method):
            return partial(_call, method)
        self._handlers[message["type"]] = method.__func__
        return method.__func__

    def send(
        self, text_data: str | None = None, bytes_data: bytes | None = None, close: bool = False
    ) -> Awaitable:
        # Not "async def", which would cost a coroutine more for each delivery. What it returns is to be awaited.
        if text_data is None or close or not self.text_sender:
            return super().send(text_data, bytes_data, close)
        return self.text_sender.text(text_data)

    def send_joined(self, texts: str, between: str) -> Awaitable:
        """Send several texts, one after the other; ``between`` stands between two of them, and nowhere else."""
        if self.text_sender:
            return self.text_sender.texts(texts, between)
        return self._send_each(texts.split(between))

    async def _send_each(self, texts: list[str]) -> None:
        for text in texts:
            await self.send(text)

    def send_in_background(self, sending: Coroutine) -> None:
        """Have something sent through the channel layer that nobody waits for: at once by one that never waits."""
        (run_eagerly if hasattr(self.channel_layer, "attach") else run_in_background)(sending)

    def pause_reading(self, seconds: float) -> None:
        """Have the server read nothing from the participant for some time, where it can: so a flood slows itself."""
        if self.text_sender:
            self.text_sender.pause_reading(seconds)

    async def wait_until_sent(self) -> None:
        """Wait until the participant's socket has taken what was sent, where the server can tell."""
        if self.text_sender:
            await self.text_sender.wait_until_sent()


async def _call(
    method: Callable[[dict], Awaitable], consumer: AsyncWebsocketConsumer, message: dict
) -> None:
    """A handler of one consumer alone, or one that isn't a coroutine function but returns something to await."""
    await method(message)


def directly(application: Callable) -> Callable:
    """``application``, made of a class of Channels' by ``as_asgi``, with the class above put beneath that class.

    What it overrides stays its own. A consumer that isn't an AsyncWebsocketConsumer is left as it is.
    """
    consumer = application.consumer_class
    if not issubclass(consumer, websocket.AsyncWebsocketConsumer) or issubclass(
        consumer, AsyncWebsocketConsumer
    ):
        return application
    described = {
        "__module__": consumer.__module__,
        "__qualname__": consumer.__qualname__,
        "__doc__": consumer.__doc__,
    }
    return type(consumer.__name__, (consumer, AsyncWebsocketConsumer), described).as_asgi(
        **application.consumer_initkwargs
    )
