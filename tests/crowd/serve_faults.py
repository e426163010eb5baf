"""Serves a chat with faults on chatdemo's server, without Django: python serve_faults.py. It prints its address.

A room's fault is the part of its name before the first hyphen. The server prints what it receives.
"""

import json
from collections import defaultdict

from chatdemo.project.listening_address import listen
from chatdemo.realtime.upstream.daphne import Server

rooms = defaultdict(list)
held_back = []
numbered = defaultdict(int)


async def application(scope, receive, send):
    """A chat whose rooms are lists of senders."""
    room = scope["path"].split("/")[3]
    behaviour = room.partition("-")[0]
    await receive()
    print(f"{room}: handshake", flush=True)
    if behaviour == "never":
        await receive()
    if behaviour == "full" and len(rooms[room]) == 2:
        return await send({"type": "websocket.close"})
    await send({"type": "websocket.accept"})
    rooms[room].append(send)
    while (event := await receive())["type"] != "websocket.disconnect":
        print(f"{room}: message", flush=True)
        await BEHAVIOURS[behaviour](rooms[room], send, json.loads(event["text"]))
    if send in rooms[room]:
        rooms[room].remove(send)


async def send_json(send, content):
    await send({"type": "websocket.send", "text": json.dumps(content)})


async def fair(members, sender, content):
    for send in list(members):
        await send_json(send, content)


async def lose(members, sender, content):
    await fair(members[1:], sender, content)


async def double(members, sender, content):
    await fair(members, sender, content)
    await send_json(members[0], content)


async def swap(members, sender, content):
    """The last one gets each second message before the one ahead of it."""
    await fair(members[:-1], sender, content)
    held_back.append(content)
    if len(held_back) == 2:
        for late in reversed(held_back):
            await send_json(members[-1], late)
        held_back.clear()


async def echo(members, sender, content):
    await send_json(sender, content)


async def silent(members, sender, content):
    pass


async def refuse(members, sender, content):
    await send_json(sender, {"error": "too_long", "detail": "That message is too long."})


async def chatter(members, sender, content):
    """Sends other messages as well, and puts a name before the text."""
    for other in ({"message": "hello"}, {"message": "crowd aaaaaa 0 0"}, ["list"], {"message": 7}):
        await fair(members, sender, other)
    await fair(members, sender, {"message": f"ann: {content['message']}", "padding": "x" * 200})


async def number(members, sender, content, times=1):
    """Numbers messages like a server with a history, but sends no missed ones."""
    numbered[times] += 1
    for _ in range(times):
        await fair(members, sender, {"message": content["message"], "seq": numbered[times]})


async def number_twice(members, sender, content):
    await number(members, sender, content, times=2)


async def close(members, sender, content):
    await fair(members, sender, content)
    if len(members) == 3:
        members.remove(sender)
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
