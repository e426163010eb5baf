"""What keeps a layer of channels_redis from working, and what events it carries."""

import asyncio
import collections
import datetime
import decimal
import enum
import socket
import uuid

import pytest
from channels.layers import channel_layers
from hypothesis import given
from hypothesis import strategies as st

from chatdemo.realtime import redis_layers
from tests.support.redis_server import RedisServer
from tests.support.served import free_port

Pair = collections.namedtuple("Pair", "one other")


class Color(enum.Enum):
    RED = 1


class Number(enum.IntEnum):
    ONE = 1


def layer(hosts=None, backend=redis_layers.CORE_BACKEND, **config):
    return {"BACKEND": backend, "CONFIG": {"hosts": hosts, **config}}


def reason(settings, hosts, **config):
    """Why an event doesn't go through a layer on ``hosts``."""
    settings.CHANNEL_LAYERS = {"default": layer(hosts, **config)}

    async def check():
        made = channel_layers.make_backend("default")
        try:
            await asyncio.wait_for(redis_layers.check_connection(made), 0.5)
        finally:
            await made.close_pools()

    with pytest.raises(Exception) as caught:
        asyncio.run(check())
    return redis_layers.why_unusable(caught.value)


def test_a_server_that_answers_passes_an_event_on(redis_server, settings):
    for backend in redis_layers.BACKENDS:
        settings.CHANNEL_LAYERS = {"default": layer([redis_server.url()], backend)}

        async def check():
            made = channel_layers.make_backend("default")
            await asyncio.wait_for(redis_layers.check_connection(made), 10)
            await made.flush()

        asyncio.run(check())


def test_no_server(has_redis, settings):
    assert reason(settings, [("127.0.0.1", free_port())]) == "the Redis server doesn't answer"


def test_a_server_that_says_nothing(has_redis, settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert (
            reason(settings, [listener.getsockname()]) == "the Redis server doesn't answer in time"
        )


def test_a_server_with_a_password(has_redis, settings, tmp_path):
    with RedisServer(tmp_path, "--requirepass", "swordfish") as server:
        assert reason(settings, [server.url()]) == (
            "the Redis server refuses the connection (Authentication required)"
        )
        wrong = reason(settings, [server.url("sword")])
    assert wrong.startswith(
        "the Redis server refuses the connection (invalid username-password pair"
    )
    assert "sword" not in wrong.replace("password", "")


def test_a_server_that_is_too_old(has_redis, settings, tmp_path):
    with RedisServer(tmp_path, "--rename-command", "BZPOPMIN", "") as server:
        assert reason(settings, [server.url()]) == (
            "the Redis server is too old: it doesn't know BZPOPMIN"
        )


def test_a_server_without_memory(has_redis, settings, tmp_path):
    with RedisServer(tmp_path, "--maxmemory", "1") as server:
        assert reason(settings, [server.url()]) == (
            "the Redis server has no memory left (its setting maxmemory)"
        )


def test_a_package_that_is_missing(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels_missing.core.Layer"}}
    with pytest.raises(Exception) as caught:
        channel_layers.make_backend("default")
    assert redis_layers.why_unusable(caught.value) == (
        "channels_redis isn't installed for the Python that runs chatdemo"
    )


@pytest.mark.parametrize(
    "hosts",
    [
        "127.0.0.1:6379",
        ("127.0.0.1", 6379),
        ["127.0.0.1:6379"],
        [("127.0.0.1",)],
        [("127.0.0.1", "port")],
        [6379],
        [{"host": "127.0.0.1", "prot": 6379}],
        6379,
    ],
)
def test_hosts_of_another_form(has_redis, hosts):
    with pytest.raises(redis_layers.HostsError):
        redis_layers.quiet_limit(layer(hosts))


def test_a_password_in_such_hosts_is_not_shown(has_redis):
    with pytest.raises(redis_layers.HostsError) as caught:
        redis_layers.quiet_limit(layer(["redis://:swordfish/x@127.0.0.1"]))
    assert "swordfish" not in str(caught.value)


@pytest.mark.parametrize(
    "hosts, seconds",
    [
        ([{"address": "redis://127.0.0.1", "socket_timeout": None}], None),
        ([{"host": "127.0.0.1", "port": 6379, "socket_timeout": 60}], None),
        ([("127.0.0.1", 6379), {"host": "127.0.0.1", "socket_timeout": 5}], 5),
        (["redis://127.0.0.1?socket_timeout=2.5"], 2.5),
        (["unix:///tmp/redis.sock?socket_timeout=3"], 3),
    ],
)
def test_the_time_after_which_a_quiet_connection_ends(has_redis, hosts, seconds):
    assert redis_layers.quiet_limit(layer(hosts)) == seconds
    assert redis_layers.quiet_limit(layer(hosts, redis_layers.BACKENDS[1])) is None


def test_the_requirements_of_the_course_have_no_such_time(has_redis):
    for hosts in (None, [("127.0.0.1", 6379)], ["redis://127.0.0.1:6379"]):
        assert redis_layers.quiet_limit(layer(hosts)) is None


CARRIED = [
    {"text": "é", "bytes": b"x", "list": [1, (2.5, None)], "dict": {b"key": True}},
    {"pair": Pair(1, 2), "number": Number.ONE, "ordered": collections.OrderedDict(a=1)},
    {"least": -(2**63), "most": 2**64 - 1},
]
UNCARRIED = {
    "event['at'] is of the type datetime.datetime": {"at": datetime.datetime.now()},
    "event['on'][0] is of the type datetime.date": {"on": [datetime.date.today()]},
    "event['price'] is of the type decimal.Decimal": {"price": decimal.Decimal(1)},
    "event['id'] is of the type uuid.UUID": {"id": uuid.uuid4()},
    "event['names'] is of the type set": {"names": {"Ana"}},
    "event['color'] is of the type tests.realtime.test_redis_layers.Color": {"color": Color.RED},
    "event['counts'] has the key 1, which isn't text": {"counts": {1: 2}},
    "event has the key None, which isn't text": {None: 1},
    "event['number'] is an integer of more than 64 bits": {"number": 2**64},
    "event['name'] is text that UTF-8 can't encode": {"name": "\ud800"},
}


@pytest.mark.parametrize("event", CARRIED)
def test_an_event_that_redis_carries(event):
    assert redis_layers.find_uncarried(event) is None


@pytest.mark.parametrize("why", UNCARRIED)
def test_an_event_that_redis_does_not_carry(why):
    assert redis_layers.find_uncarried({"type": "chat.message", **UNCARRIED[why]}) == why


def test_an_event_that_contains_itself():
    event = {"type": "chat.message"}
    event["again"] = event
    assert redis_layers.find_uncarried(event) == "event contains itself"


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
LEAVES |= st.dates() | st.decimals() | st.uuids() | st.sets(st.integers())
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner)
)


@given(VALUES)
def test_it_is_what_msgpack_carries(value):
    msgpack = pytest.importorskip("msgpack")
    try:
        msgpack.unpackb(msgpack.packb({"value": value}))
    except (TypeError, ValueError, OverflowError):
        assert redis_layers.find_uncarried({"value": value})
    else:
        assert redis_layers.find_uncarried({"value": value}) is None


@pytest.mark.parametrize("format, is_packed", [(None, True), ("msgpack", True), ("json", False)])
def test_only_msgpack_has_these_limits(format, is_packed):
    config = {"serializer_format": format} if format else {}
    assert redis_layers.uses_msgpack(layer(**config)) == is_packed
    assert not redis_layers.uses_msgpack({"BACKEND": "channels.layers.InMemoryChannelLayer"})
    assert not redis_layers.is_redis("channels_redis")
