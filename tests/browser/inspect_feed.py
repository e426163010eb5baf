"""A small stand-in for the inspector's server: its page, with its policy, and a feed that a test writes."""

import asyncio
import json
import threading
from contextlib import suppress
from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.sync.server import serve

from chatdemo.inspector import pages
from tests.support.served import wait_for

#: A stranger's page round the chart, as a lesson's is.
LESSON = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Lesson</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="{static}common/base.css"><link rel="stylesheet" href="{static}inspector/chart.css"><script type="module" src="lesson.js"></script>
<h1>Lesson</h1><div id="chart" data-feed="feed/?watch=token"></div></html>"""
LESSON_SCRIPT = """import {{ addChart }} from "{static}inspector/chart.js";
addChart(document.getElementById("chart"));"""
START = 1_790_000_000.0


class FakeFeed:
    """Serves ``/inspect/`` on a free port; ``tell`` sends to every watcher, ``commands`` is what they sent.

    What was told before a watcher comes is told to it first, as the real tape is. As a context manager.
    """

    def __init__(self, room: str | None = None):
        self.hello = {"kind": "hello", "version": "0.1.0", "limit": 5000, "room": room}
        self.told: list[dict] = []
        self.commands: list[dict] = []
        self.watchers: set = set()
        self.visits = 0
        self._lock = threading.Lock()

    def __enter__(self):
        self._server = serve(self._watch, "127.0.0.1", 0, process_request=self._answer)
        self.host = f"127.0.0.1:{self._server.socket.getsockname()[1]}"
        self.url = f"http://{self.host}/inspect/"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.drop()
        self._server.shutdown()
        self._thread.join()

    def tell(self, message: dict) -> None:
        with self._lock:
            self.told.append(message)
            for watcher in self.watchers:
                with suppress(ConnectionClosed):  # its page is gone, and its thread about to see it
                    watcher.send(json.dumps(message))

    def drop(self, forget: bool = False) -> None:
        """Hang up on every watcher. With ``forget``, those who come again aren't told what was told before."""
        with self._lock:
            dropped, self.watchers = self.watchers, set()
            if forget:
                self.told.clear()
        for watcher in dropped:
            watcher.close()

    def await_command(self, number: int = 1) -> dict:
        """The ``number``-th command that came."""
        wait_for(lambda: len(self.commands) >= number, f"{number} commands")
        return self.commands[number - 1]

    def _watch(self, watcher) -> None:
        with suppress(ConnectionClosed):
            with self._lock:
                self.visits += 1
                for message in [self.hello, *self.told]:
                    watcher.send(json.dumps(message))
                self.watchers.add(watcher)
            for command in map(json.loads, watcher):
                if command["do"] != "got":
                    self.commands.append(command)
        with self._lock:
            self.watchers.discard(watcher)

    def _answer(self, _, request) -> Response | None:
        path = request.path.partition("?")[0]
        if path == "/inspect/feed/":
            return None
        own = {
            "/inspect/lesson": (LESSON, "html"),
            "/inspect/lesson.js": (LESSON_SCRIPT, "javascript"),
        }
        if path in own:
            text, kind = own[path]
            body = text.format(static=pages.static_prefix()).encode()
            headers = {
                "Content-Type": f"text/{kind}; charset=utf-8",
                "Content-Length": str(len(body)),
                "Content-Security-Policy": pages.POLICY.format(host=self.host),
            }
            return self._response(200, headers, body)
        return asyncio.run(self._file(path))

    async def _file(self, path: str) -> Response:
        """As the inspector answers for its page and files."""
        sent = []

        async def send(message):
            sent.append(message)

        headers = [(b"host", self.host.encode())]
        scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
        if not await pages.Pages().answer(scope, send):
            return self._response(404, {"Content-Length": "0"}, b"")
        start, body = sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        return self._response(start["status"], headers, body["body"])

    def _response(self, status: int, headers: dict[str, str], body: bytes) -> Response:
        headers = Headers({**headers, "Connection": "close"})
        return Response(status, HTTPStatus(status).phrase, headers, body)


class Story:
    """Tells a feed what happens in a room of ``people`` participants at the step "echo" or "groups".

    ``arrive``, ``say``, ``freeze`` and ``leave`` tell the feed; ``hops`` and ``event`` only make what ``batch`` tells.
    """

    def __init__(
        self,
        feed: FakeFeed,
        people: int = 2,
        step: str = "groups",
        room: str = "lobby",
        first: int = 1,
    ):
        self.feed, self.room, self.step = feed, room, step
        self.n = self.journey = 0
        self.at = START
        self.ids = list(range(first, first + people))
        self.group = f"chat_{room}" if step == "groups" else None
        self.frozen, self.held = False, 0
        self.gone: set[int] = set()
        self.waiting: dict[int, int] = {}
        self.names: dict[int, str] = {}

    def event(self, what: str, connection: int | None = None, gap: float = 0.0004, **more) -> dict:
        self.n += 1
        self.at = round(self.at + gap, 6)
        who = {} if connection is None else {"connection": connection, "consumer": "ChatConsumer"}
        if connection is not None:
            who |= {"instance": f"{connection * 4099:04x}"[-4:], "room": self.room}
            if self.group:
                who["channel"] = self.channel(connection)
        return {"n": self.n, "at": self.at, "what": what, **who, **more}

    @staticmethod
    def channel(connection: int) -> str:
        return f"specific.1f2e3d4c!{connection:016x}"

    @staticmethod
    def source(line: int, function: str, code: str) -> dict:
        return {"file": "chat/consumers.py", "line": line, "function": function, "code": code}

    def arrive(self) -> "Story":
        """Everyone connects."""
        events = []
        for who in self.ids:
            events.append(self.event("connect", who, 0.3, path=f"/ws/chat/{self.room}/"))
            if self.group:
                source = self.source(12, "connect", "async_to_sync(self.channel_layer.group_add)(")
                events.append(self.event("group_add", who, group=self.group, source=source))
            line = 15 if self.group else 8
            events.append(
                self.event("accept", who, source=self.source(line, "connect", "self.accept()"))
            )
        return self.batch(events).state()

    def batch(self, events: list[dict], dropped: int = 0) -> "Story":
        self.feed.tell({"kind": "events", "events": events, "dropped": dropped})
        return self

    def say(self, text: str, who: int = 1, payload: str | None = None, **more) -> "Story":
        """A message of ``who`` goes its whole way, unless the group is frozen."""
        return self.batch(self.hops(text, who, payload, **more)).state()

    def hops(self, text: str, who: int = 1, payload: str | None = None) -> list[dict]:
        self.journey += 1
        payload = payload or json.dumps({"message": text}, ensure_ascii=False)
        frame = {"payload": payload, "size": len(payload), "journey": self.journey}
        line = 22 if self.group else 10
        begin = self.event(
            "receive",
            who,
            2,
            **frame,
            source=self.source(line, "receive", "def receive(self, text_data):"),
        )
        if not self.group:
            return [
                begin,
                self.event(
                    "send",
                    who,
                    **frame,
                    source=self.source(12, "receive", "self.send(text_data=json.dumps("),
                ),
            ]
        source = self.source(25, "receive", "async_to_sync(self.channel_layer.group_send)(")
        kind = {"type": "chat.message", "members": len(self.ids)}
        sent = self.event("group_send", who, **frame, **kind, group=self.group, source=source)
        if self.frozen:
            self.held += 1
            self.waiting = {person: self.waiting.get(person, 0) + 1 for person in self.ids}
            return [begin, sent]
        return [begin, sent, *(hop for person in self.ids for hop in self.deliver(person, frame))]

    def say_unevenly(
        self,
        text: str,
        late: int | None = None,
        lost: int | None = None,
        silent: int | None = None,
        without: int | None = None,
        other: int | None = None,
    ) -> "Story":
        """A message that one gets 0.8 s later, and one not, as its channel is full.

        One's consumer sends nothing, one gets no event, and one gets another frame.
        """
        n, at = self.n, self.at
        begin = self.hops(text)[:2]
        self.n, self.at = n + 2, round(at + 2 + 0.0004, 6)
        frame = {name: begin[0][name] for name in ("payload", "size", "journey")}
        events = []
        if lost:
            channel = {"channel": self.channel(lost), "group": self.group}
            events.append(self.event("full", room=self.room, journey=self.journey, **channel))
        for person in self.ids:
            if person in (late, lost, without):
                continue
            received, sent = self.deliver(person, frame)
            if person == other:
                sent["payload"] = '{"message": "for you alone"}'
            events += [received] if person == silent else [received, sent]
        if late:
            self.at += 0.8
            events += self.deliver(late, frame)
        return self.batch([*begin, *events]).state(lost=int(bool(lost)))

    def deliver(self, person: int, frame: dict) -> list[dict]:
        handler = self.source(30, "chat_message", "def chat_message(self, event):")
        send = self.source(31, "chat_message", "self.send(text_data=json.dumps(")
        return [
            self.event(
                "layer_receive",
                person,
                **frame,
                type="chat.message",
                group=self.group,
                source=handler,
                waiting=0,
            ),
            self.event("send", person, **frame, source=send),
        ]

    def freeze(self, frozen: bool = True) -> "Story":
        self.frozen = frozen
        return self.batch(
            [self.event("freeze" if frozen else "thaw", group=self.group, room=self.room)]
        ).state()

    def leave(self, who: int) -> "Story":
        self.gone.add(who)
        return self.batch([self.event("disconnect", who, code=1001)]).state()

    def state(self, **more) -> "Story":
        here = [who for who in self.ids if who not in self.gone]
        self.feed.tell(
            {
                "kind": "state",
                **self.connections(here),
                **self.layer(here),
                "lost": 0,
                "unrecorded": 0,
                **more,
            }
        )
        return self

    def connections(self, here: list[int]) -> dict:
        common = {
            "path": f"/ws/chat/{self.room}/",
            "room": self.room,
            "consumer": "ChatConsumer",
            "state": "open",
            "you": False,
        }
        return {
            "connections": [
                {
                    "id": who,
                    **common,
                    "instance": f"{who * 4099:04x}"[-4:],
                    "channel": self.channel(who) if self.group else None,
                    "client": f"127.0.0.1:{50000 + who}",
                    "name": self.names.get(who),
                    "since": START,
                    "backlog": 0,
                    "received": 3,
                    "sent": 5,
                }
                for who in here
            ]
        }

    def layer(self, here: list[int]) -> dict:
        if not self.group:
            return {"groups": [], "channels": []}
        members = [{"channel": self.channel(who), "connection": who} for who in here]
        group = {
            "group": self.group,
            "room": self.room,
            "members": members,
            "frozen": self.frozen,
            "held": self.held,
        }
        channels = [
            {
                "channel": self.channel(who),
                "connection": who,
                "waiting": self.waiting.get(who, 0),
                "capacity": 100,
            }
            for who in here
        ]
        return {"groups": [group], "channels": channels}


def problem(number: int = 1, **more) -> dict:
    """A problem as the server tells it."""
    told = {
        "number": number,
        "kind": "error",
        "text": "An exception in ChatConsumer: KeyError: 'message'",
        "source": Story.source(24, "receive", 'message = json.loads(text_data)["message"]'),
        "traceback": [],
        "remedy": None,
        "connection": 1,
        "journey": None,
        "path": "/ws/chat/lobby/",
        "first": START + number,
        "last": START + number,
        "count": 1,
        "saved": None,
        "version": number,
    }
    return told | more
