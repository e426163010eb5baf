"""The servers that ``fanout.py`` measures: one entry each, and how one is started and ended."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.peers import tools
from benchmarks.peers.tools import Workshop
from tests.support.served import WITHOUT_UVLOOP

HERE = Path(__file__).resolve().parent
OURS, PLAIN, FASTAPI, WEBSOCKETS, PICOWS = (
    "chatdemo",
    "chatdemo, no uvloop",
    "FastAPI",
    "websockets",
    "picows",
)
NODE_WS, SOCKETIO, C_LOOP, C_FLOOD = "Node ws", "Socket.IO", "C epoll loop", "C epoll loop, flood"
STOCK, STOCK_SYNC, STEP_ASYNC = "stock tutorial", "stock tutorial, sync", "chatdemo, step async"
#: Frames that the flood makes of each message.
FLOOD = 200
#: What ours is compared with: the servers that one would choose for speed.
RIVALS = (FASTAPI, PICOWS, NODE_WS, SOCKETIO, WEBSOCKETS)

Prepare = Callable[[Workshop], str]


def nothing(workshop: Workshop) -> str:
    """What a peer needs that is always there."""
    return ""


@dataclass(frozen=True)
class Peer:
    """A chat server: ``command(workshop, port)`` runs it, in a folder of the workshop.

    ``prepare`` makes what it needs, and returns why it can't be had, or nothing. It accepts connections once it has
    printed a line with ``ready`` in it.
    """

    name: str
    command: Callable[[Workshop, int], list[str]]
    prepare: Prepare = nothing
    dialect: str = "plain"
    ready: str = "ready"
    folder: str = "."


#: The others keep nothing of what is said, and nobody is held back.
AS_THE_OTHERS = ["env", "CHATDEMO_HISTORY=false", "CHATDEMO_MAX_RATE=0"]


def ours(name: str, step: str = "", uvloop: bool = True) -> Peer:
    """chatdemo itself; with ``uvloop`` where that is installed."""

    def command(workshop: Workshop, port: int) -> list[str]:
        run = (
            ["-m", "chatdemo"]
            if uvloop
            else ["-c", f"{WITHOUT_UVLOOP}; from chatdemo.__main__ import main; main()"]
        )
        return [
            *AS_THE_OTHERS,
            sys.executable,
            *run,
            "serve",
            "--port",
            str(port),
            "--db",
            ":memory:",
            "--step",
            step,
        ]

    return Peer(
        name,
        command,
        partial(tools.lacks_modules, modules=("uvloop",)) if uvloop else nothing,
        ready="Stop",
    )


def in_python(name: str, script: str, *modules: str) -> Peer:
    def command(workshop: Workshop, port: int) -> list[str]:
        return [sys.executable, str(HERE / script), str(port)]

    return Peer(name, command, partial(tools.lacks_modules, modules=modules))


def in_node(name: str, script: str, package: str, dialect: str = "plain") -> Peer:
    def command(workshop: Workshop, port: int) -> list[str]:
        return ["node", str(HERE / script), str(port)]

    return Peer(name, command, partial(tools.lacks_package, package=package), dialect)


def in_c(name: str, *options: str) -> Peer:
    def command(workshop: Workshop, port: int) -> list[str]:
        return [str(tools.program(workshop)), str(port), *options]

    return Peer(name, command, partial(tools.lacks_program, source=HERE / "epoll_loop.c"))


def stock(name: str, consumer: str) -> Peer:
    """The tutorial's own project on Daphne; its access log has a line a connection, and goes nowhere."""

    def command(workshop: Workshop, port: int) -> list[str]:
        return [
            sys.executable,
            "-m",
            "daphne",
            "--access-log",
            "/dev/null",
            "-p",
            str(port),
            "mysite.asgi:application",
        ]

    prepare = partial(tools.lacks_project, name=consumer)
    return Peer(name, command, prepare, ready="Listening on TCP", folder=consumer)


def stock_on_redis(layer: str, url: str) -> Peer:
    """The tutorial's own project with channels_redis, whose ``layer`` is "core" or "pubsub"."""
    name = f"stock on Redis {layer}"

    def prepare(workshop: Workshop) -> str:
        missing = tools.lacks_modules(workshop, ("channels_redis",))
        return missing or tools.lacks_project_on_redis(workshop, name, layer, url)

    return replace(stock(STOCK, "async"), name=name, prepare=prepare, folder=name)


#: In the order of the tables.
PEERS = {
    peer.name: peer
    for peer in (
        ours(OURS),
        ours(PLAIN, uvloop=False),
        ours(STEP_ASYNC, step="async"),
        stock(STOCK, "async"),
        stock(STOCK_SYNC, "groups"),
        in_python(
            FASTAPI, "with_fastapi.py", "fastapi", "uvicorn", "uvloop", "httptools", "websockets"
        ),
        in_python(WEBSOCKETS, "with_websockets.py", "websockets"),
        in_python(PICOWS, "with_picows.py", "picows", "uvloop"),
        in_node(NODE_WS, "with_ws.js", "ws"),
        in_node(SOCKETIO, "with_socketio.js", "socket.io", "socketio"),
        in_c(C_LOOP),
    )
}
#: Not a chat: what shows that the load generator isn't what limits a server.
FLOODING = in_c(C_FLOOD, "--flood", str(FLOOD))
