"""Several servers that are one chat, on a Redis server that can go away and come back."""

import asyncio
import secrets
import signal
from pathlib import Path

from chatdemo.chat.redis_keys import RoomKeys
from tests.promise.server import ROOM, Server
from tests.support.redis_server import DURABLE, RedisServer


class SeveralServers:
    """What Talk needs of a server, of ``count`` of them."""

    def __init__(self, folder: Path, count: int, **settings: str):
        self.folder = folder
        (folder / "redis").mkdir()
        self.redis = RedisServer(folder / "redis", *DURABLE)
        self.servers = self.make_servers(count, **settings)

    def make_servers(self, count: int, **settings: str) -> list[Server]:
        key = self.folder / "key"
        key.write_text(secrets.token_hex(32), "ascii")
        options = ("--redis", self.redis.url())
        servers = []
        for number in range(count):
            folder = self.folder / f"server {number}"
            folder.mkdir()
            servers.append(Server(folder, options=options, secret_key_file=key, **settings))
        return servers

    @property
    def urls(self) -> list[str]:
        return [server.url for server in self.servers]

    @property
    def url(self) -> str:
        return self.urls[0]

    @property
    def output(self) -> str:
        return "".join(server.output for server in self.servers)

    async def __aenter__(self) -> "SeveralServers":
        await asyncio.to_thread(self.redis.__enter__)
        for server in self.servers:
            await server.start()
        return self

    async def __aexit__(self, *_) -> None:
        await self.end()
        await asyncio.to_thread(self.redis.__exit__)

    async def end(self) -> None:
        for server in self.servers:
            await server.end()

    async def restart_redis(self, pause: float) -> None:
        await asyncio.to_thread(self.redis.stop, signal.SIGTERM)
        await asyncio.to_thread(self.redis.__exit__)
        await asyncio.sleep(pause)
        port = self.redis.server_port
        self.redis = RedisServer(self.folder / "redis", *DURABLE, port=port)
        await asyncio.to_thread(self.redis.__enter__)

    def client(self):
        return self.redis.client()

    def kept(self) -> list[tuple[int, str]]:
        """The (seq, text) of all that is in the log, in its order."""
        with self.client() as client:
            entries = client.xrange(RoomKeys.of(ROOM).log)
        return [(int(entry.partition("-")[0]), fields["text"]) for entry, fields in entries]
