"""Faults of step 4, `layer`."""

from tests.course.checker.planted.plant import SETTINGS, Plant

LAYERS = """CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels.layers.InMemoryChannelLayer",
    },
}
"""

PLANTS = [
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
