"""The functions that pass a message on, from a socket to all sockets, are those of the documentation."""

import json
import re
import sys
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.support.served import ROOT, Served, wait_for

#: Runs in the server: prints the functions on the stack where a message is handed to the log, to a
#: participant's writes and to its socket.
TRACE = "from tests.test_message_path import trace; trace()"
TEXT = "which way do I go?"
MAX_FUNCTIONS = 17
#: Besides chatdemo's own functions, Channels' handler for a frame is one that passes it on.
HANDLER = "channels.generic.websocket.AsyncWebsocketConsumer.websocket_receive"


def documented() -> list[str]:
    """The numbered list in docs/architecture.md, with the whole names of the functions."""
    text = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    section = text.partition("## The path of a message")[2].partition("\n## ")[0]
    names = re.findall(r"^\d+\. `([\w.]+)`", section, re.MULTILINE)
    return [name if name.startswith("channels.") else f"chatdemo.{name}" for name in names]


def stack() -> list[str]:
    """The functions of the callers that pass a message on, the outermost first."""
    names, frame = [], sys._getframe(2)
    while frame is not None:
        name = f"{frame.f_globals.get('__name__')}.{frame.f_code.co_qualname}"
        if name.startswith("chatdemo.") or name == HANDLER:
            names.append(name)
        frame = frame.f_back
    # What is below the event loop started the server.
    return [name for name in reversed(names) if not name.startswith(STARTING)]


STARTING = ("chatdemo.__main__", "chatdemo.commands", "chatdemo.project.server")


def trace() -> None:
    """Print the stacks, a line of JSON each, for messages with TEXT."""
    from chatdemo.chat.sqlite_message_log import SQLiteMessageLog
    from chatdemo.realtime.write_buffer import WriteBuffer

    append, write, make = SQLiteMessageLog.append, WriteBuffer.write, WriteBuffer.__init__

    def report(names: list[str]) -> None:
        print(f"path {json.dumps(names)}", flush=True)

    def traced_append(self, draft):
        if draft.text == TEXT:
            report([*stack(), "chatdemo.chat.sqlite_message_log.SQLiteMessageLog.append"])
        return append(self, draft)

    def traced_write(self, data):
        if TEXT.encode() in data:
            report([*stack(), "chatdemo.realtime.write_buffer.WriteBuffer.write"])
        write(self, data)

    def traced_make(self, transport):
        make(self, transport)
        send = self.send

        def traced_send(data):
            if TEXT.encode() in data:
                report(stack())
            return send(data)

        self.send = traced_send

    SQLiteMessageLog.append, WriteBuffer.write = traced_append, traced_write
    WriteBuffer.__init__ = traced_make


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code objects have no qualified name")
def test_a_message_takes_the_documented_way(tmp_path: Path):
    before = (
        f"import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'chatdemo.project.settings'; {LATE}"
    )
    with Served(tmp_path, before=before) as server:
        url = server.socket_url("/ws/chat/lobby/")
        with connect(url) as ada, connect(url) as ben:
            ada.send(json.dumps({"message": TEXT}))
            assert json.loads(ben.recv(timeout=20))["message"] == TEXT
            assert json.loads(ada.recv(timeout=20))["message"] == TEXT
        lines = wait_for(lambda: traced(server.lines, 5), "the ways in, out and to the sockets")
    ways = [json.loads(line.removeprefix("path ")) for line in lines]
    passed = list(dict.fromkeys(name for way in ways for name in way))
    assert passed == documented()
    assert len(passed) <= MAX_FUNCTIONS


#: The server's modules can't be imported before Django is ready: trace when it is.
LATE = (
    "import django.core.asgi as asgi; get = asgi.get_asgi_application;"
    f" asgi.get_asgi_application = lambda: (get(), exec({TRACE!r}))[0]"
)


def traced(lines: list[str], count: int) -> list[str]:
    found = [line for line in lines if line.startswith("path ")]
    return found if len(found) >= count else []
