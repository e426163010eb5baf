"""What clients do to a project of a stranger's and what they get, and what the inspector's tape has of it."""

import json
import re
from contextlib import suppress
from pathlib import Path

from tests.inspector.servers import Launcher, Server
from tests.inspector.strangers.client import Participant, Request, Socket
from tests.inspector.strangers.scenarios import Clients
from tests.support.frames import BINARY, TEXT, decode_all

LAYERS = {
    "daphne": "channels.layers.InMemoryChannelLayer",
    "ours": "chatdemo.realtime.layer.ChannelLayer",
}
PROJECTS = "tests.inspector.projects"
MARK = re.compile(r"  # hop: (.*)")
#: Files that can only be an error's last line: Channels' and Python's.
ELSEWHERE = ("channels/", "json/")
#: What is said of a line beside its number.
LINE = re.compile(r" at \S+\.py:\d+\.$")
#: A page that no project has: once it's on the tape, so is all that came before it.
THE_END = "/the-end/"
#: Whose events those of no client are.
NOBODY = "no client"
LATER = {"layer_receive": 1, "full": 2}


class ProjectServer(Server):
    """A project on one of SERVERS, with Channels' layer in memory or ours, watched or plain."""

    def __init__(
        self, launcher: Launcher, project: str, server: str, layer: str, watched: bool, folder: Path
    ):
        module = f"{PROJECTS}.watched" if watched else f"{PROJECTS}.{project}.asgi"
        super().__init__(
            launcher,
            server,
            f"{module}:application",
            folder / "output.txt",
            DJANGO_SETTINGS_MODULE=f"{PROJECTS}.{project}.settings",
            STRANGERS_LAYER=LAYERS[layer],
            STRANGERS_DB=str(folder / f"{project}-{server}-{layer}-{watched}.sqlite3"),
        )


class Guest(Participant):
    """A participant, who remembers what was said too."""

    def __init__(self, port: int, path: str, **headers: str):
        self.said: list[str | bytes] = []
        super().__init__(port, path, **headers)

    def say(self, content: object) -> None:
        self.said.append(content if isinstance(content, str | bytes) else json.dumps(content))
        super().say(content)

    def be_left(self) -> None:
        # Daphne gives one who is to answer its close frame a second, rounded down: it may be gone already.
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
    """A request whose answer takes its time."""

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
    """The clients of a scenario, by their names in the order in which they came."""

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
    """The events of a watched scenario, in which connections are called as their clients are."""

    def __init__(self, events: list[dict], guests: dict[str, Guest]):
        self.events, self.guests = events, guests
        numbers = [event["connection"] for event in events if event["what"] == "connect"]
        self.names = dict(zip(numbers, guests, strict=True))
        self.journeys: dict[int, str] = {}
        for event in events:
            if event.get("journey") not in (None, *self.journeys):
                self._name_journey(event)

    def _name_journey(self, event: dict) -> None:
        """After the client with whom it begins, and how many had begun there before."""
        whose = self.names.get(event.get("connection"), "")
        number = (
            sum(name.rstrip("0123456789") == f"{whose}#" for name in self.journeys.values()) + 1
        )
        self.journeys[event["journey"]] = f"{whose}#{number}"

    def of(self, name: str, *whats: str) -> list[dict]:
        """A client's events, of these kinds or of all."""
        mine = [event for event in self.events if self.names.get(event.get("connection")) == name]
        return [event for event in mine if event["what"] in whats or not whats]

    @property
    def stories(self) -> dict[str, list[str]]:
        """Each client's events, in a line each, and those of no client.

        First comes what consumers get from their browsers and do, then what they get from their groups, what they lost,
        and requests by their paths: an event may come, and an answer's end be noticed, while others do something else.
        """
        told = {name: self._tell(self.of(name)) for name in self.guests}
        others = [
            event for event in self.events if "connection" not in event and not is_the_end(event)
        ]
        return {**told, NOBODY: self._tell(others)}

    def _tell(self, events: list[dict]) -> list[str]:
        ordered = sorted(events, key=lambda event: LATER.get(event["what"], 0))
        requests = sorted(self.line(event) for event in events if event["what"] == "http")
        return [self.line(event) for event in ordered if event["what"] != "http"] + requests

    def line(self, event: dict) -> str:
        """What happened, by whose code, at which comment, on which journey, and what else there is to say of it."""
        where = (
            place(event["traceback"][-1])
            if event["what"] == "error"
            else place(event.get("source"))
        )
        to = event.get("to", "").partition("!")[0]  # the rest of a name of a channel is random
        code = None if event["what"] == "disconnect" and self._closed(event) else event.get("code")
        more = [event.get("method"), event.get("group"), to, code, event.get("detail")]
        path = event.get("path") if event["what"] == "http" else None
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
        """Whether it was the server who closed: then nobody can be sure of the answer, and of the code in it."""
        name = self.names[event["connection"]]
        return bool(self.of(name, "close", "refuse"))


def place(source: dict | None) -> str | None:
    """A line of code by the comment at its end, if it is the project's."""
    if source is None or source["file"].startswith(ELSEWHERE):
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
    return event["what"] == "http" and event["path"] == THE_END


def record(port: int, watcher, scenario, count: int) -> tuple[dict[str, bytes], Recorded]:
    """Play a scenario of which ``count`` events are expected: what each client gets, and what a watcher sees."""
    guests = Guests(port)
    try:
        scenario(guests)
        with suppress(TimeoutError):  # some are missing, and those that are there say which
            watcher.watch_until(lambda events: len(events) >= count)
        Request(port, THE_END)
        watcher.watch_until(lambda events: any(map(is_the_end, events)))
        return guests.heard, Recorded(watcher.events, guests.guests)
    finally:
        guests.close()
