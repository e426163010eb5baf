"""A look into a server from outside: what it has of that which must not be left over. Runs in the server's process."""

import asyncio
import gc
import json
import os
import signal
import socket
import threading
from contextlib import suppress
from functools import partial

from tests.support.served import TIMEOUT_SECONDS, Served, wait_for

#: Code that has a server answer ``look``.
INSTALL = "from tests.promise.peephole import install; install()"


def install() -> None:
    """Print what there is whenever SIGUSR1 comes."""
    signal.signal(signal.SIGUSR1, lambda *_: print(f"there is {json.dumps(_count())}", flush=True))


def _count() -> dict[str, int]:
    from channels.layers import get_channel_layer
    from django.apps import apps

    from chatdemo.chat.consumers import ChatConsumer
    from chatdemo.realtime import background_tasks

    gc.collect()
    rooms = apps.get_app_config("chat").rooms
    layer = get_channel_layer()
    return {
        "tasks": len(asyncio.all_tasks()),
        "tasks that nobody waits for": len(background_tasks._background),
        "threads": threading.active_count(),
        "descriptors": len(os.listdir("/proc/self/fd")),
        "consumers": sum(isinstance(thing, ChatConsumer) for thing in gc.get_objects()),
        "connections": rooms.limits.count,
        "pages": sum(len(room.heartbeat.pages) for room in rooms),
        "people": sum(len(room.members.present) for room in rooms),
        "groups": len(layer.groups),
        "channels": len(layer.channels),
    }


def look(served: Served) -> dict[str, int]:
    """What there is now in a server that was started with INSTALL."""
    seen = len(served.lines)
    for _ in range(TIMEOUT_SECONDS):
        served.process.send_signal(signal.SIGUSR1)
        with suppress(AssertionError):
            told = wait_for(partial(_answer, served, seen), "the answer", timeout=1)
            return json.loads(told.partition("there is ")[2])
        # Python's handlers run between two of its instructions, and an event loop with nothing to do has none.
        socket.create_connection(("127.0.0.1", served.port)).close()
    raise AssertionError(f"{TIMEOUT_SECONDS} questions had no answer: {served.output}")


def _answer(served: Served, seen: int) -> str:
    return next(
        (line for line in served.lines[seen:] if "there is {" in line and line.endswith("}\n")), ""
    )
