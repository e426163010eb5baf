"""ASGI middleware that takes no time once a connection is open."""

from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[..., Awaitable[None]]


class FillScope:
    """Runs ``stack``, a middleware, and gives ``application`` the scope that it has made.

    It is for AuthMiddlewareStack, of which a WebSocket needs the scope alone. Its SessionMiddleware
    looks into the session for each message that is sent, but acts on HTTP responses alone
    (``save_message_types``). That took two fifths of the time of a delivery, and its coroutines and
    copies of the scope took 4 KiB of each connection.
    """

    def __init__(self, stack: Callable[[Application], Application], application: Application):
        self.stack, self.application = stack, application

    async def __call__(self, scope: dict[str, Any], receive: Callable, send: Callable) -> None:
        filled: list[dict[str, Any]] = []

        async def store_scope(scope: dict[str, Any], receive: Callable, send: Callable) -> None:
            filled.append(scope)

        await self.stack(store_scope)(scope, receive, send)
        if filled:  # or the stack has refused the connection
            await self.application(filled[0], receive, send)
