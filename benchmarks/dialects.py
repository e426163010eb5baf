"""How the load generator talks with a server: what is sent, and what has to be answered."""

import json
import re
import secrets
import time
from urllib.parse import SplitResult

from tests.support.visitor import sign_in

SEQ = re.compile(rb'"seq": (\d+)')
OWN = re.compile(rb', "id": "[^"]*"')


class Plain:
    """The tutorial's own way to talk: whoever is connected is in the room."""

    #: What a participant sends once it is connected.
    hello = b""
    #: How the server's answer to that begins: no message may be sent before it has come.
    welcome = b""

    def request(self, path: str) -> str:
        return path

    def say(self, text: str) -> bytes:
        return json.dumps({"message": text}).encode()

    def answer(self, payload: bytes) -> bytes | None:
        """What a participant must answer to keep its connection."""
        return None

    def headers(self, url: SplitResult, number: int) -> str:
        """What else participant ``number`` has in its handshake, in whole lines."""
        return ""

    def as_others_get(self, payload: bytes) -> bytes:
        """A message as it goes to those who didn't say it."""
        return payload

    def acknowledge(self, payload: bytes) -> bytes | None:
        """What a participant says now and then, once it has everything up to this message."""
        return None


class SocketIO(Plain):
    """Engine.IO 4 over WebSocket: 40 joins the namespace, 2 is a ping, 42 an event.

    An event that comes before the namespace is joined makes the server end the connection.
    """

    hello = b"40"
    welcome = b"40{"

    def request(self, path: str) -> str:
        return "/socket.io/?EIO=4&transport=websocket"

    def say(self, text: str) -> bytes:
        return b"42" + json.dumps(["message", {"message": text}]).encode()

    def answer(self, payload: bytes) -> bytes | None:
        return b"3" if payload == b"2" else None


class Page(Plain):
    """The room's own page: it has a session and a name, gives each message an id, and tells how far it is."""

    welcome = b'{"event": "welcome"'

    def headers(self, url: SplitResult, number: int) -> str:
        cookie = sign_in(url.geturl(), f"Participant {number}")
        return f"Cookie: {cookie}\nSec-WebSocket-Protocol: chatdemo\n"

    def say(self, text: str) -> bytes:
        return json.dumps(
            {"message": text, "id": f"{time.time_ns():x}{secrets.token_hex(4)}"}
        ).encode()

    def answer(self, payload: bytes) -> bytes | None:
        return b'{"beat": true}' if payload == b'{"event": "beat"}' else None

    def as_others_get(self, payload: bytes) -> bytes:
        return OWN.sub(b"", payload)

    def acknowledge(self, payload: bytes) -> bytes | None:
        found = SEQ.search(payload)
        return b'{"got": %b}' % found[1] if found else None


DIALECTS = {"plain": Plain, "socketio": SocketIO, "page": Page}
