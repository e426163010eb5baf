"""FillScope runs a stack of middleware for its scope alone."""

import asyncio

import pytest
from channels.security.websocket import OriginValidator

from chatdemo.realtime.middleware import FillScope


class Called:
    """An application that keeps what it was called with."""

    def __init__(self):
        self.calls = []

    async def __call__(self, scope, receive, send):
        self.calls.append((scope, receive, send))


async def no_message():
    return {"type": "websocket.connect"}


def stack(application):
    async def fill(scope, receive, send):
        async def wrapped(message):
            raise AssertionError("the application's messages aren't for the stack")

        await application({**scope, "user": "ana"}, receive, wrapped)

    return fill


async def test_the_application_gets_the_scope_that_the_stack_makes_and_the_servers_own_send():
    application = Called()

    async def send(message):
        raise AssertionError("nobody sends anything")

    await FillScope(stack, application)({"type": "websocket", "path": "/"}, no_message, send)
    assert application.calls == [
        ({"type": "websocket", "path": "/", "user": "ana"}, no_message, send)
    ]


async def test_a_stack_that_refuses_never_runs_the_application():
    application, sent = Called(), []

    async def send(message):
        sent.append(message)

    def guarded(inner):
        return OriginValidator(stack(inner), ["http://localhost"])

    scope = {"type": "websocket", "path": "/", "headers": [(b"origin", b"http://evil.example")]}
    messages = [{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1006}]

    async def receive():
        return messages.pop(0) if messages else await asyncio.Event().wait()

    await FillScope(guarded, application)(scope, receive, send)
    assert application.calls == []
    assert [message["type"] for message in sent] == ["websocket.close"]


async def test_what_the_stack_raises_is_raised():
    application = Called()

    def broken(inner):
        async def run(scope, receive, send):
            raise LookupError("no session")

        return run

    with pytest.raises(LookupError, match="no session"):
        await FillScope(broken, application)({"type": "websocket"}, no_message, None)
    assert application.calls == []
