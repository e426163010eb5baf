"""Clients on a plain socket that remember each byte that they get."""

import json
import re
import socket

from tests.support.frames import BINARY, CLOSE, TEXT, Frame, close_frame, decode, encode
from tests.support.served import TIMEOUT_SECONDS

SHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Socket:
    """A connection with a request sent. ``heard`` is every byte that came back, ``head`` the response's headers."""

    def __init__(self, port: int, path: str, method: str = "GET", body: bytes = b"", **headers: str):
        self.heard, self.place = bytearray(), 0
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        fields = {"Host": f"127.0.0.1:{port}", **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
        self._socket.sendall("\r\n".join(lines).encode() + body)

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self._socket.close()

    def take(self, count: int) -> bytes:
        """The next bytes."""
        while len(self.heard) < self.place + count:
            assert self._more(), f"the server hung up after {bytes(self.heard)!r}"
        self.place += count
        return bytes(self.heard[self.place - count : self.place])

    def read_head(self) -> bytes:
        """The status line and the headers."""
        while (end := self.heard.find(b"\r\n\r\n", self.place)) < 0:
            assert self._more(), f"the server hung up after {bytes(self.heard)!r}"
        return self.take(end + 4 - self.place)

    def read_to_the_end(self) -> None:
        """Until the server closes the connection."""
        while self._more():
            pass

    def _more(self) -> bool:
        try:
            data = self._socket.recv(1 << 18)
        except ConnectionResetError:  # its end as well: it was closed with bytes of ours unread
            return False
        self.heard += data
        return bool(data)


class Request(Socket):
    """A request, answered."""

    def __init__(self, port: int, path: str, method: str = "GET", body: bytes = b""):
        length = {"Content-Length": str(len(body))} if body else {}
        super().__init__(port, path, method, body, Connection="close", **length)
        with self:
            self.read_to_the_end()

    @property
    def cookie(self) -> str:
        """The session's, as a browser sends it back."""
        return re.search(rb"sessionid=[^;]+", self.heard)[0].decode()


class Participant(Socket):
    """A WebSocket; its handshake is answered, one way or another."""

    def __init__(self, port: int, path: str, **headers: str):
        super().__init__(port, path, **SHAKE, **headers)
        self.accepted = self.read_head().startswith(b"HTTP/1.1 101 ")
        if not self.accepted:
            self.read_to_the_end()

    def say(self, content: object) -> None:
        """Send bytes as they are, a text as it is, and all else as JSON."""
        if isinstance(content, bytes):
            frame = Frame(BINARY, content)
        else:
            frame = Frame(TEXT, (content if isinstance(content, str) else json.dumps(content)).encode())
        self._socket.sendall(encode(frame))

    def hear(self, count: int = 1) -> list[bytes]:
        """The next messages."""
        return [self._read_frame().payload for _ in range(count)]

    def leave(self, code: int = 1000) -> None:
        """Close, and wait until the server has hung up."""
        self._socket.sendall(encode(close_frame(code)))
        self.read_to_the_end()
        self._socket.close()

    def be_left(self) -> None:
        """Wait for the server's close frame, answer it, and wait until the server has hung up."""
        while True:
            frame = self._read_frame()
            if frame.opcode == CLOSE:
                self._socket.sendall(encode(frame))
                self.read_to_the_end()
                return self._socket.close()

    def _read_frame(self) -> Frame:
        while not (found := decode(self.heard, self.place)):
            assert self._more(), f"the server hung up after {bytes(self.heard)!r}"
        frame, self.place = found
        return frame


class Watcher(Participant):
    """A watcher of the inspector's feed. ``events`` has the recorded entries."""

    def __init__(self, port: int):
        super().__init__(port, "/inspect/feed/", Origin=f"http://127.0.0.1:{port}")
        assert self.accepted
        self.events: list[dict] = []

    def watch_until(self, condition) -> None:
        """Take what comes, and say so, until the condition holds of all events so far."""
        while not condition(self.events):
            content = json.loads(self.hear()[0])
            if content["kind"] == "events":
                assert content["dropped"] == 0
                self.events += content["events"]
                self.say({"do": "got", "n": self.events[-1]["n"]})
