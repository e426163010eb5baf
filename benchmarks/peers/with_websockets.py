"""A room with the asyncio server of the ``websockets`` library: python with_websockets.py PORT."""

import asyncio
import json
import sys

from websockets.asyncio.server import broadcast, serve

connections = set()


async def lobby(connection):
    connections.add(connection)
    try:
        async for text in connection:
            broadcast(connections, json.dumps({"message": json.loads(text)["message"]}))
    finally:
        connections.remove(connection)


async def main(port: int) -> None:
    async with serve(lobby, "127.0.0.1", port, compression=None) as server:
        print("ready", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
