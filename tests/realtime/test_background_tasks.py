"""Coroutines that nobody waits for."""

import asyncio

import pytest

from chatdemo.realtime.background_tasks import run_eagerly


async def test_what_never_waits_is_done_at_once_and_without_a_task():
    seen = []

    async def note():
        seen.append(asyncio.current_task())

    asyncio.get_running_loop().call_soon(lambda: run_eagerly(note()))
    run_eagerly(note())
    assert seen == [asyncio.current_task()]
    await asyncio.sleep(0)
    assert seen[1] is None


@pytest.mark.parametrize("wait", [lambda: asyncio.sleep(0), lambda: asyncio.sleep(0.001)])
async def test_what_waits_goes_on_in_a_task_of_its_own(wait):
    gone_on = asyncio.get_running_loop().create_future()

    async def note():
        await wait()
        await wait()
        gone_on.set_result(asyncio.current_task())

    run_eagerly(note())
    assert not gone_on.done()
    assert await asyncio.wait_for(gone_on, 5) not in (None, asyncio.current_task())


async def test_what_fails_at_once_fails_where_it_was_begun():
    async def fail():
        raise ValueError("at once")

    with pytest.raises(ValueError, match="at once"):
        run_eagerly(fail())
