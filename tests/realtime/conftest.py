"""A channel layer for each test, and nothing left behind by any."""

import gc

import pytest
from channels.layers import channel_layers

from tests.realtime.connections import HANDED, WAYS, check_nothing_is_left, rounds


@pytest.fixture(params=WAYS, ids=lambda way: way.name)
def way(request):
    """Each way for a consumer to come by its messages, with its channel layer in place."""
    channel_layers.set("default", request.param.layer())
    yield request.param
    channel_layers.backends.clear()


@pytest.fixture
def handed():
    """The way in which both frames and events are handed over."""
    channel_layers.set("default", HANDED.layer())
    yield HANDED
    channel_layers.backends.clear()


@pytest.fixture
async def tidy():
    """The test leaves no task and no coroutine behind."""
    gc.freeze()  # what was there before isn't looked through: a tenth of a second each time
    yield
    await rounds()  # Channels' own leaves a task that is being cancelled
    await check_nothing_is_left()
    gc.unfreeze()
