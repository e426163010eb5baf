"""How the load generator talks with a server: what is sent, and what has to be answered."""

import json


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


DIALECTS = {"plain": Plain, "socketio": SocketIO}
