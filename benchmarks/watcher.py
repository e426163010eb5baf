"""A watcher of the inspector that reads and acknowledges all it is sent, as its page does.

    python benchmarks/watcher.py URL

It prints "watching" once it is welcome, and ends when it is ended.
"""

import asyncio
import json
import sys
from urllib.parse import urlsplit

from websockets.asyncio.client import connect


async def watch(url: str) -> None:
    """Read the feed at ``url``, for ever."""
    async with connect(url, origin=f"http://{urlsplit(url).netloc}", max_size=None) as feed:
        async for text in feed:
            content = json.loads(text)
            if content["kind"] == "hello":
                print("watching", flush=True)
            elif content["kind"] == "events" and content["events"]:
                await feed.send(json.dumps({"do": "got", "n": content["events"][-1]["n"]}))


if __name__ == "__main__":
    asyncio.run(watch(sys.argv[1]))
