"""Participants that reconnect, without a server."""

import asyncio
import json

import pytest

from chatdemo.crowd import participants
from chatdemo.crowd.deliveries import Deliveries
from chatdemo.crowd.messages import RunMessages
from chatdemo.crowd.participants import Crowd

CONNECTION_LOST = 1006


class FakeConnection:
    """A connection that is open until it is cut."""

    def __init__(self, on_close):
        self.on_close, self.is_open, self.sent = on_close, True, []

    def send(self, frame):
        self.sent.append(frame)

    def abort(self):
        self.is_open = False
        self.on_close(CONNECTION_LOST, "")


class FakeConnector:
    """Connects to a server that sends nothing by itself. ``queries`` are those of the connections."""

    def __init__(self):
        self.queries = []

    async def connect(self, query, on_message, on_close):
        self.queries.append(query)
        return FakeConnection(on_close)


@pytest.fixture
def crowd(monkeypatch):
    """Two participants."""
    monkeypatch.setattr(participants, "RECONNECT_DELAY_SECONDS", (0.0, 0.0))
    return Crowd(FakeConnector(), RunMessages("abcdef"), Deliveries(2), reconnects=True)


def receive(participant, seq):
    text = participant.crowd.messages.encode(0, seq - 1)
    participant._receive(json.dumps({**json.loads(text), "seq": seq}).encode())


async def test_a_participant_that_is_cut_twice_is_away_until_it_has_everything(crowd):
    ana, ben = crowd.participants
    for participant in crowd.participants:
        await participant.join()
    ana.send_message()
    receive(ana, 1)
    for cuts in (1, 2):
        ben.cut()
        await asyncio.gather(*crowd.reconnecting)
        assert ben.is_connected
        counts = crowd.connections_cut, crowd.away_count, len(crowd.catch_up_seconds)
        assert counts == (cuts, 1, 0)
    receive(ben, 1)
    assert (crowd.away_count, len(crowd.catch_up_seconds)) == (0, 1)


async def test_unconfirmed_messages_are_sent_again_and_confirmed_once(crowd):
    ana, _ = crowd.participants
    await ana.join()
    ana.send_message()
    ana.send_message()
    receive(ana, 1)
    ana.cut()
    await asyncio.gather(*crowd.reconnecting)
    assert crowd.connector.queries[-1].startswith("?after=1&client=")
    assert ana.connection.sent == [crowd.messages.encode(0, 1, with_id=True)]
    for _ in range(2):  # as history, and as the confirmation
        receive(ana, 2)
    assert (crowd.deliveries.delivered, crowd.deliveries.duplicated) == (2, 0)
