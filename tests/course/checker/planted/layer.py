"""Faults of step 4, `layer`."""

from tests.course.checker.planted.plant import SETTINGS, Plant

LAYERS = """CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
    },
}
"""

HOSTS = '"hosts": [("127.0.0.1", 9)],'


def wrong_hosts(what: str, hosts: str, cause: str) -> Plant:
    """A plant in a project with the Redis layer."""
    new = f'"hosts": {hosts},'
    needs = "channels_redis"
    return Plant(what, "async", SETTINGS, HOSTS, new, "C403", cause, layer="redis", needs=needs)


PLANTS = [
    wrong_hosts("hosts is a text", '"127.0.0.1:6379"', "You must pass a list"),
    wrong_hosts("hosts is a pair", '("127.0.0.1", 6379)', "Redis URL must specify"),
    wrong_hosts("a host without its port", '[("127.0.0.1",)]', "IndexError"),
    wrong_hosts("a misspelt option", '[{"hosts": "127.0.0.1"}]', "'hosts'"),
    Plant(
        "a time limit",
        "async",
        SETTINGS,
        HOSTS,
        '"hosts": [{"address": "redis://127.0.0.1:9", "socket_timeout": 5}],',
        "C404",
        "after 5 s: each WebSocket is closed",
        layer="redis",
        needs="channels_redis",
    ),
    Plant(
        "CHANNEL_LAYERS that isn't reached",
        "async",
        SETTINGS,
        "CHANNEL_LAYERS = {",
        "if not DEBUG:\n  CHANNEL_LAYERS = {",
        "C401",
        "is never run",
    ),
    Plant(
        "CHANNEL_LAYERS missing",
        "async",
        SETTINGS,
        LAYERS,
        "",
        "C401",
        "self.channel_layer is None",
    ),
    Plant(
        "CHANNEL_LAYERS misspelt",
        "async",
        SETTINGS,
        "CHANNEL_LAYERS",
        "CHANNELS_LAYERS",
        "C401",
        "'CHANNELS_LAYERS'",
    ),
    Plant(
        "no default layer",
        "async",
        SETTINGS,
        '"default": {\n        "BACKEND": "ch',
        '"main": {\n        "BACKEND": "ch',
        "C402",
        '"default"',
    ),
    Plant(
        "a layer that isn't there",
        "async",
        SETTINGS,
        "layers.InMemoryChannelLayer",
        "layers.MemoryChannelLayer",
        "C402",
        "MemoryChannelLayer",
    ),
]
