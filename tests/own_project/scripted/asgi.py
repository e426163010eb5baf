"""A project whose consumers do what the query string says, and write what they see into a file.

The query is JSON: ``file``, and a list of steps for each handler. A step is the name of a method of
the consumer's, with its arguments. "scope" says to write that too.
"""

import asyncio
import json
import os
from urllib.parse import unquote

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
get_asgi_application()

from asgiref.sync import async_to_sync  # noqa: E402
from channels.exceptions import StopConsumer  # noqa: E402
from channels.generic.http import AsyncHttpConsumer  # noqa: E402
from channels.generic.websocket import AsyncWebsocketConsumer, WebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

#: Of the scope, what isn't the same for any two connections.
CHANGING = {"client", "server", "url_route", "path_remaining", "cookies"}


def script_of(scope):
    return json.loads(unquote(scope["query_string"].decode()))


def note(scope, *seen):
    with open(os.path.join(os.environ["SEEN"], script_of(scope)["file"]), "a") as file:
        file.write(json.dumps(seen, default=repr) + "\n")


def plain(text):
    """A step's argument: bytes are written as {"bytes": text}."""
    if isinstance(text, dict):
        return (
            text["bytes"].encode()
            if list(text) == ["bytes"]
            else {k: plain(v) for k, v in text.items()}
        )
    return [plain(one) for one in text] if isinstance(text, list) else text


class Steps:
    """The steps of each handler, and what some of them do."""

    def steps(self, handler, *seen):
        note(self.scope, handler, *seen)
        if handler == "connect" and "scope" in script_of(self.scope):
            note(self.scope, {k: v for k, v in self.scope.items() if k not in CHANGING})
        for step in script_of(self.scope).get(handler, []):
            yield step[0], [plain(argument) for argument in step[1:]]
        note(self.scope, f"{handler} done")

    def named(self, arguments):
        """The arguments of a layer's method: "@" is the consumer's channel, "#" a group."""
        names = {"@": self.channel_name, "#": type(self).__name__}
        return [names.get(one, one) if isinstance(one, str) else one for one in arguments]

    def fail(self, text):
        raise ValueError(text)

    def stop(self):
        raise StopConsumer

    def send_long(self, length):
        return self.send("x" * length)

    def wrong_type(self):
        return self.raw({"type": "websocket.nonsense"})


class Asynchronous(Steps, AsyncWebsocketConsumer):
    async def run(self, handler, *seen):
        for name, arguments in self.steps(handler, *seen):
            done = getattr(self, name)(*arguments)
            if done is not None:
                try:
                    await done
                except Exception as error:
                    note(self.scope, f"{name} raised", type(error).__name__, str(error))
                    raise

    async def connect(self):
        await self.run("connect")

    async def receive(self, text_data=None, bytes_data=None):
        await self.run("receive", _length(text_data), _length(bytes_data))

    async def disconnect(self, code):
        await self.run("disconnect", code)

    def raw(self, message):
        return self.base_send(message)

    def wait(self, seconds):
        return asyncio.sleep(seconds)

    def layer(self, method, *arguments):
        return getattr(self.channel_layer, method)(*self.named(arguments))

    async def seen(self, event):
        note(self.scope, event)
        await self.send_text("seen")

    def send_text(self, text):
        return self.send(text)

    def send_bytes(self, data):
        return self.send(bytes_data=data)


class Synchronous(Steps, WebsocketConsumer):
    def run(self, handler, *seen):
        for name, arguments in self.steps(handler, *seen):
            try:
                getattr(self, name)(*arguments)
            except Exception as error:
                note(self.scope, f"{name} raised", type(error).__name__, str(error))
                raise

    def connect(self):
        self.run("connect")

    def receive(self, text_data=None, bytes_data=None):
        self.run("receive", _length(text_data), _length(bytes_data))

    def disconnect(self, code):
        self.run("disconnect", code)

    def raw(self, message):
        self.base_send(message)

    def layer(self, method, *arguments):
        async_to_sync(getattr(self.channel_layer, method))(*self.named(arguments))

    def seen(self, event):
        note(self.scope, event)
        self.send_text("seen")

    def send_text(self, text):
        self.send(text)

    def send_bytes(self, data):
        self.send(bytes_data=data)


class Pages(Steps, AsyncHttpConsumer):
    async def handle(self, body):
        for name, arguments in self.steps("connect", _length(body)):
            try:
                await getattr(self, name)(*arguments)
            except Exception as error:
                note(self.scope, f"{name} raised", type(error).__name__, str(error))
                raise

    async def disconnect(self):
        note(self.scope, "disconnect")

    async def raw(self, message):
        await self.base_send(message)

    async def long(self, count):
        """A long response in many pieces."""
        await self.send_headers()
        for number in range(count):
            await self.send_body(b"%d " % number * 2000, more_body=number < count - 1)

    async def wait(self, seconds):
        await asyncio.sleep(seconds)


def _length(data):
    """A short message itself, a long one's length."""
    return data if data is None or len(data) < 200 else len(data)


class Noted:
    """Writes how the application inside ended."""

    def __init__(self, inner):
        self.inner = inner

    async def __call__(self, scope, receive, send):
        try:
            await self.inner(scope, receive, send)
        except BaseException as error:
            note(scope, "ended", type(error).__name__, str(error))
            raise
        note(scope, "ended")


application = ProtocolTypeRouter(
    {
        "http": Noted(URLRouter([re_path(r"^http/", Pages.as_asgi())])),
        "websocket": Noted(
            URLRouter(
                [
                    re_path(r"^async/", Asynchronous.as_asgi()),
                    re_path(r"^sync/", Synchronous.as_asgi()),
                ]
            )
        ),
    }
)
