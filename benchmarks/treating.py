"""A room for the load generator's tests that treats its second participant in a way of its own: treating.py PORT WAY"""

import asyncio
import sys
from contextlib import suppress

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

#: The run's message of this number, counted from 0, is what the second participant doesn't get as the others do.
CHOSEN = 3
OK, LOST, DOUBLED, SWAPPED = "ok", "lost", "doubled", "swapped"
PINGED, CLOSED, REFUSED, SOCKETIO = "pinged", "closed", "refused", "socketio"


class Lobby:
    """Whoever is in the room; one message at a time goes to all."""

    def __init__(self, way: str):
        self.way, self.people, self.turn = way, [], asyncio.Lock()
        self.messages = 0
        self.held: list[str] = []

    async def join(self, connection) -> None:
        if self.way == SOCKETIO and not await self.welcome(connection):
            return
        self.people.append(connection)
        try:
            async for text in connection:
                async with self.turn:
                    await self.say(text)
        finally:
            self.people.remove(connection)

    async def welcome(self, connection) -> bool:
        """As Socket.IO does: a ping has to be answered, and whoever talks before it is welcomed is thrown out."""
        await connection.send('0{"sid": "1"}')
        hello = await connection.recv()
        await connection.send("2")
        if welcome := [hello, await connection.recv()] == ["40", "3"]:
            await connection.send('40{"sid": "2"}')
        return welcome

    async def say(self, text: str) -> None:
        chosen = "~" in text and self.messages == CHOSEN
        self.messages += "~" in text
        for place, person in enumerate(list(self.people)):
            with suppress(ConnectionClosed):
                await (self.treat(person, text, chosen) if place == 1 else person.send(text))

    async def treat(self, person, text: str, chosen: bool) -> None:
        """What the second participant gets."""
        if self.way == PINGED:
            await (await person.ping())
        if chosen and self.way == CLOSED:
            return await person.close()
        copies = {LOST: 0, SWAPPED: 0, DOUBLED: 2}.get(self.way, 1) if chosen else 1
        for part in [text] * copies + self.held:
            await person.send(part)
        self.held = [text] if chosen and self.way == SWAPPED else []


def refuse(connection, request):
    return connection.respond(403, "")


async def main(port: int, way: str) -> None:
    options = {"process_request": refuse} if way == REFUSED else {}
    async with serve(Lobby(way).join, "127.0.0.1", port, compression=None, **options) as server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
