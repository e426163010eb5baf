"""A project under `chatdemo serve DIR` and under Daphne itself: what clients get, and what its consumers see."""

import base64
import json
import shutil
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.frames import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Frame,
    close_frame,
    decode,
    encode,
    fragments,
)
from tests.support.own import Guest
from tests.support.served import RUN_MODULE, Process, clean_environ, wait_for

SCRIPTED = Path(__file__).parent / "scripted"
ACCEPT = [["accept"]]
HELLO = Frame(TEXT, b"hello")
LEAVE = close_frame(1000)
#: What a client does besides sending frames.
RESET, HALF_CLOSE = "reset", "half-close"


@dataclass(frozen=True)
class Case:
    """A client's frames, and the steps that the consumer's handlers take (scripted/asgi.py)."""

    connect: list = field(default_factory=lambda: ACCEPT)
    receive: list = field(default_factory=list)
    disconnect: list = field(default_factory=list)
    sends: tuple = (HELLO, LEAVE)
    headers: tuple[str, ...] = ()
    path: str = ""
    scope: bool = False
    answers: int = 0  # frames that the client reads before it sends the last of its own


def receiving(*steps: list, **options) -> Case:
    return Case(receive=list(steps), **options)


def connecting(*steps: list, **options) -> Case:
    return Case(connect=list(steps), **options)


def leaving(*sends, **options) -> Case:
    return Case(sends=sends, **options)


def offering(offered: str, accepted: str | None, **options) -> Case:
    headers = (f"Sec-WebSocket-Protocol: {offered}",) if offered else ()
    return connecting(["accept", accepted], headers=headers, scope=True, **options)


SEEN = {"type": "seen", "text": "x"}
CODES = [
    1000,
    1001,
    1002,
    1003,
    1004,
    1005,
    1006,
    1007,
    1008,
    1009,
    1010,
    1011,
    1012,
    1013,
    1014,
    1015,
]
CODES += [
    0,
    1,
    999,
    1016,
    2999,
    3000,
    3999,
    4000,
    4999,
    5000,
    65536,
    -1,
    None,
    True,
    "1008",
    1008.5,
]
START = {"type": "http.response.start", "status": 200}
WEBSOCKETS = {
    **{f"close({code!r})": receiving(["close", code]) for code in CODES},
    **{
        f"close({code!r}) before accept": connecting(["close", code]) for code in (None, 1008, 4001)
    },
    **{
        # Whether a frame of the client's comes before the close is a race.
        f"close({code!r}) in connect": connecting(["accept"], ["close", code], sends=(LEAVE,))
        for code in (1008, 4001)
    },
    **{
        f"send with close={code!r}": receiving(["send", "bye", None, code])
        for code in (True, 4001, 1008)
    },
    "a reason": receiving(["close", 4001, "because"]),
    "a long reason": receiving(["close", 4001, "because " * 30]),
    "a reason that isn't text": receiving(["close", 4001, 7]),
    "a reason before accept": connecting(["close", 4001, "because"]),
    "send after close": receiving(["close"], ["send_text", "late"]),
    "send after close(4001) in connect": connecting(
        ["accept"], ["close", 4001], ["send_text", "late"], sends=(LEAVE,)
    ),
    "close after close": receiving(["close"], ["close", 4002]),
    "accept after close": receiving(["close"], ["accept"]),
    "send before accept": connecting(["send_text", "early"], ["accept"]),
    "send after close before accept": connecting(["close"], ["send_text", "late"]),
    "accept after refusing": connecting(["close"], ["accept"]),
    "accept twice": connecting(["accept"], ["accept"]),
    "accept in receive": receiving(["accept"]),
    "no accept": Case(connect=[["fail", "no accept"]]),
    "send('')": receiving(["send_text", ""], ["send_text", "more"], answers=1),
    "send(b'')": receiving(["send_bytes", {"bytes": ""}], ["send_text", "more"], answers=1),
    "send('') and close": receiving(["send", "", None, True]),
    "send of both": receiving(["send", "text", {"bytes": "bytes"}]),
    "raw text and bytes": receiving(
        ["raw", {"type": "websocket.send", "text": "a", "bytes": {"bytes": "b"}}]
    ),
    "raw text and no bytes": receiving(
        ["raw", {"type": "websocket.send", "text": "a", "bytes": None}], answers=1
    ),
    "raw empty text and bytes": receiving(
        ["raw", {"type": "websocket.send", "text": "", "bytes": {"bytes": "b"}}], answers=1
    ),
    "raw neither": receiving(["raw", {"type": "websocket.send"}]),
    "raw number": receiving(["raw", {"type": "websocket.send", "text": 7}]),
    "raw bytes as text": receiving(["raw", {"type": "websocket.send", "text": {"bytes": "b"}}]),
    "raw text as bytes": receiving(["raw", {"type": "websocket.send", "bytes": "a"}]),
    "raw surrogate": receiving(["raw", {"type": "websocket.send", "text": "\ud800"}]),
    "send of nothing": receiving(["send"]),
    "send of a number": receiving(["send_text", 7]),
    "a wrong type": receiving(["wrong_type"]),
    "a wrong type before accept": connecting(["wrong_type"]),
    "no type": receiving(["raw", {"text": "no type"}]),
    "an HTTP response": receiving(["raw", START]),
    "an HTTP response before accept": connecting(["raw", START]),
    "a denial response": connecting(
        ["raw", {"type": "websocket.http.response.start", "status": 404, "headers": []}],
        ["raw", {"type": "websocket.http.response.body", "body": {"bytes": "gone"}}],
    ),
    "an exception in connect": connecting(["fail", "on purpose"]),
    "an exception after accept": connecting(["accept"], ["fail", "on purpose"]),
    "an exception in receive": receiving(["fail", "on purpose"]),
    "an exception after close": receiving(["close", 4001], ["fail", "on purpose"]),
    "an exception in disconnect": Case(disconnect=[["fail", "on purpose"]]),
    "send in disconnect": Case(disconnect=[["send_text", "late"]]),
    "close in disconnect": Case(disconnect=[["close", 4001]]),
    "accept in disconnect": Case(disconnect=[["accept"]]),
    "StopConsumer in connect": connecting(["stop"]),
    "StopConsumer after accept": connecting(["accept"], ["stop"]),
    "StopConsumer in receive": receiving(["stop"]),
    "StopConsumer in disconnect": Case(disconnect=[["stop"]]),
    "headers in accept": connecting(
        ["raw", {"type": "websocket.accept", "headers": [[{"bytes": "x-a"}, {"bytes": "b"}]]}]
    ),
    "no subprotocol offered": offering("", None),
    "a subprotocol that was offered": offering("chat, json", "json"),
    "a subprotocol that wasn't offered": offering("chat, json", "xml"),
    "a subprotocol without an offer": offering("", "xml"),
    "a subprotocol accepted as none": offering("chat", None),
    "an empty subprotocol": offering("chat", ""),
    "a percent-encoded subprotocol": offering("a%2Fb, c", "a/b"),
    "a percent-encoded subprotocol, as offered": offering("a%2Fb, c", "a%2Fb"),
    "the same subprotocol twice": offering("a, a", "a"),
    "a subprotocol that isn't ASCII": offering("caf\xe9", None),
    "a text": receiving(["send_text", "hello"], answers=1),
    "bytes": receiving(
        ["send_bytes", {"bytes": "hello"}], sends=(Frame(BINARY, b"\x00\xff"), LEAVE), answers=1
    ),
    "text that isn't JSON": receiving(
        ["send_text", "é\U0001f600"], sends=(Frame(TEXT, b"{no"), LEAVE), answers=1
    ),
    "an empty text": leaving(Frame(TEXT), LEAVE),
    "an empty binary": leaving(Frame(BINARY), LEAVE),
    "text that isn't UTF-8": leaving(Frame(TEXT, b"\xff\xfe")),
    "fragments": leaving(*fragments(TEXT, b"abcdefgh", 3), LEAVE),
    "a ping between fragments": leaving(
        Frame(TEXT, b"a", fin=False), Frame(PING, b"p"), Frame(CONTINUATION, b"b"), LEAVE
    ),
    "a ping": leaving(Frame(PING, b"are you there"), LEAVE),
    "an unasked pong": leaving(Frame(PONG, b"here"), HELLO, LEAVE),
    "a long ping": leaving(Frame(PING, b"x" * 126)),
    "a reserved bit": leaving(Frame(TEXT, b"x", rsv=4)),
    "a reserved opcode": leaving(Frame(3, b"x")),
    "a lone continuation": leaving(Frame(CONTINUATION, b"x")),
    "a frame that isn't masked": leaving(b"\x81\x01a"),
    "1 MiB": leaving(Frame(TEXT, b"x" * (1 << 20)), LEAVE),
    "more than 1 MiB": leaving(Frame(TEXT, b"x" * ((1 << 20) + 1))),
    "more than 1 MiB in fragments": leaving(*fragments(TEXT, b"x" * ((1 << 20) + 5), 1 << 19)),
    "many messages at once": receiving(
        ["send_text", "x"], sends=(HELLO,) * 300 + (LEAVE,), answers=300
    ),
    "many messages, then a close": receiving(["send_text", "x"], sends=(HELLO,) * 150 + (RESET,)),
    "150 answers to one": Case(receive=[["send_text", str(n)] for n in range(150)], answers=150),
    "a large answer": receiving(["send_long", 1_000_000], answers=1),
    "an answer that is too large": receiving(["send_long", 3_000_000], answers=1),
    "a client that resets": leaving(HELLO, RESET),
    "a client that ends its connection": leaving(HELLO, HALF_CLOSE),
    "a client that resets before accept": Case(connect=[["accept"]], sends=(RESET,)),
    **{
        f"the client's {code}": leaving(close_frame(code, b"bye"))
        for code in (1000, 1001, 1008, 3000, 4001)
    },
    **{
        f"the client's wrong {code}": leaving(close_frame(code))
        for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000)
    },
    "the client's close without a code": leaving(close_frame()),
    "the client's close of one octet": leaving(Frame(CLOSE, b"\x03")),
    "the client's reason that isn't UTF-8": leaving(close_frame(1000, b"\xff")),
    "frames after the client's close": leaving(LEAVE, HELLO),
    "an event for itself": receiving(["layer", "send", "@", SEEN], answers=1),
    "an event without a handler": receiving(
        ["layer", "send", "@", {"type": "unknown"}], sends=(HELLO,)
    ),
    "an event without a type": receiving(["layer", "send", "@", {"text": "x"}], sends=(HELLO,)),
    "an event that is no dict": receiving(["layer", "send", "@", "text"]),
    "an event for a group": receiving(
        ["layer", "group_add", "#", "@"], ["layer", "group_send", "#", SEEN], answers=1
    ),
    "a group's name with a space": receiving(["layer", "group_add", "a b", "@"]),
    "an event for a group whose name has a space": receiving(["layer", "group_send", "a b", SEEN]),
    "101 events for a channel": Case(receive=[["layer", "send", "unread", SEEN]] * 101),
    "cookies and headers": Case(
        headers=("Cookie: a=b; c=d", "X-Twice: 1", "X-Twice: 2", "X_Under: 1"), scope=True
    ),
    "an Origin": Case(headers=("Origin: http://elsewhere.example",), scope=True),
    "a root path": Case(headers=("Daphne-Root-Path: /app",), scope=True),
    "an accented header": Case(headers=("X-Name: Z\xfcrich",), scope=True),
    "a path with escapes": Case(path="caf%C3%A9%2Fb%20c/%ff/", scope=True),
    "a path with a semicolon": Case(path="a;b=1/c", scope=True),
    "another path": Case(path="../nowhere/"),
    "a second Host": Case(headers=("Host: other",), scope=True),
    "an offer of compression": Case(
        headers=("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",),
        scope=True,
    ),
    "a malformed offer of compression": Case(
        headers=("Sec-WebSocket-Extensions: permessage-deflate; x=y",)
    ),
    "an old version": Case(headers=("Sec-WebSocket-Version: 7",)),
}
#: Requests: what is sent behind the query, and the steps of the consumer.
PLAIN = " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
ANSWER = [["send_response", 200, {"bytes": "hello"}]]


def request(
    steps: list = ANSWER, method="GET", rest=PLAIN + "\r\n", path="", scope=False, leaves=""
):
    return {
        "steps": steps,
        "method": method,
        "rest": rest,
        "path": path,
        "scope": scope,
        "leaves": leaves,
    }


def posting(body: str, headers: str, steps: list = ANSWER, **options):
    return request(steps, "POST", f"{PLAIN}{headers}\r\n{body}", **options)


def body(text: str, more: bool = False) -> list:
    return ["raw", {"type": "http.response.body", "body": {"bytes": text}, "more_body": more}]


REQUESTS = {
    "a page": request(scope=True),
    "HEAD": request(method="HEAD"),
    "another method": request(method="BREW", scope=True),
    "HTTP/1.0": request(rest=" HTTP/1.0\r\n\r\n", scope=True),
    "no Host": request(rest=" HTTP/1.1\r\nConnection: close\r\n\r\n"),
    "escapes in the path": request(path="caf%C3%A9%2Fb%20c/%ff/", scope=True),
    "headers and cookies": request(
        rest=PLAIN + "Cookie: a=b\r\nX-A: 1\r\nX-A: 2\r\nX_B: 3\r\nDaphne-Root-Path: /r\r\n\r\n",
        scope=True,
    ),
    "an invalid header": request(rest=PLAIN + "X(A): 1\r\n\r\n"),
    "a body": posting("a=b", "Content-Length: 3\r\n"),
    "a long body": posting("x" * 100_000, "Content-Length: 100000\r\n"),
    "a chunked body": posting(
        "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\n"
    ),
    "a malformed chunk": posting("zz\r\nabc\r\n", "Transfer-Encoding: chunked\r\n"),
    "a wrong Content-Length": posting("abc", "Content-Length: three\r\n"),
    "a long header": request(rest=PLAIN + f"X-Long: {'x' * 20_000}\r\n\r\n"),
    "many headers": request(rest=PLAIN + "".join(f"X-{n}: {n}\r\n" for n in range(600)) + "\r\n"),
    "a long response": request([["long", 500]]),
    "a response of pieces": request([["raw", START], body("a", True), body("b", True), body("c")]),
    "a response without an end": request([["raw", START], body("a", True)], leaves="connect done"),
    "no response": request([], leaves="connect done"),
    "an exception": request([["fail", "on purpose"]]),
    "an exception after the end": request([["raw", START], body("all"), ["fail", "on purpose"]]),
    "a body before the start": request([body("early")]),
    "a body after the end": request([["raw", START], body("all"), body("late")]),
    "headers of text": request([["raw", {**START, "headers": [["x-a", "b"]]}]]),
    "a wrong type": request([["raw", {"type": "http.nonsense"}]]),
    "no type": request([["raw", {"status": 200}]]),
    "a WebSocket's message": request([["raw", {"type": "websocket.accept"}]]),
    "no such page": request(path="../nowhere/"),
    "a client that leaves": request([["wait", 0.5], *ANSWER], leaves="connect"),
    "an upgrade to something else": request(rest=PLAIN + "Upgrade: h2c\r\n\r\n"),
    "an upgrade without a key": request(rest=PLAIN + "Upgrade: websocket\r\n\r\n"),
}
#: Requests after which Daphne reports no exception of any application again: they come last. It
#: doesn't end them either.
LAST_REQUESTS = {
    "an exception after the start": request([["raw", START], ["fail", "on purpose"]]),
    "an exception halfway": request([["raw", START], body("half", True), ["fail", "on purpose"]]),
    "no status": request([["raw", {"type": "http.response.start"}]]),
    "two starts": request([["raw", START], ["raw", START]]),
}
UNENDED_SECONDS = 3
#: Seconds after which a client takes it that nothing more comes.
SILENT_SECONDS = 20
#: In place of the client's last frame. For its answer to a close frame Daphne waits up to a second,
#: or much less: whether the application sees the close code or 1006 is chance.
CLOSED_FIRST = "the server has closed first"
ALL_REQUESTS = REQUESTS | LAST_REQUESTS


class Daphne(Process):
    """``daphne asgi:application`` in ``folder``, on a free port."""

    ready = "Listening on TCP address"

    def __init__(self, folder: Path, **environ: str):
        command = [sys.executable, "-c", RUN_MODULE, "daphne", "--port", "0", "asgi:application"]
        super().__init__(folder, command, {**clean_environ(), **environ})

    @property
    def port(self) -> int:
        line = next(line for line in self.lines if self.ready in line)
        return int(line.rpartition(":")[2])


class Observed:
    """The clients of one server. Its application writes what it sees into files in ``folder``."""

    def __init__(self, server: Process, folder: Path):
        self.port, self.folder = server.port, folder

    def websocket(self, kind: str, name: str) -> tuple[list, list]:
        """Return what the client got, and what the application saw."""
        case = WEBSOCKETS[name]
        seen = Seen(self.folder / f"{kind}-{list(WEBSOCKETS).index(name)}")
        handlers = {"connect": case.connect, "receive": case.receive, "disconnect": case.disconnect}
        given = {line.partition(":")[0].lower() for line in case.headers}
        lines = [f"GET /{kind}/{case.path}?{seen.query(case.scope, **handlers)} HTTP/1.1"]
        lines += [line for line in HANDSHAKE if line.partition(":")[0].lower() not in given]
        head = "\r\n".join([*lines, *case.headers, "", ""]).encode("latin-1")
        with connected(self.port) as client:
            got = converse(client, head, case, seen)
        lines = seen.to_the_end()
        if CLOSED_FIRST in got:
            lines = [line[:1] if line[0] == "disconnect" else line for line in lines]
        return got, lines

    def request(self, name: str) -> tuple[list, list]:
        """Return what the client got, and what the application saw."""
        case = ALL_REQUESTS[name]
        seen = Seen(self.folder / f"http-{list(ALL_REQUESTS).index(name)}")
        query = seen.query(case["scope"], connect=case["steps"])
        head = f"{case['method']} /http/{case['path']}?{query}{case['rest']}"
        with connected(self.port) as client:
            client.sendall(head.encode("latin-1"))
            if case["leaves"]:
                wait_for(lambda: [case["leaves"]] in [line[:1] for line in seen.lines()], name)
            if name in LAST_REQUESTS:
                client.settimeout(UNENDED_SECONDS)
            got = [] if case["leaves"] else [_without_date(read_all(client))]
        return got, seen.to_the_end()


class Seen:
    """The file in which the application writes what it sees in one case."""

    def __init__(self, file: Path):
        self.file = file

    def query(self, scope: bool, **handlers: list) -> str:
        """The query string that has the application do these steps."""
        return quote(
            json.dumps({"file": self.file.name, **handlers, **({"scope": True} if scope else {})})
        )

    def lines(self) -> list:
        """What it has seen so far."""
        lines = self.file.read_text("utf-8").split("\n")[:-1] if self.file.exists() else []
        return [json.loads(line) for line in lines]

    def when_handled(self, handler: str, times: int) -> list | None:
        """The line of the application's end if it has ended; [] if it has handled so many frames."""
        lines = self.lines()
        if lines and lines[-1][0] == "ended":
            return lines[-1]
        return [] if lines.count([f"{handler} done"]) >= times else None

    def to_the_end(self) -> list:
        """What it has seen until it ended: nothing if it wasn't called."""

        def lines() -> list | None:
            found = self.lines() or [["ended"]]
            return found if found[-1][0] == "ended" else None

        return wait_for(lines, f"the end of the application, not {self.lines()}")


def converse(client: socket.socket, head: bytes, case: Case, seen: Seen) -> list:
    """Return the answer to the handshake and the frames that came, until the connection ends.

    The last of the client's frames is sent when the application has done all that it does with
    those before; and not if the application has failed or closed the connection.
    """
    client.sendall(head)
    buffer = bytearray()
    while b"\r\n\r\n" not in buffer:
        if not _take(client, buffer):
            return ["ended in the handshake", buffer.decode("latin-1")]
    answer, _, rest = bytes(buffer).partition(b"\r\n\r\n")
    if not answer.startswith(b"HTTP/1.1 101"):
        return [_without_date(answer + b"\r\n\r\n" + rest + read_all(client))]
    got, buffer = [answer.decode("latin-1")], bytearray(rest)
    *first, last = case.sends
    _send(client, *first)
    while len(got) <= case.answers and _take_frame(client, buffer, got):
        pass
    handler = "receive" if HELLO in first else "connect"
    ended = wait_for_any(lambda: seen.when_handled(handler, first.count(HELLO) or 1))
    if ended not in ([], ["ended"]) or not _is_open(client, buffer, got):
        got.append(CLOSED_FIRST)
    else:
        _send(client, last)
    while last != RESET and _take_frame(client, buffer, got):
        pass
    return got


def _is_open(client: socket.socket, buffer: bytearray, got: list) -> bool:
    """Whether the server answers a ping. What it has sent before is read into ``got``."""
    _send(client, Frame(PING, b"open?"))
    pong = repr(Frame(PONG, b"open?"))
    while _take_frame(client, buffer, got):
        if got[-1] == pong:
            got.pop()
            return True
    return False


def wait_for_any(condition):
    """``wait_for`` a value that isn't None."""
    return wait_for(lambda: None if (value := condition()) is None else [value], "a handler")[0]


HANDSHAKE = (
    "Host: localhost",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Version: 13",
    f"Sec-WebSocket-Key: {base64.b64encode(b'sixteen bytes ok').decode()}",
)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=SILENT_SECONDS)


def read_all(client: socket.socket) -> bytes:
    parts = []
    try:
        while part := client.recv(1 << 16):
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"(reset)")
    except TimeoutError:
        parts.append(b"(nothing more)")
    return b"".join(parts)


def _without_date(answer: bytes) -> str:
    lines = answer.decode("latin-1").split("\r\n")
    return "\r\n".join(line for line in lines if not line.lower().startswith("date:"))


def _send(client: socket.socket, *sends) -> None:
    try:
        for one in sends:
            if one == RESET:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.close()
            elif one == HALF_CLOSE:
                client.shutdown(socket.SHUT_WR)
            else:
                client.sendall(one if isinstance(one, bytes) else encode(one))
    except (BrokenPipeError, ConnectionResetError):
        pass


def _take(client: socket.socket, buffer: bytearray) -> bool:
    try:
        data = client.recv(1 << 18)
    except ConnectionResetError:
        return False
    buffer += data
    return bool(data)


def _take_frame(client: socket.socket, buffer: bytearray, got: list) -> bool:
    """Read a frame into ``got``. Returns False at the end of the connection.

    The server's pings are answered and left out: they come by its clock, on a busy machine in any case.
    """
    while not (found := decode(buffer)):
        if not _take(client, buffer):
            return False
    frame, end = found
    del buffer[:end]
    if frame.opcode == PING:
        _send(client, Frame(PONG, frame.payload))
        return True
    got.append(repr(frame) if len(frame.payload) < 200 else (frame.opcode, len(frame.payload)))
    if frame.opcode == CLOSE:
        _send(client, Frame(CLOSE, frame.payload[:2]))
    return True


@pytest.fixture(scope="module")
def observed(tmp_path_factory):
    """What happened in each case, on Daphne and on `chatdemo serve DIR`, by the case's name."""
    folder = tmp_path_factory.mktemp("as_daphne")
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(partial(observe, folder), (Daphne, Guest)))


def observe(folder: Path, server_class: type) -> dict:
    """What the clients and the application have seen in each case on one server."""
    project = folder / server_class.__name__ / "scripted"
    shutil.copytree(SCRIPTED, project, ignore=shutil.ignore_patterns("__pycache__"))
    with server_class(project, SEEN=str(project.parent)) as server, ThreadPoolExecutor(32) as pool:
        there = Observed(server, project.parent)
        futures = {
            (kind, name): pool.submit(there.websocket, kind, name)
            for kind in KINDS
            for name in WEBSOCKETS
        }
        futures |= {("http", name): pool.submit(there.request, name) for name in REQUESTS}
        wait(futures.values())
        futures |= {("http", name): pool.submit(there.request, name) for name in LAST_REQUESTS}
        return {key: _result(future) for key, future in futures.items()}


def _result(future):
    """What was seen, or the exception that ended the client: its case fails, no other."""
    return future.exception() or future.result()


KINDS = ("async", "sync")
CASES = [(kind, name) for kind in KINDS for name in WEBSOCKETS] + [
    ("http", name) for name in ALL_REQUESTS
]


@pytest.mark.parametrize("kind, name", CASES, ids=lambda value: value)
def test_it_behaves_as_under_daphne(observed, kind, name):
    under_daphne, under_chatdemo = (results[kind, name] for results in observed)
    for result in (under_daphne, under_chatdemo):
        if isinstance(result, Exception):
            raise result
    assert under_chatdemo == under_daphne
