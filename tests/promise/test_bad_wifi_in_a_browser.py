"""The room's own page, in a real browser, whose connections are cut, stalled, delayed and half-closed all the time."""

import asyncio
import random
import time
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright

from tests.browser import find
from tests.promise.proxy import Proxy
from tests.promise.server import ROOM, Server
from tests.promise.talk import TIMEOUT_SECONDS

NAMES = ("ada", "ben", "eve")
#: Seconds: of faults, between two faults on average, of the longest stall, and until everyone has everything.
SECONDS, INTERVAL, MAX_STALL, CAUGHT_UP = 8, 0.25, 3.0, 3.0
#: At least so many messages of each page.
MESSAGES = 15
#: Somebody who says something every 120 ms, by the page's own form, until ``fallSilent``; ``said`` is all of it.
TALK = """(name) => {
  const input = document.getElementById("chat-message-input");
  window.said = [];
  const timer = setInterval(() => {
    said.push(input.value = `${name} says ${said.length}`);
    input.form.requestSubmit();
  }, 120);
  window.fallSilent = () => clearInterval(timer);
}"""
#: What the page shows to people, and what it has as plain text.
SHOWN = '() => Array.from(document.querySelectorAll(".said .text"), (text) => text.textContent)'
PLAIN = '() => document.getElementById("chat-log").value.split("\\n").slice(0, -1)'
CONNECTED = '#connection[data-state="open"]'


@asynccontextmanager
async def pages(url: str):
    """The room, each page in a browser of its own, connected."""
    path = find.page_browser() or pytest.skip("there's no Chromium, Chrome or Edge on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=find.ARGUMENTS)
        contexts = [await browser.new_context() for _ in NAMES]
        yield [await enter(await context.new_page(), url) for context in contexts]
        await browser.close()


async def enter(page: Page, url: str) -> Page:
    await page.goto(url)
    await page.locator(CONNECTED).wait_for()
    return page


async def catch_up(room: list[Page], many: int) -> float:
    """The seconds until every page shows so many messages."""
    started = time.monotonic()
    while min(shown := [await page.locator(".said .text").count() for page in room]) < many:
        assert time.monotonic() - started < TIMEOUT_SECONDS, (
            f"{many} were said, and the pages show {shown}"
        )
    return time.monotonic() - started


async def test_the_page_loses_nothing_on_bad_wifi_and_catches_up_in_three_seconds(tmp_path):
    seed = random.randrange(1_000_000)
    async with Server(tmp_path) as server, Proxy(server.port, seed, INTERVAL, MAX_STALL) as proxy:
        async with pages(f"http://127.0.0.1:{proxy.port}/chat/{ROOM}/") as room:
            try:
                await check(room, proxy, server)
            except BaseException:
                print(f"The proxy's seed is {seed}. What it did:", *proxy.told, sep="\n")
                raise


async def check(room: list[Page], proxy: Proxy, server: Server) -> None:
    for page, name in zip(room, NAMES, strict=True):
        await page.evaluate(TALK, name)
    proxy.rage()
    await asyncio.sleep(SECONDS)
    for page in room:
        await page.evaluate("fallSilent()")
    await proxy.calm()
    each = [await page.evaluate("said") for page in room]
    took = await catch_up(room, sum(map(len, each)))
    kept = [text for _, text in server.kept()]
    for page in room:
        assert await page.evaluate(SHOWN) == await page.evaluate(PLAIN) == kept
        assert await page.locator(".waiting li").count() == 0
    for name, said in zip(NAMES, each, strict=True):
        assert [text for text in kept if text.startswith(f"{name} ")] == said, (
            "lost, doubled or out of order"
        )
    print(
        f"{len(kept)} messages, {len(proxy.told)} faults, {proxy.number} connections, caught up in {took:.2f} s"
    )
    assert min(map(len, each)) > MESSAGES and proxy.number > 2 * len(NAMES)
    assert took < CAUGHT_UP
