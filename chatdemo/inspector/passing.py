"""What stands in for a server's ``receive`` and ``send``, tells a connection of all that passes, and passes it on."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chatdemo.inspector.connection import Connection


class Receiver:
    """ASGI's ``receive``."""

    __slots__ = ("connection", "inner")

    def __init__(self, connection: "Connection", receive: Callable[[], Awaitable[dict]]):
        self.connection, self.inner = connection, receive

    def __call__(self) -> Awaitable[dict]:
        self.connection.on_asked()
        return self._receive()

    async def _receive(self) -> dict:
        message = await self.inner()
        self.connection.on_received(message)
        return message

    def switch(self, open: bool) -> None:
        """Whether the tape is open. It makes no difference here."""


class Attachable(Receiver):
    """One that has messages handed over as they come (chatdemo.realtime.inbox)."""

    __slots__ = ("tap",)

    def __init__(self, connection: "Connection", receive: Callable[[], Awaitable[dict]]):
        super().__init__(connection, receive)
        self.tap: Tap | None = None

    def attach(self, turns: Any) -> None:
        self.connection.consumer = turns.consumer
        self.tap = Tap(self.connection, turns)
        self.inner.attach(self.tap)
        self.connection.switch(self.connection.tape.open)

    def switch(self, open: bool) -> None:
        """While the tape is closed, frames go straight to the consumer."""
        if self.tap:
            self.inner.turns = self.tap if open else self.tap.turns


class Tap:
    """A consumer's turns, as an inbox uses them."""

    __slots__ = ("connection", "turns")

    def __init__(self, connection: "Connection", turns: Any):
        self.connection, self.turns = connection, turns

    @property
    def busy(self) -> bool:
        return self.turns.busy

    @property
    def loop(self) -> Any:
        return self.turns.loop

    def take(self, message: dict) -> None:
        self.connection.on_received(message)
        self.turns.take(message)

    def notice(self, loop: Any) -> None:
        self.turns.notice(loop)

    def listen_to(self, source: Callable[[], dict | None]) -> None:
        self.turns.listen_to(partial(self._next, source))

    def _next(self, source: Callable[[], dict | None]) -> dict | None:
        message = source()
        if message is not None:
            self.connection.on_received(message)
        return message


class Sender:
    """ASGI's ``send``."""

    __slots__ = ("connection", "inner", "__weakref__")

    def __init__(self, connection: "Connection", send: Callable[[dict], Awaitable[None]]):
        self.connection, self.inner = connection, send

    async def __call__(self, message: dict) -> None:
        self.connection.on_sent(message)
        await self.inner(message)

    def switch(self, open: bool) -> None:
        """Whether the tape is open. It makes no difference here."""


class TextSender(Sender):
    """One that has a shorter way for texts (chatdemo.realtime.websocket.Send)."""

    __slots__ = ()

    def text(self, text: str) -> Awaitable[None]:
        self.connection.on_sent({"type": "websocket.send", "text": text})
        return self.inner.text(text)

    def texts(self, texts: str, between: str) -> Awaitable[None]:
        for text in texts.split(between):
            self.connection.on_sent({"type": "websocket.send", "text": text})
        return self.inner.texts(texts, between)

    def pause_reading(self, seconds: float) -> None:
        self.inner.pause_reading(seconds)

    def wait_until_sent(self) -> Awaitable[None]:
        return self.inner.wait_until_sent()

    def switch(self, open: bool) -> None:
        """While the tape is closed, the consumer has the server's own."""
        consumer = self.connection.consumer
        if getattr(consumer, "text_sender", None) in (self, self.inner):  # and not a middleware's
            consumer.text_sender = self if open else self.inner
