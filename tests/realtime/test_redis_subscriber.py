"""Receiving from a real Redis server whose connection is lost without a sign."""

import os
import signal

from chatdemo.realtime import redis_subscriber as module
from chatdemo.realtime.redis_subscriber import RedisSubscriber
from tests.support.redis_server import RedisServer
from tests.support.served import until


async def test_a_connection_that_is_silent_is_replaced(has_redis, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(module, "PING_SECONDS", 0.1)
    received = []
    with RedisServer(tmp_path) as server:
        subscriber = RedisSubscriber(server.url(), ["news"], lambda *news: received.append(news))
        await subscriber.wait_until_connected()
        os.kill(server.process.pid, signal.SIGSTOP)
        failed = "Other servers' events can't be received: the Redis server doesn't answer in time"
        await until(lambda: failed in caplog.text)
        os.kill(server.process.pid, signal.SIGCONT)
        await until(lambda: "Other servers' events are received again." in caplog.text)
        with server.client() as client:
            client.publish("news", "hello")
        await until(lambda: received == [("news", b"hello")])
        await subscriber.close()
