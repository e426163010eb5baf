"""Serves a chat with faults on chatdemo's server, without Django: python serve_faults.py. It prints its address.

The room's name says which fault it has. What it hears, it prints.
"""

import json
from collections import defaultdict

from chatdemo.project.listener import listen
from chatdemo.realtime.server import Server

rooms = defaultdict(list)
held = defaultdict(list)


async def application(scope, receive, send):
    """A chat whose rooms are lists of senders."""
    room = scope["path"].split("/")[3]
    await receive()
    print(f"{room} is asked", flush=True)
    if room == "never":
        await receive()
    if room == "full" and len(rooms[room]) == 2:
        return await send({"type": "websocket.close"})
    await send({"type": "websocket.accept"})
    rooms[room].append(send)
    while (event := await receive())["type"] != "websocket.disconnect":
        print(f"{room} heard a message", flush=True)
        await BEHAVIOURS[room](rooms[room], send, json.loads(event["text"]))
    rooms[room].remove(send)


async def say(send, content):
    await send({"type": "websocket.send", "text": json.dumps(content)})


async def fair(members, sender, content):
    for send in list(members):
        await say(send, content)


async def lose(members, sender, content):
    await fair(members[1:], sender, content)


async def double(members, sender, content):
    await fair(members, sender, content)
    await say(members[0], content)


async def swap(members, sender, content):
    """The last one gets each second message before the one ahead of it."""
    await fair(members[:-1], sender, content)
    held["swap"].append(content)
    if len(held["swap"]) == 2:
        for late in reversed(held["swap"]):
            await say(members[-1], late)
        held["swap"].clear()


async def echo(members, sender, content):
    await say(sender, content)


async def silent(members, sender, content):
    pass


async def refuse(members, sender, content):
    await say(sender, {"error": "too_long", "detail": "That message is too long."})


async def chatter(members, sender, content):
    """Says much else as well, and puts a name before the text."""
    for other in ({"message": "hello"}, {"message": "crowd aaaaaa 0 0"}, ["list"], {"message": 7}):
        await fair(members, sender, other)
    await fair(members, sender, {"message": f"ann: {content['message']}", "padding": "x" * 200})


async def number(members, sender, content, times=1):
    """As a server with a history that nobody can read: who was away asks in vain."""
    held["number"].append(content)
    for _ in range(times):
        await fair(members, sender, {"message": content["message"], "seq": len(held["number"])})


async def number_twice(members, sender, content):
    await number(members, sender, content, times=2)


async def close(members, sender, content):
    await fair(members, sender, content)
    if len(members) == 3:
        await sender({"type": "websocket.close", "code": 4001, "reason": "Enough of you."})


BEHAVIOURS = {
    "fair": fair,
    "full": fair,
    "lose": lose,
    "double": double,
    "swap": swap,
    "echo": echo,
    "silent": silent,
    "refuse": refuse,
    "chatter": chatter,
    "close": close,
    "number": number,
    "number_twice": number_twice,
}

if __name__ == "__main__":
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        Server(application, listener, lambda: print(f"http://127.0.0.1:{port}/", flush=True)).run()
