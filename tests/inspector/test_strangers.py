"""Other people's projects: clients get the same bytes with the inspector as without, and everything is recorded.

They run on Daphne and on our own server. The clients play each scenario once without the inspector, and once with it
and a watcher.
"""

import re
from functools import partial

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers, get_channel_layer

from chatdemo.inspector import Inspector
from chatdemo.inspector.feed import describe_state
from tests.inspector.conftest import events as events_of
from tests.inspector.conftest import joined
from tests.inspector.project import make_application
from tests.inspector.servers import SERVERS, Server
from tests.inspector.strangers.client import Watcher
from tests.inspector.strangers.expected import EXPECTED, REQUESTS
from tests.inspector.strangers.scenarios import SCENARIOS, Clients

PROJECTS = "tests.inspector.strangers"
MARK = re.compile(r"  # at: (.*)")


def serve(server, application):
    settings = f"{PROJECTS}.settings"
    return Server(server, f"{PROJECTS}.{application}", DJANGO_SETTINGS_MODULE=settings)


@pytest.fixture(scope="module", params=SERVERS)
def server(request):
    return request.param


@pytest.fixture(scope="module", params=SCENARIOS)
def project(request):
    return request.param


def play(project, port):
    """What each client of the project's scenario gets."""
    clients = Clients(port)
    try:
        SCENARIOS[project](clients)
        return clients.heard
    finally:
        clients.close()


@pytest.fixture(scope="module")
def watched(server, project):
    """With the inspector around the project: what each client gets, and what is recorded."""
    with serve(server, f"watched:{project}") as process, Watcher(process.port) as watcher:
        heard = play(project, process.port)
        watcher.watch_until(
            lambda events: has_ended(events, len([*filter(None, EXPECTED[project])]))
        )
    assert "Traceback" not in process.output and "The inspector" not in process.output
    return heard, watcher.events


def has_ended(events, connections):
    """Whether all connections have ended and left their groups."""
    whats = [event["what"] for event in events]
    left = {event["connection"] for event in events if event["what"] in ("disconnect", "refuse")}
    return len(left) == connections and whats.count("group_discard") == whats.count("group_add")


def test_the_clients_get_the_same_bytes(server, project, watched):
    with serve(server, f"{project}:application") as process:
        plain = play(project, process.port)
    assert watched[0] == plain


def test_each_connections_events_are_there_in_order(project, watched):
    """``line_of`` makes the lines. The connections are in the order in which they were opened."""
    assert found(watched[1], list(EXPECTED[project])) == EXPECTED[project]


def found(events, names):
    """The lines of each connection by its client's name, and those without a connection by ""."""
    connections = [event["connection"] for event in events if event["what"] == "connect"]
    named = dict(zip(connections, filter(None, names), strict=True))
    lines = {name: [] for name in names}
    for event in events:
        if event["what"] not in ("connect", "http"):
            lines[named.get(event.get("connection"), "")].append(line_of(event))
    return lines


def test_a_connection_has_one_consumer_and_one_channel(watched):
    _, events = watched
    consumers = [
        (event.get("connection"), event["instance"], event["channel"])
        for event in events
        if is_framed(event)
    ]
    assert len({connection for connection, _, _ in consumers}) == len(set(consumers))


def is_framed(event):
    """Whether it is about a frame that a consumer gets or sends."""
    return event["what"] in ("accept", "receive", "send")


def test_a_request_is_one_entry(project, watched):
    """A thread may report a response after the client has it, so they are in no order."""
    _, events = watched
    requests = [
        (event["method"], event["path"], event["code"])
        for event in events
        if event["what"] == "http"
    ]
    assert sorted(requests) == sorted(REQUESTS.get(project, []))


def line_of(event):
    """The kind of entry, the consumer, the comment at its source line, its journey, and the other fields."""
    source = event.get("source")
    mark = source and (MARK.search(source["code"]) or [0, f"{source['file']}:{source['line']}"])[1]
    more = [event.get(name) for name in ("group", "to", "code", "detail", "payload")]
    if event["what"] == "start":
        more.insert(0, event["type"])
    words = [
        event["what"],
        event.get("consumer"),
        mark and f"({mark})",
        event.get("journey"),
        *more,
    ]
    return " ".join(str(word)[:50] for word in words if word is not None)


class ForEachLoop:
    """Like channels_redis' RedisPubSubChannelLayer: it passes calls on to another layer, and has no capacity."""

    def __init__(self):
        self.inner = InMemoryChannelLayer()

    def __getattr__(self, name):
        if name in ("new_channel", "send", "receive", "group_add", "group_discard", "group_send"):
            return partial(self.call, name)
        if name in ("groups", "channels"):
            return getattr(self.inner, name)
        raise AttributeError(name)

    async def call(self, name, *arguments):
        return await getattr(self.inner, name)(*arguments)


@pytest.fixture
def layer_for_each_loop():
    channel_layers.set("default", ForEachLoop())
    yield
    channel_layers.backends.clear()


async def test_a_layer_that_passes_its_calls_on_is_recorded(layer_for_each_loop):
    inspector = Inspector(make_application())
    async with joined(inspector, "/ws/room/lobby/") as one:
        await one.send_to(text_data="hello")
        assert "hello" in await one.receive_from()
        await get_channel_layer().send("unread", {"type": "x"})
        channels = describe_state(inspector)["channels"]
        unread = {"channel": "unread", "connection": None, "waiting": 1, "read": None}
        assert [one for one in channels if one["connection"] is None] == [unread]
    journey = [event["what"] for event in events_of(inspector) if event.get("journey") == 1]
    assert journey == ["receive", "group_send", "layer_receive", "send"]
