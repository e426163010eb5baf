"""A real Redis server on a free port, for the tests alone."""

import importlib
import shutil
from pathlib import Path

from tests.support.served import Process, clean_environ, free_port

#: Options with which Redis has on its disk what it has answered, but for the last second before a power cut.
DURABLE = ("--appendonly", "yes", "--appendfsync", "everysec")
PROGRAMS = ("redis-server", "valkey-server")


def program() -> str | None:
    """The path of a Redis or Valkey server; None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class RedisServer(Process):
    """The server, with ``options`` such as ``"--requirepass", "secret"``. It writes nothing to the disk without an option."""

    ready = "eady to accept connections"

    def __init__(self, folder: Path, *options: str, port: int = 0):
        self.server_port = port or free_port()
        command = [program(), "--port", str(self.server_port), "--bind", "127.0.0.1", "--save", ""]
        super().__init__(folder, [*command, *options], clean_environ())

    def flush(self) -> None:
        """Delete all that it has."""
        with self.client() as client:
            client.flushall()

    def client(self, password: str = "", database: int = 0):
        redis = importlib.import_module("redis")
        url = f"{self.url(password)}/{database}"
        return redis.Redis.from_url(url, decode_responses=True)

    def url(self, password: str = "") -> str:
        return f"redis://{password and f':{password}@'}127.0.0.1:{self.server_port}"
