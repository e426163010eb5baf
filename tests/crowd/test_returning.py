"""Participants whose connections are cut, without a server."""

import asyncio
import json

import pytest

from chatdemo.crowd import returning
from chatdemo.crowd.messages import Messages
from chatdemo.crowd.returning import ReturningCrowd

LOST = 1006


class Line:
    """A connection that is there until it is cut; ``said`` has the frames that were sent over it."""

    def __init__(self, participant):
        self.participant, self.is_joined, self.said = participant, True, []

    def sendMessage(self, frame):
        self.said.append(frame)

    def dropConnection(self, abort):
        self.is_joined = False
        self.participant._end(LOST, "")


@pytest.fixture
def crowd(monkeypatch):
    """Two who have joined a server that says nothing by itself."""

    async def connect(participant, query=""):
        participant.connection = Line(participant)

    monkeypatch.setattr("chatdemo.crowd.participants.Participant._connect", connect)
    monkeypatch.setattr(returning, "PAUSE", (0.0, 0.0))
    return ReturningCrowd(None, Messages("abcdef"), 2)


def hear(participant, seq):
    text = participant.crowd.messages.encode(0, seq - 1)
    participant._receive(json.dumps({**json.loads(text), "seq": seq}).encode())


async def test_one_who_is_cut_again_before_it_has_everything_is_away_until_then(crowd):
    ana, ben = crowd.people
    for participant in crowd.people:
        await participant.join()
    ana.say()
    hear(ana, 1)
    for cuts in (1, 2):
        ben.cut()
        await asyncio.gather(*crowd.on_the_way)
        assert ben.is_present
        assert (crowd.cuts, crowd.away, crowd.caught_up.count) == (cuts, 1, 0)
    hear(ben, 1)
    assert (crowd.away, crowd.caught_up.count) == (0, 1)
