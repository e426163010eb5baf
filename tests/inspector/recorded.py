"""Clients of a project, with what they send and get, and what the inspector records of them."""

import json
import re
import uuid
from contextlib import suppress
from pathlib import Path

from tests.inspector.servers import Server
from tests.inspector.strangers.client import Participant, Request, Socket
from tests.inspector.strangers.scenarios import Clients
from tests.support.frames import BINARY, TEXT, decode_all

LAYERS = {
    "daphne": "channels.layers.InMemoryChannelLayer",
    "ours": "chatdemo.realtime.layer.ChannelLayer",
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}
PROJECTS = "tests.inspector.projects"
MARK = re.compile(r"  # hop: (.*)")
#: The name of a consumer's own channel.
CONSUMERS_CHANNEL = re.compile(r".*specific\..*")
#: A line number in a text.
LINE = re.compile(r" at \S+\.py:\d+\.")
#: A page that no project has: once it is recorded, so is everything before it.
THE_END = "/the-end/"
#: The name for entries without a client.
NO_CLIENT = "no client"
LATER = {"layer_receive": 1, "full": 2}


class ProjectServer(Server):
    """A project on one of SERVERS, with Channels' layer in memory or ours, watched or plain."""

    def __init__(
        self, project: str, server: str, layer: str, watched: bool, folder: Path, redis: str = ""
    ):
        module = f"{PROJECTS}.watched" if watched else f"{PROJECTS}.{project}.asgi"
        super().__init__(
            server,
            f"{module}:application",
            DJANGO_SETTINGS_MODULE=f"{PROJECTS}.{project}.settings",
            STRANGERS_DB=str(folder / "database.sqlite3"),
            **environ_of(layer, redis),
        )


def environ_of(layer: str, redis: str = "") -> dict[str, str]:
    """The variables that name one of LAYERS, on the Redis server at the address ``redis``."""
    config = {"hosts": [redis], "prefix": uuid.uuid4().hex} if redis else {}
    return {"STRANGERS_LAYER": LAYERS[layer], "STRANGERS_CONFIG": json.dumps(config)}


class Guest(Participant):
    """A participant that remembers what it sent too."""

    def __init__(self, port: int, path: str, **headers: str):
        self.said: list[str | bytes] = []
        super().__init__(port, path, **headers)

    def say(self, content: object) -> None:
        self.said.append(content if isinstance(content, str | bytes) else json.dumps(content))
        super().say(content)

    def be_left(self) -> None:
        # Daphne waits less than a second for the answer to its close frame: it may have disconnected.
        with suppress(BrokenPipeError, ConnectionResetError):
            super().be_left()

    @property
    def got(self) -> list[str | bytes]:
        """The messages that came, in order."""
        head, _, data = bytes(self.heard).partition(b"\r\n\r\n")
        frames = [frame for frame, _ in decode_all(data)] if b" 101 " in head else []
        return [
            frame.payload.decode() if frame.opcode == TEXT else frame.payload
            for frame in frames
            if frame.opcode in (TEXT, BINARY)
        ]


class Page(Socket):
    """A request whose response is sent in parts."""

    def __init__(self, port: int, path: str):
        super().__init__(port, path, Connection="close")

    def read_until(self, text: bytes) -> None:
        while text not in self.heard:
            assert self._more(), f"{text!r} isn't in {bytes(self.heard)!r}"


class Asked(Request):
    """A request with headers of its own, answered."""

    def __init__(self, port: int, path: str, method: str, body: bytes, headers: dict[str, str]):
        length = {"Content-Length": str(len(body))} if body else {}
        Socket.__init__(self, port, path, method, body, Connection="close", **length, **headers)
        with self:
            self.read_to_the_end()


class Guests(Clients):
    """The clients of a scenario, by their names in the order in which they connected."""

    def join(self, name: str, path: str, **headers: str) -> Guest:
        self.all[name] = Guest(self.port, path, **headers)
        return self.all[name]

    def ask(
        self, name: str, path: str, method: str = "GET", body: bytes = b"", **headers: str
    ) -> Request:
        self.all[name] = Asked(self.port, path, method, body, headers)
        return self.all[name]

    def open(self, name: str, path: str) -> Page:
        self.all[name] = Page(self.port, path)
        return self.all[name]

    @property
    def guests(self) -> dict[str, Guest]:
        return {name: client for name, client in self.all.items() if isinstance(client, Guest)}


class Recorded:
    """The entries of a watched scenario, with connections named after their clients."""

    def __init__(self, events: list[dict], guests: dict[str, Guest]):
        self.events, self.guests = events, guests
        numbers = [event["connection"] for event in events if event["what"] == "connect"]
        self.names = dict(zip(numbers, guests, strict=True))
        self.journeys: dict[int, str] = {}
        for event in events:
            if event.get("journey") not in (None, *self.journeys):
                self._name_journey(event)

    def _name_journey(self, event: dict) -> None:
        """Name it after the client that begins it, with a number."""
        whose = self.names.get(event.get("connection"), "")
        number = (
            sum(name.rstrip("0123456789") == f"{whose}#" for name in self.journeys.values()) + 1
        )
        self.journeys[event["journey"]] = f"{whose}#{number}"

    def of(self, name: str, *whats: str) -> list[dict]:
        """A client's entries, of these kinds or all."""
        mine = [event for event in self.events if self.names.get(event.get("connection")) == name]
        return [event for event in mine if event["what"] in whats or not whats]

    @property
    def stories(self) -> dict[str, list[str]]:
        """Each client's entries, a line for each, and those without a client.

        First what consumers get from their browsers and do, then what they get from groups, what was lost, and requests
        by their paths: the order of these in time isn't certain.
        """
        lines = {name: self._lines(self.of(name)) for name in self.guests}
        others = [
            event for event in self.events if "connection" not in event and not is_the_end(event)
        ]
        return {**lines, NO_CLIENT: self._lines(others)}

    def _lines(self, events: list[dict]) -> list[str]:
        ordered = sorted(events, key=lambda event: LATER.get(event["what"], 0))
        requests = sorted(self.line(event) for event in events if event["what"] == "http")
        return [self.line(event) for event in ordered if event["what"] != "http"] + requests

    def line(self, event: dict) -> str:
        """The kind of entry, the consumer, the comment at its source line, its journey, and the other fields."""
        where = place(event.get("source"))
        to = CONSUMERS_CHANNEL.sub("its channel", event.get("to", ""))
        code = None if event["what"] == "disconnect" and self._closed(event) else event.get("code")
        more = [event.get("method"), event.get("group"), to, code, event.get("detail")]
        path = event.get("path") if event["what"] == "http" else None
        if event["what"] == "start":
            more.insert(0, event["type"])
        words = [
            event["what"],
            event.get("consumer"),
            where,
            self.journeys.get(event.get("journey")),
            path,
            *more,
        ]
        return LINE.sub(" at LINE.", " ".join(str(word) for word in words if word))

    def _closed(self, event: dict) -> bool:
        """Whether the server closed the connection: then the code in the client's answer isn't certain."""
        name = self.names[event["connection"]]
        return bool(self.of(name, "close", "refuse"))


def place(source: dict | None) -> str | None:
    """A line of code by the comment at its end, if it is the project's."""
    if source is None:
        return None
    mark = MARK.search(source["code"])
    return f"({mark[1]})" if mark else f"({source['file']}:{source['line']})"


def lines_of(project: str) -> dict[str, tuple[str, int]]:
    """Where the comments at the ends of a project's lines are."""
    folder = Path(__file__).with_name("projects") / project
    return {
        mark[1]: (f"{project}/{file.name}", number)
        for file in folder.glob("*.py")
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if (mark := MARK.search(line))
    }


def is_the_end(event: dict) -> bool:
    return event.get("path") == THE_END


def record(port: int, watcher, scenario, count: int) -> tuple[dict[str, bytes], Recorded]:
    """Play a scenario of which ``count`` entries are expected. Return what each client gets, and what is recorded."""
    guests = Guests(port)
    try:
        scenario(guests)
        with suppress(TimeoutError):  # some are missing: the comparison shows which
            watcher.watch_until(lambda events: len(events) >= count)
        Request(port, THE_END)
        watcher.watch_until(lambda events: any(map(is_the_end, events)))
        return guests.heard, Recorded(watcher.events, guests.guests)
    finally:
        guests.close()
