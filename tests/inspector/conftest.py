"""An application with the inspector around it, on Channels' own layer and on ours."""

import logging
from contextlib import asynccontextmanager

import pytest
from channels.layers import InMemoryChannelLayer, channel_layers

from chatdemo.inspector import Inspector
from chatdemo.realtime.layer import ChannelLayer
from tests.inspector import project
from tests.support.communicator import WebsocketCommunicator


@pytest.fixture(params=[InMemoryChannelLayer, ChannelLayer], ids=["their layer", "our layer"])
def layer(request):
    channel_layers.set("default", request.param(capacity=5))
    yield channel_layers["default"]
    channel_layers.backends.clear()


@pytest.fixture
def inspector(layer):
    return Inspector(project.make_application())


@pytest.fixture(autouse=True)
def no_fault(caplog):
    """The inspector's own faults are logged instead of raised: here they fail the test."""
    with caplog.at_level(logging.ERROR, logger="chatdemo.inspector"):
        yield
    assert not [
        record.getMessage()
        for record in caplog.records
        if record.name.startswith("chatdemo.inspector")
    ]


@asynccontextmanager
async def joined(application, path, origin=b"http://testserver"):
    """A participant, connected."""
    communicator = WebsocketCommunicator(application, path, headers=[(b"origin", origin)])
    connected, _ = await communicator.connect()
    assert connected
    try:
        yield communicator
    finally:
        await communicator.disconnect()


def events(inspector, *whats):
    """The recorded events of these kinds, or all."""
    return [event for event in inspector.recording.entries if not whats or event["what"] in whats]
