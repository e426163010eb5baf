"""People in a browser: what they do on a room's page, and what it shows them."""

import datetime
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from websockets.sync.client import connect

from tests.browser import find
from tests.support.served import TIMEOUT_SECONDS

#: The addresses of the rooms' WebSockets, and a time for a page's clock to start at.
SOCKET = re.compile("/ws/chat/")
NOON = datetime.datetime(2026, 1, 1, 12)
#: Messages that a server takes of one connection at once.
BURST = 50
#: By the page's own form, faster than anybody types.
SAY_ALL = """(texts) => {
  const input = document.getElementById("chat-message-input");
  for (const text of texts) {
    input.value = text;
    input.form.requestSubmit();
  }
}"""
expect.set_options(timeout=TIMEOUT_SECONDS * 1000)


@contextmanager
def open_browser(path: str) -> Iterator[Browser]:
    """The browser at ``path``, with Playwright started and stopped round it.

    Not kept for longer than a package's tests: while Playwright runs, so does an asyncio loop in this thread, where
    other tests have their own.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=find.ARGUMENTS)
        yield browser
        browser.close()


class Participant:
    """Someone in a room, on ``page``. The ids are the wire contract's; the rest is found as a person finds it."""

    def __init__(self, page: Page):
        self.page = page
        self.state = page.get_by_role("status")
        self.view = page.get_by_role("region", name="Messages")
        self.messages = page.get_by_role("log").locator(".said .text")
        self.unsent = page.get_by_role("list", name="Not sent yet")
        self.log = page.locator("#chat-log")
        self.input = page.locator("#chat-message-input")
        self.note = page.locator("#composer-note")
        self.notices = page.get_by_role("log").locator(".notice")
        self.asked = page.get_by_role("form", name="Your name")
        self.people = page.locator("#people")
        self.here = self.people.locator(".here li")
        self.writing = page.locator("#doing")
        self.reached = page.get_by_role("log").get_by_role("button", name="reached")

    def say(self, text: str) -> None:
        self.input.fill(text)
        self.input.press("Enter")

    def say_all(self, texts: list[str]) -> None:
        self.page.evaluate(SAY_ALL, texts)

    def answer(self, name: str) -> None:
        """Give one's name to the form that asks for it at first."""
        self.asked.get_by_role("textbox").fill(name)
        self.asked.get_by_role("textbox").press("Enter")
        expect(self.here.filter(has_text=name).filter(has_text="(you)")).to_be_attached()

    def call_oneself(self, name: str) -> None:
        """As it is done at any time, in the panel of the people who are here."""
        self.open_people()
        self.people.get_by_label("Your name").fill(name)
        self.people.get_by_role("button", name="Save").click()
        expect(self.here.filter(has_text=name).filter(has_text="(you)")).to_be_attached()

    def open_people(self) -> None:
        """On wide screens it is open at first."""
        if self.people.get_attribute("open") is None:
            self.people.locator("summary").click()
        expect(self.people.locator(".panel")).to_be_visible()

    def expect_here(self, *names: str) -> None:
        """Wait until these people are here, in the order in which they came."""
        expect(self.here).to_have_text(list(names))

    def expect_log(self, *messages: str) -> None:
        """Wait until the log holds these messages and no other."""
        expect(self.log).to_have_value("".join(f"{message}\n" for message in messages))

    def expect_state(self, words: str) -> None:
        expect(self.state).to_contain_text(words)


def visit(page: Page, url: str, room: str = "lobby") -> Participant:
    """``page`` in ``room`` of the chat at ``url``, connected or not."""
    page.goto(f"{url}chat/{quote(room, safe='')}/")
    return Participant(page)


def enter(context: BrowserContext, url: str, room: str = "lobby") -> Participant:
    """A new tab in ``room`` of the chat at ``url``, connected."""
    participant = visit(context.new_page(), url, room)
    participant.expect_state("Connected")
    return participant


def say_numbers(socket_url: str, count: int) -> None:
    """Say the numbers from 1 to ``count``, without a page and by as many connections as the limit of messages needs."""
    for start in range(1, count + 1, BURST):
        with connect(socket_url) as socket:
            for number in range(start, min(start + BURST, count + 1)):
                socket.send(json.dumps({"message": str(number)}))
                socket.recv(TIMEOUT_SECONDS)
