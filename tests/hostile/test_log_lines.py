"""The terminal: no text from outside makes a line of its own there, or is obeyed by it."""

import re
from contextlib import ExitStack, suppress
from urllib.parse import quote

import pytest

from tests.hostile.browser import Browser, message
from tests.hostile.raw import Raw, frame, get, handshake, new_room, participant, say
from tests.support.frames import TEXT
from tests.support.served import Served, wait_for

LIE = "12:00:00 error All is lost"
#: Each of what a terminal, or a reader of lines, could take for the end of one, or for an order.
FORGERIES = {
    "a newline": f"a\n{LIE}",
    "a carriage return": f"a\r{LIE}",
    "other ends of lines": f"a\x0b\x0c\x1c\x85\u2028\u2029{LIE}",
    "orders of a terminal": f"a\x1b[2J\x1b[H\x1b]0;title\x07\b\b\0{LIE}",
    "orders that UTF-8 has": f"a\x9b2J\x9d0;title\x9c\u202e{LIE}",
}
PATHS = [
    "/{}",
    "/chat/{}/",
    "/chat/{}/name/",
    "/chat/?room={}",
    "/chat/lobby/?{}",
    "/chat/lobby/?step={}",
    "/chat/lobby/messages/?before={}",
    "/chat/lobby/transcript/?format={}",
    "/learn/{}/",
    "/static/{}",
    "/inspect/{}",
]
#: What a line of ours begins with: a record, Daphne's access log, the banner, or a traceback's indent.
BEGINNING = re.compile(r"\d\d:\d\d:\d\d (debug|info|warning|error|critical) |\S+ - - \[|  |$")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Served(
        tmp_path_factory.mktemp("lines"), CHATDEMO_DEBUG="true", CHATDEMO_MAX_RATE="0"
    ) as served:
        yield served


def ask(server, line: bytes, **headers: str | bytes) -> None:
    with Raw(server) as client, suppress(AssertionError):
        client.request(line, Connection="close", **headers)
        client.answer()


@pytest.fixture(scope="module", params=FORGERIES.values(), ids=list(FORGERIES))
def output(server, request):
    """What the server has said of such a text, sent in each place that there is for one."""
    forged, before = request.param, len(server.lines)
    raw, encoded = forged.encode(), quote(forged, safe="")
    for path in PATHS:
        get(server, path.format(encoded))
        ask(server, b"GET " + path.encode().replace(b"{}", raw) + b" HTTP/1.1")
    for name in (
        "User-Agent",
        "Origin",
        "Referer",
        "Host",
        "Cookie",
        "X-Forwarded-For",
        "Content-Type",
        "X-CSRFToken",
    ):
        ask(server, b"GET /chat/lobby/ HTTP/1.1", **{name: raw})
        ask(server, b"POST /chat/lobby/name/ HTTP/1.1", **{name: raw, "Content-Length": "0"})
        with Raw(server) as client, suppress(AssertionError):
            handshake(client, "/ws/chat/lobby/", **{name: raw})
    ask(server, raw + b" / HTTP/1.1")
    for path in (
        "/ws/{}/",
        "/ws/chat/{}/",
        "/ws/chat/lobby/?after={}",
        "/ws/chat/lobby/?client={}",
        "/{}",
    ):
        with Raw(server) as client, suppress(AssertionError):
            handshake(client, path.format(encoded))
    with Raw(server) as client, suppress(AssertionError):
        handshake(
            client,
            "/ws/chat/lobby/",
            **{"Sec-WebSocket-Protocol": raw, "Sec-WebSocket-Version": raw},
        )
    browser = Browser(server, new_room())
    browser.call_oneself(forged)
    with browser.join() as page, participant(server, browser.room) as client:
        say(page, forged)
        message(page)
        client.send(frame(TEXT, raw) + frame(TEXT, b'{"message": "' + raw + b'"}'))
        client.send(frame(8, b"\x03\xe8" + raw))
    marker = new_room()
    get(server, f"/{marker}")
    wait_for(lambda: marker in server.output, "the last line")
    return server.lines[before:]


def test_no_line_is_forged(output):
    assert len(output) > 40
    assert not [line for line in output if not BEGINNING.match(line)]
    assert not [line for line in output if line.startswith(LIE)]


def test_a_terminal_obeys_nothing(output):
    assert not [line for line in output if not line.removesuffix("\n").isprintable()]


def test_a_fault_in_a_steps_code_forges_nothing_either(server):
    """The tutorial's consumer raises on what is no message of it, and debug shows the traceback."""
    before = len(server.lines)
    for text in FORGERIES.values():
        get(server, f"/chat/lobby/?step={quote('groups ' + text)}")
    room = get(server, "/chat/lobby/?step=groups").headers["Location"].split("/")[2]
    with ExitStack() as stack:
        clients = [stack.enter_context(participant(server, room)) for _ in FORGERIES]
        for client, text in zip(clients, FORGERIES.values(), strict=True):
            client.send(frame(TEXT, text.encode()))
        for client in clients:
            assert client.frame()
    wait_for(lambda: "Error" in "".join(server.lines[before:]), "the traceback")
    lines = server.lines[before:]
    assert not [
        line
        for line in lines
        if not BEGINNING.match(line) or not line.removesuffix("\n").isprintable()
    ]
