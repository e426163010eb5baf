"""Channels' communicators with patience."""

import asyncio

import pytest

from tests.support.communicator import HttpCommunicator
from tests.support.served import TIMEOUT_SECONDS


async def test_an_answer_that_takes_longer_than_a_second_is_awaited():
    async def application(scope, receive, send):
        await asyncio.sleep(1.2)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"late"})

    assert (await HttpCommunicator(application, "GET", "/").get_response())["body"] == b"late"


async def test_an_exception_of_the_application_is_raised_at_once():
    async def application(scope, receive, send):
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        response = HttpCommunicator(application, "GET", "/").get_response()
        await asyncio.wait_for(response, TIMEOUT_SECONDS / 2)
