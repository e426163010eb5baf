"""The console on the channel layer: the calls as Python, what comes of them, and what it refuses."""

import asyncio
import json

import pytest
from channels.layers import get_channel_layer
from django.core.signing import Signer
from django.test import AsyncClient, Client

from chatdemo.common import rate_limit
from chatdemo.course import layer_console
from chatdemo.course.layer_console import LayerConsole, Refused

TOKEN = "k3f9xm"
HELLO = '{"type": "hello"}'
LOCAL = {"host": "localhost"}
CONSOLE = LayerConsole()


@pytest.fixture(autouse=True)
async def fresh():
    """A channel layer with nothing on it, and visitors who have done nothing yet."""
    await get_channel_layer().flush()
    CONSOLE._learners.clear()


async def run(call: str, token: str = TOKEN, **fields: str) -> layer_console.Answer:
    return await CONSOLE.run(token, {"call": call, **fields})


async def test_what_is_sent_is_received_and_shown_as_python():
    sent = await run("send", channel="test_channel", event=HELLO)
    assert (
        sent.python
        == "async_to_sync(channel_layer.send)('learn.k3f9xm.test_channel', {'type': 'hello'})"
    )
    assert (sent.result, sent.error, sent.note) == ("", "", "")
    received = await run("receive", channel="test_channel")
    assert received.python == "async_to_sync(channel_layer.receive)('learn.k3f9xm.test_channel')"
    assert received.result == "{'type': 'hello'}"


async def test_what_is_sent_to_a_group_is_received_on_each_of_its_channels():
    for channel in ("first", "second"):
        joined = await run("group_add", group="test_group", channel=channel)
        python = f"async_to_sync(channel_layer.group_add)('learn.k3f9xm.test_group', 'learn.k3f9xm.{channel}')"
        assert joined == layer_console.Answer(python)
    await run("group_send", group="test_group", event=HELLO)
    for channel in ("first", "second"):
        assert (await run("receive", channel=channel)).result == "{'type': 'hello'}"


async def test_a_receive_on_an_empty_channel_says_that_nothing_is_there(monkeypatch):
    monkeypatch.setattr(layer_console, "RECEIVE_SECONDS", 0.01)
    answer = await run("receive", channel="empty")
    assert "receive" in answer.python
    assert (
        answer.note
        == "Nothing came within 0.01 seconds. In Python, this line would wait until something comes."
    )


async def test_a_receive_takes_what_comes_while_it_waits():
    waiting = asyncio.create_task(run("receive", channel="later"))
    await asyncio.sleep(0)
    await run("send", channel="later", event=HELLO)
    assert (await waiting).result == "{'type': 'hello'}"


async def test_an_event_that_comes_just_as_a_receive_gives_up_is_not_lost(monkeypatch):
    for wait in [number / 10_000 for number in range(60)]:
        CONSOLE._learners.clear()
        monkeypatch.setattr(layer_console, "RECEIVE_SECONDS", wait)
        waiting = asyncio.create_task(run("receive", channel="late"))
        await asyncio.sleep(0.003)
        await run("send", channel="late", event=HELLO)
        if not (await waiting).result:
            monkeypatch.setattr(layer_console, "RECEIVE_SECONDS", 3)
            assert (await run("receive", channel="late")).result == "{'type': 'hello'}", wait


async def test_two_receives_of_a_learner_wait_side_by_side_and_lose_nothing(monkeypatch):
    """The first to give up doesn't take away what the second waits for."""
    monkeypatch.setattr(layer_console, "RECEIVE_SECONDS", 0.02)
    first = asyncio.create_task(run("receive", channel="a"))
    await asyncio.sleep(0)
    monkeypatch.setattr(layer_console, "RECEIVE_SECONDS", 3)
    second = asyncio.create_task(run("receive", channel="a"))
    other = asyncio.create_task(run("receive", "z9z9z9", channel="a"))
    assert (await first).note
    await run("send", "z9z9z9", channel="a", event=HELLO)
    assert (await other).result == "{'type': 'hello'}"
    await run("send", channel="a", event='{"type": "mine"}')
    assert (await second).result == "{'type': 'mine'}"


async def test_visitors_do_not_reach_each_other(monkeypatch):
    monkeypatch.setattr(layer_console, "RECEIVE_SECONDS", 0.01)
    await run("send", channel="test_channel", event=HELLO)
    assert (await run("receive", "z9z9z9", channel="test_channel")).note
    assert (await run("receive", channel="test_channel")).result


LAYERS_OWN = (
    "name must be a valid unicode string with length < 100 containing only ASCII alphanumerics, hyphens, "
    "underscores, or periods."
)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"call": "send", "channel": "café", "event": HELLO}, f"TypeError: Channel {LAYERS_OWN}"),
        ({"call": "receive", "channel": "two words"}, f"TypeError: Channel {LAYERS_OWN}"),
        (
            {"call": "group_send", "group": "x" * 100, "event": HELLO},
            f"TypeError: Group {LAYERS_OWN}",
        ),
        ({"call": "send", "channel": "a", "event": "[1]"}, "AssertionError: message is not a dict"),
        ({"call": "send", "channel": "a", "event": '{"__asgi_channel__": 1}'}, "AssertionError"),
    ],
)
async def test_an_error_of_the_layer_is_shown_as_python_shows_it(fields, error):
    answer = await CONSOLE.run(TOKEN, fields)
    assert answer.error == error
    assert answer.python


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "Choose what to call: send, receive, group_add, group_send."),
        ({"call": "flush"}, "Choose what to call: send, receive, group_add, group_send."),
        ({"call": "receive"}, "Fill in the name of the channel."),
        ({"call": "group_add", "group": " ", "channel": "a"}, "Fill in the name of the group."),
        (
            {"call": "receive", "channel": "x" * 201},
            "That name has 201 characters; the limit is 200.",
        ),
        (
            {"call": "send", "channel": "a", "event": "x" * 1001},
            "That event has 1001 characters; the limit is 1000.",
        ),
        (
            {"call": "send", "channel": "a", "event": "{'type': 'hello'}"},
            "The event isn't JSON: Expecting property name enclosed in double quotes, at character 2."
            ' It looks like {"type": "hello"}.',
        ),
        (
            {"call": "send", "channel": "a"},
            'The event isn\'t JSON: Expecting value, at character 1. It looks like {"type": "hello"}.',
        ),
    ],
)
async def test_what_is_no_call_gets_a_sentence(fields, error):
    assert await CONSOLE.run(TOKEN, fields) == layer_console.Answer(error=error)


async def test_json_of_too_many_brackets_gets_a_sentence(monkeypatch):
    def too_deep(_):
        raise RecursionError

    monkeypatch.setattr(json, "loads", too_deep)
    answer = await run("send", channel="a", event=HELLO)
    assert answer.error == "The event can't be read: it has too many nested brackets."


@pytest.mark.parametrize(
    "event",
    ["[" * 1000, '{"a":' * 200, "9" * 1000, '{"a": NaN}', '{"a": "\\ud800"}', '{"\\u0000": []}'],
)
async def test_no_event_breaks_it(event):
    answer = await run("send", channel="a", event=event)
    assert answer.python or answer.error
    json.dumps(answer.__dict__).encode()


async def test_a_burst_of_calls_is_refused_until_some_seconds_have_passed(monkeypatch):
    now = 1000.0
    monkeypatch.setattr(rate_limit.time, "monotonic", lambda: now)
    answers = [
        await run("send", channel="a", event=HELLO) for _ in range(layer_console.MAX_CALLS + 1)
    ]
    assert [answer.error for answer in answers[:-1]] == [""] * layer_console.MAX_CALLS
    assert answers[-1].error == "Too many calls at once. Wait a few seconds, then run it again."
    assert not (await run("send", "z9z9z9", channel="a", event=HELLO)).error
    now += layer_console.REFILL_SECONDS
    assert not (await run("send", channel="a", event=HELLO)).error


def test_more_names_than_the_limit_are_refused():
    for number in range(layer_console.MAX_NAMES):
        CONSOLE.count(TOKEN, f"name{number}")
    with pytest.raises(
        Refused, match="^You have used 20 names, the limit here. Use one of those.$"
    ):
        CONSOLE.count(TOKEN, "another")
    CONSOLE.count(TOKEN, "name0")


def test_of_many_learners_the_least_recent_are_forgotten():
    for number in range(layer_console.MAX_LEARNERS + 5):
        CONSOLE.count(f"learner{number}", "a")
    assert len(CONSOLE._learners) == layer_console.MAX_LEARNERS
    assert "learner0" not in CONSOLE._learners
    assert f"learner{layer_console.MAX_LEARNERS}" in CONSOLE._learners


def signed(token: str = TOKEN) -> str:
    return Signer(salt="chatdemo.course.console").sign(token)


async def test_the_page_posts_a_call_and_gets_json():
    client = AsyncClient(headers=LOCAL)
    fields = {"visitor": signed(), "call": "send", "channel": "test_channel", "event": HELLO}
    response = await client.post("/learn/console/", fields)
    assert (response.status_code, sorted(response.json())) == (
        200,
        ["error", "note", "python", "result"],
    )
    response = await client.post(
        "/learn/console/", {"visitor": signed(), "call": "receive", "channel": "test_channel"}
    )
    assert response.json()["result"] == "{'type': 'hello'}"


@pytest.mark.parametrize("visitor", ["", TOKEN, f"{TOKEN}:forged"])
async def test_nobody_takes_anothers_token(visitor):
    response = await AsyncClient(headers=LOCAL).post(
        "/learn/console/", {"visitor": visitor, "call": "receive"}
    )
    assert response.status_code == 400
    assert response.json()["error"] == "The server has restarted. Reload this page."


def test_a_call_from_elsewhere_is_refused_and_a_get_is_none():
    strict = Client(headers=LOCAL, enforce_csrf_checks=True)
    assert strict.post("/learn/console/", {"visitor": signed()}).status_code == 403
    assert strict.get("/learn/console/").status_code == 405
