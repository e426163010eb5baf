"""A client that can break every rule: bytes to a socket by hand, and what the server answers to them.

Handshakes are RFC 6455, section 4.1; close codes section 7.4.1.
"""

import json
import socket
import struct
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPMessage, parse_headers
from pathlib import Path

import pytest
from websockets.sync.client import ClientConnection, connect

from tests.support.frames import KEY, TEXT, Frame, close_frame, decode, encode
from tests.support.served import TIMEOUT_SECONDS, WITHOUT_UVLOOP, Served

#: A handshake's headers that are right; the key is the one in RFC 6455, section 1.3.
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
#: For each event loop, code to run first so that a server has it.
BEFORE = {"uvloop": "", "asyncio": WITHOUT_UVLOOP}
#: For a test of what depends on how the event loop reads, writes and closes.
on_each_loop = pytest.mark.parametrize("server", list(BEFORE), indirect=True)


@dataclass(frozen=True)
class Answer:
    """An HTTP response: its status, headers and body."""

    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


class Raw:
    """A TCP connection to ``server``. As a context manager it closes itself."""

    def __init__(self, server: Served):
        self.port = server.port
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")
        self._frames = b""  # what has been read of the next ones

    def __enter__(self) -> "Raw":
        return self

    def __exit__(self, *_) -> None:
        self.file.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send all that the server takes: one that has refused already may hang up, and its answer says enough."""
        with suppress(BrokenPipeError, ConnectionResetError):
            self.socket.sendall(data)

    def request(self, line: bytes, **headers: str | bytes | list | None) -> None:
        """Send a request with ``line`` and ``headers``, as ``request`` below builds it."""
        self.send(request(line, {"Host": f"127.0.0.1:{self.port}"} | headers))

    def answer(self, has_body: bool = True) -> Answer:
        """The next HTTP response. Raises AssertionError if the server hangs up instead."""
        line = self.file.readline()
        assert line.startswith(b"HTTP/1."), f"no HTTP response, but {line!r}"
        status = int(line.split()[1])
        headers = parse_headers(self.file)
        empty = status < 200 or status in (204, 304) or not has_body
        return Answer(status, headers, b"" if empty else self._body(headers))

    def reset(self) -> None:
        """Abort the connection: TCP RST, not FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.file.close()
        self.socket.close()

    def at_end(self) -> bool:
        """Whether the server closed the connection; waits for that. Data that comes instead is the answer no."""
        try:
            return not self._frames and self.file.read(1) == b""
        except ConnectionResetError:
            return True

    def frame(self) -> Frame:
        """The next frame, which must be unmasked."""
        while not (found := decode(self._frames)):
            data = self.file.read1()
            assert data, f"the server hung up within a frame, after {self._frames!r}"
            self._frames += data
        frame, end = found
        self._frames = self._frames[end:]
        return frame

    def heard(self) -> dict:
        """The next frame's JSON."""
        frame = self.frame()
        assert frame.opcode == TEXT, f"no text, but {frame}"
        return json.loads(frame.payload)

    def _body(self, headers: HTTPMessage) -> bytes:
        if headers.get("Transfer-Encoding") == "chunked":
            return b"".join(iter(self._chunk, b""))
        length = headers.get("Content-Length")
        return self.file.read(None if length is None else int(length))

    def _chunk(self) -> bytes:
        data = self.file.read(int(self.file.readline(), 16))
        self.file.readline()
        return data


def request(line: bytes, headers: dict) -> bytes:
    """A request's bytes. A header of None is left out, one with a list stands once for each value."""
    lines = [line]
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            if one is not None:
                lines.append(
                    name.encode() + b": " + (one if isinstance(one, bytes) else one.encode())
                )
    return b"\r\n".join([*lines, b"", b""])


def frame(
    opcode: int, payload: bytes = b"", fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    """A frame's bytes as a client sends it; ``rsv`` is the three reserved bits as a number."""
    return encode(Frame(opcode, payload, fin, rsv), KEY if masked else b"")


def close(code: int, reason: bytes = b"") -> bytes:
    """A close frame's bytes."""
    return encode(close_frame(code, reason))


def said(text: str) -> bytes:
    """A good message's frame."""
    return frame(TEXT, json.dumps({"message": text}).encode())


def handshake(
    client: Raw, path: str = "/ws/chat/lobby/", line: bytes | None = None, **headers
) -> Answer:
    """Send a handshake that is right but for ``line`` and ``headers``; returns the answer."""
    client.request(line or f"GET {path} HTTP/1.1".encode(), **(HANDSHAKE | headers))
    return client.answer()


@contextmanager
def participant(server: Served, room: str) -> Iterator[Raw]:
    """A raw participant in ``room``, with its handshake done."""
    with Raw(server) as client:
        answer = handshake(client, f"/ws/chat/{room}/")
        assert (answer.status, answer.headers["Sec-WebSocket-Accept"]) == (101, ACCEPT)
        yield client


def get(server: Served, path: str | bytes, method: str = "GET", **headers) -> Answer:
    """The answer to one request on a connection of its own."""
    path = path.encode() if isinstance(path, str) else path
    with Raw(server) as client:
        client.request(method.encode() + b" " + path + b" HTTP/1.1", Connection="close", **headers)
        return client.answer(has_body=method != "HEAD")


def hang_up(server: Served, data: bytes, aborted: bool) -> None:
    """Send ``data`` on a connection of its own and close it, or abort it, without waiting for an answer."""
    with Raw(server) as client:
        client.send(data)
        if aborted:
            client.reset()


def join(server: Served, room_path: str) -> ClientConnection:
    """A well-behaved participant, in the room that stands percent-encoded in the address."""
    return connect(
        server.socket_url(f"/ws/chat/{room_path}/"), open_timeout=TIMEOUT_SECONDS, proxy=None
    )


def hear(client: ClientConnection) -> dict:
    """The next frame that a participant gets."""
    return json.loads(client.recv(timeout=TIMEOUT_SECONDS))


def say(client: ClientConnection, text: str, **extra: object) -> None:
    client.send(json.dumps({"message": text, **extra}))


def new_room() -> str:
    """A room that nobody else is in."""
    return uuid.uuid4().hex


def is_our_page(answer: Answer) -> bool:
    """Whether a refusal is a page of chatdemo that shows the status, and no traceback."""
    wanted = (f'<p class="status">{answer.status}</p>', "<h1>", 'class="lead"')
    return all(part in answer.text for part in wanted) and "Traceback" not in answer.text


def still_chats(server: Served) -> bool:
    """Whether what one participant says reaches another."""
    room = new_room()
    with join(server, room) as one, join(server, room) as other:
        say(one, "still here")
        return hear(other)["message"] == hear(one)["message"] == "still here"


@contextmanager
def serving(folder: Path, before: str = "", **environ: str) -> Iterator[Served]:
    """A server that is alive and chats at the end, and has logged no error."""
    with Served(folder, before=before, **environ) as server:
        server.database = folder / "chat.sqlite3"
        yield server
        assert server.process.poll() is None, f"the server died: {server.output}"
        assert still_chats(server)
        server.stop()
    assert "Traceback" not in server.output
    complaints = [line for line in server.lines if " error " in line or " critical " in line]
    assert not complaints
