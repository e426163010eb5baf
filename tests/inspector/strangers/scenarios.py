"""What several clients do to each project: each returns what every one of them got."""

import re
from collections.abc import Callable

from tests.inspector.strangers.client import Participant, Request

#: A response's date, and a session's, which is signed with its time.
TIME = re.compile(rb"(?<=\r\nDate: )[^\r]+|(?<=sessionid=)[^;]+|(?<=expires=)[^;]+")


class Clients:
    """The clients of a scenario, by their names in the order in which they came."""

    def __init__(self, port: int):
        self.port, self.all = port, {}

    def join(self, name: str, path: str, **headers: str) -> Participant:
        self.all[name] = Participant(self.port, path, **headers)
        return self.all[name]

    def ask(self, name: str, path: str, **options) -> Request:
        self.all[name] = Request(self.port, path, **options)
        return self.all[name]

    @property
    def heard(self) -> dict[str, bytes]:
        """All bytes but those that tell the time."""
        return {name: TIME.sub(b"", bytes(client.heard)) for name, client in self.all.items()}

    def close(self) -> None:
        for client in self.all.values():
            client.__exit__()


def multichat(clients: Clients) -> None:
    clients.ask("index", "/?name=anna")
    clients.ask("missing", "/inspection/")
    logged_in = [{"Cookie": clients.ask(f"login {user}", f"/login/?user={user}").cookie} for user in (1, 2)]
    anna = clients.join("anna", "/chat/stream/", **logged_in[0])
    bob = clients.join("bob", "/chat/stream/", **logged_in[1])
    clients.join("nobody", "/chat/stream/")
    clients.join("late", "/chat/closed/", **logged_in[0])
    for room in ("tea", "work"):
        anna.say({"command": "join", "room": room})
        anna.hear()
    bob.say({"command": "join", "room": "tea"})
    bob.hear()
    anna.hear()
    bob.say({"command": "send", "room": "tea", "message": "<b>hello</b> äöü \U0001f600"})
    bob.hear()
    anna.hear()
    anna.say({"command": "send", "room": "work", "message": "alone"})
    anna.hear()
    bob.say({"command": "send", "room": "work", "message": "not in it"})
    bob.hear()
    anna.say({"command": "leave", "room": "tea"})
    anna.hear()
    bob.say({"command": "send", "room": "tea", "message": "x" * 70_000})
    bob.hear()
    anna.leave()
    bob.leave(1001)


def tokens(clients: Clients) -> None:
    anna = clients.join("anna", "/board/red/?token=t-anna")
    anna.hear()
    bob = clients.join("bob", "/board/red/?token=t-bob")
    bob.hear()
    clients.join("nobody", "/board/red/?token=wrong")
    carl = clients.join("sums", "/sums/?token=t-bob")
    dora = clients.join("echo", "/echo/?token=t-anna")
    for speaker in (anna, bob):
        speaker.say("a note")
        speaker.hear(2)
        (bob if speaker is anna else anna).hear()
    anna.say(b"\0\1\2")
    anna.hear(2)
    bob.hear()
    carl.say([1, 2, 39])
    carl.hear()
    carl.leave()
    dora.say("an echo")
    dora.hear()
    dora.leave()
    anna.say("bye")
    anna.be_left()
    bob.leave()


def dispatched(clients: Clients) -> None:
    clients.ask("missing", "/nothing/")
    one = clients.join("one", "/meter/", **{"Sec-WebSocket-Protocol": "meter.v1, meter.v2"})
    two = clients.join("two", "/meter/")
    two.say(b"both are here")  # and so both are in the group
    two.hear()
    one.say(bytes(range(256)))
    one.hear()
    one.say("later")
    one.say(b"the task waits by now")
    one.hear()
    clients.ask("ring", "/ring/")
    one.hear(2)
    two.hear()
    clients.ask("chunks", "/chunks/", method="POST", body=b"posted")
    one.hear()
    two.hear()
    one.say("stop")
    one.be_left()
    two.leave(3000)


def thumbnails(clients: Clients) -> None:
    anna = clients.join("anna", "/gallery/")
    bob = clients.join("bob", "/gallery/")
    for speaker, content in (
        (anna, {"picture": "cat.png"}),
        (bob, {"picture": "dog.png"}),
        (bob, {"caption": "a dog"}),
        (bob, {"by": 2}),
        (anna, {"by": 40}),
    ):
        speaker.say(content)
        anna.hear()
        bob.hear()
    bob.leave()
    anna.leave()


SCENARIOS: dict[str, Callable[[Clients], None]] = {
    scenario.__name__: scenario for scenario in (multichat, tokens, dispatched, thumbnails)
}
