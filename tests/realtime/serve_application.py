"""Serves the application below with chatdemo's server alone, without Django: python serve_application.py.

It prints its port. A path says how the application behaves; what it sees of its end, it prints.
"""

import asyncio

from chatdemo.project.listening_address import listen
from chatdemo.realtime.upstream.daphne import Server


async def application(scope, receive, send):
    try:
        await BEHAVIOURS[scope["path"]](receive, send)
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        raise
    print("finished", flush=True)


async def hang(receive, send):
    """Never looks at what it gets, and so never learns that it should end."""
    await send({"type": "websocket.accept"})
    await asyncio.Event().wait()


async def echo(receive, send):
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] != "websocket.disconnect":
        if event["type"] == "websocket.receive":
            content = {key: event[key] for key in ("text", "bytes") if event.get(key) is not None}
            await send({"type": "websocket.send", **content})
    print(event["code"], flush=True)


async def close(receive, send):
    """With the code that it is sent, and the reason behind it."""
    await send({"type": "websocket.accept"})
    await receive()
    code, _, reason = (await receive())["text"].partition(" ")
    await send({"type": "websocket.close", "code": int(code), "reason": reason})
    while (await receive())["type"] != "websocket.disconnect":
        pass


async def fail(receive, send):
    await send({"type": "websocket.accept"})
    raise ValueError("on purpose")


async def wait_for_answer(receive, send):
    """An HTTP request that is never answered."""
    await asyncio.Event().wait()


async def fail_halfway(receive, send):
    """An HTTP response without its other half."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})
    raise ValueError("no other half")


BEHAVIOURS = {"/hang": hang, "/echo": echo, "/fail": fail, "/close": close}
BEHAVIOURS |= {"/http": wait_for_answer, "/half": fail_halfway}

if __name__ == "__main__":
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        Server(application, listener, lambda: print(port, flush=True)).run()
