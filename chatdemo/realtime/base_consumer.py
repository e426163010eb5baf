"""Channels' AsyncWebsocketConsumer, with messages dispatched to it instead of waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, ClassVar

from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from channels.generic import websocket
from channels.layers import get_channel_layer

from chatdemo.realtime.background_tasks import run_eagerly, run_in_background
from chatdemo.realtime.dispatcher import Dispatcher, Handler, Message
from chatdemo.realtime.inbox import receive_for
from chatdemo.realtime.send import WebSocketSend, encode_frame, encode_frames
from chatdemo.realtime.upstream.channels import consumer_of, get_handler_name


class AsyncWebsocketConsumer(websocket.AsyncWebsocketConsumer):
    """Channels' class. Only the way in which its handlers are called is another.

    Channels has two tasks for each consumer, which wait for a frame and for an event. Here, the
    server and the channel layer call its handlers (dispatcher.py). An event for a group goes to one
    member after the other, and usually the handler of one has returned before the next is called.
    A handler that waits continues in its consumer's own task, and no
    other handler of the consumer starts before it has ended.

    Channels closes old database connections in a thread before each handler. Here that follows a
    handler that has waited: one that never waits can't have used a database.

    From servers and channel layers that can't dispatch messages (Daphne, channels_redis), a task
    receives them.
    """

    _handlers: ClassVar[dict[str, Handler]] = {}

    def __init_subclass__(cls, **options: object) -> None:
        super().__init_subclass__(**options)
        cls._handlers = {}

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        self.scope, self.base_send = scope, send
        # If a middleware wraps ``send``, each message has to pass through the middleware.
        self.server_send = send if isinstance(send, WebSocketSend) else None
        self.channel_layer = layer = get_channel_layer(self.channel_layer_alias)
        dispatcher = Dispatcher(self, self._handlers)
        receivers = [self._attach(receive, dispatcher)]
        if layer is not None:
            self.channel_name = await layer.new_channel()
            if hasattr(layer, "attach"):
                layer.attach(self.channel_name, dispatcher)
            else:
                receive_event = partial(layer.receive, self.channel_name)
                receivers.append(self._attach(receive_event, dispatcher))
        try:
            with suppress(StopConsumer):
                await dispatcher.run()
        finally:
            if hasattr(layer, "detach"):
                layer.detach(self.channel_name)
            tasks = [receiver for receiver in receivers if receiver]
            for receiver in tasks:
                receiver.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _attach(
        self, receive: Callable[[], Awaitable[Message]], dispatcher: Dispatcher
    ) -> "asyncio.Task[None] | None":
        """Have messages dispatched. Returns the task that receives them, if any."""
        if hasattr(receive, "attach"):
            receive.attach(dispatcher)
            return None
        return asyncio.create_task(receive_for(receive, dispatcher))

    def find_handler(self, message: Message) -> Handler:
        """Return the handler of a message, and store it for all consumers of the class.

        A handler that belongs to this instance alone isn't stored. Raises ValueError if there is
        no handler.
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
    ) -> Awaitable[None]:
        """Send a frame, like Channels' method.

        It isn't a coroutine function, which would make one coroutine more for each delivery.
        """
        send = self.server_send
        if text_data is None or close or send is None or (buffer := send.write_buffer) is None:
            return super().send(text_data, bytes_data, close)
        if send.text_observer is not None:
            send.text_observer.on_sent({"type": "websocket.send", "text": text_data})
        buffer.write(encode_frame(text_data))
        return send.sent

    def send_joined(self, texts: str, separator: str) -> Awaitable[None]:
        """Send several texts that are joined by ``separator``, a frame each."""
        send = self.server_send
        if send is None or send.text_observer is not None or (buffer := send.write_buffer) is None:
            return self._send_each(texts.split(separator))
        buffer.write(encode_frames(texts, separator))
        return send.sent

    async def _send_each(self, texts: list[str]) -> None:
        for text in texts:
            await self.send(text)

    def send_in_background(self, sending: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine of the channel layer: at once for one in memory, otherwise in a task."""
        in_memory = hasattr(self.channel_layer, "attach")
        (run_eagerly if in_memory else run_in_background)(sending)

    def pause_reading(self, seconds: float) -> None:
        """Read nothing from the participant for some time, if the server can: TCP slows it down."""
        if self.server_send:
            self.server_send.pause_reading(seconds)

    async def wait_until_sent(self) -> None:
        """Wait until the participant's socket has accepted everything, if the server can tell."""
        if self.server_send:
            await self.server_send.wait_until_sent()


async def _call(
    method: Callable[[Message], Awaitable[None]], consumer: AsyncWebsocketConsumer, message: Message
) -> None:
    """Call a handler of one instance, or one that isn't a coroutine function."""
    await method(message)


def with_fast_dispatch(application: Callable) -> Callable:
    """Return a consumer's ASGI application (``as_asgi``) with the class above as a base class.

    What the consumer's class overrides stays its own. The application of a consumer that isn't a
    subclass of Channels' AsyncWebsocketConsumer is returned as it is.
    """
    consumer, initkwargs = consumer_of(application)
    if not issubclass(consumer, websocket.AsyncWebsocketConsumer):
        return application
    if issubclass(consumer, AsyncWebsocketConsumer):
        return application
    names = ("__module__", "__qualname__", "__doc__")
    namespace = {name: getattr(consumer, name) for name in names}
    fast: Any = type(consumer.__name__, (consumer, AsyncWebsocketConsumer), namespace)
    return fast.as_asgi(**initkwargs)
