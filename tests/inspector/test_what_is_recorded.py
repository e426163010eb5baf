"""Connections, refusals, errors and losses are recorded."""

from contextlib import asynccontextmanager, suppress

import pytest
from channels.auth import UserLazyObject
from channels.exceptions import ChannelFull
from channels.layers import get_channel_layer
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import LazyObject, SimpleLazyObject

from chatdemo.inspector import Inspector, recording
from chatdemo.inspector.feed import describe_state
from chatdemo.inspector.formatting import format_user, format_value
from chatdemo.inspector.refusals import describe_code
from chatdemo.realtime.layer import ChannelLayer
from tests.inspector.conftest import events, joined
from tests.inspector.project import line_of, make_application
from tests.support.communicator import WebsocketCommunicator


async def refused(inspector, path, origin=b"http://testserver"):
    """The recorded reason why a handshake isn't accepted."""
    communicator = WebsocketCommunicator(inspector, path, headers=[(b"origin", origin)])
    try:
        connected, _ = await communicator.connect()
        assert not connected
    except ValueError:  # Channels' error for no route
        pass
    [event] = events(inspector, "refuse")
    assert not events(inspector, "error", "accept")
    return event["detail"]


SEES_403 = "The browser sees only HTTP 403, and its script the close code 1006."
SEES_500 = "The browser sees only HTTP 500, and its script the close code 1006."
REFUSALS = {
    "/ws/nowhere/a/": (
        " because no route leads from /ws/nowhere/a/ to a consumer. The routes are: ws/echo/<room>/,"
        " ws/direct/<room>/, ws/sync/<room>/, ws/broken/<room>/, ws/failing/<room>/,"
        f" ws/refusing/<room>/, ws/closing/<room>/, ws/silent/<room>/, ws/room/<room>/. {SEES_500}"
    ),
    "/ws/refusing/lobby/": (
        " because of PermissionError: you have no ticket,"
        f" at inspector/project.py:{line_of('hop: refuse after an error')}. {SEES_403}"
    ),
    "/ws/closing/lobby/": f" with the code 4001: the room is being painted. {SEES_403}",
    "/ws/silent/lobby/": (
        " because Silent closed it without accepting it,"
        f" at inspector/project.py:{line_of('hop: refuse')}. {SEES_403}"
    ),
}


@pytest.mark.parametrize("path", REFUSALS)
async def test_a_refused_connection_has_its_reason(inspector, path):
    assert await refused(inspector, path) == f"The connection was refused{REFUSALS[path]}"


async def test_a_foreign_origin_is_named(inspector):
    assert await refused(inspector, "/ws/echo/lobby/", b"https://evil.example") == (
        "The connection was refused because this server doesn't allow its Origin, https://evil.example."
        f" In the allowed_origins of OriginValidator there is 'testserver'. {SEES_403}"
    )
    [problem] = inspector.problems.since(0)
    assert problem["remedy"] == (
        "If its page may connect, add 'evil.example' to the allowed_origins of OriginValidator."
    )


async def test_a_connection_is_recorded_from_its_start_to_its_end(inspector):
    async with joined(inspector, "/ws/echo/lobby/") as one:
        assert describe_state(inspector)["connections"][0]["state"] == "open"
        await one.send_to(bytes_data=b"\0\1\2")
        assert await one.receive_from() == b"\0\1\2"
        [connection] = describe_state(inspector)["connections"]
        assert (connection["state"], connection["received"], connection["sent"]) == ("open", 1, 1)
    assert [event["what"] for event in events(inspector)] == [
        "connect",
        "accept",
        "receive",
        "send",
        "disconnect",
    ]
    assert [event["payload"] for event in events(inspector, "receive", "send")] == ["<3 bytes>"] * 2
    assert {event["room"] for event in events(inspector)} == {"lobby"}
    assert not inspector.connections, "it is forgotten without a watcher"


async def test_an_error_has_the_lines_of_the_code_at_fault_and_is_raised(inspector):
    communicator = WebsocketCommunicator(
        inspector, "/ws/broken/lobby/", headers=[(b"origin", b"http://testserver")]
    )
    await communicator.connect()
    await communicator.send_to(text_data="x")
    with pytest.raises(ZeroDivisionError):
        await communicator.receive_from()
    [error] = events(inspector, "error")
    assert error["detail"] == "ZeroDivisionError: on purpose"
    assert [line["line"] for line in error["traceback"]] == [line_of("hop: error")]
    assert error["traceback"][0]["code"] == 'raise ZeroDivisionError("on purpose")  # hop: error'


async def test_an_error_before_the_handshake_is_answered_is_a_refusal_too(inspector):
    communicator = WebsocketCommunicator(
        inspector, "/ws/failing/lobby/", headers=[(b"origin", b"http://testserver")]
    )
    with pytest.raises(LookupError):
        await communicator.connect()
    assert [event["what"] for event in events(inspector)] == ["connect", "error", "refuse"]
    assert events(inspector, "refuse")[0]["detail"] == (
        "The connection was refused because Failing failed before it had accepted: LookupError: no such room"
        f" {SEES_500}"
    )


async def test_what_a_full_channel_loses_is_counted(inspector):
    layer = get_channel_layer()
    name = await layer.new_channel()
    await layer.group_add("lobby", name)
    for number in range(5):
        await layer.send(name, {"type": "x", "number": number})
    with pytest.raises(ChannelFull):
        await layer.send(name, {"type": "x"})
    await layer.group_send("lobby", {"type": "x"})
    assert [event["channel"] for event in events(inspector, "full")] == [name, name]
    state = describe_state(inspector)
    assert state["lost"] == 2
    assert state["channels"] == [{"channel": name, "connection": None, "waiting": 5, "capacity": 5}]
    for number in range(5):
        assert await layer.receive(name) == {"type": "x", "number": number}


async def test_each_message_that_is_not_recorded_is_counted(inspector, layer, monkeypatch):
    monkeypatch.setattr(recording, "MAX_UNWATCHED_MEMBERS", 1)
    for _ in range(2):
        await layer.group_add("hall", await layer.new_channel())
    await layer.group_send("hall", {"type": "x"})  # for which recording pauses
    assert describe_state(inspector)["unrecorded"] == 1
    await layer.group_send("hall", {"type": "x"})
    assert describe_state(inspector)["unrecorded"] == 2
    if isinstance(layer, ChannelLayer):
        layer.group_send_nowait("hall", {"type": "x"}, message_count=200)
        assert describe_state(inspector)["unrecorded"] == 202
    assert not events(inspector, "group_send")


async def test_the_state_has_a_group_with_its_members(inspector):
    async with joined(inspector, "/ws/room/lobby/"):
        [group] = describe_state(inspector)["groups"]
        [connection] = describe_state(inspector)["connections"]
    assert group == {
        "group": "lobby",
        "room": "lobby",
        "members": [{"channel": connection["channel"], "connection": connection["id"]}],
        "shared": False,
        "expiry": None,
        "unfreezable": None,
        "frozen": False,
        "held": 0,
    }
    assert connection["consumer"] == "Room"


async def test_an_event_that_a_full_channel_loses_is_a_problem_with_its_senders_line(inspector):
    async with joined(inspector, "/ws/room/lobby/") as one:
        [connection] = inspector.connections.values()
        layer = get_channel_layer()
        with suppress(ChannelFull):
            for _ in range(10):
                await layer.send(connection.channel, {"type": "chat.message", "text": "x"})
        assert await one.receive_from()
    problem = next(one for one in inspector.problems.since(0) if one["kind"] == "full")
    assert problem["text"].startswith("An event for Room was lost: its channel was full, as 5 ")
    assert problem["source"]["code"].startswith("await layer.send(connection.channel")
    assert problem["connection"] == connection.id


class Described(LazyObject):
    """A lazy object that tells whether it was evaluated."""

    was_evaluated = False

    def _setup(self):
        type(self).was_evaluated = True
        raise AssertionError("a query")


class Member:
    """What a model's instance has of its fields: no attribute for one that is deferred."""

    USERNAME_FIELD = "email"

    def __init__(self, **fields):
        vars(self).update(fields)


def resolved_to(user):
    lazy = UserLazyObject()
    lazy._wrapped = user
    return lazy


@pytest.mark.parametrize(
    ("user", "shown"),
    [
        (None, None),
        ("Mia", "Mia"),
        (resolved_to(AnonymousUser()), "AnonymousUser"),
        (resolved_to(Member(email="mia@school.example")), "mia@school.example"),
        (resolved_to(Member()), "Member"),
        (SimpleLazyObject(lambda: 1 / 0), None),
        (UserLazyObject(), None),
        ({"name": "Mia"}, "dict"),
    ],
    ids=map(str, range(8)),  # pytest would evaluate lazy objects
)
def test_a_user_is_shown_without_a_query(user, shown):
    assert format_user(user) == shown


def test_a_lazy_value_is_never_evaluated():
    lazy = Described()
    assert format_value({"user": lazy}) == '{"user": <Described>}'
    assert format_user(lazy) is None
    assert not Described.was_evaluated


async def test_a_connection_has_its_user_its_path_and_its_close_code_in_words(inspector):
    async with watched(inspector), joined(inspector, "/ws/echo/lobby/") as one:
        [connection] = inspector.connections.values()
        connection.consumer.scope["user"] = resolved_to(Member(email="mia"))
        [described] = describe_state(inspector)["connections"]
        assert (described["user"], described["path"]) == ("mia", "/ws/echo/lobby/")
        assert (described["code"], described["meaning"]) == (None, None)
        await one.disconnect(1001)
        [described] = describe_state(inspector)["connections"]
    assert (described["closed_by"], described["code"]) == ("browser", 1001)
    assert described["meaning"] == (
        "going away: the page was closed or reloaded, or the server stops"
    )


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (1006, "no close frame came: the connection was lost, or refused"),
        (3000, "registered by a library or framework"),
        (4401, "the application's own"),
        (999, "not a code of RFC 6455"),
        (None, "no code"),
    ],
)
def test_a_close_code_has_its_words(code, meaning):
    assert describe_code(code) == meaning


@asynccontextmanager
async def watched(inspector):
    """Somebody watches: connections that were closed are listed."""
    inspector.watchers.add(watcher := object())
    try:
        yield
    finally:
        inspector.watchers.discard(watcher)


async def test_a_request_is_one_entry(layer):
    async def application(scope, receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b"tea"})

    inspector, sent = Inspector(application), []
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/pot/",
        "headers": [(b"cookie", b"sessionid=secret")],
    }

    async def send(message):
        sent.append(message)

    await inspector(scope, None, send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    [event] = events(inspector)
    assert (event["what"], event["method"], event["path"], event["code"]) == (
        "http",
        "GET",
        "/pot/",
        418,
    )
    assert "secret" not in str(event)


async def test_other_scopes_are_passed_on(layer):
    seen = []

    async def application(scope, receive, send):
        seen.append((scope, receive, send))

    await Inspector(application)({"type": "lifespan"}, 1, 2)
    assert seen == [({"type": "lifespan"}, 1, 2)]


async def test_the_later_one_of_two_inspectors_records_the_layer(inspector):
    later = Inspector(make_application())
    async with joined(later, "/ws/room/lobby/") as one:
        await one.send_to(text_data="hello")
        assert "hello" in await one.receive_from()
    [sent] = events(later, "group_send")
    assert sent["journey"] == events(later, "send")[0]["journey"]
    assert not events(inspector)
